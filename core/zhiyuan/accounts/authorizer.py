"""Who may do what: decided by the roles that a person holds at an organization or above it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select

from zhiyuan.accounts.permissions import ROLES
from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.clock import local_date
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations.models import Membership, OrganizationPath

_membership = Membership.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_path = OrganizationPath.__table__  # type: ignore[attr-defined]  # likewise


class RoleAuthorizer:
    """Decides by roles held at the organization or above it."""

    def lacking(self, tx: Tx, needs: Sequence[tuple[Actor, str, UUID | None]]) -> Sequence[bool]:
        """Return, for each (actor, permission, organization), whether the actor lacks it. One query for all."""
        people = {
            actor.person_id for actor, _, _ in needs if actor.person_id is not None and not actor.is_operator
        }
        places = {organization_id for _, _, organization_id in needs if organization_id is not None}
        held = _roles_reaching(tx, people, places) if people and places else {}
        return [not _may(held, *need) for need in needs]


def _may(held: dict[tuple[UUID, UUID], set[str]], actor: Actor, permission: str, place: UUID | None) -> bool:
    if actor.scopes is not None and permission not in actor.scopes:
        return False
    if actor.is_operator:
        return True
    if actor.person_id is None or place is None:
        return False
    return any(permission in ROLES.get(role, frozenset()) for role in held.get((actor.person_id, place), ()))


def _roles_reaching(tx: Tx, people: set[UUID], places: set[UUID]) -> dict[tuple[UUID, UUID], set[str]]:
    today = local_date(tx.now, "UTC")
    rows = tx.connection.execute(
        select(_membership.c.person_id, _path.c.descendant_id, _membership.c.role)
        .join(_path, _path.c.ancestor_id == _membership.c.organization_id)
        .where(
            _membership.c.person_id.in_(people),
            _path.c.descendant_id.in_(places),
            _membership.c.valid_from <= today,
            or_(_membership.c.valid_to.is_(None), _membership.c.valid_to > today),
        )
    )
    held: dict[tuple[UUID, UUID], set[str]] = {}
    for person_id, place, role in rows:
        held.setdefault((person_id, place), set()).add(role)
    return held
