"""Setting, resolving and explaining rules on both databases."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.commands import Outcome
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.issues import IssueTexts
from zhiyuan.policy import RuleKey, declare, explain, fingerprint, resolve
from zhiyuan.policy.issues import ISSUES
from zhiyuan.policy.service import SET_RULE_VALUES, SetRuleValue, set_rule_values
from zhiyuan.runtime import Runtime

MINUTES = RuleKey(
    "tests.tolerance_minutes", int, 15, unit="minutes", minimum=0, maximum=240, doc="A tolerance."
)
SHARE = RuleKey("tests.registered_share", Decimal, Decimal("0.10"), unit="ratio", doc="A target.")
FIELDS = RuleKey("tests.required_fields", frozenset, frozenset({"title"}), merge="union", doc="Fields.")
TRAININGS = RuleKey("tests.trainings_per_year", int, 0, merge="stricter", minimum=0, doc="Trainings.")
FREE = RuleKey("tests.certificate_is_free", bool, True, merge="locked", doc="Whether it costs nothing.")
GATE = RuleKey("tests.gate", str, "warn", choices=("off", "warn", "block"), doc="A gate.")
START = RuleKey("tests.counts_since", date, date(2000, 1, 1), doc="A day.")
KEYS = (MINUTES, SHARE, FIELDS, TRAININGS, FREE, GATE, START)
SIMAO = ("site:simao", "530802", "5308", "53", "CN")

Set = Callable[..., Outcome]


@pytest.fixture
def set_value(runtime: Runtime, operator: Actor) -> Set:
    """Set one rule at ``place``, from 2015-07-24 unless told otherwise."""
    declare("tests", KEYS)

    def setting(key: RuleKey[Any], value: object, place: str = "530802", **more: Any) -> Outcome:
        more.setdefault("effective_from", date(2015, 7, 24))
        item = SetRuleValue(
            actor=operator, organization_id=None, place=place, key=key.id, value=value, **more
        )
        return runtime.bus.submit(SET_RULE_VALUES, [item])[0]

    return setting


def _value(runtime: Runtime, key: RuleKey[Any], on: date, places: tuple[str, ...] = SIMAO) -> Any:
    with runtime.database.reading() as tx:
        return resolve(tx, key, places, on)


def test_nothing_set_means_the_default(runtime: Runtime) -> None:
    assert _value(runtime, MINUTES, date(2026, 3, 2)) == 15


def test_a_value_counts_from_its_first_day_on_and_below_its_place_only(
    runtime: Runtime, set_value: Set
) -> None:
    set_value(MINUTES, 30, "5308")

    days = [date(2015, 7, 23), date(2015, 7, 24)]

    assert [15, 30] == [_value(runtime, MINUTES, day) for day in days]
    assert _value(runtime, MINUTES, days[1], ("4420", "44", "CN")) == 15


def test_a_later_value_leaves_the_days_before_it_alone(runtime: Runtime, set_value: Set) -> None:
    set_value(MINUTES, 30)
    set_value(MINUTES, 40, effective_from=date(2020, 1, 1))

    assert [30, 40] == [_value(runtime, MINUTES, day) for day in (date(2019, 12, 31), date(2020, 1, 1))]


def test_a_gap_falls_to_the_place_above(runtime: Runtime, set_value: Set) -> None:
    set_value(MINUTES, 20, "CN")
    set_value(MINUTES, 30, effective_to=date(2016, 1, 1))

    assert [30, 20] == [_value(runtime, MINUTES, day) for day in (date(2015, 12, 31), date(2016, 1, 1))]


def test_the_value_set_last_wins_among_those_of_one_day(runtime: Runtime, set_value: Set) -> None:
    set_value(MINUTES, 30)
    set_value(MINUTES, 31)

    assert _value(runtime, MINUTES, date(2026, 1, 1)) == 31


def test_setting_the_same_again_changes_nothing(runtime: Runtime, set_value: Set) -> None:
    first = set_value(MINUTES, 30)

    again = set_value(MINUTES, "30")

    assert ("created", "unchanged", first.id) == (first.status, again.status, again.id)


def test_a_site_is_more_specific_than_its_region(runtime: Runtime, set_value: Set) -> None:
    set_value(MINUTES, 30, "530802")
    set_value(MINUTES, 45, "site:simao")

    assert _value(runtime, MINUTES, date(2026, 1, 1)) == 45


def test_union_adds_along_the_chain(runtime: Runtime, set_value: Set) -> None:
    set_value(FIELDS, "recorder,leader", "530802")
    set_value(FIELDS, ["place"], "CN")

    assert _value(runtime, FIELDS, date(2026, 1, 1)) == {"title", "place", "recorder", "leader"}


@pytest.mark.parametrize(
    ("key", "raw", "value"),
    [
        (SHARE, "0.12", Decimal("0.12")),
        (SHARE, 0.12, Decimal("0.12")),
        (GATE, "block", "block"),
        (START, "2014-02-19", date(2014, 2, 19)),
        (FREE, "no", False),
        (TRAININGS, "2", 2),
        (FIELDS, "", frozenset({"title"})),
    ],
)
def test_values_come_back_as_what_they_are(
    runtime: Runtime, set_value: Set, key: RuleKey[Any], raw: object, value: object
) -> None:
    assert set_value(key, raw).issues == ()

    assert _value(runtime, key, date(2026, 1, 1)) == value


@pytest.mark.parametrize(
    ("key", "raw", "code"),
    [
        (MINUTES, "soon", "policy.wrong_type"),
        (MINUTES, "15 minutes", "policy.wrong_type"),
        (MINUTES, 1.5, "policy.wrong_type"),
        (MINUTES, True, "policy.wrong_type"),
        (MINUTES, None, "policy.wrong_type"),
        (MINUTES, -1, "policy.out_of_bounds"),
        (MINUTES, 241, "policy.out_of_bounds"),
        (SHARE, 10, "policy.percent_for_ratio"),
        (SHARE, "10", "policy.percent_for_ratio"),
        (SHARE, "10%", "policy.wrong_type"),
        (SHARE, "NaN", "policy.wrong_type"),
        (SHARE, "-0.1", "policy.out_of_bounds"),
        (GATE, "maybe", "policy.unknown_choice"),
        (START, "0202-01-01", "policy.implausible_date"),
        (START, "yesterday", "policy.wrong_type"),
        (FREE, "perhaps", "policy.wrong_type"),
    ],
)
def test_a_wrong_value_is_refused_with_field_rule_and_cure(
    runtime: Runtime, set_value: Set, key: RuleKey[Any], raw: object, code: str
) -> None:
    outcome = set_value(key, raw)

    assert outcome.status == "refused"
    assert [(code, "value", key.id)] == [(issue.code, issue.field, issue.rule) for issue in outcome.issues]
    told = _texts().tell(outcome.issues[0], lambda _, text: text)
    assert told.cure
    assert "%(" not in told.message + told.cure
    assert _value(runtime, key, date(2026, 1, 1)) == key.default


def test_ten_for_a_ratio_is_answered_with_what_ten_percent_would_be(set_value: Set) -> None:
    issue = set_value(SHARE, "10").issues[0]

    assert "Write 0.1 if you mean 10 percent." == _texts().tell(issue, lambda _, text: text).cure


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"effective_to": date(2015, 7, 24)}, "policy.dates_out_of_order", "effective_to"),
        ({"effective_from": date(202, 1, 1)}, "policy.implausible_date", "effective_from"),
        ({"place": "no place"}, "policy.bad_place", "place"),
        ({"mark": "S", "document": "X"}, "policy.source_missing", "clause"),
        ({"mark": "L"}, "policy.source_missing", "document"),
        ({"document": "x" * 201}, "policy.text_too_long", "document"),
    ],
)
def test_dates_places_and_sources_are_checked(
    set_value: Set, more: dict[str, Any], code: str, field: str
) -> None:
    outcome = set_value(MINUTES, 30, **more)

    assert [(code, field, MINUTES.id)] == [(issue.code, issue.field, issue.rule) for issue in outcome.issues]


def test_an_unknown_key_is_refused(set_value: Set) -> None:
    outcome = set_value(RuleKey("tests.nobody_declares_this", int, 1), 2)

    assert ["policy.unknown_key"] == [issue.code for issue in outcome.issues]


def test_what_a_law_locks_cannot_be_set_below_and_does_not_count_there(
    runtime: Runtime, set_value: Set
) -> None:
    set_value(FREE, True, "CN", document="Order 67", clause="14")

    outcome = set_value(FREE, False, "530802", above=("5308", "53", "CN"))
    set_value(
        FREE, False, "5308"
    )  # Nobody named the chain above: setting passes, resolving keeps to the lock.

    issue = outcome.issues[0]
    assert ("policy.locked", "value", "14", "Order 67 14") == (
        issue.code, issue.field, issue.clause, issue.params["source"]
    )  # fmt: skip
    assert _value(runtime, FREE, date(2026, 1, 1)) is True


def test_an_organization_cannot_set_rules_of_a_place(runtime: Runtime, operator: Actor) -> None:
    declare("tests", KEYS)
    item = SetRuleValue(
        actor=operator,
        organization_id=new_id(),
        place="CN",
        key=MINUTES.id,
        value=3,
        effective_from=date(2020, 1, 1),
    )

    assert ["policy.places_are_shared"] == [
        i.code for i in runtime.bus.submit(SET_RULE_VALUES, [item])[0].issues
    ]


def test_somebody_without_the_permission_is_refused(runtime: Runtime) -> None:
    declare("tests", KEYS)
    item = SetRuleValue(
        actor=Actor("web"),
        organization_id=None,
        place="CN",
        key=MINUTES.id,
        value=3,
        effective_from=date(2020, 1, 1),
    )

    assert ["commands.not_permitted"] == [
        i.code for i in runtime.bus.submit(SET_RULE_VALUES, [item])[0].issues
    ]


def test_one_bad_value_of_a_batch_takes_no_other_with_it(runtime: Runtime, operator: Actor) -> None:
    declare("tests", KEYS)
    items = [
        SetRuleValue(
            actor=operator, organization_id=None, place=place, key=MINUTES.id, value=value,
            effective_from=date(2020, 1, 1),
        )
        for place, value in (("53", 1), ("5308", -1), ("530802", 3), ("530802", 4))
    ]  # fmt: skip

    outcomes = runtime.bus.submit(SET_RULE_VALUES, items)

    assert ["created", "refused", "created", "refused"] == [outcome.status for outcome in outcomes]
    assert "policy.set_twice_in_batch" == outcomes[3].issues[0].code


def test_the_explanation_names_every_value_and_which_one_counts(runtime: Runtime, set_value: Set) -> None:
    set_value(TRAININGS, 2, "CN", document="Guideline", clause="4")
    set_value(TRAININGS, 1, "530802")

    with runtime.database.reading() as tx:
        answer = explain(tx, TRAININGS, SIMAO, date(2026, 1, 1))

    assert answer.value == 2
    assert [("default", None, True), ("site", "CN", False), ("site", "530802", True)] == [
        (link.layer, link.place, link.overridden) for link in answer.chain
    ]
    assert ("Guideline", "4", "S") == (answer.decisive.document, answer.decisive.clause, answer.decisive.mark)


def test_equal_fingerprints_mean_equal_rules(runtime: Runtime, set_value: Set) -> None:
    def print_of(on: date) -> str:
        with runtime.database.reading() as tx:
            return fingerprint(tx, reversed(KEYS), SIMAO, on)

    before = print_of(date(2026, 1, 1))
    set_value(MINUTES, 16)

    assert before == print_of(date(2015, 1, 1))
    assert before != print_of(date(2026, 1, 1))
    assert len(before) == 64


def test_a_unit_of_work_sees_its_own_change_and_a_rollback_leaves_no_trace(
    runtime: Runtime, operator: Actor, set_value: Set
) -> None:
    on = date(2026, 1, 1)
    set_value(GATE, "block", "53")
    item = SetRuleValue(
        actor=operator,
        organization_id=None,
        place="CN",
        key=MINUTES.id,
        value=77,
        effective_from=date(2020, 1, 1),
    )

    with pytest.raises(RuntimeError), runtime.database.uow() as tx:
        assert resolve(tx, MINUTES, SIMAO, on) == 15
        set_rule_values(tx, [item])
        assert resolve(tx, MINUTES, SIMAO, on) == 77
        raise RuntimeError
    set_value(
        GATE, "off", "5308"
    )  # The version counter now has the number the rolled back one would have had.

    assert _value(runtime, MINUTES, on) == 15


def test_a_snapshot_opened_before_a_change_keeps_the_old_rules(runtime: Runtime, set_value: Set) -> None:
    on = date(2026, 1, 1)
    with runtime.database.reading() as before:
        assert resolve(before, MINUTES, SIMAO, on) == 15
        set_value(MINUTES, 30)
        assert _value(runtime, MINUTES, on) == 30
        before.memo.clear()

        assert resolve(before, MINUTES, SIMAO, on) == 15

    assert _value(runtime, MINUTES, on) == 30


def test_two_owners_cannot_declare_one_key() -> None:
    declare("tests", [MINUTES])

    with pytest.raises(ValueError, match="declared by 'tests'"):
        declare("others", [MINUTES])


def _texts() -> IssueTexts:
    texts = IssueTexts()
    texts.declare("zhiyuan", ISSUES)
    return texts
