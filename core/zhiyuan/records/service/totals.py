"""The totals that every screen shows, kept inside the transaction that changes them.

They are never the truth, only a sum that is always right: the verification adds up the records again and compares.
"""

from collections import defaultdict
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, update
from sqlalchemy.dialects import postgresql, sqlite

from zhiyuan.kernel.uow import Tx
from zhiyuan.records.models import ServiceTotal

_total = ServiceTotal.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_KEY = [_total.c.person_id, _total.c.organization_id, _total.c.year]


class _Key(NamedTuple):
    organization_id: UUID
    person_id: UUID
    year: int


class TotalChanges:
    """By how much the totals of a batch move. Written once, while the heads of the organizations are held."""

    def __init__(self) -> None:
        self._minutes: dict[_Key, int] = defaultdict(int)
        self._entries: dict[_Key, int] = defaultdict(int)

    def add(self, organization_id: UUID, person_id: UUID, service_date: date, minutes: int) -> None:
        """Count one more record."""
        key = _Key(organization_id, person_id, service_date.year)
        self._minutes[key] += minutes
        self._entries[key] += 1

    def take(self, organization_id: UUID, person_id: UUID, service_date: date, minutes: int) -> None:
        """Count one record no more."""
        key = _Key(organization_id, person_id, service_date.year)
        self._minutes[key] -= minutes
        self._entries[key] -= 1

    def write(self, tx: Tx) -> None:
        """Move the totals: one statement for what grows, one for what shrinks. The caller holds the heads."""
        growing: list[dict[str, Any]] = []
        shrinking: list[dict[str, Any]] = []
        for key in sorted(self._minutes):
            minutes, entries = self._minutes[key], self._entries[key]
            if minutes == 0 and entries == 0:
                continue
            values = {
                "organization_id": key.organization_id,
                "person_id": key.person_id,
                "year": key.year,
                "minutes": minutes,
                "entry_count": entries,
            }
            # A negative sum would fail the table's check as a proposed row, before it could meet the existing one.
            (growing if minutes >= 0 and entries >= 0 else shrinking).append(values)
        if growing:
            tx.connection.execute(_GROW_SQLITE if tx.is_sqlite else _GROW_POSTGRESQL, growing)
        if shrinking:
            tx.connection.execute(
                _SHRINK,
                [
                    {
                        "at_organization": values["organization_id"],
                        "at_person": values["person_id"],
                        "at_year": values["year"],
                        "by_minutes": values["minutes"],
                        "by_entries": values["entry_count"],
                    }
                    for values in shrinking
                ],
            )


def _grow(statement: "sqlite.Insert | postgresql.Insert") -> "sqlite.Insert | postgresql.Insert":
    return statement.on_conflict_do_update(
        index_elements=_KEY,
        set_={
            "minutes": _total.c.minutes + statement.excluded.minutes,
            "entry_count": _total.c.entry_count + statement.excluded.entry_count,
        },
    )


_GROW_SQLITE = _grow(sqlite.insert(_total))
_GROW_POSTGRESQL = _grow(postgresql.insert(_total))
_SHRINK = (
    update(_total)
    .where(
        _total.c.organization_id == bindparam("at_organization"),
        _total.c.person_id == bindparam("at_person"),
        _total.c.year == bindparam("at_year"),
    )
    .values(
        minutes=_total.c.minutes + bindparam("by_minutes"),
        entry_count=_total.c.entry_count + bindparam("by_entries"),
    )
)
