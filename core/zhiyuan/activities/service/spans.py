"""The days of an activity cover its shifts: they widen when a shift lies outside, and never shrink by themselves."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, select, update

from zhiyuan.activities.tables import activity, shift
from zhiyuan.kernel.clock import local_date
from zhiyuan.kernel.uow import Tx

_SPANS: Final = (
    select(
        activity.c.id,
        activity.c.time_zone,
        activity.c.starts_on,
        activity.c.ends_on,
        func.min(shift.c.starts_at, type_=shift.c.starts_at.type).label("first"),
        func.max(shift.c.ends_at, type_=shift.c.ends_at.type).label("last"),
    )
    .join(shift, shift.c.activity_id == activity.c.id)
    .where(activity.c.id.in_(bindparam("ids", expanding=True)), shift.c.status != "cancelled")
    .group_by(activity.c.id, activity.c.time_zone, activity.c.starts_on, activity.c.ends_on)
)
_WIDEN: Final = (
    update(activity)
    .where(activity.c.id == bindparam("b_id"))
    .values(starts_on=bindparam("b_starts_on"), ends_on=bindparam("b_ends_on"))
)


def widen(tx: Tx, activity_ids: Collection[UUID]) -> None:
    """Make the dates of these activities, in their own time zones, cover their shifts. The activities are locked."""
    if not activity_ids:
        return
    rows = []
    for row in tx.connection.execute(_SPANS, {"ids": list(set(activity_ids))}):
        starts_on, ends_on = local_days(row.first, row.last, row.time_zone)
        starts_on = min(starts_on, row.starts_on or starts_on)
        ends_on = max(ends_on, row.ends_on or row.starts_on or ends_on)
        if (starts_on, ends_on) != (row.starts_on, row.ends_on):
            rows.append({"b_id": row.id, "b_starts_on": starts_on, "b_ends_on": ends_on})
    if rows:
        tx.connection.execute(_WIDEN, rows)


def local_days(starts_at: datetime, ends_at: datetime, zone: str) -> tuple[date, date]:
    """Return the first and last local date touched; something that ends at midnight ends on the day before."""
    return local_date(starts_at, zone), local_date(ends_at - timedelta(microseconds=1), zone)
