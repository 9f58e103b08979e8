"""Converters of dates, clock times and local instants.

A date is read by the formats that the mapping lists, in their order; without a list only spellings that mean the same
everywhere are read. Years far off are refused: they are typing errors.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from zhiyuan.imports.mapping import words
from zhiyuan.imports.mapping.faults import CellFault
from zhiyuan.imports.policy import EARLIEST_YEAR, YEARS_AHEAD
from zhiyuan.imports.readers import Cell
from zhiyuan.kernel.issues import Issue

_EVERYWHERE: Final = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d.%m.%Y", "%Y年%m月%d日")
_CLOCK: Final = re.compile(
    r"(?P<before>上午|下午|am|pm)?\s*(?P<hour>[0-9]{1,2})(?:[:.：](?P<minute>[0-9]{2})(?:[:.：](?P<second>[0-9]{2})(?:\.[0-9]+)?)?)?"
    r"\s*(?P<after>[ap]\.?\s?m?\.?)?",
    re.ASCII | re.IGNORECASE,
)
_CENTURY: Final = 100


@dataclass(frozen=True, slots=True)
class Years:
    """The first and the last year that are believed, and the rule that says so."""

    first: int
    last: int
    rule: str | None = None


def local_day(cell: Cell, formats: tuple[str, ...], years: Years) -> date | None:
    """Return a calendar date. A two-digit year is the latest one that ``years`` allows. Raises CellFault."""
    if isinstance(cell, datetime):
        return _believed(cell.date(), years)
    if isinstance(cell, date):
        return _believed(cell, years)
    found = words.text(cell)
    return _read_day(found, formats, years) if found else None


def clock(cell: Cell) -> time | None:
    """Return a time of day: ``8:59 am``, ``16:30``, ``下午4:30``, and also ``16:30pm``. Raises CellFault."""
    if isinstance(cell, datetime):
        return cell.time()
    if isinstance(cell, time):
        return cell
    if isinstance(cell, float) and 0 <= cell < 1:  # A spreadsheet's fraction of a day.
        return (datetime(2000, 1, 1) + timedelta(seconds=round(cell * 86_400))).time()  # noqa: DTZ001  # any day
    found = words.text(cell)
    return _read_clock(found) if found else None


def instant(
    day_cell: Cell,
    clock_cell: Cell,
    formats: tuple[str, ...],
    years: Years,
    zone: ZoneInfo,
    warnings: list[Issue],
) -> datetime | None:
    """Return the UTC instant of a date cell and a clock cell, both local to ``zone``; ``None`` when one is empty."""
    day = local_day(day_cell, formats, years)
    at = clock(clock_cell)
    return None if day is None or at is None else located(datetime.combine(day, at), zone, warnings)


def instant_of_one(
    cell: Cell, formats: tuple[str, ...], years: Years, zone: ZoneInfo, warnings: list[Issue]
) -> datetime | None:
    """Return the UTC instant that one cell with date and time tells, local to ``zone`` unless it names its offset."""
    if isinstance(cell, datetime):
        wall = cell
    else:
        found = words.text(cell)
        if not found:
            return None
        wall = _read_wall(found, formats, years)
    _believed(wall.date(), years)
    if wall.tzinfo is not None:
        return wall.astimezone(UTC)
    return located(wall, zone, warnings)


def located(wall: datetime, zone: ZoneInfo, warnings: list[Issue]) -> datetime:
    """Return the UTC instant at which clocks in ``zone`` show ``wall``.

    A time that clocks skip is refused; of a time that they show twice the first is taken, with a warning.
    """
    first = wall.replace(tzinfo=zone, fold=0)
    second = wall.replace(tzinfo=zone, fold=1)
    utc = first.astimezone(UTC)
    if first.utcoffset() == second.utcoffset():
        return utc
    if utc.astimezone(zone).replace(tzinfo=None) != wall:
        raise CellFault("imports.time_in_gap", time=f"{wall:%Y-%m-%d %H:%M}", zone=zone.key)
    params: dict[str, str | int] = {"time": f"{wall:%Y-%m-%d %H:%M}", "zone": zone.key}
    warnings.append(Issue("imports.time_ambiguous", severity="warn", params=params))
    return utc


def next_day(instant_utc: datetime, zone: ZoneInfo, warnings: list[Issue]) -> datetime:
    """Return the same local time one calendar day later."""
    return located(instant_utc.astimezone(zone).replace(tzinfo=None) + timedelta(days=1), zone, warnings)


@lru_cache(maxsize=8192)
def _read_day(found: str, formats: tuple[str, ...], years: Years) -> date:
    for pattern in formats or _EVERYWHERE:
        try:
            day = datetime.strptime(found, pattern).date()  # noqa: DTZ007  # a calendar date has no zone
        except ValueError:
            continue
        return _believed(_in_century(day, years) if "%y" in pattern else day, years)
    try:
        return _believed(datetime.fromisoformat(found).date(), years)
    except ValueError as error:
        raise CellFault("imports.not_a_date", formats=", ".join(formats or _EVERYWHERE)) from error


def _read_wall(found: str, formats: tuple[str, ...], years: Years) -> datetime:
    for pattern in formats:
        try:
            wall = datetime.strptime(found, pattern)  # noqa: DTZ007  # the zone is added by the caller
        except ValueError:
            continue
        if "%y" in pattern:
            wall = datetime.combine(_in_century(wall.date(), years), wall.time())
        return wall
    try:
        return datetime.fromisoformat(found)
    except ValueError as error:
        raise CellFault("imports.not_a_time", formats=", ".join(formats) or "2018-02-16 12:55") from error


def _read_clock(found: str) -> time:
    told = _CLOCK.fullmatch(found)
    if told is None:
        raise CellFault("imports.not_a_clock_time")
    hour, minute, second = int(told["hour"]), int(told["minute"] or 0), int(told["second"] or 0)
    half = (told["before"] or told["after"] or "").casefold()
    if told["minute"] is None and not half:
        raise CellFault("imports.not_a_clock_time")  # A bare number is as likely a duration.
    if half.startswith(("p", "下")) and hour < 12:
        hour += 12
    elif half.startswith(("a", "上")) and hour == 12:
        hour = 0
    try:
        return time(hour, minute, second)
    except ValueError as error:
        raise CellFault("imports.not_a_clock_time") from error


def _in_century(day: date, years: Years) -> date:
    """Return ``day`` in the latest century in which its year is believed; unchanged when there is none."""
    within = day.year % _CENTURY
    latest = years.last - (years.last - within) % _CENTURY
    try:
        return day.replace(year=latest) if latest >= years.first else day
    except ValueError:  # 29 February of a century without it.
        return day


def _believed(day: date, years: Years) -> date:
    if years.first <= day.year <= years.last:
        return day
    rule = years.rule or (EARLIEST_YEAR.id if day.year < years.first else YEARS_AHEAD.id)
    raise CellFault("imports.year_implausible", rule=rule, year=day.year, first=years.first, last=years.last)
