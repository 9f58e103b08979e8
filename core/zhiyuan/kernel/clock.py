"""What time it is. Nothing else in the system asks the machine.

Called by units of work, jobs and pages. Instants are aware and in UTC; a *local date* is never read off an instant
without the time zone of the organization or activity it belongs to.
"""

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""A fixed instant, for what must not depend on the present one."""


class Clock(Protocol):
    """Anything that tells the present instant, aware and in UTC."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return datetime.now(UTC)


def local_date(instant: datetime, zone: str) -> date:
    """Return the calendar date that people at ``zone`` (an IANA name) read off the wall at ``instant``."""
    return instant.astimezone(ZoneInfo(zone)).date()


@lru_cache(maxsize=1024)
def is_time_zone(name: str) -> bool:
    """Tell whether ``name`` is an IANA time zone known here, of at most 60 characters: what may be kept."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return 0 < len(name) <= 60
