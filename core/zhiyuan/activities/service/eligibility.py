"""Whether somebody may have a place: every reason against it, for the decision under locks and for a look beforehand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select

from zhiyuan.activities import policy
from zhiyuan.activities.schemas import PUBLIC, SignUpRequest
from zhiyuan.activities.service.roster import Roster, ShiftState, SignUpState
from zhiyuan.activities.service.rules import Rules
from zhiyuan.activities.tables import AnyRow, membership, organization_path
from zhiyuan.kernel.clock import local_date
from zhiyuan.kernel.commands import Outcome, refused
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Tx

OPEN_ACTIVITY: Final = ("published", "underway")
"""States of an activity in which people may join it."""

ABLE: Final = ("registered", "active")
"""States of a person who may join something."""

# Members of the organization or of one below it: a branch's volunteers belong to the association too.
_MEMBERS: Final = (
    select(
        membership.c.person_id,
        organization_path.c.ancestor_id,
        membership.c.valid_from,
        membership.c.valid_to,
    )
    .join(organization_path, organization_path.c.descendant_id == membership.c.organization_id)
    .where(
        membership.c.person_id.in_(bindparam("person_ids", expanding=True)),
        organization_path.c.ancestor_id.in_(bindparam("organization_ids", expanding=True)),
    )
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to become of one wish: ``status`` as of an outcome, ``issues`` against it, ``held`` what was there before."""

    status: str
    issues: tuple[Issue, ...] = ()
    held: SignUpState | None = None


def foresee(tx: Tx, items: Sequence[SignUpRequest]) -> list[Outcome]:
    """Return what would become of each wish if it alone were sent now, on a read snapshot and without a lock.

    ``accepted``, ``waitlisted``, ``applied``, ``unchanged`` (with the sign-up there is) or refused with every reason.
    """
    person_ids = {item.person_id for item in items}
    roster = Roster(tx, person_ids, {item.shift_id for item in items}, is_locked=False)
    roster.load(person_ids)
    eligibility = Eligibility(tx, roster)
    verdicts = [eligibility.verdict(item) for item in items]
    return [
        refused(*verdict.issues)
        if verdict.status == "refused"
        else Outcome(verdict.status, verdict.held.id if verdict.held is not None else None)
        for verdict in verdicts
    ]


class Eligibility:
    """What stands against people at shifts, and what becomes of their wishes."""

    def __init__(self, tx: Tx, roster: Roster) -> None:
        self._tx = tx
        self._roster = roster
        self.rules = Rules(tx, {about.organization_id for about in roster.activities.values()})
        self._members = _members(tx, roster)

    def objections(self, state: ShiftState, person_id: UUID) -> list[Issue]:
        """Return every reason against this person at this shift, places and overlaps aside."""
        about = self._roster.activities[state.activity_id]
        if about.status not in OPEN_ACTIVITY:
            return [Issue("sign_ups.activity_not_open", params={"status": about.status})]
        issues = []
        if state.status != "open":
            issues.append(Issue("sign_ups.shift_closed"))
        if state.starts_at <= self._tx.now:
            issues.append(
                Issue(
                    "sign_ups.shift_started", params={"starts_at": told_at(state.starts_at, about.time_zone)}
                )
            )
        who = self._roster.persons[person_id]
        if who.status not in ABLE:
            issues.append(
                Issue("sign_ups.person_not_active", field="person_id", params={"status": who.status})
            )
        if about.audience == "members" and not self._is_member(person_id, about):
            issues.append(Issue("sign_ups.members_only"))
        issues.extend(self._age_objections(who.birth_date, state, about))
        return issues

    def window_objections(self, about: AnyRow) -> list[Issue]:
        """Return the reason against joining now, if recruitment has not begun or is over."""
        if about.recruit_from is not None and self._tx.now < about.recruit_from:
            opens = told_at(about.recruit_from, about.time_zone)
            return [Issue("sign_ups.recruitment_not_open", params={"opens_at": opens})]
        if about.recruit_to is not None and self._tx.now >= about.recruit_to:
            closed = told_at(about.recruit_to, about.time_zone)
            return [Issue("sign_ups.recruitment_over", params={"closed_at": closed})]
        return []

    def clash(self, state: ShiftState, person_id: UUID) -> SignUpState | None:
        """Return a place the person holds that leaves no time for this shift."""
        about = self._roster.activities[state.activity_id]
        minutes = self.rules.at(
            policy.OVERLAP_TOLERANCE_MINUTES, about.organization_id, state.starts_at, about.time_zone
        )
        return self._roster.clash(
            person_id, state.id, state.starts_at, state.ends_at, timedelta(minutes=minutes)
        )

    def verdict(self, item: SignUpRequest) -> Verdict:
        """Return what is to become of one wish as the roster stands now. Changes nothing."""
        roster = self._roster
        state = roster.shifts.get(item.shift_id)
        if state is None:
            return _against(Issue("sign_ups.unknown_shift", field="shift_id"))
        about = roster.activities[state.activity_id]
        if item.organization_id not in (None, about.organization_id):
            return _against(Issue("activities.not_here", field="organization_id"))
        if item.person_id not in roster.persons:
            return _against(Issue("sign_ups.unknown_person", field="person_id"))
        known = roster.sign_up(item.shift_id, item.person_id)
        if known is not None and known.status in ("applied", "accepted", "offered", "attended"):
            return Verdict("unchanged", held=known)
        waits = known is not None and known.status == "waitlisted"
        issues = self.objections(state, item.person_id)
        if not waits:
            issues.extend(self.window_objections(about))
        if known is not None and known.status == "declined":
            issues.append(Issue("sign_ups.declined_before"))
        clash = self.clash(state, item.person_id)
        if clash is not None:
            issues.append(told_clash(clash, about, is_own=item.actor.person_id == item.person_id))
        status = _status(state, about, item, issues)
        if waits and status != "accepted":
            return Verdict("unchanged", held=known)
        if status is None:
            return _against(*issues)
        return Verdict(status, held=known)

    def _is_member(self, person_id: UUID, about: AnyRow) -> bool:
        today = local_date(self._tx.now, about.time_zone)
        spans = self._members.get((person_id, about.organization_id), ())
        return any(since <= today and (until is None or today < until) for since, until in spans)

    def _age_objections(self, birth_date: date | None, state: ShiftState, about: AnyRow) -> list[Issue]:
        on = local_date(state.starts_at, about.time_zone)
        keys = [policy.MINIMUM_AGE] + ([policy.MINIMUM_AGE_HAZARDOUS] if about.is_hazardous else [])
        key, minimum = max(
            ((key, self.rules.value(key, about.organization_id, on)) for key in keys),
            key=lambda pair: pair[1],
        )
        if minimum == 0:
            return []
        if birth_date is None:
            return [Issue("sign_ups.birth_date_unknown", params={"minimum": minimum}, rule=key.id)]
        if age_on(birth_date, on) < minimum:
            return [
                Issue("sign_ups.too_young", params={"minimum": minimum, "on": on.isoformat()}, rule=key.id)
            ]
        return []


def told_clash(clash: SignUpState, about: AnyRow, *, is_own: bool) -> Issue:
    """Return the issue that names the other place.

    What it is called is told to the person concerned, within the organization, and when everybody may know; else only
    its time is.
    """
    params = {
        "starts_at": told_at(clash.starts_at, about.time_zone),
        "ends_at": told_at(clash.ends_at, about.time_zone),
    }
    is_public = clash.audience == "public" and clash.activity_status in PUBLIC
    rule = policy.OVERLAP_TOLERANCE_MINUTES.id
    if is_own or is_public or clash.organization_id == about.organization_id:
        return Issue("sign_ups.overlaps", params={**params, "title": clash.title}, rule=rule)
    return Issue("sign_ups.overlaps_elsewhere", params=params, rule=rule)


def told_at(instant: datetime, zone: str) -> str:
    """Return an instant as the wall shows it at ``zone``: ``2026-03-02 09:00``."""
    return instant.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def age_on(birth_date: date, on: date) -> int:
    """Return full years of age on a date; somebody born on 29 February is a year older on 1 March."""
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))


def _against(*issues: Issue) -> Verdict:
    return Verdict("refused", issues)


def _status(state: ShiftState, about: AnyRow, item: SignUpRequest, issues: list[Issue]) -> str | None:
    """Return the state to give, or None and one issue more when there is no room of any kind."""
    if about.approval == "reviewed":
        return None if issues else "applied"
    if state.has_room:
        return None if issues else "accepted"
    if not item.accept_waitlist:
        issues.append(Issue("sign_ups.shift_full", params=_full(state)))
    elif not state.has_waiting_room:
        limit = state.waitlist_limit or 0
        issues.append(
            Issue("sign_ups.waitlist_full", params={**_full(state), "limit": limit})
            if limit
            else Issue("sign_ups.shift_full_no_waitlist", params=_full(state))
        )
    return None if issues else "waitlisted"


def _full(state: ShiftState) -> dict[str, str | int]:
    return {"capacity": state.capacity or 0, "taken": state.taken_count, "reserved": state.reserved_count}


def _members(tx: Tx, roster: Roster) -> dict[tuple[UUID, UUID], list[tuple[date, date | None]]]:
    closed = {about.organization_id for about in roster.activities.values() if about.audience == "members"}
    if not closed or not roster.persons:
        return {}
    rows = tx.connection.execute(
        _MEMBERS, {"person_ids": list(roster.persons), "organization_ids": list(closed)}
    )
    spans: dict[tuple[UUID, UUID], list[tuple[date, date | None]]] = {}
    for row in rows:
        spans.setdefault((row.person_id, row.ancestor_id), []).append((row.valid_from, row.valid_to))
    return spans
