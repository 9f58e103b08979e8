"""The part of the roster that one unit of work holds locked: people, shifts, and who holds a place where.

Every command that gives, takes or moves places opens a :class:`Roster`, changes it in memory and saves it. Locks are
taken in one order (people by id, shifts by id, then sign-ups by id), so that no two commands wait for each other; what
turns out to be needed too late is locked without waiting, and the command bus starts the batch again.

Three belts keep a shift from being oversold: decisions under the shift's lock, an update that only matches the counts
decided upon, and a CHECK in the database. On SQLite the writer gate stands in for the locks.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, insert, or_, select, update

from zhiyuan.activities.schemas import HOLDING
from zhiyuan.activities.service.overlap import is_overlap
from zhiyuan.activities.tables import AnyRow, activity, person, shift, sign_up
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.uow import Tx

_IDS: Final[BindParameter[Any]] = bindparam("ids", expanding=True)

_PERSONS: Final = (
    select(person.c.id, person.c.status, person.c.birth_date)
    .where(person.c.id.in_(_IDS))
    .order_by(person.c.id)
)
# NO KEY UPDATE: rows that merely refer to a person or a shift may go on being written meanwhile.
_LOCK_PERSONS: Final = _PERSONS.with_for_update(key_share=True)
_LOCK_PERSONS_NOW: Final = _PERSONS.with_for_update(key_share=True, nowait=True)

_SHIFTS: Final = (
    select(
        shift.c.id,
        shift.c.activity_id,
        shift.c.starts_at,
        shift.c.ends_at,
        shift.c.capacity,
        shift.c.reserved_count,
        shift.c.taken_count,
        shift.c.waitlist_limit,
        shift.c.waitlisted_count,
        shift.c.status,
    )
    .where(shift.c.id.in_(_IDS))
    .order_by(shift.c.id)
)
_LOCK_SHIFTS: Final = _SHIFTS.with_for_update(key_share=True)

# A statement of its own, after the locks: it sees what whoever held them before has committed.
_ACTIVITIES: Final = select(
    activity.c.id,
    activity.c.organization_id,
    activity.c.title,
    activity.c.status,
    activity.c.audience,
    activity.c.approval,
    activity.c.recruit_from,
    activity.c.recruit_to,
    activity.c.time_zone,
    activity.c.is_hazardous,
).where(activity.c.id.in_(_IDS))

_LOCK_SIGN_UPS: Final = (
    select(sign_up.c.id).where(sign_up.c.id.in_(_IDS)).order_by(sign_up.c.id).with_for_update(key_share=True)
)

_SIGN_UPS: Final = (
    select(
        sign_up.c.id,
        sign_up.c.shift_id,
        sign_up.c.activity_id,
        sign_up.c.person_id,
        sign_up.c.status,
        sign_up.c.status_reason,
        sign_up.c.starts_at,
        sign_up.c.ends_at,
        sign_up.c.queued_at,
        activity.c.title,
        activity.c.organization_id,
        activity.c.audience,
        activity.c.status.label("activity_status"),
    )
    .join(activity, activity.c.id == sign_up.c.activity_id)
    .where(
        sign_up.c.person_id.in_(bindparam("person_ids", expanding=True)),
        or_(
            sign_up.c.shift_id.in_(bindparam("shift_ids", expanding=True)),
            sign_up.c.status.in_(HOLDING)
            & (sign_up.c.starts_at < bindparam("until"))
            & (sign_up.c.ends_at > bindparam("since")),
        ),
    )
)

_INSERT_SIGN_UPS: Final = insert(sign_up)
_UPDATE_SIGN_UPS: Final = (
    update(sign_up)
    .where(sign_up.c.id == bindparam("b_id"))
    .values(
        status=bindparam("b_status"),
        status_reason=bindparam("b_status_reason"),
        starts_at=bindparam("b_starts_at"),
        ends_at=bindparam("b_ends_at"),
        queued_at=bindparam("b_queued_at"),
        changed_at=bindparam("b_changed_at"),
    )
)
_UPDATE_COUNTS: Final = (
    update(shift)
    .where(
        shift.c.id == bindparam("b_id"),
        shift.c.taken_count == bindparam("b_taken_before"),
        shift.c.waitlisted_count == bindparam("b_waitlisted_before"),
        or_(shift.c.capacity.is_(None), shift.c.reserved_count + bindparam("b_taken") <= shift.c.capacity),
    )
    .values(taken_count=bindparam("b_taken"), waitlisted_count=bindparam("b_waitlisted"))
)


class CountsMoved(RuntimeError):
    """A shift's counts changed under its lock: a defect. Nothing is written."""


@dataclass(slots=True)
class ShiftState:
    """A locked shift with the counts decided so far."""

    id: UUID
    activity_id: UUID
    starts_at: datetime
    ends_at: datetime
    capacity: int | None
    reserved_count: int
    taken_count: int
    waitlist_limit: int | None
    waitlisted_count: int
    status: str
    taken_before: int = field(init=False)
    waitlisted_before: int = field(init=False)

    def __post_init__(self) -> None:
        self.taken_before = self.taken_count
        self.waitlisted_before = self.waitlisted_count

    @property
    def has_room(self) -> bool:
        """True when one more person can be accepted."""
        return self.capacity is None or self.taken_count + self.reserved_count < self.capacity

    @property
    def has_waiting_room(self) -> bool:
        """True when one more person can wait."""
        return self.waitlist_limit is None or self.waitlisted_count < self.waitlist_limit

    @property
    def has_moved(self) -> bool:
        """True when the counts differ from those in the database."""
        return self.taken_count != self.taken_before or self.waitlisted_count != self.waitlisted_before


@dataclass(slots=True)
class SignUpState:
    """A sign-up with the state decided so far. ``title`` and what follows describe its activity."""

    id: UUID
    shift_id: UUID
    activity_id: UUID
    person_id: UUID
    status: str
    status_reason: str | None
    starts_at: datetime
    ends_at: datetime
    queued_at: datetime
    title: str
    organization_id: UUID
    audience: str
    activity_status: str
    is_new: bool = False
    has_changed: bool = False


class Roster:
    """People and shifts under lock, their sign-ups, and what is decided about them."""

    def __init__(
        self, tx: Tx, person_ids: Iterable[UUID], shift_ids: Iterable[UUID], *, is_locked: bool = True
    ) -> None:
        """Lock ``person_ids`` and then ``shift_ids``; those that do not exist are simply not there afterwards.

        Without ``is_locked`` the same is merely read, for an answer that decides nothing.
        """
        self.tx = tx
        self._by_key: dict[tuple[UUID, UUID], SignUpState] = {}
        self._by_id: dict[UUID, SignUpState] = {}
        self._of_person: dict[UUID, list[SignUpState]] = {}
        self.persons: dict[UUID, AnyRow] = self._locked_persons(
            _LOCK_PERSONS if is_locked else _PERSONS, set(person_ids)
        )
        rows = tx.connection.execute(_LOCK_SHIFTS if is_locked else _SHIFTS, {"ids": sorted(set(shift_ids))})
        self.shifts: dict[UUID, ShiftState] = {row["id"]: ShiftState(**row) for row in rows.mappings()}
        activity_ids = {state.activity_id for state in self.shifts.values()}
        found = tx.connection.execute(_ACTIVITIES, {"ids": list(activity_ids)}) if activity_ids else ()
        self.activities: dict[UUID, AnyRow] = {row.id: row for row in found}

    def lock_more(self, person_ids: Collection[UUID]) -> None:
        """Lock people found out about late. When one is busy the batch is started again by the bus."""
        missing = set(person_ids) - self.persons.keys()
        if missing:
            self.persons.update(self._locked_persons(_LOCK_PERSONS_NOW, missing))

    def lock_sign_ups(self, sign_up_ids: Iterable[UUID]) -> None:
        """Lock these sign-ups too, against check-ins, which take no other lock."""
        self.tx.connection.execute(_LOCK_SIGN_UPS, {"ids": sorted(set(sign_up_ids))})

    def load(
        self, person_ids: Collection[UUID], *, since: datetime | None = None, until: datetime | None = None
    ) -> None:
        """Read the sign-ups of locked people: for the locked shifts in every state, and all places held at their times.

        ``since``/``until`` widen the time that is looked at.
        """
        starts = [state.starts_at for state in self.shifts.values()] + ([since] if since else [])
        ends = [state.ends_at for state in self.shifts.values()] + ([until] if until else [])
        if not starts or not person_ids:
            return
        rows = self.tx.connection.execute(
            _SIGN_UPS,
            {
                "person_ids": list(person_ids),
                "shift_ids": list(self.shifts),
                "since": min(starts),
                "until": max(ends),
            },
        )
        for row in rows.mappings():
            if row["id"] not in self._by_id:
                self._keep(SignUpState(**row))

    def sign_up(self, shift_id: UUID, person_id: UUID) -> SignUpState | None:
        """Return the sign-up of a person for a shift, if one was loaded or added."""
        return self._by_key.get((shift_id, person_id))

    def by_id(self, sign_up_id: UUID) -> SignUpState | None:
        """Return a loaded sign-up."""
        return self._by_id.get(sign_up_id)

    def at_shift(self, shift_id: UUID) -> list[SignUpState]:
        """Return the loaded sign-ups for a shift, in every state."""
        return [state for state in self._by_id.values() if state.shift_id == shift_id]

    def held_by(self, person_id: UUID) -> list[SignUpState]:
        """Return the loaded sign-ups of a person that hold a place now."""
        return [state for state in self._of_person.get(person_id, ()) if state.status in HOLDING]

    def clash(
        self, person_id: UUID, shift_id: UUID, starts_at: datetime, ends_at: datetime, tolerance: timedelta
    ) -> SignUpState | None:
        """Return a place the person holds at another shift that leaves no time for this one, the earliest first."""
        clashing = [
            state
            for state in self.held_by(person_id)
            if state.shift_id != shift_id
            and is_overlap(starts_at, ends_at, state.starts_at, state.ends_at, tolerance)
        ]
        return min(clashing, key=lambda state: state.starts_at, default=None)

    def add(self, state: ShiftState, person_id: UUID, status: str, queued_at: datetime) -> SignUpState:
        """Add a sign-up that was not there before."""
        about = self.activities[state.activity_id]
        added = SignUpState(
            id=new_id(),
            shift_id=state.id,
            activity_id=state.activity_id,
            person_id=person_id,
            status=status,
            status_reason=None,
            starts_at=state.starts_at,
            ends_at=state.ends_at,
            queued_at=queued_at,
            title=about.title,
            organization_id=about.organization_id,
            audience=about.audience,
            activity_status=about.status,
            is_new=True,
            has_changed=True,
        )
        self._keep(added)
        _count(state, status, 1)
        return added

    def change(
        self,
        sign_up: SignUpState,
        status: str,
        *,
        reason: str | None = None,
        queued_at: datetime | None = None,
    ) -> None:
        """Give a loaded sign-up of a locked shift another state, and the shift its counts."""
        state = self.shifts[sign_up.shift_id]
        _count(state, sign_up.status, -1)
        _count(state, status, 1)
        sign_up.status = status
        sign_up.status_reason = reason
        # Copies of the shift's times are brought up to date whenever a sign-up is written.
        sign_up.starts_at, sign_up.ends_at = state.starts_at, state.ends_at
        if queued_at is not None:
            sign_up.queued_at = queued_at
        sign_up.has_changed = True

    def save(self) -> None:
        """Write every change: new sign-ups, changed ones, counts; one statement of each kind. Raises CountsMoved."""
        changed = sorted(
            (state for state in self._by_id.values() if state.has_changed), key=lambda state: state.id
        )
        connection = self.tx.connection
        # Counts come first: an oversold shift is refused before anybody is told of a place in it.
        counts = [
            {
                "b_id": state.id,
                "b_taken": state.taken_count,
                "b_waitlisted": state.waitlisted_count,
                "b_taken_before": state.taken_before,
                "b_waitlisted_before": state.waitlisted_before,
            }
            for state in self.shifts.values()
            if state.has_moved
        ]
        if counts and connection.execute(_UPDATE_COUNTS, counts).rowcount != len(counts):
            raise CountsMoved("a shift's counts changed under its lock")
        if rows := [_new_row(state, self.tx.now) for state in changed if state.is_new]:
            connection.execute(_INSERT_SIGN_UPS, rows)
        if rows := [_changed_row(state, self.tx.now) for state in changed if not state.is_new]:
            connection.execute(_UPDATE_SIGN_UPS, rows)

    def _locked_persons(self, statement: Any, person_ids: Collection[UUID]) -> dict[UUID, AnyRow]:
        if not person_ids:
            return {}
        return {row.id: row for row in self.tx.connection.execute(statement, {"ids": sorted(person_ids)})}

    def _keep(self, state: SignUpState) -> None:
        self._by_key[state.shift_id, state.person_id] = state
        self._by_id[state.id] = state
        self._of_person.setdefault(state.person_id, []).append(state)


def _count(state: ShiftState, status: str, by: int) -> None:
    if status in HOLDING:
        state.taken_count += by
    elif status == "waitlisted":
        state.waitlisted_count += by


def _new_row(state: SignUpState, now: datetime) -> dict[str, Any]:
    return {
        "id": state.id,
        "shift_id": state.shift_id,
        "activity_id": state.activity_id,
        "person_id": state.person_id,
        "status": state.status,
        "status_reason": state.status_reason,
        "starts_at": state.starts_at,
        "ends_at": state.ends_at,
        "queued_at": state.queued_at,
        "created_at": now,
        "changed_at": now,
    }


def _changed_row(state: SignUpState, now: datetime) -> dict[str, Any]:
    return {
        "b_id": state.id,
        "b_status": state.status,
        "b_status_reason": state.status_reason,
        "b_starts_at": state.starts_at,
        "b_ends_at": state.ends_at,
        "b_queued_at": state.queued_at,
        "b_changed_at": now,
    }
