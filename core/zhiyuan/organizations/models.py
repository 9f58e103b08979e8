"""Tables of organizations and of people's places in them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlmodel import Field

from zhiyuan.kernel.tables import Base, id_field, key_to, optional_key_to


class Organization(Base, table=True):
    """A node of the tree: association, branch, team, unit, station or base; any depth, levels may be missing.

    ``code`` is unique on the installation and stands in addresses. ``status``: ``preparing``, ``incubated``,
    ``registered``, ``active``, ``suspended`` or ``dissolved``; ``status_reason`` says why. ``time_zone`` is an IANA name.
    """

    __tablename__ = "core__organization"

    id: UUID = id_field()
    code: str = Field(max_length=60, unique=True)
    name: str = Field(max_length=200, index=True)
    kind: str = Field(default="organization", max_length=30)
    level_name: str | None = Field(default=None, max_length=60)
    parent_id: UUID | None = optional_key_to("core__organization.id")
    region_code: str | None = Field(default=None, max_length=20, index=True)
    unified_social_credit_code: str | None = Field(default=None, max_length=18, index=True)
    legal_form: str | None = Field(default=None, max_length=60)
    carrier_id: UUID | None = optional_key_to("core__organization.id")
    time_zone: str = Field(default="UTC", max_length=60)
    contact_name: str | None = Field(default=None, max_length=120)
    contact_public: str | None = Field(default=None, max_length=200)
    status: str = Field(default="active", max_length=12)
    status_reason: str | None = Field(default=None, max_length=500)
    created_at: datetime


class OrganizationPath(Base, table=True):
    """Every (ancestor, descendant) pair of the tree, each node with itself at depth 0: "everything below" in one join."""

    __tablename__ = "core__organization_path"
    __table_args__ = (Index("ix_core__organization_path_descendant_id", "descendant_id"),)

    ancestor_id: UUID = Field(foreign_key="core__organization.id", ondelete="RESTRICT", primary_key=True)
    descendant_id: UUID = Field(foreign_key="core__organization.id", ondelete="RESTRICT", primary_key=True)
    depth: int


class OrganizationExternalId(Base, table=True):
    """What another system calls this organization. ``source_digest`` is of the row last imported under it."""

    __tablename__ = "core__organization_external_id"
    __table_args__ = (UniqueConstraint("scheme", "value"),)

    id: UUID = id_field()
    organization_id: UUID = key_to("core__organization.id")
    scheme: str = Field(max_length=60)
    value: str = Field(max_length=200)
    source_digest: bytes | None = Field(default=None, sa_type=LargeBinary(32))


class Membership(Base, table=True):
    """A person's role at an organization between two dates (half-open; an empty end is open).

    A role carries permissions for the organization and everything below it; ``volunteer`` carries none.
    """

    __tablename__ = "core__membership"
    __table_args__ = (UniqueConstraint("person_id", "organization_id", "role", "valid_from"),)

    id: UUID = id_field()
    person_id: UUID = key_to("core__person.id")
    organization_id: UUID = key_to("core__organization.id")
    role: str = Field(max_length=40)
    valid_from: date
    valid_to: date | None = None
