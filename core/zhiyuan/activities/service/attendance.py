"""Who came and went: check-in and check-out by code or by hand, no-shows, corrections.

The volunteer's own word counts only with the code on show; nobody writes down their own attendance by hand. A check-in
locks the sign-up and nothing else, so that a crowd at one gate does not queue for the shift's row.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, insert, select, update

from zhiyuan.accounts.permissions import ATTENDANCE_MANAGE
from zhiyuan.activities import codes, policy
from zhiyuan.activities.schemas import CheckIn, CheckOut
from zhiyuan.activities.service.eligibility import told_at
from zhiyuan.activities.service.guesses import GUESSES
from zhiyuan.activities.service.permits import is_own, lacking, not_permitted
from zhiyuan.activities.service.rules import Rules
from zhiyuan.activities.tables import AnyRow, activity, attendance, shift, sign_up
from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.commands import Outcome, refused
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Tx

OBSERVABLE: Final = ("published", "underway", "finished")
"""States of an activity in which attendance may be written down."""

_IDS: Final[BindParameter[Any]] = bindparam("ids", expanding=True)
LOCK_SIGN_UPS: Final = (
    select(sign_up.c.id).where(sign_up.c.id.in_(_IDS)).order_by(sign_up.c.id).with_for_update(key_share=True)
)
READ: Final = (
    select(
        sign_up.c.id,
        sign_up.c.person_id,
        sign_up.c.shift_id,
        sign_up.c.status,
        shift.c.starts_at,
        shift.c.ends_at,
        shift.c.check_in_secret,
        activity.c.organization_id,
        activity.c.time_zone,
        activity.c.status.label("activity_status"),
        attendance.c.id.label("attendance_id"),
        attendance.c.checked_in_at,
        attendance.c.checked_out_at,
    )
    .join(shift, shift.c.id == sign_up.c.shift_id)
    .join(activity, activity.c.id == sign_up.c.activity_id)
    .outerjoin(attendance, attendance.c.sign_up_id == sign_up.c.id)
    .where(sign_up.c.id.in_(_IDS))
)
_INSERT: Final = insert(attendance)
_ATTENDED: Final = (
    update(sign_up)
    .where(sign_up.c.id == bindparam("b_id"))
    .values(status="attended", changed_at=bindparam("b_now"))
)
_OUT: Final = (
    update(attendance)
    .where(attendance.c.id == bindparam("b_id"))
    .values(
        checked_out_at=bindparam("b_at"),
        check_out_method=bindparam("b_method"),
        checked_out_by=bindparam("b_by"),
    )
)


def check_in(tx: Tx, items: Sequence[CheckIn]) -> list[Outcome]:
    """Write down that people came: ``checked_in`` (the outcome's id is the attendance), ``unchanged`` or refused."""
    desk = _Desk(tx, items)
    rows: dict[UUID, dict[str, Any]] = {}
    outcomes = []
    for index, item in enumerate(items):
        row = desk.row(item)
        if row is None:
            outcomes.append(refused(Issue("sign_ups.unknown_sign_up", field="sign_up_id")))
        elif (issue := desk.not_allowed(index, item, row)) is not None:
            outcomes.append(refused(issue))
        elif row.attendance_id is not None or row.id in rows:
            known = row.attendance_id if row.attendance_id is not None else rows[row.id]["id"]
            outcomes.append(Outcome("unchanged", known))
        elif issues := desk.against_check_in(item, row):
            outcomes.append(refused(*issues))
        else:
            rows[row.id] = {
                "id": new_id(),
                "sign_up_id": row.id,
                "shift_id": row.shift_id,
                "person_id": row.person_id,
                "checked_in_at": observed_at(tx, item),
                "check_in_method": item.method,
                "checked_in_by": item.actor.person_id,
                "checked_out_at": None,
                "check_out_method": None,
                "checked_out_by": None,
            }
            _audit(tx, item, "attendance.check_in", row, rows[row.id]["id"], rows[row.id]["checked_in_at"])
            outcomes.append(Outcome("checked_in", rows[row.id]["id"]))
    if rows:
        tx.connection.execute(_INSERT, list(rows.values()))
        tx.connection.execute(_ATTENDED, [{"b_id": key, "b_now": tx.now} for key in rows])
    return outcomes


def check_out(tx: Tx, items: Sequence[CheckOut]) -> list[Outcome]:
    """Write down that people left: ``checked_out`` (the outcome's id is the attendance), ``unchanged`` or refused."""
    desk = _Desk(tx, items)
    rows: dict[UUID, dict[str, Any]] = {}
    outcomes = []
    for index, item in enumerate(items):
        row = desk.row(item)
        if row is None:
            outcomes.append(refused(Issue("sign_ups.unknown_sign_up", field="sign_up_id")))
        elif (issue := desk.not_allowed(index, item, row)) is not None:
            outcomes.append(refused(issue))
        elif row.attendance_id is None:
            outcomes.append(refused(Issue("attendance.not_checked_in", field="sign_up_id")))
        elif row.checked_out_at is not None or row.id in rows:
            outcomes.append(Outcome("unchanged", row.attendance_id))
        elif issues := desk.against_check_out(item, row):
            outcomes.append(refused(*issues))
        else:
            rows[row.id] = {
                "b_id": row.attendance_id,
                "b_at": observed_at(tx, item),
                "b_method": item.method,
                "b_by": item.actor.person_id,
            }
            _audit(tx, item, "attendance.check_out", row, row.attendance_id, rows[row.id]["b_at"])
            outcomes.append(Outcome("checked_out", row.attendance_id))
    if rows:
        tx.connection.execute(_OUT, list(rows.values()))
    return outcomes


def observed_at(tx: Tx, item: CheckIn | CheckOut) -> datetime:
    """Return the instant the item is about."""
    return tx.now if item.at is None else item.at


class _Desk:
    """What is known about the sign-ups of one batch, under their locks; and what the rules say."""

    def __init__(self, tx: Tx, items: Sequence[CheckIn | CheckOut]) -> None:
        self._tx = tx
        ids = {item.sign_up_id for item in items}
        tx.connection.execute(LOCK_SIGN_UPS, {"ids": sorted(ids)})
        self._rows: dict[UUID, AnyRow] = {
            row.id: row for row in tx.connection.execute(READ, {"ids": list(ids)})
        }
        self._rules = Rules(tx, {row.organization_id for row in self._rows.values()})
        self._managing = self._who_manages(items)

    def row(self, item: CheckIn | CheckOut) -> AnyRow | None:
        """Return the sign-up of an item, unless the item places it at another organization than its own."""
        row = self._rows.get(item.sign_up_id)
        return row if row is not None and item.organization_id in (None, row.organization_id) else None

    def not_allowed(self, index: int, item: CheckIn | CheckOut, row: AnyRow) -> Issue | None:
        """Return why this actor may not do this at all, if so."""
        own = item.actor.person_id == row.person_id
        if own and item.method != "code":
            return Issue("attendance.own_by_hand", field="method")
        if not self._managing[index] and not is_own(item.actor, row.person_id, ATTENDANCE_MANAGE):
            return not_permitted(ATTENDANCE_MANAGE)
        if item.at is not None and (own or not self._managing[index]):
            return Issue("attendance.own_time", field="at")
        return None

    def against_check_in(self, item: CheckIn, row: AnyRow) -> list[Issue]:
        """Return every reason against writing this check-in down."""
        if row.status != "accepted":
            code = "attendance.marked_no_show" if row.status == "no_show" else "attendance.no_place"
            return [Issue(code, field="sign_up_id", params={"status": row.status})]
        opens = timedelta(minutes=self._value(policy.CHECK_IN_OPENS_MINUTES_BEFORE, row))
        closes = timedelta(minutes=self._value(policy.CHECK_IN_CLOSES_MINUTES_AFTER, row))
        issues = self._common(item, row)
        if not issues:
            at = observed_at(self._tx, item)
            issues = _outside(
                row,
                at,
                row.starts_at - opens,
                row.ends_at + closes,
                "attendance.check_in_closed",
                policy.CHECK_IN_OPENS_MINUTES_BEFORE.id,
                policy.CHECK_IN_CLOSES_MINUTES_AFTER.id,
            )
        return issues

    def against_check_out(self, item: CheckOut, row: AnyRow) -> list[Issue]:
        """Return every reason against writing this check-out down."""
        issues = self._common(item, row)
        if issues:
            return issues
        at = observed_at(self._tx, item)
        if at < row.checked_in_at:
            came = told_at(row.checked_in_at, row.time_zone)
            return [Issue("attendance.out_before_in", field="at", params={"checked_in_at": came})]
        key = policy.CHECK_OUT_CLOSES_MINUTES_AFTER
        closes = timedelta(minutes=self._value(key, row))
        return _outside(
            row, at, row.checked_in_at, row.ends_at + closes, "attendance.check_out_closed", key.id, key.id
        )

    def _common(self, item: CheckIn | CheckOut, row: AnyRow) -> list[Issue]:
        if row.activity_status not in OBSERVABLE:
            return [Issue("attendance.activity_not_open", params={"status": row.activity_status})]
        if item.at is not None and item.at.tzinfo is None:
            return [Issue("activities.no_time_zone", field="at")]
        at = observed_at(self._tx, item)
        if at > self._tx.now:
            return [Issue("attendance.in_the_future", field="at")]
        if item.method == "code":
            return self._against_code(item, row, at)
        if item.method != "hand":
            return [Issue("attendance.unknown_method", field="method")]
        return []

    def _against_code(self, item: CheckIn | CheckOut, row: AnyRow, at: datetime) -> list[Issue]:
        tries = self._value(policy.CHECK_IN_CODE_TRIES, row)
        minutes = self._value(policy.CHECK_IN_CODE_TRIES_MINUTES, row)
        if GUESSES.since(row.id, self._tx.now, minutes) >= tries:
            told = {"tries": tries, "minutes": minutes}
            rule = policy.CHECK_IN_CODE_TRIES.id
            return [Issue("attendance.too_many_codes", field="code", params=told, rule=rule)]
        slack = self._value(policy.CHECK_IN_CODE_TOLERANCE_SECONDS, row)
        if codes.matches(row.check_in_secret, item.code or "", at, tolerance_seconds=slack):
            return []
        GUESSES.note(row.id, self._tx.now)
        rule = policy.CHECK_IN_CODE_TOLERANCE_SECONDS.id
        return [Issue("attendance.wrong_code", field="code", rule=rule)]

    def _value(self, key: Any, row: AnyRow) -> int:
        return int(self._rules.at(key, row.organization_id, row.starts_at, row.time_zone))

    def _who_manages(self, items: Sequence[CheckIn | CheckOut]) -> list[bool]:
        managing = [False] * len(items)
        asking: list[tuple[int, Actor, UUID]] = []
        for index, item in enumerate(items):
            row = self._rows.get(item.sign_up_id)
            # Somebody with the code in hand needs no role for their own check-in: no question, no query.
            plain = row is not None and item.method == "code" and item.at is None
            if row is not None and not (plain and is_own(item.actor, row.person_id, ATTENDANCE_MANAGE)):
                asking.append((index, item.actor, row.organization_id))
        answers = lacking(self._tx, ATTENDANCE_MANAGE, [(actor, place) for _, actor, place in asking])
        for (index, _, _), lacks in zip(asking, answers, strict=True):
            managing[index] = not lacks
        return managing


def _outside(
    row: AnyRow,
    at: datetime,
    opens: datetime,
    closes: datetime,
    code: str,
    opening_rule: str,
    closing_rule: str,
) -> list[Issue]:
    if opens <= at <= closes:
        return []
    params = {"opens_at": told_at(opens, row.time_zone), "closes_at": told_at(closes, row.time_zone)}
    return [Issue(code, field="at", params=params, rule=opening_rule if at < opens else closing_rule)]


def _audit(
    tx: Tx, item: CheckIn | CheckOut, action: str, row: AnyRow, attendance_id: UUID, at: datetime
) -> None:
    detail = {"sign_up": str(row.id), "at": at.isoformat(), "method": item.method}
    tx.audit(Audit(item.actor, action, "attendance", attendance_id, row.organization_id, detail))
