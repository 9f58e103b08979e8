"""Who may act on sign-ups and attendance: the person concerned, or who holds the permission at the organization."""

from collections.abc import Sequence
from uuid import UUID

from zhiyuan.accounts.authorizer import RoleAuthorizer
from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Tx

_AUTHORIZER = RoleAuthorizer()


def lacking(tx: Tx, permission: str, needs: Sequence[tuple[Actor, UUID]]) -> list[bool]:
    """Return, for each (actor, organization), whether the actor lacks ``permission`` there and above. One query."""
    return list(_AUTHORIZER.lacking(tx, [(actor, permission, place) for actor, place in needs]))


def is_own(actor: Actor, person_id: UUID, permission: str) -> bool:
    """Tell whether the actor acts for themselves, with a token that reaches this far if it is a token."""
    return actor.person_id == person_id and (actor.scopes is None or permission in actor.scopes)


def not_permitted(permission: str) -> Issue:
    """Return the issue for somebody who may not."""
    return Issue("commands.not_permitted", params={"permission": permission})
