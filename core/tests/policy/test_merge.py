"""Laws of the merge words, for every chain of links."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyuan.policy import RuleKey
from zhiyuan.policy.explanation import Link
from zhiyuan.policy.keys import BINDING_MARKS
from zhiyuan.policy.merge import merge

MARKS = st.sampled_from(["S", "L", "P", "D"])


def _key(merge_word: str, strict: str = "higher") -> RuleKey[int]:
    return RuleKey("tests.number", int, 0, merge=merge_word, strict=strict)  # type: ignore[arg-type]


SETS: RuleKey[frozenset[str]] = RuleKey("tests.codes", frozenset, frozenset(), merge="union")


def _links(values: st.SearchStrategy[object]) -> st.SearchStrategy[list[Link]]:
    link = st.builds(Link, layer=st.just("site"), place=st.just("CN"), value=values, mark=MARKS)
    return st.lists(link, min_size=1, max_size=8)


NUMBERS = _links(st.integers(-5, 5))
CODES = _links(st.frozensets(st.sampled_from("abcdef")))


@given(NUMBERS)
def test_replace_takes_the_most_specific_value(links: list[Link]) -> None:
    assert merge(_key("replace"), links)[0] == links[-1].value


@given(NUMBERS)
def test_per_level_takes_its_own_value_and_keeps_those_above_in_force(links: list[Link]) -> None:
    value, deciding = merge(_key("per_level"), links)

    assert (value, len(deciding)) == (links[-1].value, len(links))


@given(NUMBERS, st.sampled_from(["higher", "lower"]))
def test_stricter_never_relaxes_a_sourced_value(links: list[Link], strict: str) -> None:
    key = _key("stricter", strict)

    value = merge(key, links)[0]

    assert all(
        key.strictness(value) >= key.strictness(link.value) for link in links if link.mark in BINDING_MARKS
    )


@given(NUMBERS)
def test_stricter_takes_a_value_that_somebody_set(links: list[Link]) -> None:
    value, deciding = merge(_key("stricter"), links)

    assert [links[index].value for index in deciding] == [value]


@given(NUMBERS)
def test_stricter_without_sources_is_replace(links: list[Link]) -> None:
    unsourced = [Link("site", "CN", link.value, "P") for link in links]

    assert merge(_key("stricter"), unsourced)[0] == unsourced[-1].value


@given(NUMBERS, st.integers(-5, 5), st.sampled_from(["S", "L"]))
def test_a_default_yields_to_a_sourced_child(links: list[Link], own: int, mark: str) -> None:
    unsourced = [Link("site", "CN", link.value, "D") for link in links]

    assert merge(_key("stricter"), [*unsourced, Link("site", "53", own, mark)])[0] == own  # type: ignore[arg-type]


@given(NUMBERS)
def test_a_second_look_at_the_same_strictness_changes_nothing(links: list[Link]) -> None:
    key = _key("stricter")
    value = merge(key, links)[0]

    assert merge(key, [*links, Link("site", "site:x", value, "S")])[0] == value


def test_a_training_minimum_of_one_below_a_sourced_two_stays_two() -> None:
    links = [Link("default", None, 0), Link("site", "CN", 2, "S"), Link("site", "53", 1, "S")]

    assert merge(_key("stricter"), links) == (2, frozenset({1}))


def test_a_place_without_a_source_may_tighten_and_not_relax() -> None:
    above = [Link("default", None, 0), Link("site", "CN", 2, "S")]

    assert (3, 2) == (
        merge(_key("stricter"), [*above, Link("site", "53", 3, "D")])[0],
        merge(_key("stricter"), [*above, Link("site", "53", 1, "D")])[0],
    )


@given(CODES)
def test_union_holds_every_code_and_no_other(links: list[Link]) -> None:
    value = merge(SETS, links)[0]

    assert value == {code for link in links for code in link.value}


@given(CODES, st.randoms())
def test_union_does_not_depend_on_the_order(links: list[Link], random: object) -> None:
    shuffled = list(links)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert merge(SETS, shuffled)[0] == merge(SETS, links)[0]


@given(CODES)
def test_the_deciding_links_alone_give_the_same_union(links: list[Link]) -> None:
    value, deciding = merge(SETS, links)

    assert merge(SETS, [links[index] for index in sorted(deciding)])[0] == value


@given(NUMBERS, NUMBERS)
def test_nothing_below_a_lock_matters(above: list[Link], below: list[Link]) -> None:
    lock = Link("site", "CN", 99, "L")
    key = _key("locked")
    first = next((link for link in above if link.mark in BINDING_MARKS), lock)

    assert merge(key, [*above, lock, *below])[0] == first.value


def test_strictness_of_words_follows_the_order_of_the_choices() -> None:
    key = RuleKey("tests.gate", str, "off", choices=("off", "warn", "block"), merge="stricter")
    links = [Link("default", None, "off"), Link("site", "CN", "block", "L"), Link("site", "53", "warn", "S")]

    assert merge(key, links)[0] == "block"


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "Bad"},
        {"default": True},
        {"default": 7, "maximum": 5},
        {"merge": "union"},
        {"kind": float, "default": 1.0},
        {"mark": "S"},
    ],
)
def test_a_key_whose_parts_do_not_fit_is_a_defect(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="rule key"):
        RuleKey(**{"id": "tests.number", "kind": int, "default": 1, **wrong})  # type: ignore[arg-type]


def test_a_ratio_lies_between_nothing_and_everything() -> None:
    key = RuleKey("tests.share", Decimal, Decimal("0.1"), unit="ratio")

    assert (key.lower_bound(), key.upper_bound(), key.is_in_bounds(Decimal(10))) == (0, 1, False)


def test_a_date_is_stricter_when_it_is_later() -> None:
    key = RuleKey("tests.day", date, date(2020, 1, 1), merge="stricter")
    links = [Link("default", None, date(2020, 1, 1)), Link("site", "CN", date(2021, 1, 1), "S")]

    assert merge(key, links)[0] == date(2021, 1, 1)
