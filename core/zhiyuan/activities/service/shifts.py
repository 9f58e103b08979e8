"""Adding shifts and changing them, with what hangs on them: places given, copies of times, the days of the activity."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, insert, or_, select, text, tuple_, update

from zhiyuan.activities import policy
from zhiyuan.activities.codes import SECRET_BYTES
from zhiyuan.activities.schemas import HOLDING, AddShift, ChangeShift, ShiftFields
from zhiyuan.activities.service.activities import CLOSED, limits_at
from zhiyuan.activities.service.checks import Limits, checked_shift
from zhiyuan.activities.service.moves import Move, settle_moves
from zhiyuan.activities.service.roster import Roster, ShiftState
from zhiyuan.activities.service.rules import Rules
from zhiyuan.activities.service.spans import widen
from zhiyuan.activities.service.waitlist import promote, reach
from zhiyuan.activities.tables import AnyRow, activity, shift, sign_up
from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.commands import Outcome, refused
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.text import clean_text
from zhiyuan.kernel.uow import Tx

_IDS: Final[BindParameter[Any]] = bindparam("ids", expanding=True)
_COLUMNS: Final = (
    "starts_at", "ends_at", "position", "place_text", "capacity", "minimum_count", "reserved_count",
    "waitlist_limit", "status",
)  # fmt: skip

_ACTIVITIES: Final = select(
    activity.c.id, activity.c.organization_id, activity.c.status, activity.c.time_zone
).where(activity.c.id.in_(_IDS))
_LOCK_ACTIVITIES: Final = _ACTIVITIES.order_by(activity.c.id).with_for_update(key_share=True)
_SHIFTS: Final = select(shift).where(
    or_(
        shift.c.id.in_(_IDS),
        tuple_(shift.c.activity_id, shift.c.external_key).in_(bindparam("external_keys", expanding=True)),
    )
)
_PEOPLE: Final = (
    select(sign_up.c.person_id).where(sign_up.c.shift_id.in_(_IDS), sign_up.c.status.in_(HOLDING)).distinct()
)
_INSERT: Final = insert(shift)
_UPDATE: Final = (
    update(shift)
    .where(shift.c.id == bindparam("b_id"))
    .values({name: bindparam(f"b_{name}") for name in (*_COLUMNS, "source_digest")})
)
_MOVE_COPIES: Final = (
    update(sign_up)
    .where(sign_up.c.shift_id == bindparam("b_id"))
    .values(starts_at=bindparam("b_starts_at"), ends_at=bindparam("b_ends_at"))
)
# As for activities: one importer at a time finds out which keys are new.
_ONE_AT_A_TIME: Final = text("SELECT pg_advisory_xact_lock(7210002)")


@dataclass(frozen=True, slots=True)
class _Plan:
    """One item that changes a shift that exists: ``values`` are its columns to be."""

    index: int
    actor: Actor
    row: AnyRow
    values: dict[str, Any]

    @property
    def differing(self) -> list[str]:
        return [name for name in _COLUMNS if self.values[name] != getattr(self.row, name)]

    @property
    def moves(self) -> bool:
        return bool({"starts_at", "ends_at"} & set(self.differing))


def add(tx: Tx, items: Sequence[AddShift]) -> list[Outcome]:
    """Add shifts, or bring those known under their external key up to date: ``created``, ``updated``, ``unchanged``.

    The days of the activity widen to cover them. Runs inside the caller's unit of work.
    """
    keys = {(item.activity_id, item.external_key) for item in items if item.external_key is not None}
    if keys and not tx.is_sqlite:
        tx.connection.execute(_ONE_AT_A_TIME)
    known = {(row.activity_id, row.external_key): row for row in _read(tx, (), keys)}
    about = _activities(tx, {item.activity_id for item in items})
    bounds = _Bounds(tx, about)
    outcomes: list[Outcome | None] = [None] * len(items)
    plans: list[_Plan] = []
    rows: list[dict[str, Any]] = []
    made: dict[tuple[UUID, str | None], tuple[UUID, bytes]] = {}
    for index, item in enumerate(items):
        key = (item.activity_id, item.external_key)
        digest = item.source_digest or _digest(item)
        values = bounds.checked(item, item.activity_id)
        if isinstance(values, list):
            outcomes[index] = refused(*values)
        elif item.external_key is not None and isinstance(
            refusal := clean_text(item.external_key, field="external_key", maximum=200), Issue
        ):
            outcomes[index] = refused(refusal)
        elif item.external_key is not None and key in made:
            first, first_digest = made[key]
            outcomes[index] = (
                Outcome("unchanged", first)
                if first_digest == digest
                else refused(Issue("shifts.key_twice_in_batch", field="external_key"))
            )
        elif item.external_key is not None and (row := known.get(key)) is not None:
            made[key] = (row.id, digest)
            if row.source_digest == digest:
                outcomes[index] = Outcome("unchanged", row.id)
            else:
                values = {**values, "status": row.status, "source_digest": digest}
                plans.append(_Plan(index, item.actor, row, values))
        else:
            rows.append(_new_row(item, values, digest))
            made[key] = (rows[-1]["id"], digest)
            organization_id = about[item.activity_id].organization_id
            _audit(
                tx,
                item.actor,
                "shifts.add",
                rows[-1]["id"],
                organization_id,
                {"activity": str(item.activity_id)},
            )
            outcomes[index] = Outcome("created", rows[-1]["id"])
    for index, outcome in _changed(tx, plans, about).items():
        outcomes[index] = outcome
    if rows:
        tx.connection.execute(_LOCK_ACTIVITIES, {"ids": sorted({row["activity_id"] for row in rows})})
        tx.connection.execute(_INSERT, rows)
    touched = {row["activity_id"] for row in rows} | {plan.row.activity_id for plan in plans if plan.moves}
    widen(tx, touched)
    return [outcome for outcome in outcomes if outcome is not None]


def change(tx: Tx, items: Sequence[ChangeShift]) -> list[Outcome]:
    """Change shifts: ``updated``, ``unchanged`` or refused with every reason.

    Refused: less capacity than places given, and a move that makes somebody's places overlap. More places go to those
    who wait, in the same unit of work. Of two changes of one shift in a batch the second is refused.
    """
    known = {row.id: row for row in _read(tx, {item.shift_id for item in items}, ())}
    about = _activities(tx, {row.activity_id for row in known.values()})
    bounds = _Bounds(tx, about)
    outcomes: list[Outcome | None] = [None] * len(items)
    plans: list[_Plan] = []
    seen: set[UUID] = set()
    for index, item in enumerate(items):
        row = known.get(item.shift_id)
        if row is None:
            outcomes[index] = refused(Issue("shifts.unknown_shift", field="shift_id"))
            continue
        values = bounds.checked(item, row.activity_id)
        if isinstance(values, list):
            outcomes[index] = refused(*values)
        elif row.status == "cancelled":
            outcomes[index] = refused(Issue("shifts.cancelled", field="shift_id"))
        elif item.shift_id in seen:
            outcomes[index] = refused(Issue("shifts.twice_in_batch", field="shift_id"))
        else:
            seen.add(item.shift_id)
            values = {**values, "status": item.status, "source_digest": row.source_digest}
            plans.append(_Plan(index, item.actor, row, values))
    for index, outcome in _changed(tx, plans, about).items():
        outcomes[index] = outcome
    widen(tx, {plan.row.activity_id for plan in plans if plan.moves})
    return [outcome for outcome in outcomes if outcome is not None]


class _Bounds:
    """What holds for the shifts of each activity of the batch."""

    def __init__(self, tx: Tx, about: dict[UUID, AnyRow]) -> None:
        self._tx = tx
        self._about = about
        self._rules = Rules(tx, {row.organization_id for row in about.values()})
        self._limits: dict[UUID, Limits] = {}

    def checked(self, item: AddShift | ChangeShift, activity_id: UUID) -> dict[str, Any] | list[Issue]:
        """Return the columns of the shift, or every issue."""
        row = self._about.get(activity_id)
        if row is None or item.organization_id not in (None, row.organization_id):
            return [Issue("activities.unknown_activity", field="activity_id")]
        if row.status in CLOSED:
            return [Issue("activities.wrong_state", params={"status": row.status})]
        if activity_id not in self._limits:
            self._limits[activity_id] = limits_at(self._rules, self._tx, row.organization_id, row.time_zone)
        return checked_shift(item, self._limits[activity_id], row.time_zone)


def _changed(tx: Tx, plans: Sequence[_Plan], about: dict[UUID, AnyRow]) -> dict[int, Outcome]:
    """Carry out changes of existing shifts and return the outcomes by index."""
    outcomes = {plan.index: Outcome("unchanged", plan.row.id) for plan in plans if not plan.differing}
    changing = [plan for plan in plans if plan.differing]
    if not plans:
        return outcomes
    shift_ids = {plan.row.id for plan in changing}
    moving = [plan.row.id for plan in changing if plan.moves]
    holders = set(tx.connection.execute(_PEOPLE, {"ids": moving}).scalars()) if moving else set()
    within = reach(tx, shift_ids, holders)
    roster = Roster(tx, holders | within.person_ids, within.shift_ids)
    if moving:
        # Who got a place between the two reads is locked now, without waiting.
        holders |= set(tx.connection.execute(_PEOPLE, {"ids": moving}).scalars())
        roster.lock_more(holders)
    _load_around(roster, holders, changing)
    crowded = {
        plan.index: issue for plan in changing if (issue := _crowded(roster.shifts[plan.row.id], plan))
    }
    standing = [plan for plan in changing if plan.index not in crowded]
    unmoved = settle_moves(
        roster, [Move(plan.row.id, plan.values["starts_at"], plan.values["ends_at"]) for plan in standing if plan.moves],
        _tolerances(tx, standing, about),
    )  # fmt: skip
    carried_out = []
    for plan in changing:
        if plan.index in crowded:
            outcomes[plan.index] = refused(crowded[plan.index])
        elif plan.row.id in unmoved:
            outcomes[plan.index] = refused(unmoved[plan.row.id])
        else:
            outcomes[plan.index] = Outcome("updated", plan.row.id)
            carried_out.append(plan)
    # A row that reads otherwise and says the same: only its digest is kept.
    reread = [
        plan
        for plan in plans
        if not plan.differing and plan.values["source_digest"] != plan.row.source_digest
    ]
    _write(roster, carried_out, reread, about)
    return outcomes


def _write(
    roster: Roster, carried_out: Sequence[_Plan], reread: Sequence[_Plan], about: dict[UUID, AnyRow]
) -> None:
    connection = roster.tx.connection
    for plan in reread:
        _audit(
            roster.tx,
            plan.actor,
            "shifts.reread",
            plan.row.id,
            about[plan.row.activity_id].organization_id,
            {},
        )
    if kept := [*carried_out, *reread]:
        rows = [
            {"b_id": plan.row.id, **{f"b_{name}": value for name, value in plan.values.items()}}
            for plan in kept
        ]
        connection.execute(_UPDATE, rows)
    if moved := [
        {"b_id": plan.row.id, "b_starts_at": plan.values["starts_at"], "b_ends_at": plan.values["ends_at"]}
        for plan in carried_out
        if plan.moves
    ]:
        connection.execute(_MOVE_COPIES, moved)
    for plan in carried_out:
        state = roster.shifts[plan.row.id]
        state.capacity, state.reserved_count = plan.values["capacity"], plan.values["reserved_count"]
        state.waitlist_limit, state.status = plan.values["waitlist_limit"], plan.values["status"]
        organization_id = about[plan.row.activity_id].organization_id
        _audit(
            roster.tx, plan.actor, "shifts.change", plan.row.id, organization_id, {"fields": plan.differing}
        )
    if carried_out:
        promote(roster, {plan.row.id: plan.actor for plan in carried_out})
        roster.save()


def _load_around(roster: Roster, holders: set[UUID], changing: Sequence[_Plan]) -> None:
    if changing:
        since = min(plan.values["starts_at"] for plan in changing)
        until = max(plan.values["ends_at"] for plan in changing)
        roster.load(holders, since=since, until=until)


def _crowded(state: ShiftState, plan: _Plan) -> Issue | None:
    capacity, reserved = plan.values["capacity"], plan.values["reserved_count"]
    if capacity is None or state.taken_count + reserved <= capacity:
        return None
    params = {"accepted": state.taken_count, "reserved": reserved, "capacity": capacity}
    return Issue("shifts.capacity_below_accepted", field="capacity", params=params)


def _tolerances(tx: Tx, plans: Sequence[_Plan], about: dict[UUID, AnyRow]) -> dict[UUID, timedelta]:
    rules = Rules(tx, {about[plan.row.activity_id].organization_id for plan in plans})
    tolerances = {}
    for plan in plans:
        row = about[plan.row.activity_id]
        minutes = rules.at(
            policy.OVERLAP_TOLERANCE_MINUTES, row.organization_id, plan.values["starts_at"], row.time_zone
        )
        tolerances[plan.row.id] = timedelta(minutes=minutes)
    return tolerances


def _read(tx: Tx, ids: set[UUID] | tuple[()], keys: set[tuple[UUID, str]] | tuple[()]) -> list[AnyRow]:
    if not ids and not keys:
        return []
    return list(tx.connection.execute(_SHIFTS, {"ids": list(ids), "external_keys": list(keys)}))


def _activities(tx: Tx, ids: set[UUID]) -> dict[UUID, AnyRow]:
    return {row.id: row for row in tx.connection.execute(_ACTIVITIES, {"ids": list(ids)})} if ids else {}


def _new_row(item: AddShift, values: dict[str, Any], digest: bytes) -> dict[str, Any]:
    return {
        **values,
        "id": new_id(),
        "activity_id": item.activity_id,
        "status": "open",
        "taken_count": 0,
        "waitlisted_count": 0,
        "check_in_secret": secrets.token_bytes(SECRET_BYTES),
        "external_key": item.external_key,
        "source_digest": digest if item.external_key is not None else None,
    }


def _digest(item: AddShift) -> bytes:
    told = {name: value for name, value in asdict(item).items() if name in ShiftFields.__dataclass_fields__}
    told.pop("actor")
    return hashlib.sha256(
        json.dumps(told, default=str, sort_keys=True).encode(errors="surrogatepass")
    ).digest()


def _audit(
    tx: Tx, actor: Actor, action: str, shift_id: UUID, organization_id: UUID, detail: dict[str, Any]
) -> None:
    tx.audit(Audit(actor, action, "shift", shift_id, organization_id, detail))
