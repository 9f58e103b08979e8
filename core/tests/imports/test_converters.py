"""Cells say what they say, or are refused for the stated reason."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyuan.imports.mapping import places, times, words
from zhiyuan.imports.mapping.faults import CellFault
from zhiyuan.imports.mapping.times import Years
from zhiyuan.imports.readers import Cell
from zhiyuan.kernel.issues import Issue

NEW_YORK = ZoneInfo("America/New_York")
YEARS = Years(1900, 2036)


@pytest.mark.parametrize(
    ("cell", "minutes"),
    [
        ("2.6666666667", 160), ("99.9833333333", 5999), ("0.33333", 20), ("2,5", 150), ("2:30", 150), (2.5, 150),
        ("450", 27_000), ("0", 0), ("", None), ("26740.50", 1_604_430), (1e-9, 0),
    ],
)  # fmt: skip
def test_hours_become_minutes_exactly(cell: Cell, minutes: int | None) -> None:
    warnings: list[Issue] = []

    assert words.hours(cell, warnings) == minutes
    assert warnings == []


def test_half_a_minute_is_rounded_up_with_a_warning() -> None:
    warnings: list[Issue] = []

    assert words.hours("0.275", warnings) == 17
    assert [warning.code for warning in warnings] == ["imports.hours_rounded"]


@pytest.mark.parametrize(
    ("cell", "code"),
    [("-1", "imports.minutes_negative"), ("1,250", "imports.comma_ambiguous"), ("two", "imports.not_a_number"),
     ("1e3", "imports.not_a_number"), ("999999999", "imports.number_too_large"), (float("nan"), "imports.not_a_number"),
     (float("inf"), "imports.not_a_number")],
)  # fmt: skip
def test_hours_that_are_none_are_refused(cell: Cell, code: str) -> None:
    with pytest.raises(CellFault) as caught:
        words.hours(cell, [])

    assert caught.value.issue.code == code


@given(st.integers(min_value=0, max_value=10**6), st.integers(min_value=4, max_value=12))
def test_minutes_survive_being_written_as_decimal_hours(minutes: int, digits: int) -> None:
    warnings: list[Issue] = []

    # Four decimals err by 0.003 minutes at most: beyond the tolerance there is a warning, never another minute.
    assert words.hours(f"{minutes / 60:.{digits}f}", warnings) == minutes


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("12", 12),
        ("12.0", 12),
        (12.0, 12),
        ("1,250", 1250),
        ("1 250", 1250),
        ("-3", -3),
        ("", None),
        (None, None),
    ],
)
def test_integers(cell: Cell, value: int | None) -> None:
    assert words.integer(cell) == value


def test_codes_lose_what_spreadsheets_added() -> None:
    assert [words.code(cell) for cell in ("10010.0", 10010.0, "02114", "A-1.0", " x  y ")] == [
        "10010", "10010", "02114", "A-1.0", "x y",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("ja", True),
        ("JA", True),
        ("1", True),
        (1.0, True),
        ("是", True),
        ("否", False),
        ("False", False),
        ("", None),
    ],
)
def test_yes_and_no_in_many_words(cell: Cell, value: bool | None) -> None:
    assert words.boolean(cell) is value


@pytest.mark.parametrize(
    ("cell", "formats", "day"),
    [
        ("10-10-2017", ("%m-%d-%Y",), date(2017, 10, 10)),
        ("10/1/17", ("%m-%d-%Y", "%m/%d/%y"), date(2017, 10, 1)),
        ("10/1/68", ("%m/%d/%y",), date(1968, 10, 1)),
        ("June 23 2011", ("%B %d %Y",), date(2011, 6, 23)),
        ("25.08.1992", (), date(1992, 8, 25)),
        ("2011-06-23T00:00:00.000", ("%B %d %Y",), date(2011, 6, 23)),
        ("2020年3月5日", (), date(2020, 3, 5)),
        (datetime(2020, 1, 2, 3), (), date(2020, 1, 2)),  # noqa: DTZ001  # as spreadsheets give it
        ("", (), None),
    ],
)
def test_dates(cell: Cell, formats: tuple[str, ...], day: date | None) -> None:
    assert times.local_day(cell, formats, YEARS) == day


@pytest.mark.parametrize(
    ("cell", "code", "rule"),
    [
        ("0202-05-06", "imports.year_implausible", "imports.earliest_year"),
        ("2202-05-06", "imports.year_implausible", "imports.years_ahead"),
        ("31.02.2020", "imports.not_a_date", None),
        ("03/04/2020", "imports.not_a_date", None),
        (43_000.0, "imports.not_a_date", None),
    ],
)
def test_dates_that_are_none_are_refused(cell: Cell, code: str, rule: str | None) -> None:
    with pytest.raises(CellFault) as caught:
        times.local_day(cell, (), YEARS)

    assert (caught.value.issue.code, caught.value.issue.rule) == (code, rule)


@pytest.mark.parametrize(
    ("cell", "at"),
    [("8:59 am", time(8, 59)), ("12:55 pm", time(12, 55)), ("12:05 AM", time(0, 5)), ("16:30pm", time(16, 30)),
     ("下午4:30", time(16, 30)), ("9.15", time(9, 15)), ("5 p.m.", time(17)), (0.5, time(12)), ("", None)],
)  # fmt: skip
def test_clock_times(cell: Cell, at: time | None) -> None:
    assert times.clock(cell) == at


@pytest.mark.parametrize("cell", ["25:00", "9", "noon", "10:60"])
def test_clock_times_that_are_none_are_refused(cell: str) -> None:
    with pytest.raises(CellFault):
        times.clock(cell)


def test_a_time_that_clocks_skip_is_refused_and_one_shown_twice_is_the_first() -> None:
    warnings: list[Issue] = []

    with pytest.raises(CellFault) as caught:
        times.instant_of_one("2018-03-11 02:30", (), YEARS, NEW_YORK, warnings)
    twice = times.instant_of_one("2018-11-04 01:30", (), YEARS, NEW_YORK, warnings)

    assert caught.value.issue.code == "imports.time_in_gap"
    assert twice == datetime(2018, 11, 4, 5, 30, tzinfo=UTC)
    assert [warning.code for warning in warnings] == ["imports.time_ambiguous"]


def test_an_offset_in_the_cell_wins_over_the_zone() -> None:
    told = times.instant_of_one("2018-03-11T02:30:00Z", (), YEARS, NEW_YORK, [])

    assert told == datetime(2018, 3, 11, 2, 30, tzinfo=UTC)


def test_places_give_address_and_coordinates() -> None:
    assert places.place("5 22nd St\nNew York, NY 10010\n(40.74053152272978, -73.98923530081726)") == {
        "place_text": "5 22nd St, New York, NY 10010",
        "latitude": 40.74053152272978,
        "longitude": -73.98923530081726,
    }
    assert places.place("POINT (-73.98 40.74)") == {"latitude": 40.74, "longitude": -73.98}
    assert places.place("Hall (back door)") == {"place_text": "Hall (back door)"}
    assert places.place("") == {}
    with pytest.raises(CellFault):
        places.place("x (140.7, 20)")
