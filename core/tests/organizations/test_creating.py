"""Bringing organizations into the tree."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, select

from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.commands import Outcome
from zhiyuan.kernel.external_ids import ExternalId
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.models import AuditEntry
from zhiyuan.organizations import queries
from zhiyuan.organizations.issues import ISSUES
from zhiyuan.organizations.schemas import CreateOrganization
from zhiyuan.organizations.service import CREATE
from zhiyuan.runtime import Runtime


def create(runtime: Runtime, actor: Actor, *items: dict[str, Any]) -> list[Outcome]:
    """Submit items that belong to nobody in particular."""
    return runtime.bus.submit(
        CREATE, [CreateOrganization(actor=actor, **{"organization_id": None, **item}) for item in items]
    )


def view(runtime: Runtime, node: UUID | None) -> queries.OrganizationView:
    """Read one organization."""
    assert node is not None
    with runtime.database.reading() as tx:
        return queries.get(tx, node)


def test_a_tree_comes_in_as_one_batch_with_levels_that_are_data(runtime: Runtime, operator: Actor) -> None:
    outcomes = create(
        runtime,
        operator,
        {
            "name": "Yunnan",
            "code": "yunnan",
            "level_name": "省",
            "time_zone": "Asia/Shanghai",
            "region_code": "53",
        },
        {"name": "Pu'er", "code": "puer", "parent_code": "yunnan"},
        {"name": "Simao", "code": "simao", "parent_code": "puer", "region_code": "530802"},
        {"name": "Third village", "code": "village-3", "parent_code": "simao", "level_name": "村"},
    )

    assert ["created"] * 4 == [outcome.status for outcome in outcomes]
    with runtime.database.reading() as tx:
        root, *_, leaf = (outcome.id for outcome in outcomes)
        assert root is not None
        assert leaf is not None
        assert ["yunnan", "puer", "simao", "village-3"] == [node.code for node in queries.tree(tx, root)]
        assert [0, 1, 2, 3] == [node.depth for node in queries.tree(tx, root)]
        assert {outcome.id for outcome in outcomes} == queries.below(tx, root)
        assert ["village-3", "simao", "puer", "yunnan"] == [node.code for node in queries.above(tx, leaf)]
        assert {leaf: "Asia/Shanghai"} == queries.time_zones(tx, [leaf])
        assert {leaf: "530802"} == queries.region_codes(tx, [leaf])
        assert {"simao": outcomes[2].id} == queries.by_codes(tx, ["simao", "nowhere"])


def test_the_same_file_again_changes_nothing(runtime: Runtime, operator: Actor) -> None:
    rows = [
        {
            "name": f"Team {number}",
            "external_id": ExternalId("file", str(number)),
            "source_digest": bytes([number] * 32),
        }
        for number in range(5)
    ]
    first = create(runtime, operator, *rows)

    again = create(runtime, operator, *rows)

    assert [("unchanged", outcome.id) for outcome in first] == [
        (outcome.status, outcome.id) for outcome in again
    ]


def test_a_later_export_updates_what_it_names_by_external_id(runtime: Runtime, operator: Actor) -> None:
    row = {"name": "Old name", "external_id": ExternalId("file", "7"), "contact_public": "desk@example.org"}
    first = create(runtime, operator, row | {"source_digest": b"a" * 32})[0]

    changed = create(runtime, operator, row | {"name": "New name", "source_digest": b"b" * 32})[0]
    again = create(runtime, operator, row | {"name": "New name", "source_digest": b"b" * 32})[0]

    assert (("updated", first.id), "unchanged") == ((changed.status, changed.id), again.status)
    assert ("New name", "old-name", "desk@example.org") == (
        (found := view(runtime, first.id)).name, found.code, found.contact_public
    )  # fmt: skip


def test_what_a_row_does_not_say_stays(runtime: Runtime, operator: Actor) -> None:
    first = create(runtime, operator, {"name": "Team", "code": "team", "kind": "team", "legal_form": "e.V."})[
        0
    ]

    create(runtime, operator, {"name": "Team A", "code": "team"})

    assert ("Team A", "team", "e.V.") == (
        (found := view(runtime, first.id)).name,
        found.kind,
        found.legal_form,
    )


def test_a_row_for_an_organization_named_twice_in_a_batch_sees_the_first(
    runtime: Runtime, operator: Actor
) -> None:
    outcomes = create(
        runtime, operator, *({"name": name, "code": "team"} for name in ("First", "First", "Second"))
    )

    assert ["created", "unchanged", "updated"] == [outcome.status for outcome in outcomes]


def test_codes_are_made_from_latin_names_and_numbered_for_others(runtime: Runtime, operator: Actor) -> None:
    names = ["Café Zoë & Co.", "cafe zoe co", "思茅区志愿者协会", "思茅A队", "X"]

    outcomes = create(runtime, operator, *({"name": name} for name in names))

    codes = [view(runtime, outcome.id).code for outcome in outcomes]
    assert ["cafe-zoe-co", "cafe-zoe-co-2", "org-1", "org-2", "org-3"] == codes


def test_a_numbered_code_that_somebody_chose_is_passed_over(runtime: Runtime, operator: Actor) -> None:
    create(runtime, operator, {"name": "Chosen", "code": "org-1"})

    outcome = create(runtime, operator, {"name": "中山市志愿者联合会"})[0]

    assert view(runtime, outcome.id).code == "org-2"


@pytest.mark.parametrize(
    ("item", "code", "field"),
    [
        ({"name": " "}, "organizations.name_missing", "name"),
        ({"name": "x" * 201}, "text.too_long", "name"),
        ({"name": "<b>Bold</b>"}, "organizations.markup_in_name", "name"),
        ({"name": "Team \u202egnik"}, "text.direction_override", "name"),
        ({"name": "a\x00b"}, "text.control_character", "name"),
        ({"code": "Upper"}, "organizations.bad_code", "code"),
        ({"code": "a"}, "organizations.bad_code", "code"),
        ({"code": "-team"}, "organizations.bad_code", "code"),
        ({"kind": "gang"}, "organizations.bad_kind", "kind"),
        ({"status": "sleepy"}, "organizations.bad_status", "status"),
        ({"time_zone": "Mars/Olympus"}, "organizations.bad_time_zone", "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "organizations.bad_time_zone", "time_zone"),
        ({"region_code": "53 08"}, "organizations.bad_region_code", "region_code"),
        (
            {"unified_social_credit_code": "91110000600037341X"},
            "organizations.bad_credit_code",
            "unified_social_credit_code",
        ),
        ({"parent_code": "nowhere"}, "organizations.unknown_parent", "parent_id"),
        ({"parent_id": new_id()}, "organizations.unknown_parent", "parent_id"),
        ({"carrier_id": new_id()}, "organizations.unknown_carrier", "carrier_id"),
    ],
)
def test_a_bad_detail_is_refused_by_its_field_and_nothing_is_written(
    runtime: Runtime, operator: Actor, item: dict[str, Any], code: str, field: str
) -> None:
    outcome = create(runtime, operator, {"name": "Team", **item})[0]

    assert ("refused", [(code, field)]) == (
        outcome.status,
        [(issue.code, issue.field) for issue in outcome.issues],
    )
    with runtime.database.reading() as tx:
        assert queries.roots(tx) == []


def test_a_sound_credit_code_is_kept_without_blanks(runtime: Runtime, operator: Actor) -> None:
    outcome = create(
        runtime, operator, {"name": "T", "unified_social_credit_code": "9111 0000 6000 3734 1l"}
    )[0]

    assert view(runtime, outcome.id).unified_social_credit_code == "91110000600037341L"


def test_an_unknown_region_is_kept_with_a_warning(runtime: Runtime, operator: Actor) -> None:
    outcome = create(runtime, operator, {"name": "Team", "region_code": "530802"})[0]

    assert outcome.status == "created"
    assert [("organizations.unknown_region", "warn")] == [
        (issue.code, issue.severity) for issue in outcome.issues
    ]


def test_an_unregistered_team_names_the_organization_that_carries_it(
    runtime: Runtime, operator: Actor
) -> None:
    carrier = create(runtime, operator, {"name": "Carrier"})[0].id

    team = create(runtime, operator, {"name": "Team", "kind": "team", "carrier_id": carrier})[0]

    assert view(runtime, team.id).carrier_id == carrier


def test_a_manager_creates_below_the_own_organization_and_nowhere_else(
    runtime: Runtime, operator: Actor
) -> None:
    own, other = (outcome.id for outcome in create(runtime, operator, {"name": "Own"}, {"name": "Other"}))
    items = [
        {"organization_id": own, "parent_id": own, "name": "Branch", "code": "branch"},
        {"organization_id": own, "parent_code": "branch", "name": "Team of the branch"},
        {"organization_id": own, "parent_id": other, "name": "Intruder"},
        {"organization_id": own, "name": "A new root"},
        {"organization_id": own, "name": "Renamed by a stranger", "code": "other"},
    ]

    outcomes = create(runtime, operator, *items)

    assert ["created", "created", "refused", "refused", "refused"] == [outcome.status for outcome in outcomes]
    assert {"organizations.outside_of_scope"} == {
        issue.code for outcome in outcomes for issue in outcome.issues
    }


def test_a_file_can_move_what_it_names_and_cannot_close_a_cycle(runtime: Runtime, operator: Actor) -> None:
    create(
        runtime, operator,
        {"name": "A", "code": "aa"}, {"name": "B", "code": "bb", "parent_code": "aa"}, {"name": "C", "code": "cc"},
    )  # fmt: skip

    outcomes = create(
        runtime, operator,
        {"name": "A", "code": "aa", "parent_code": "bb"},
        {"name": "New", "code": "new", "parent_code": "cc"},
        {"name": "A", "code": "aa", "parent_code": "new"},
    )  # fmt: skip

    assert ["refused", "created", "updated"] == [outcome.status for outcome in outcomes]
    assert "organizations.cycle" == outcomes[0].issues[0].code
    with runtime.database.reading() as tx:
        root = queries.by_codes(tx, ["cc"])["cc"]
        assert ["cc", "new", "aa", "bb"] == [node.code for node in queries.tree(tx, root)]


def test_a_batch_of_five_hundred_takes_as_many_statements_as_one_of_ten(
    runtime: Runtime, operator: Actor
) -> None:
    create(runtime, operator, {"name": "Root", "code": "root"})
    statements: list[str] = []
    event.listen(
        runtime.database.engines.write, "before_cursor_execute", lambda *given: statements.append(given[2])
    )

    def count(prefix: str, size: int) -> int:
        statements.clear()
        rows = [
            {"name": f"Team {prefix} {n}", "parent_code": "root", "external_id": ExternalId(prefix, str(n))}
            for n in range(size)
        ]
        assert {"created"} == {outcome.status for outcome in create(runtime, operator, *rows)}
        return len(statements)

    assert count("few", 10) == count("many", 500)


def test_every_organization_written_is_in_the_audit(runtime: Runtime, operator: Actor) -> None:
    created = create(runtime, operator, {"name": "A"}, {"name": "B"})

    with runtime.database.reading() as tx:
        rows = tx.connection.execute(select(AuditEntry.action, AuditEntry.subject_id)).all()
    assert {("organizations.create", outcome.id) for outcome in created} == set(rows)


def test_every_issue_has_one_text() -> None:
    codes = [text.code for text in ISSUES]

    assert len(codes) == len(set(codes))
    assert all(text.message and text.cure for text in ISSUES)
