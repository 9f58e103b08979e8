"""Organizations, sent and shown."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from zhiyuan.api.schemas.base import Code, Cursor, Reason, Shown, Told, ToldItem, Zone, several

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Kind = Annotated[
    str, Meta(min_length=1, max_length=40, description="association, branch, team, unit, station ...")
]
Line = Annotated[str, Meta(max_length=200)]
State = Literal["preparing", "incubated", "registered", "active", "suspended", "dissolved"]


class NewOrganization(ToldItem, kw_only=True, frozen=True):
    """An organization that should be in the tree; found again by its code."""

    name: Name
    code: (
        Annotated[
            str,
            Meta(
                min_length=2,
                max_length=59,
                description="a-z, 0-9 and hyphens; made from the name when empty.",
            ),
        ]
        | None
    ) = None
    parent: (
        Annotated[
            str,
            Meta(
                max_length=59,
                description="Code of the one above, which may stand earlier in the request; a root without.",
            ),
        ]
        | None
    ) = None
    kind: Kind | None = None
    level_name: Annotated[str, Meta(max_length=40)] | None = None
    region_code: Annotated[str, Meta(max_length=20)] | None = None
    unified_social_credit_code: Annotated[str, Meta(max_length=18)] | None = None
    legal_form: Annotated[str, Meta(max_length=40)] | None = None
    time_zone: Zone | None = None
    contact_name: Line | None = None
    contact_public: Line | None = None
    status: State | None = None


class NewOrganizations(Told, kw_only=True, frozen=True):
    """Organizations to be made."""

    items: Annotated[list[NewOrganization], several("Organizations")]


class ChangedOrganization(ToldItem, kw_only=True, frozen=True):
    """New details of an organization: what is left out stays, null empties."""

    organization: Code
    name: Name | UnsetType = UNSET
    code: Annotated[str, Meta(min_length=2, max_length=59)] | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET
    level_name: Annotated[str, Meta(max_length=40)] | UnsetType | None = UNSET
    region_code: Annotated[str, Meta(max_length=20)] | UnsetType | None = UNSET
    unified_social_credit_code: Annotated[str, Meta(max_length=18)] | UnsetType | None = UNSET
    legal_form: Annotated[str, Meta(max_length=40)] | UnsetType | None = UNSET
    time_zone: Zone | UnsetType = UNSET
    contact_name: Line | UnsetType | None = UNSET
    contact_public: Line | UnsetType | None = UNSET


class ChangedOrganizations(Told, kw_only=True, frozen=True):
    """Organizations to be changed."""

    items: Annotated[list[ChangedOrganization], several("Organizations")]


class MovedOrganization(ToldItem, kw_only=True, frozen=True):
    """An organization to be hung, with everything below it, under another."""

    organization: Code
    parent: (
        Annotated[str, Meta(max_length=59, description="Code of the new one above; null makes a root.")]
        | None
    )


class MovedOrganizations(Told, kw_only=True, frozen=True):
    """Organizations to be moved."""

    items: Annotated[list[MovedOrganization], several("Organizations")]


class OrganizationStep(ToldItem, kw_only=True, frozen=True):
    """An organization to be brought into another state."""

    organization: Code
    status: State
    reason: Annotated[Reason, Meta(description="Needed to suspend or dissolve.")] | None = None


class OrganizationSteps(Told, kw_only=True, frozen=True):
    """Organizations to be brought into another state."""

    items: Annotated[list[OrganizationStep], several("Organizations")]


class ShownOrganization(Shown, kw_only=True, frozen=True):
    """One organization."""

    id: UUID
    code: str
    name: str
    kind: str
    level_name: str | None
    parent_id: UUID | None
    region_code: str | None
    unified_social_credit_code: str | None
    legal_form: str | None
    carrier_id: UUID | None
    time_zone: str
    contact_name: str | None
    contact_public: str | None
    status: str
    status_reason: str | None


class ShownOrganizations(Shown, kw_only=True, frozen=True):
    """Organizations, in the order in which they were made."""

    items: list[ShownOrganization]
    next_after: Cursor
