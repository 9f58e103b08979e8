"""Putting attendance right afterwards: no-shows, and observed times that were wrong. Organizers only."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, insert, update

from zhiyuan.accounts.permissions import ATTENDANCE_MANAGE
from zhiyuan.activities import policy
from zhiyuan.activities.schemas import CorrectAttendance, MarkNoShow
from zhiyuan.activities.service.attendance import OBSERVABLE, READ
from zhiyuan.activities.service.eligibility import told_at
from zhiyuan.activities.service.permits import not_permitted
from zhiyuan.activities.service.reasons import clean_reason
from zhiyuan.activities.service.releases import managing, named, opened
from zhiyuan.activities.service.roster import Roster
from zhiyuan.activities.service.rules import Rules
from zhiyuan.activities.service.waitlist import Reach
from zhiyuan.activities.tables import AnyRow, attendance
from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.commands import Outcome, refused
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Tx

_MAXIMUM_REASON: Final = 200

_INSERT: Final = insert(attendance)
_UPDATE: Final = (
    update(attendance)
    .where(attendance.c.id == bindparam("b_id"))
    .values(
        checked_in_at=bindparam("b_in"),
        check_in_method=bindparam("b_in_method"),
        checked_in_by=bindparam("b_in_by"),
        checked_out_at=bindparam("b_out"),
        check_out_method=bindparam("b_out_method"),
        checked_out_by=bindparam("b_out_by"),
    )
)


def mark_no_shows(tx: Tx, items: Sequence[MarkNoShow]) -> list[Outcome]:
    """Write down that people with a place did not come: ``no_show``, ``unchanged`` or refused."""
    files = _Files(tx, items)
    outcomes = []
    for index, item in enumerate(items):
        row, issue = files.row(index, item)
        if row is None or issue is not None:
            outcomes.append(refused(issue or Issue("sign_ups.unknown_sign_up", field="sign_up_id")))
            continue
        held = files.roster.by_id(row.id)
        if held is not None and held.status == "no_show":
            outcomes.append(Outcome("unchanged", row.id))
        elif held is None or held.status != "accepted":
            outcomes.append(
                refused(Issue("attendance.no_place", field="sign_up_id", params={"status": row.status}))
            )
        elif row.starts_at > tx.now:
            starts = told_at(row.starts_at, row.time_zone)
            outcomes.append(refused(Issue("attendance.not_started", params={"starts_at": starts})))
        else:
            files.roster.change(held, "no_show")
            detail = {"person": str(row.person_id), "shift": str(row.shift_id)}
            tx.audit(Audit(item.actor, "attendance.no_show", "sign_up", row.id, row.organization_id, detail))
            outcomes.append(Outcome("no_show", row.id))
    files.roster.save()
    return outcomes


def correct(tx: Tx, items: Sequence[CorrectAttendance]) -> list[Outcome]:
    """Set observed times right, or write down attendance that nobody observed: ``corrected``, ``unchanged``, refused.

    The outcome's id is the attendance. The audit keeps the old times and the reason. A no-show becomes attended when
    there still is a place. Of two corrections of one sign-up in a batch the second is refused.
    """
    files = _Files(tx, items)
    outcomes, fresh, changed = [], [], []
    seen: set[UUID] = set()
    for index, item in enumerate(items):
        row, issue = files.row(index, item)
        if row is None or issue is not None:
            outcomes.append(refused(issue or Issue("sign_ups.unknown_sign_up", field="sign_up_id")))
            continue
        issues = files.against(item, row) if row.id not in seen else [Issue("attendance.twice_in_batch")]
        if issues:
            outcomes.append(refused(*issues))
            continue
        came = item.checked_in_at.astimezone(UTC)
        went = item.checked_out_at.astimezone(UTC) if item.checked_out_at is not None else None
        if row.attendance_id is not None and (came, went) == (row.checked_in_at, row.checked_out_at):
            outcomes.append(Outcome("unchanged", row.attendance_id))
            continue
        seen.add(row.id)
        held = files.roster.by_id(row.id)
        if held is not None and held.status != "attended":
            files.roster.change(held, "attended")
        attendance_id = row.attendance_id if row.attendance_id is not None else new_id()
        by = item.actor.person_id
        if row.attendance_id is None:
            fresh.append(_new_row(attendance_id, row, came, went, by))
        else:
            changed.append(_changed_row(row, came, went, by))
        _audit(tx, item, row, attendance_id)
        outcomes.append(Outcome("corrected", attendance_id))
    if fresh:
        tx.connection.execute(_INSERT, fresh)
    if changed:
        tx.connection.execute(_UPDATE, changed)
    files.roster.save()
    return outcomes


class _Files:
    """What is known about the sign-ups of one batch, under the locks of people, shifts and sign-ups."""

    def __init__(self, tx: Tx, items: Sequence[MarkNoShow | CorrectAttendance]) -> None:
        self._tx = tx
        known = named(tx, [item.sign_up_id for item in items])
        self._manages = managing(tx, items, known, ATTENDANCE_MANAGE)
        people = {row.person_id for row in known.values()}
        self.roster: Roster = opened(
            tx, known, people, Reach(frozenset(), frozenset(row.shift_id for row in known.values()))
        )
        rows = tx.connection.execute(READ, {"ids": list(known)}) if known else ()
        self._rows: dict[UUID, AnyRow] = {row.id: row for row in rows}
        self._rules = Rules(tx, {row.organization_id for row in self._rows.values()})

    def row(self, index: int, item: MarkNoShow | CorrectAttendance) -> tuple[AnyRow | None, Issue | None]:
        """Return the sign-up of an item, and why this actor may not touch it, if so."""
        row = self._rows.get(item.sign_up_id)
        if row is None or item.organization_id not in (None, row.organization_id):
            return None, None
        if item.actor.person_id == row.person_id:
            return row, Issue("attendance.own_by_hand", field="sign_up_id")
        if not self._manages[index]:
            return row, not_permitted(ATTENDANCE_MANAGE)
        if row.activity_status not in OBSERVABLE:
            return row, Issue("attendance.activity_not_open", params={"status": row.activity_status})
        return row, None

    def against(self, item: CorrectAttendance, row: AnyRow) -> list[Issue]:
        """Return every reason against these times."""
        issues = []
        reason = clean_reason(item.reason, maximum=_MAXIMUM_REASON)
        if isinstance(reason, Issue):
            issues.append(reason)
        elif reason is None:
            issues.append(Issue("activities.reason_missing", field="reason"))
        held = self.roster.by_id(row.id)
        if held is None or held.status not in ("accepted", "attended", "no_show"):
            issues.append(Issue("attendance.no_place", field="sign_up_id", params={"status": row.status}))
        elif held.status == "no_show" and not self.roster.shifts[row.shift_id].has_room:
            state = self.roster.shifts[row.shift_id]
            counts = {
                "capacity": state.capacity or 0,
                "taken": state.taken_count,
                "reserved": state.reserved_count,
            }
            issues.append(Issue("sign_ups.no_place_to_give", params=counts))
        return issues or self._against_times(item, row)

    def _against_times(self, item: CorrectAttendance, row: AnyRow) -> list[Issue]:
        told = {"checked_in_at": item.checked_in_at, "checked_out_at": item.checked_out_at}
        naive = [field for field, at in told.items() if at is not None and at.tzinfo is None]
        if naive:
            return [Issue("activities.no_time_zone", field=field) for field in naive]
        late = [field for field, at in told.items() if at is not None and at > self._tx.now]
        if late:
            return [Issue("attendance.in_the_future", field=field) for field in late]
        if item.checked_out_at is not None and item.checked_out_at < item.checked_in_at:
            came = told_at(item.checked_in_at, row.time_zone)
            return [Issue("attendance.out_before_in", field="checked_out_at", params={"checked_in_at": came})]
        opens = row.starts_at - timedelta(minutes=self._value(policy.CHECK_IN_OPENS_MINUTES_BEFORE, row))
        closes = row.ends_at + timedelta(minutes=self._value(policy.CHECK_OUT_CLOSES_MINUTES_AFTER, row))
        return [
            Issue(
                "attendance.outside_shift",
                field=field,
                params={
                    "opens_at": told_at(opens, row.time_zone),
                    "closes_at": told_at(closes, row.time_zone),
                },
            )
            for field, at in told.items()
            if at is not None and not opens <= at <= closes
        ]

    def _value(self, key: Any, row: AnyRow) -> int:
        return int(self._rules.at(key, row.organization_id, row.starts_at, row.time_zone))


def _new_row(
    attendance_id: UUID, row: AnyRow, came: datetime, went: datetime | None, by: UUID | None
) -> dict[str, Any]:
    return {
        "id": attendance_id,
        "sign_up_id": row.id,
        "shift_id": row.shift_id,
        "person_id": row.person_id,
        "checked_in_at": came,
        "check_in_method": "hand",
        "checked_in_by": by,
        "checked_out_at": went,
        "check_out_method": None if went is None else "hand",
        "checked_out_by": None if went is None else by,
    }


def _changed_row(row: AnyRow, came: datetime, went: datetime | None, by: UUID | None) -> dict[str, Any]:
    return {
        "b_id": row.attendance_id,
        "b_in": came,
        "b_in_method": "hand",
        "b_in_by": by,
        "b_out": went,
        "b_out_method": None if went is None else "hand",
        "b_out_by": None if went is None else by,
    }


def _audit(tx: Tx, item: CorrectAttendance, row: AnyRow, attendance_id: UUID) -> None:
    detail = {
        "sign_up": str(row.id),
        "reason": item.reason,
        "before": {"checked_in_at": _told(row.checked_in_at), "checked_out_at": _told(row.checked_out_at)},
        "checked_in_at": _told(item.checked_in_at),
        "checked_out_at": _told(item.checked_out_at),
    }
    tx.audit(
        Audit(item.actor, "attendance.correct", "attendance", attendance_id, row.organization_id, detail)
    )


def _told(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).isoformat() if instant is not None else None
