"""People's roles at organizations: joining and leaving."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, insert, or_, select, update

from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.clock import local_date
from zhiyuan.kernel.commands import Outcome, refused
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations.models import Membership, OrganizationPath
from zhiyuan.organizations.queries import time_zones
from zhiyuan.organizations.schemas import JoinOrganization, LeaveOrganization
from zhiyuan.organizations.words import ROLES_ASCENDING
from zhiyuan.people.models import Person

_membership = Membership.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_path = OrganizationPath.__table__  # type: ignore[attr-defined]  # likewise
_person = Person.__table__  # type: ignore[attr-defined]  # likewise

_CHANGE: Final = (
    update(_membership)
    .where(_membership.c.id == bindparam("row_id"))
    .values(valid_from=bindparam("begin"), valid_to=bindparam("end"))
)


def join_organizations(tx: Tx, items: Sequence[JoinOrganization]) -> list[Outcome]:
    """Give each person the role asked for. ``created``, or ``unchanged`` when it is held on that date already.

    An earlier beginning of a role that is held later becomes the beginning of that same membership, and a membership
    that ended on the day it began is opened again: ``updated``.
    """
    roles = _Roles(tx, items)
    outcomes = [roles.refusal(item) or roles.join(item) for item in items]
    roles.write()
    return outcomes


def leave_organizations(tx: Tx, items: Sequence[LeaveOrganization]) -> list[Outcome]:
    """End each role. ``updated``, or ``unchanged`` when the person does not hold it on that date."""
    roles = _Roles(tx, items)
    outcomes = [roles.refusal(item) or roles.leave(item) for item in items]
    roles.write()
    return outcomes


@dataclass(slots=True)
class _Span:
    """One membership, as it is or will be."""

    id: UUID
    begin: date
    end: date | None
    is_new: bool = False
    is_changed: bool = False

    def holds(self, day: date) -> bool:
        """Tell whether the role is held on ``day``."""
        return self.begin <= day and (self.end is None or day < self.end)


class _Roles:
    """What the people of a batch hold, changed in memory first and written once."""

    def __init__(self, tx: Tx, items: Sequence[JoinOrganization] | Sequence[LeaveOrganization]) -> None:
        self._tx = tx
        self._people = _lock_people(tx, {item.person_id for item in items})
        places = {item.organization_id for item in items if item.organization_id is not None}
        self._zones = time_zones(tx, places)
        self._highest = _highest_roles(tx, items, places)
        self._spans: dict[tuple[UUID, UUID, str], list[_Span]] = {}
        rows = tx.connection.execute(
            select(_membership).where(
                _membership.c.person_id.in_(self._people), _membership.c.organization_id.in_(places)
            )
        )
        for row in rows:
            spans = self._spans.setdefault((row.person_id, row.organization_id, row.role), [])
            spans.append(_Span(row.id, row.valid_from, row.valid_to))

    def refusal(self, item: JoinOrganization | LeaveOrganization) -> Outcome | None:
        """Return why ``item`` cannot be carried out, or None."""
        if item.person_id not in self._people:
            return refused(Issue("organizations.unknown_person", field="person_id"))
        if item.organization_id is None or item.organization_id not in self._zones:
            return refused(Issue("organizations.not_found", field="organization_id"))
        if item.role not in ROLES_ASCENDING:
            params = {"value": item.role[:40], "choices": ", ".join(ROLES_ASCENDING)}
            return refused(Issue("organizations.unknown_role", field="role", params=params))
        if item.actor.is_operator or item.actor.person_id is None:
            return None
        highest = self._highest.get((item.actor.person_id, item.organization_id), 0)
        if ROLES_ASCENDING.index(item.role) > highest:
            return refused(Issue("organizations.role_above_own", field="role", params={"value": item.role}))
        return None

    def join(self, item: JoinOrganization) -> Outcome:
        """Let the role be held from the item's day on."""
        place, spans = self._place(item)
        day = item.valid_from or local_date(self._tx.now, self._zones[place])
        held = next((span for span in spans if span.holds(day)), None)
        if held is not None:
            return Outcome("unchanged", held.id)
        same_day = next((span for span in spans if span.begin == day), None)
        later = min((span for span in spans if span.begin > day), key=lambda span: span.begin, default=None)
        if same_day is not None:
            same_day.end, same_day.is_changed, span = (later.begin if later else None), True, same_day
        elif later is not None:
            later.begin, later.is_changed, span = day, True, later
        else:
            span = _Span(new_id(), day, None, is_new=True)
            spans.append(span)
        self._audit(item, "organizations.join", span, day)
        return Outcome("created" if span.is_new else "updated", span.id)

    def leave(self, item: LeaveOrganization) -> Outcome:
        """Let the role end on the item's day."""
        place, spans = self._place(item)
        day = item.valid_to or local_date(self._tx.now, self._zones[place])
        held = next((span for span in spans if span.holds(day)), None)
        if held is None:
            if any(span.begin > day for span in spans):
                return refused(Issue("organizations.leaves_before_joining", field="valid_to"))
            return Outcome("unchanged")
        held.end, held.is_changed = day, True
        self._audit(item, "organizations.leave", held, day)
        return Outcome("updated", held.id)

    def write(self) -> None:
        """Write what has changed in two statements at most."""
        new: list[dict[str, Any]] = []
        changed: list[dict[str, Any]] = []
        for (person_id, organization_id, role), spans in self._spans.items():
            for span in spans:
                if span.is_new:
                    new.append(
                        {
                            "id": span.id,
                            "person_id": person_id,
                            "organization_id": organization_id,
                            "role": role,
                            "valid_from": span.begin,
                            "valid_to": span.end,
                        }
                    )
                elif span.is_changed:
                    changed.append({"row_id": span.id, "begin": span.begin, "end": span.end})
        if changed:
            self._tx.connection.execute(_CHANGE, changed)
        if new:
            self._tx.connection.execute(insert(_membership), new)

    def _place(self, item: JoinOrganization | LeaveOrganization) -> tuple[UUID, list[_Span]]:
        if item.organization_id is None:
            raise ValueError("an item that passed the checks names an organization")
        return item.organization_id, self._spans.setdefault(
            (item.person_id, item.organization_id, item.role), []
        )

    def _audit(self, item: JoinOrganization | LeaveOrganization, action: str, span: _Span, day: date) -> None:
        detail = {"role": item.role, "date": day.isoformat()}
        self._tx.audit(Audit(item.actor, action, "membership", span.id, item.organization_id, detail))


def _lock_people(tx: Tx, ids: set[UUID]) -> set[UUID]:
    """Lock the people by id, so that two requests cannot give one person the same role twice; return who exists."""
    rows = tx.connection.execute(
        select(_person.c.id)
        .where(_person.c.id.in_(ids))
        .order_by(_person.c.id)
        .with_for_update(key_share=True)
    )
    return set(rows.scalars())


def _highest_roles(
    tx: Tx, items: Sequence[JoinOrganization] | Sequence[LeaveOrganization], places: set[UUID]
) -> dict[tuple[UUID, UUID], int]:
    """Return the rank of the highest role that each acting person holds at or above each place."""
    actors = {item.actor.person_id for item in items if item.actor.person_id is not None}
    if not actors or not places:
        return {}
    today = local_date(tx.now, "UTC")
    rows = tx.connection.execute(
        select(_membership.c.person_id, _path.c.descendant_id, _membership.c.role)
        .join(_path, _path.c.ancestor_id == _membership.c.organization_id)
        .where(
            _membership.c.person_id.in_(actors),
            _path.c.descendant_id.in_(places),
            _membership.c.valid_from <= today,
            or_(_membership.c.valid_to.is_(None), _membership.c.valid_to > today),
        )
    )
    highest: dict[tuple[UUID, UUID], int] = {}
    for person_id, place, role in rows:
        rank = ROLES_ASCENDING.index(role) if role in ROLES_ASCENDING else 0
        highest[person_id, place] = max(rank, highest.get((person_id, place), 0))
    return highest
