"""The life of an activity: which step leads from where to where, and what each step does on the way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, func, select, update

from zhiyuan.activities import policy
from zhiyuan.activities.schemas import HOLDING, ChangeActivityState
from zhiyuan.activities.service.reasons import clean_reason
from zhiyuan.activities.service.roster import Roster
from zhiyuan.activities.service.rules import Rules
from zhiyuan.activities.service.waitlist import promote, reach
from zhiyuan.activities.tables import AnyRow, activity, organization, shift, sign_up
from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.clock import local_date
from zhiyuan.kernel.commands import Outcome, refused
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.models import AuditEntry
from zhiyuan.kernel.uow import Tx


@dataclass(frozen=True, slots=True)
class Step:
    """One verb: from which states it leads where. From ``reasoned`` states it needs a reason."""

    verb: str
    sources: tuple[str, ...]
    target: str
    reasoned: tuple[str, ...] = ()


STEPS: Final = {
    step.verb: step
    for step in (
        Step("submit", ("draft",), "submitted"),
        Step("publish", ("draft", "submitted"), "published"),
        Step("start", ("published",), "underway"),
        Step("finish", ("published", "underway"), "finished"),
        Step("settle", ("finished",), "settled"),
        Step(
            "cancel",
            ("draft", "submitted", "published", "underway"),
            "cancelled",
            reasoned=("published", "underway"),
        ),
    )
}
"""Every step there is. An activity that already is where a step leads is left ``unchanged``."""

SUSPENDED: Final = ("suspended", "dissolved")
"""States of an organization that cannot call for volunteers."""

_MAXIMUM_REASON: Final = 500
_IDS: Final[BindParameter[Any]] = bindparam("ids", expanding=True)
_LOCK: Final = (
    select(
        activity.c.id,
        activity.c.organization_id,
        activity.c.status,
        activity.c.starts_on,
        activity.c.time_zone,
        activity.c.published_at,
        organization.c.status.label("organization_status"),
    )
    .join(organization, organization.c.id == activity.c.organization_id)
    .where(activity.c.id.in_(_IDS))
    .order_by(activity.c.id)
    .with_for_update(key_share=True, of=activity)
)
_SHIFT_COUNTS: Final = (
    select(shift.c.activity_id, func.count().label("shifts"))
    .where(shift.c.activity_id.in_(_IDS), shift.c.status != "cancelled")
    .group_by(shift.c.activity_id)
)
_UNMARKED: Final = (
    select(sign_up.c.activity_id, func.count().label("people"))
    .where(sign_up.c.activity_id.in_(_IDS), sign_up.c.status == "accepted")
    .group_by(sign_up.c.activity_id)
)
_audits: Final = AuditEntry.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_SUBMITTERS: Final = select(_audits.c.subject_id, _audits.c.account_id, _audits.c.person_id).where(
    _audits.c.subject_kind == "activity",
    _audits.c.subject_id.in_(_IDS),
    _audits.c.action == "activities.submit",
)
_UPDATE: Final = (
    update(activity)
    .where(activity.c.id == bindparam("b_id"))
    .values(
        status=bindparam("b_status"),
        status_reason=bindparam("b_status_reason"),
        published_at=bindparam("b_published_at"),
    )
)

_SHIFT_IDS: Final = select(shift.c.id).where(shift.c.activity_id.in_(_IDS))
_RELEASED: Final = ("applied", "accepted", "waitlisted", "offered")
_PEOPLE: Final = (
    select(sign_up.c.person_id)
    .where(sign_up.c.activity_id.in_(_IDS), sign_up.c.status.in_(("accepted", "offered")))
    .distinct()
)
_RELEASE: Final = (
    update(sign_up)
    .where(sign_up.c.activity_id == bindparam("b_id"), sign_up.c.status.in_(_RELEASED))
    .values(status="cancelled", status_reason=bindparam("b_reason"), changed_at=bindparam("b_now"))
)
_TAKEN: Final = (
    select(func.count())
    .where(sign_up.c.shift_id == shift.c.id, sign_up.c.status.in_(HOLDING))
    .correlate(shift)
    .scalar_subquery()
)
_CLOSE_SHIFTS: Final = (
    update(shift)
    .where(shift.c.activity_id == bindparam("b_id"))
    .values(status="cancelled", taken_count=_TAKEN, waitlisted_count=0)
)


def write(verb: str) -> Callable[[Tx, Sequence[ChangeActivityState]], list[Outcome]]:
    """Return the write function of one verb."""
    return lambda tx, items: _take(tx, STEPS[verb], items)


def _take(tx: Tx, step: Step, items: Sequence[ChangeActivityState]) -> list[Outcome]:
    ids = {item.activity_id for item in items}
    release = _Release(tx, ids) if step.verb == "cancel" else None
    known = {row.id: row for row in tx.connection.execute(_LOCK, {"ids": sorted(ids)})}
    judge = _Judge(tx, step, known)
    taken: dict[UUID, dict[str, Any]] = {}
    actors: dict[UUID, Actor] = {}
    outcomes = []
    for item in items:
        row = known.get(item.activity_id)
        if row is None or item.organization_id not in (None, row.organization_id):
            outcomes.append(refused(Issue("activities.unknown_activity", field="activity_id")))
            continue
        if row.status == step.target or item.activity_id in taken:
            outcomes.append(Outcome("unchanged", row.id))
            continue
        reason = clean_reason(item.reason, maximum=_MAXIMUM_REASON)
        issues = judge.objections(row, item.actor, reason)
        if isinstance(reason, Issue) or any(issue.blocks for issue in issues):
            outcomes.append(refused(*issues, *([reason] if isinstance(reason, Issue) else ())))
            continue
        taken[row.id] = {
            "b_id": row.id,
            "b_status": step.target,
            "b_status_reason": reason,
            "b_published_at": row.published_at or (tx.now if step.target == "published" else None),
        }
        actors[row.id] = item.actor
        detail = {"before": row.status, "status": step.target}
        tx.audit(
            Audit(item.actor, f"activities.{step.verb}", "activity", row.id, row.organization_id, detail)
        )
        outcomes.append(Outcome(step.target, row.id, tuple(issues)))
    if taken:
        tx.connection.execute(_UPDATE, list(taken.values()))
    if release is not None and taken:
        release.carry_out({key: values["b_status_reason"] for key, values in taken.items()}, actors)
    return outcomes


class _Judge:
    """What stands against a step, read once for the batch."""

    def __init__(self, tx: Tx, step: Step, known: dict[UUID, AnyRow]) -> None:
        self._tx = tx
        self._step = step
        self._shift_counts: dict[UUID, int] = {}
        self._unmarked: dict[UUID, int] = {}
        self._submitters: dict[UUID, tuple[UUID | None, UUID | None]] = {}
        ids = list(known)
        if step.verb == "publish" and ids:
            self._shift_counts = {
                row.activity_id: row.shifts for row in tx.connection.execute(_SHIFT_COUNTS, {"ids": ids})
            }
            self._rules = Rules(tx, {row.organization_id for row in known.values()})
            submitted = [row.id for row in known.values() if row.status == "submitted"]
            if submitted:
                found = tx.connection.execute(_SUBMITTERS, {"ids": submitted})
                self._submitters = {row.subject_id: (row.account_id, row.person_id) for row in found}
        if step.verb == "settle" and ids:
            self._unmarked = {
                row.activity_id: row.people for row in tx.connection.execute(_UNMARKED, {"ids": ids})
            }

    def objections(self, row: AnyRow, actor: Actor, reason: object) -> list[Issue]:
        """Return every issue of taking the step, warnings included."""
        if row.status not in self._step.sources:
            allowed = ", ".join(self._step.sources)
            params = {"status": row.status, "verb": self._step.verb, "allowed": allowed}
            return [Issue("activities.step_not_possible", params=params)]
        issues = []
        if row.status in self._step.reasoned and reason is None:
            issues.append(Issue("activities.reason_missing", field="reason"))
        if self._step.verb == "publish":
            issues.extend(self._against_publishing(row, actor))
        if count := self._unmarked.get(row.id, 0):
            issues.append(Issue("activities.attendance_unmarked", severity="warn", params={"people": count}))
        return issues

    def _against_publishing(self, row: AnyRow, actor: Actor) -> list[Issue]:
        issues = []
        if row.organization_status in SUSPENDED:
            issues.append(
                Issue("activities.organization_not_active", params={"status": row.organization_status})
            )
        if row.starts_on is None and not self._shift_counts.get(row.id):
            issues.append(Issue("activities.no_time", field="starts_on"))
        key = policy.PUBLISH_NEEDS_SUBMISSION
        if self._rules.value(key, row.organization_id, local_date(self._tx.now, row.time_zone)):
            who = (actor.account_id, actor.person_id)
            if row.status != "submitted":
                issues.append(Issue("activities.not_submitted", rule=key.id))
            elif not actor.is_operator and self._submitters.get(row.id) == who:
                issues.append(Issue("activities.published_by_submitter", rule=key.id))
        return issues


class _Release:
    """What cancelling activities sets free. Made before anything is locked, carried out at the end."""

    def __init__(self, tx: Tx, activity_ids: set[UUID]) -> None:
        self._tx = tx
        ids = {"ids": list(activity_ids)}
        self._people = set(tx.connection.execute(_PEOPLE, ids).scalars())
        shift_ids = set(tx.connection.execute(_SHIFT_IDS, ids).scalars())
        within = reach(tx, (), self._people)
        # Who is set free may be next elsewhere; both their queues and they themselves are locked for it.
        people = within.person_ids | (self._people if within.shift_ids else set())
        self._elsewhere = within.shift_ids - shift_ids
        self._roster = Roster(tx, people, shift_ids | within.shift_ids)

    def carry_out(self, reasons: dict[UUID, str | None], actors: dict[UUID, Actor]) -> None:
        """Release the sign-ups of these activities, close their shifts, and promote whoever now has time elsewhere."""
        now = self._tx.now
        self._tx.connection.execute(
            _RELEASE,
            [
                {"b_id": key, "b_reason": (reason or "")[:200] or None, "b_now": now}
                for key, reason in reasons.items()
            ],
        )
        self._tx.connection.execute(_CLOSE_SHIFTS, [{"b_id": key} for key in reasons])
        roster = self._roster
        roster.shifts = {key: state for key, state in roster.shifts.items() if key in self._elsewhere}
        if roster.shifts:
            promote(roster, {key: next(iter(actors.values())) for key in roster.shifts})
            roster.save()
