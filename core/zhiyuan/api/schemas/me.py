"""Who the caller is."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta

from zhiyuan.api.schemas.base import Shown


class ShownRole(Shown, kw_only=True, frozen=True):
    """A role held today; it reaches everything below the organization."""

    organization_id: UUID
    organization_code: str
    organization_name: str
    role: Annotated[str, Meta(description="organizer, manager or administrator.")]


class Me(Shown, kw_only=True, frozen=True):
    """The account behind the token, and what the token opens."""

    account_id: UUID
    login: str
    display_name: str
    person_id: Annotated[UUID | None, Meta(description="The person behind the account, if there is one.")]
    is_operator: bool
    language: Annotated[str, Meta(description="Of the answers to this request.")]
    scopes: Annotated[list[str], Meta(description="Permissions that this token is limited to.")]
    roles: list[ShownRole]
