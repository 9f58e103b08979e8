"""Giving places up, and deciding on applications. Whoever is next in the queue gets a freed place at once."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, select

from zhiyuan.accounts.permissions import SIGN_UPS_MANAGE
from zhiyuan.activities.schemas import CancelSignUp, DecideSignUp, SignUpCheck
from zhiyuan.activities.service.eligibility import Eligibility, told_at, told_clash
from zhiyuan.activities.service.permits import is_own, lacking, not_permitted
from zhiyuan.activities.service.reasons import clean_reason
from zhiyuan.activities.service.roster import Roster, SignUpState
from zhiyuan.activities.service.waitlist import Reach, promote, reach
from zhiyuan.activities.tables import AnyRow, activity, shift, sign_up
from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.commands import Outcome, refused
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Tx

_GONE: Final = ("cancelled", "declined")
_MAXIMUM_REASON: Final = 200

_NAMED: Final = (
    select(
        sign_up.c.id,
        sign_up.c.person_id,
        sign_up.c.shift_id,
        sign_up.c.activity_id,
        activity.c.organization_id,
        shift.c.starts_at,
        shift.c.ends_at,
    )
    .join(activity, activity.c.id == sign_up.c.activity_id)
    .join(shift, shift.c.id == sign_up.c.shift_id)
    .where(sign_up.c.id.in_(bindparam("ids", expanding=True)))
)


def named(tx: Tx, sign_up_ids: Sequence[UUID]) -> dict[UUID, AnyRow]:
    """Return what never changes about sign-ups, by id: whose, for what, where. Reads without locks."""
    return {row.id: row for row in tx.connection.execute(_NAMED, {"ids": list(set(sign_up_ids))})}


def cancel(tx: Tx, items: Sequence[CancelSignUp]) -> list[Outcome]:
    """Give up places, applications and waits: ``cancelled``, ``unchanged`` or refused. Promotes from the waitlist.

    Permitted to the person concerned until the shift begins, and to who holds ``sign_ups.manage``.
    """
    known = named(tx, [item.sign_up_id for item in items])
    may_manage = managing(tx, items, known, SIGN_UPS_MANAGE)
    people = {row.person_id for row in known.values()}
    within = reach(tx, {row.shift_id for row in known.values()}, people)
    roster = opened(tx, known, people, within)
    outcomes = [
        _cancel(roster, item, known.get(item.sign_up_id), manages=manages)
        for item, manages in zip(items, may_manage, strict=True)
    ]
    _finish(roster, items, known, outcomes)
    return outcomes


def accept(tx: Tx, items: Sequence[DecideSignUp]) -> list[Outcome]:
    """Accept applications (or pick from the waitlist): ``accepted``, ``unchanged`` or refused with the reasons."""
    known = named(tx, [item.sign_up_id for item in items])
    people = {row.person_id for row in known.values()}
    roster = opened(tx, known, people, Reach(frozenset(), frozenset(row.shift_id for row in known.values())))
    eligibility = Eligibility(tx, roster)
    outcomes = [_accept(roster, eligibility, item) for item in items]
    roster.save()
    return outcomes


def decline(tx: Tx, items: Sequence[DecideSignUp]) -> list[Outcome]:
    """Decline applications and waits: ``declined``, ``unchanged`` or refused. Who has a place is cancelled instead."""
    known = named(tx, [item.sign_up_id for item in items])
    people = {row.person_id for row in known.values()}
    roster = opened(tx, known, people, Reach(frozenset(), frozenset(row.shift_id for row in known.values())))
    outcomes = [_decline(roster, item) for item in items]
    roster.save()
    return outcomes


def requests(tx: Tx, items: Sequence[DecideSignUp]) -> list[SignUpCheck | None]:
    """Return what ``check_signups`` is asked before applications are accepted."""
    known = named(tx, [item.sign_up_id for item in items])
    return [
        SignUpCheck(
            str(index),
            row.organization_id,
            row.activity_id,
            row.shift_id,
            row.person_id,
            row.starts_at,
            row.ends_at,
        )
        if (row := known.get(item.sign_up_id)) is not None
        else None
        for index, item in enumerate(items)
    ]


def managing(tx: Tx, items: Sequence[Any], known: dict[UUID, AnyRow], permission: str) -> list[bool]:
    """Return, for each item with a ``sign_up_id`` and an ``actor``, whether the actor holds ``permission`` there."""
    asking = [index for index, item in enumerate(items) if item.sign_up_id in known]
    answers = lacking(
        tx,
        permission,
        [(items[index].actor, known[items[index].sign_up_id].organization_id) for index in asking],
    )
    manages = [False] * len(items)
    for index, lacks in zip(asking, answers, strict=True):
        manages[index] = not lacks
    return manages


def opened(tx: Tx, known: dict[UUID, AnyRow], people: set[UUID], within: Reach) -> Roster:
    """Open a roster with these sign-ups locked too, and the people's places read."""
    roster = Roster(tx, people | within.person_ids, within.shift_ids)
    roster.lock_sign_ups(known)
    roster.load(people | within.person_ids)
    return roster


def _cancel(roster: Roster, item: CancelSignUp, row: AnyRow | None, *, manages: bool) -> Outcome:
    held = roster.by_id(item.sign_up_id)
    if row is None or held is None or item.organization_id not in (None, row.organization_id):
        return refused(Issue("sign_ups.unknown_sign_up", field="sign_up_id"))
    if not manages and not is_own(item.actor, row.person_id, SIGN_UPS_MANAGE):
        return refused(not_permitted(SIGN_UPS_MANAGE))
    if held.status in _GONE:
        return Outcome("unchanged", held.id)
    if held.status in ("attended", "no_show"):
        return refused(Issue("sign_ups.attendance_known", params={"status": held.status}))
    state, about = roster.shifts[held.shift_id], roster.activities[held.activity_id]
    if not manages and state.starts_at <= roster.tx.now:
        started = told_at(state.starts_at, about.time_zone)
        return refused(Issue("sign_ups.too_late_to_cancel", params={"starts_at": started}))
    return _changed(roster, item.actor, held, "cancelled", "sign_ups.cancel", item.reason)


def _accept(roster: Roster, eligibility: Eligibility, item: DecideSignUp) -> Outcome:
    held = _held(roster, item)
    if held is None:
        return refused(Issue("sign_ups.unknown_sign_up", field="sign_up_id"))
    if held.status in ("accepted", "offered", "attended"):
        return Outcome("unchanged", held.id)
    if held.status not in ("applied", "waitlisted", "declined"):
        return refused(Issue("sign_ups.not_waiting_for_decision", params={"status": held.status}))
    state = roster.shifts[held.shift_id]
    about = roster.activities[held.activity_id]
    issues = eligibility.objections(state, held.person_id)
    clash = eligibility.clash(state, held.person_id)
    if clash is not None:
        issues.append(told_clash(clash, about, is_own=item.actor.person_id == held.person_id))
    if not state.has_room:
        counts = {
            "capacity": state.capacity or 0,
            "taken": state.taken_count,
            "reserved": state.reserved_count,
        }
        issues.append(Issue("sign_ups.no_place_to_give", params=counts))
    if issues:
        return refused(*issues)
    return _changed(roster, item.actor, held, "accepted", "sign_ups.accept", item.reason)


def _decline(roster: Roster, item: DecideSignUp) -> Outcome:
    held = _held(roster, item)
    if held is None:
        return refused(Issue("sign_ups.unknown_sign_up", field="sign_up_id"))
    if held.status == "declined":
        return Outcome("unchanged", held.id)
    if held.status not in ("applied", "waitlisted"):
        return refused(Issue("sign_ups.not_waiting_for_decision", params={"status": held.status}))
    return _changed(roster, item.actor, held, "declined", "sign_ups.decline", item.reason)


def _held(roster: Roster, item: DecideSignUp) -> SignUpState | None:
    held = roster.by_id(item.sign_up_id)
    return held if held is not None and item.organization_id in (None, held.organization_id) else None


def _changed(
    roster: Roster, actor: Actor, held: SignUpState, status: str, action: str, reason: str | None
) -> Outcome:
    told = clean_reason(reason, maximum=_MAXIMUM_REASON)
    if isinstance(told, Issue):
        return refused(told)
    before = held.status
    roster.change(held, status, reason=told)
    roster.tx.audit(
        Audit(
            actor,
            action,
            "sign_up",
            held.id,
            held.organization_id,
            {"status": status, "before": before, "shift": str(held.shift_id), "person": str(held.person_id)},
        )
    )
    return Outcome(status, held.id)


def _finish(
    roster: Roster, items: Sequence[CancelSignUp], known: dict[UUID, AnyRow], outcomes: Sequence[Outcome]
) -> None:
    actors = {
        known[item.sign_up_id].shift_id: item.actor
        for item, outcome in zip(items, outcomes, strict=True)
        if outcome.status == "cancelled"
    }
    if actors:
        promote(roster, actors)
    roster.save()
