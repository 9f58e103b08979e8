"""Identity numbers are judged by length, digits, date and check digit, and by nothing else."""

from datetime import date

import pytest

from zhiyuan.people import documents

TODAY = date(2026, 3, 2)


def _with_check_digit(body: str) -> str:
    return body + documents.check_digit(body)


def test_the_worked_example_of_the_standard_passes() -> None:
    assert documents.fault("11010519491231002X", today=TODAY) is None


@pytest.mark.parametrize("place", ["530802", "810000", "820000", "830000", "999156", "000000"])
def test_the_place_code_is_only_a_hint(place: str) -> None:
    assert documents.fault(_with_check_digit(f"{place}19900307001"), today=TODAY) is None


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("1101051949123100", "length"),
        ("11010519491231002Y", "characters"),
        ("１１０１０５１９４９１２３１００２X", "characters"),
        (_with_check_digit("11010519491331002"), "date"),
        (_with_check_digit("11010520270101002"), "date"),
        ("110105194912310021", "check_digit"),
    ],
)
def test_what_is_wrong_is_named(number: str, fault: str) -> None:
    assert documents.fault(number, today=TODAY) == fault


def test_blanks_and_small_letters_do_not_matter() -> None:
    assert documents.normalized(" 110105 19491231 002x ") == "11010519491231002X"
