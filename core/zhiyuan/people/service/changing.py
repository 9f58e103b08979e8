"""A person's standing: applied, registered, active, suspended, left."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select, update

from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.clock import local_date
from zhiyuan.kernel.commands import Outcome, refused
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.text import clean_text
from zhiyuan.kernel.uow import Tx
from zhiyuan.people.membership import members_among
from zhiyuan.people.models import Person
from zhiyuan.people.schemas import ChangePersonStatus

_person = Person.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__

NEXT: Final[Mapping[str, frozenset[str]]] = {
    "applied": frozenset({"registered", "left"}),
    "registered": frozenset({"active", "suspended", "left"}),
    "active": frozenset({"suspended", "left"}),
    "suspended": frozenset({"registered", "active", "left"}),
    "left": frozenset({"registered"}),
    "merged": frozenset(),
}
"""What each standing can become. Who left may come back; a suspension ends where it began or further on."""

_NEEDS_REASON: Final = frozenset({"suspended"})
_REASON_LENGTH: Final = 300
_WRITE: Final = (
    update(_person)
    .where(_person.c.id == bindparam("for_id"))
    .values(status=bindparam("new_status"), left_on=bindparam("new_left_on"))
)


def change_statuses(tx: Tx, items: Sequence[ChangePersonStatus]) -> list[Outcome]:
    """Change standings: ``updated``, or ``unchanged`` when it is the standing already. Items of one person follow
    one another. Whoever acts with a role reaches only people who belong to the item's organization or below.
    """
    query = select(_person.c.id, _person.c.status, _person.c.left_on).order_by(_person.c.id).with_for_update()
    rows = tx.connection.execute(query.where(_person.c.id.in_({item.person_id for item in items})))
    standing = {row.id: (row.status, row.left_on) for row in rows}
    reached = _reached(tx, items)
    changed: dict[UUID, dict[str, object]] = {}
    outcomes: list[Outcome] = []
    for item in items:
        if item.person_id not in standing or (item.organization_id, item.person_id) not in reached:
            outcomes.append(refused(Issue("people.not_found", field="person_id")))
            continue
        before, left_on = standing[item.person_id]
        if item.status == before:
            outcomes.append(Outcome("unchanged", item.person_id))
            continue
        reason = clean_text(item.reason, field="reason", maximum=_REASON_LENGTH)
        issue = reason if isinstance(reason, Issue) else _objection(before, item.status, reason)
        if issue is not None:
            outcomes.append(refused(issue))
            continue
        left_on = local_date(tx.now, "UTC") if item.status == "left" else None
        standing[item.person_id] = (item.status, left_on)
        changed[item.person_id] = {
            "for_id": item.person_id,
            "new_status": item.status,
            "new_left_on": left_on,
        }
        detail = {"from": before, "to": item.status, "reason": reason}
        tx.audit(
            Audit(item.actor, "people.change_status", "person", item.person_id, item.organization_id, detail)
        )
        outcomes.append(Outcome("updated", item.person_id))
    if changed:
        tx.connection.execute(_WRITE, list(changed.values()))
    return outcomes


def _reached(tx: Tx, items: Sequence[ChangePersonStatus]) -> set[tuple[UUID | None, UUID]]:
    reached = {(item.organization_id, item.person_id) for item in items if item.actor.is_operator}
    for place in {item.organization_id for item in items if not item.actor.is_operator}:
        if place is not None:
            asked = {item.person_id for item in items if item.organization_id == place}
            reached |= {(place, person_id) for person_id in members_among(tx, place, asked)}
    return reached


def _objection(before: str, after: str, reason: object) -> Issue | None:
    if after not in NEXT[before]:
        return Issue("people.status_not_next", field="status", params={"before": before, "after": after[:12]})
    if after in _NEEDS_REASON and not reason:
        return Issue("people.reason_missing", field="reason")
    return None
