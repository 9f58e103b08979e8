"""The waitlist: who is next when a place becomes free.

First come, first served by ``queued_at``; somebody who holds an overlapping place just then is passed over and keeps
their place in the queue. Promotion happens in the unit of work that frees the place.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select

from zhiyuan.activities.service.eligibility import ABLE, OPEN_ACTIVITY, Eligibility
from zhiyuan.activities.service.roster import Roster, ShiftState
from zhiyuan.activities.tables import AnyRow, shift, sign_up
from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.uow import Tx

_SPARE: Final = 25
"""So many more heads of each queue than places freed are looked at first; the rest only when those do not suffice."""

_RANKED: Final = (
    select(
        sign_up.c.shift_id,
        sign_up.c.person_id,
        sign_up.c.queued_at,
        sign_up.c.id,
        func.row_number()
        .over(partition_by=sign_up.c.shift_id, order_by=(sign_up.c.queued_at, sign_up.c.id))
        .label("place"),
    )
    .where(sign_up.c.shift_id.in_(bindparam("ids", expanding=True)), sign_up.c.status == "waitlisted")
    .subquery()
)
_HEADS: Final = (
    select(_RANKED).where(_RANKED.c.place <= bindparam("depth")).order_by(_RANKED.c.queued_at, _RANKED.c.id)
)

_WAITING_ELSEWHERE: Final = (
    select(sign_up.c.shift_id)
    .join(shift, shift.c.id == sign_up.c.shift_id)
    .where(
        sign_up.c.person_id.in_(bindparam("ids", expanding=True)),
        sign_up.c.status == "waitlisted",
        shift.c.status == "open",
        shift.c.starts_at > bindparam("now"),
        or_(shift.c.capacity.is_(None), shift.c.taken_count + shift.c.reserved_count < shift.c.capacity),
    )
    .distinct()
)


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom and what to lock before places are freed: the people next in the queues, and the shifts concerned."""

    person_ids: frozenset[UUID]
    shift_ids: frozenset[UUID]


def reach(tx: Tx, shift_ids: Iterable[UUID], freed_person_ids: Collection[UUID]) -> Reach:
    """Return what freeing places at ``shift_ids`` may touch. Reads without locks, before the roster is opened.

    People who become free may be waiting for a place that stands empty because they had no time for it: those shifts
    are within reach too.
    """
    found = (
        tx.connection.execute(_WAITING_ELSEWHERE, {"ids": list(freed_person_ids), "now": tx.now}).scalars()
        if freed_person_ids
        else ()
    )
    shifts = frozenset(shift_ids) | frozenset(found)
    return Reach(
        frozenset(row.person_id for row in _heads(tx, shifts, len(freed_person_ids) + _SPARE)), shifts
    )


def promote(roster: Roster, actors: Mapping[UUID, Actor]) -> int:
    """Give free places of the locked shifts to those who wait, and return how many were given. Saving is the caller's.

    ``actors`` says by shift who freed a place there, for the audit; shifts that are missing get any of them.
    """
    eligibility = Eligibility(roster.tx, roster)
    anybody = next(iter(actors.values()))
    promoted, depth = 0, _SPARE + len(roster.persons)
    while shifts := [state for state in roster.shifts.values() if _takes_from_queue(roster, state)]:
        heads = _heads(roster.tx, [state.id for state in shifts], depth)
        person_ids = {head.person_id for head in heads}
        roster.lock_more(person_ids)
        roster.load(person_ids)
        for head in heads:
            promoted += _promote(roster, eligibility, head, actors.get(head.shift_id, anybody))
        if not _may_hold_more(roster, heads, depth):
            break
        depth *= 8
    return promoted


def _promote(roster: Roster, eligibility: Eligibility, head: AnyRow, actor: Actor) -> bool:
    state = roster.shifts[head.shift_id]
    waiting = roster.sign_up(head.shift_id, head.person_id)
    if waiting is None or waiting.status != "waitlisted" or not state.has_room:
        return False
    if (
        roster.persons[head.person_id].status not in ABLE
        or eligibility.clash(state, head.person_id) is not None
    ):
        return False
    roster.change(waiting, "accepted")
    roster.tx.audit(
        Audit(
            actor,
            "sign_ups.promote",
            "sign_up",
            waiting.id,
            waiting.organization_id,
            {"status": "accepted", "shift": str(state.id), "person": str(waiting.person_id)},
        )
    )
    return True


def _takes_from_queue(roster: Roster, state: ShiftState) -> bool:
    return (
        state.waitlisted_count > 0
        and state.has_room
        and state.status == "open"
        and state.starts_at > roster.tx.now
        and roster.activities[state.activity_id].status in OPEN_ACTIVITY
    )


def _may_hold_more(roster: Roster, heads: Collection[AnyRow], depth: int) -> bool:
    """Tell whether some queue is longer than what was looked at, and still has a place for it."""
    return any(
        head.place == depth and _takes_from_queue(roster, roster.shifts[head.shift_id]) for head in heads
    )


def _heads(tx: Tx, shift_ids: Collection[UUID], depth: int) -> list[AnyRow]:
    if not shift_ids:
        return []
    return list(tx.connection.execute(_HEADS, {"ids": list(shift_ids), "depth": depth}))
