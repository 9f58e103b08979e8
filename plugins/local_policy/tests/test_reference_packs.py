"""The reference packs answer what their documents say, at their places, on any day."""

import tomllib
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyuan.declarations import declare_rules
from zhiyuan.policy import Explanation, declared, declared_key
from zhiyuan.policy.packs import Library, load, read
from zhiyuan.policy.packs.cases import try_cases

FOLDER = Path(__file__).parents[1] / "zhiyuan_local_policy" / "packs"
NAMES = sorted(folder.name for folder in FOLDER.iterdir() if folder.is_dir())
TODAY = date(2026, 3, 1)


@cache
def library() -> Library:
    declare_rules()
    return load([FOLDER])


def ask(key_id: str, place: str, on: date = TODAY) -> Explanation:
    packs = library()
    key = declared_key(key_id)
    assert key is not None
    return packs.explain(key, packs.chain(place), on)


@pytest.mark.parametrize("name", NAMES)
def test_every_case_of_a_pack_is_answered_as_written(name: str) -> None:
    (pack,) = [pack for pack in library() if pack.file.parent.name == name]

    assert () == try_cases(library(), pack)


def test_every_pack_that_has_values_has_cases() -> None:
    assert [] == [
        pack.id for pack in library() if pack.values and not (pack.file.parent / "cases.toml").exists()
    ]


def test_every_value_says_where_it_comes_from() -> None:
    for pack in library():
        for value in pack.values:
            assert (value.document and value.clause) if value.mark in "SL" else value.note


def test_simao_asks_for_ten_fields_and_names_its_own_clause() -> None:
    answer = ask("records.required_fields", "530802")

    assert 10 == len(answer.value)
    assert "recorder" in answer.value
    (own,) = [link for link in answer.chain if link.layer == "cn-530802@2015.1"]
    assert ("五", False) == (own.clause, own.overridden)


def test_the_same_record_needs_no_recorder_in_zhongshan() -> None:
    assert "recorder" not in ask("records.required_fields", "442000").value
    assert 7 == len(ask("records.required_fields", "442000").value)


def test_units_are_judged_by_each_place_in_its_own_way() -> None:
    gates = {place: ask("governance.unit_gate", place).value for place in ("530802", "442000", "431227")}

    assert {"530802": "veto", "442000": "exists", "431227": "weight"} == gates
    assert "D" == ask("governance.unit_activities_per_year", "530802").decisive.mark


@pytest.mark.parametrize(
    "rule",
    [
        ("reward", "no_cash = { value = false, clause = '1' }"),
        ("reward", "no_equal_value = { value = false, mark = 'D', note = 'x' }"),
        ("records", "entry_deadline_working_days = { value = 30, clause = '1', from = 2026-01-01 }"),
    ],
)
def test_no_place_can_pay_or_take_longer_than_the_law(tmp_path: Path, rule: tuple[str, str]) -> None:
    section, line = rule
    declare_rules()
    (tmp_path / "pack.toml").write_text(
        "[pack]\nid = 'cn-530821@2026.1'\narea = '530821'\neffective_from = 2026-01-01\n"
        f"[[documents]]\nkey = 'X'\ntitle = 'X'\n[{section}]\n{line}\n",
        encoding="utf-8",
    )
    (problem,) = read([FOLDER, tmp_path]).problems

    assert ("policy.locked", 9) == (problem.issue.code, problem.line)
    assert problem.issue.params["source"]


def test_a_hazardous_activity_is_blocked_by_the_law() -> None:
    decisive = ask("insurance.hazard_gate", "431227").decisive

    assert ("block", "L", "17") == (decisive.value, decisive.mark, decisive.clause)


def test_xinhuang_has_no_national_parent_before_2014() -> None:
    layers = {link.layer for link in ask("stars.enabled", "431227", date(2011, 12, 31)).chain}

    assert {"default"} == layers


def test_zhongshan_hangs_below_its_province() -> None:
    assert ("4420", "44", "CN") == library().chain("442000")


def test_the_generic_pack_holds_no_chinese_word_and_no_parent() -> None:
    text = (FOLDER / "xx-ngo" / "pack.toml").read_text(encoding="utf-8")

    assert text.isascii()
    assert ("XX",) == library().chain("XX")


def test_points_are_off_everywhere() -> None:
    assert {False} == {
        ask("points.enabled", place).value for place in ("CN", "530802", "442000", "431227", "XX")
    }


DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))


@given(on=DAYS)
def test_what_xinhuang_inherits_depends_on_the_day_alone(on: date) -> None:
    stars = ask("stars.enabled", "431227", on)
    lead = ask("governance.lead_body", "530821", on)

    assert stars.value is (on >= date(2014, 2, 19))
    assert ("social_work_department" in lead.value) is (on >= date(2024, 4, 12))
    assert ("block" == ask("insurance.hazard_gate", "431227", on).value) is (on >= date(2017, 12, 1))
    if on >= date(2021, 2, 1):
        assert 10 == ask("records.entry_deadline_working_days", "431227", on).value


@given(
    on=DAYS, place=st.sampled_from(["442000", "4420", "442000001", "530802", "5308", "53", "431227", "XX"])
)
def test_every_rule_has_an_answer_at_every_place_on_every_day(on: date, place: str) -> None:
    packs = library()
    chain = packs.chain(place)
    for key in declared().values():
        answer = packs.explain(key, chain, on)
        assert key.has_kind(answer.value)
        assert not answer.decisive.overridden


def test_the_distribution_names_its_packs() -> None:
    project = tomllib.loads((FOLDER.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert {"local_policy": "zhiyuan_local_policy"} == project["entry-points"]["zhiyuan.policy_packs"]
