"""From coming and going to minutes per local day. Pure: no database, no clock.

Minutes are real ones: a night in which the clocks go back has an hour more. Rounding looks at the whole presence and is
then shared out over its days, so that a shift over midnight neither gains nor loses a minute by being split.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_MINUTE: Final = 60_000_000
"""Microseconds."""


@dataclass(frozen=True, slots=True)
class DayOfService:
    """The part of one presence that lies on one local day. Instants are aware and in UTC; ``minutes`` are rounded."""

    service_date: date
    started_at: datetime
    ended_at: datetime
    minutes: int


def cut(came: datetime, went: datetime, starts: datetime, ends: datetime) -> tuple[datetime, datetime] | None:
    """Return the part of a presence within the shift, or ``None`` when there is none. Aware instants."""
    first, last = max(came, starts), min(went, ends)
    return (first, last) if first < last else None


def days(came: datetime, went: datetime, *, time_zone: str, rounding: int, mode: str) -> list[DayOfService]:
    """Return the days of service of one presence (``came`` <= ``went``, aware), in order, none of them empty.

    ``rounding`` is a number of minutes, ``mode`` is ``down``, ``nearest`` (halves go up) or ``up``.
    """
    found = []
    counted = 0
    for first, last, day in _parts(came, went, ZoneInfo(time_zone)):
        so_far = rounded(last - came, rounding, mode)
        found.append(DayOfService(day, first, last, so_far - counted))
        counted = so_far
    return found


def rounded(length: timedelta, rounding: int, mode: str) -> int:
    """Return ``length`` (0 or more) in minutes, as a multiple of ``rounding``."""
    unit = rounding * _MINUTE
    exact = length // timedelta(microseconds=1)
    match mode:
        case "down":
            units = exact // unit
        case "up":
            units = -(-exact // unit)
        case _:
            units = (2 * exact + unit) // (2 * unit)
    return units * rounding


def _parts(came: datetime, went: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime, date]]:
    start = came.astimezone(UTC)
    end = went.astimezone(UTC)
    while True:
        day = start.astimezone(zone).date()
        # A midnight that summer time skips is read with the offset before it: the first instant of the new day.
        midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC)
        if midnight >= end or midnight <= start:
            yield start, end, day
            return
        yield start, midnight, day
        start = midnight
