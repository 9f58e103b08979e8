"""Packs as files: what is read, what is refused, with file, line, key, document and cure."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from zhiyuan.declarations import declare_rules, issue_texts
from zhiyuan.policy import declared_key
from zhiyuan.policy.packs import Library, PacksCannotLoad, load, read
from zhiyuan.policy.packs.cases import try_cases
from zhiyuan.policy.packs.lines import lines_of
from zhiyuan.policy.registry import declare

LAW = """
[pack]
id = "cn-law@2017.1"
area = "CN"
law = true
effective_from = 2017-12-01
[[documents]]
key = "ORDER"
title = "Order 67"
[records]
entry_deadline_working_days = { value = 10, mark = "L", document = "ORDER", clause = "11", from = 2021-02-01 }
[certificate]
free = { value = true, mark = "L", document = "ORDER", clause = "14" }
"""
COUNTY = """
[pack]
id = "cn-530802@2015.1"
area = "530802"
effective_from = 2015-07-24
[[documents]]
key = "SM15"
title = "Opinion of the district"
number = "2015-3"
[training]
min_per_year = { value = 2, clause = "4" }
[target]
registered = { value = 0.10, clause = "2" }
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write packs into folders of their own; answers the root."""
    declare_rules()

    def writing(*texts: str) -> Path:
        for number, text in enumerate(texts):
            folder = tmp_path / f"pack-{number}"
            folder.mkdir(exist_ok=True)
            (folder / "pack.toml").write_text(text, encoding="utf-8")
        return tmp_path

    return writing


def _value(library: Library, key_id: str, place: str, on: date) -> object:
    key = declared_key(key_id)
    assert key is not None
    return library.resolve(key, library.chain(place), on)


def test_a_value_holds_from_its_first_day_with_its_clause_behind_it(write: Write) -> None:
    library = load([write(COUNTY)])
    key = declared_key("target.registered")
    assert key is not None
    answer = library.explain(key, library.chain("530802"), date(2015, 7, 24))

    assert Decimal("0.10") == answer.value
    assert ("cn-530802@2015.1", "S", "Opinion of the district 2015-3", "2") == (
        answer.decisive.layer, answer.decisive.mark, answer.decisive.document, answer.decisive.clause
    )  # fmt: skip
    assert Decimal(0) == _value(library, "target.registered", "530802", date(2015, 7, 23))


def test_a_later_version_ends_the_one_it_replaces(write: Write) -> None:
    later = COUNTY.replace("@2015.1", "@2020.1").replace("2015-07-24", "2020-01-01").replace("0.10", "0.15")
    later = later.replace('area = "530802"', 'area = "530802"\nreplaces = "cn-530802@2015.1"')
    library = load([write(COUNTY, later)])

    assert Decimal("0.1") == _value(library, "target.registered", "530802", date(2019, 12, 31))
    assert Decimal("0.15") == _value(library, "target.registered", "530802", date(2020, 1, 1))


def test_codes_may_be_padded(write: Write) -> None:
    library = load([write(COUNTY.replace("530802", "530800"))])

    assert ["5308"] == [pack.area for pack in library]
    assert ("530802", "5308", "53", "CN") == library.chain("530802")


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("value = 2,", 'value = "two",', "policy.wrong_type", 11),
        ("value = 2,", "value = true,", "policy.wrong_type", 11),
        ("value = 0.10", "value = 10", "policy.percent_for_ratio", 13),
        ("value = 0.10", 'value = "10 %"', "policy.wrong_type", 13),
        ("value = 2,", "value = -1,", "policy.out_of_bounds", 11),
        ("min_per_year", "min_per_yaer", "policy.pack_unknown_key", 11),
        ("[training]", "[trees]", "policy.pack_unknown_key", 11),
        (', clause = "4"', "", "policy.pack_value_without_origin", 11),
        (', clause = "4"', ', mark = "S"', "policy.pack_source_missing", 11),
        (', clause = "4"', ', mark = "D"', "policy.pack_reason_missing", 11),
        (', clause = "4"', ', clause = "4", document = "N14"', "policy.pack_unknown_document", 11),
        (', clause = "4"', ', clause = "4", merge = "replace"', "policy.pack_unknown_word", 11),
        (', clause = "4"', ', clause = "4", to = 2015-01-01', "policy.pack_value_dates", 11),
        ("min_per_year = {", "min_per_year = 3 #", "policy.pack_value_without_origin", 11),
        ("2015-07-24", "2015-07-24\neffective_to = 2015-07-01", "policy.dates_out_of_order", 6),
        ("2015-07-24", '"2015-07-24"', "policy.pack_wrong_date", 5),
        ("effective_from = 2015-07-24", "", "policy.pack_word_missing", 2),
        ("cn-530802@", "cn-530803@", "policy.pack_bad_id", 3),
        ("530802", "990802", "policy.pack_unknown_place", 4),
        ('area = "530802"', 'area = "530802"\ncites = ["cn@2014.1"]', "policy.pack_unknown_pack", 5),
        ('area = "530802"', 'area = "530802"\nparent = "cn-5308"', "policy.pack_unknown_pack", 5),
        ('area = "530802"', 'area = "530802"\nparent = "cn-530802"', "policy.pack_goes_round", 5),
        ("[training]", "[training", "policy.pack_unreadable", 10),
        ("[pack]", "[bag]", "policy.pack_head_missing", 1),
    ],
)
def test_a_fault_is_told_with_its_line_and_cure(
    write: Write, old: str, new: str, code: str, line: int
) -> None:
    problems = read([write(COUNTY.replace(old, new))]).problems

    assert (code, line) in {(problem.issue.code, problem.line) for problem in problems}
    for problem in problems:
        text = issue_texts().tell(problem.issue, lambda domain, message: message)
        assert problem.file.name == "pack.toml"
        assert text.message
        assert text.cure
        assert "%(" not in text.message + text.cure


def test_a_fault_names_the_key_and_the_document(write: Write) -> None:
    (problem,) = read([write(COUNTY.replace("value = 0.10", "value = 10"))]).problems

    assert ("target.registered", "Opinion of the district 2015-3", "0.1") == (
        problem.issue.rule, problem.document, problem.issue.params["ratio"]
    )  # fmt: skip


def test_two_packs_of_a_place_cannot_claim_one_day(write: Write) -> None:
    other = COUNTY.replace("@2015.1", "@2016.1").replace("2015-07-24", "2016-01-01")

    assert ["policy.pack_date_claimed"] == [each.issue.code for each in read([write(COUNTY, other)]).problems]


def test_a_pack_is_there_once(write: Write) -> None:
    assert "policy.pack_twice" in {each.issue.code for each in read([write(COUNTY, COUNTY)]).problems}


@pytest.mark.parametrize(
    "rule",
    [
        '[records]\nentry_deadline_working_days = { value = 30, clause = "5" }',
        '[certificate]\nfree = { value = false, mark = "D", note = "printing costs" }',
    ],
)
def test_a_child_cannot_relax_the_law_and_is_told_which(write: Write, rule: str) -> None:
    (problem,) = read([write(LAW, COUNTY + rule)]).problems

    assert "policy.locked" == problem.issue.code
    assert "Order 67" in str(problem.issue.params["source"])
    assert problem.line > 13


def test_a_child_may_have_said_otherwise_before_the_law(write: Write) -> None:
    rule = '[records]\nentry_deadline_working_days = { value = 30, clause = "5", to = 2021-02-01 }'
    library = load([write(LAW, COUNTY + rule)])

    assert 30 == _value(library, "records.entry_deadline_working_days", "530802", date(2021, 1, 31))
    assert 10 == _value(library, "records.entry_deadline_working_days", "530802", date(2021, 2, 1))


def test_a_law_holds_only_keys_that_bind(write: Write) -> None:
    law = LAW + '[governance]\nlead_body = { value = ["a"], mark = "L", document = "ORDER", clause = "1" }'

    assert ["policy.pack_law_cannot_bind"] == [each.issue.code for each in read([write(law)]).problems]


def test_a_sourced_minimum_above_stays_when_a_child_says_less(write: Write) -> None:
    child = COUNTY.replace("530802", "530821")
    city = COUNTY.replace("530802", "5308")
    library = load([write(city, child.replace("value = 2,", "value = 1,"))])

    assert 2 == _value(library, "training.min_per_year", "530821", date(2020, 1, 1))


def test_a_default_above_yields_to_a_sourced_child(write: Write) -> None:
    city = COUNTY.replace("530802", "5308").replace(
        'value = 2, clause = "4"', 'value = 5, mark = "D", note = "usual"'
    )
    library = load([write(city, COUNTY)])

    assert 2 == _value(library, "training.min_per_year", "530802", date(2020, 1, 1))


def test_keys_of_an_absent_plugin_lie_dormant(write: Write) -> None:
    text = COUNTY.replace('area = "530802"', 'area = "530802"\nsections_of_plugins = ["trees"]')
    library = load([write(text + "[trees]\nper_year = 3")])

    assert ("trees.per_year",) == next(iter(library)).dormant


def test_an_inherited_mark_needs_something_to_inherit(write: Write) -> None:
    text = COUNTY + '[stars]\nhours = { mark = "I" }'

    assert ["policy.pack_nothing_to_inherit"] == [each.issue.code for each in read([write(text)]).problems]


def test_cases_are_tried(write: Write) -> None:
    root = write(COUNTY)
    good = (
        '[[cases]]\nname = "two"\nkey = "training.min_per_year"\non = 2016-01-01\nexpect = 2\nclause = "4"\n'
    )
    (root / "pack-0" / "cases.toml").write_text(
        good + good.replace("expect = 2", "expect = 3"), encoding="utf-8"
    )
    library = load([root])
    (problem,) = try_cases(library, next(iter(library)))

    assert ("policy.pack_case_wrong", 7) == (problem.issue.code, problem.line)


def test_every_fault_is_found_in_one_go(write: Write) -> None:
    with pytest.raises(PacksCannotLoad) as error:
        load([write(COUNTY.replace("value = 2,", "value = -2,").replace("0.10", "10"))])

    assert 2 == len(error.value.problems)


def test_lines_skip_long_texts() -> None:
    lines = lines_of('[a]\nx = """\ny = 1\n"""\n["b"] # note\n"z.z" = 2\n')

    assert {("a", ""): 1, ("a", "x"): 2, ("b", ""): 5, ("b", "z.z"): 6} == lines


def test_whoever_builds_a_part_takes_its_keys_over() -> None:
    declare_rules()
    key = declared_key("honors.oath")
    assert key is not None
    declare("catalogue", [key])

    assert key == declared_key("honors.oath")
