"""Signing up: a batch of wishes, decided in order of arrival under the locks of its people and shifts.

A refusal costs what an acceptance costs: everything is read for the whole batch at once, and decided in memory.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import bindparam, select

from zhiyuan.activities.schemas import SignUpCheck, SignUpRequest
from zhiyuan.activities.service.eligibility import Eligibility
from zhiyuan.activities.service.roster import Roster, ShiftState, SignUpState
from zhiyuan.activities.tables import activity, shift
from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.commands import Outcome, refused
from zhiyuan.kernel.uow import Tx

_ASKED: Final = (
    select(shift.c.id, shift.c.activity_id, activity.c.organization_id, shift.c.starts_at, shift.c.ends_at)
    .join(activity, activity.c.id == shift.c.activity_id)
    .where(shift.c.id.in_(bindparam("ids", expanding=True)))
)


def requests(tx: Tx, items: Sequence[SignUpRequest]) -> list[SignUpCheck | None]:
    """Return what ``check_signups`` is asked about each item; nothing about a shift that does not exist."""
    rows = tx.connection.execute(_ASKED, {"ids": list({item.shift_id for item in items})})
    known = {row.id: row for row in rows}
    return [
        SignUpCheck(
            key=str(index),
            organization_id=found.organization_id,
            activity_id=found.activity_id,
            shift_id=item.shift_id,
            person_id=item.person_id,
            starts_at=found.starts_at,
            ends_at=found.ends_at,
        )
        if (found := known.get(item.shift_id)) is not None
        else None
        for index, item in enumerate(items)
    ]


def sign_up(tx: Tx, items: Sequence[SignUpRequest]) -> list[Outcome]:
    """Decide each wish: ``accepted``, ``waitlisted``, ``applied``, ``unchanged`` or refused with every reason there is.

    Earlier items win over later ones, also for the time of one person. A repeat changes nothing; somebody who waits
    and asks again gets the place if there is one by now. Runs inside the caller's unit of work.
    """
    person_ids = {item.person_id for item in items}
    roster = Roster(tx, person_ids, {item.shift_id for item in items})
    roster.load(person_ids)
    return _Decisions(tx, roster, items).outcomes()


class _Decisions:
    """One batch on its way through."""

    def __init__(self, tx: Tx, roster: Roster, items: Sequence[SignUpRequest]) -> None:
        self._tx = tx
        self._roster = roster
        self._items = items
        self._eligibility = Eligibility(tx, roster)

    def outcomes(self) -> list[Outcome]:
        decided = [self._decide(index, item) for index, item in enumerate(self._items)]
        self._roster.save()
        return decided

    def _decide(self, index: int, item: SignUpRequest) -> Outcome:
        verdict = self._eligibility.verdict(item)
        if verdict.status == "refused":
            return refused(*verdict.issues)
        if verdict.status == "unchanged":
            return Outcome("unchanged", verdict.held.id if verdict.held is not None else None)
        return self._written(index, item, self._roster.shifts[item.shift_id], verdict.held, verdict.status)

    def _written(
        self, index: int, item: SignUpRequest, state: ShiftState, known: SignUpState | None, status: str
    ) -> Outcome:
        # One microsecond apart, so that the waitlist keeps the order of arrival within the batch.
        queued_at = self._tx.now + timedelta(microseconds=index)
        if known is None:
            known = self._roster.add(state, item.person_id, status, queued_at)
        else:
            self._roster.change(known, status, queued_at=queued_at)
        self._tx.audit(
            Audit(
                item.actor,
                "sign_ups.sign_up",
                "sign_up",
                known.id,
                known.organization_id,
                {"status": status, "shift": str(state.id), "person": str(item.person_id)},
            )
        )
        return Outcome(status, known.id)
