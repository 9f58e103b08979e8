"""What goes into and comes out of this room."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from zhiyuan.kernel.commands import Item
from zhiyuan.kernel.external_ids import ExternalId


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateOrganization(Item):
    """An organization that should be in the tree. It is found again by external id, else by code.

    ``name`` has 1..200 characters. ``code`` stands in addresses: 2..59 of ``a-z 0-9 -``, made from the name when
    empty. ``parent_id`` or ``parent_code`` (which may stand earlier in the same batch) names the node above; neither
    makes a root. ``organization_id`` is where permission is asked and must be the parent or above it; None needs the
    operator. A detail that is None keeps what is there, and for a new node takes the default; ``time_zone`` (an IANA
    name) then is the parent's. ``source_digest`` is of the row it comes from: the same one again is ``unchanged``.
    """

    name: str
    code: str | None = None
    kind: str | None = None
    level_name: str | None = None
    parent_id: UUID | None = None
    parent_code: str | None = None
    region_code: str | None = None
    unified_social_credit_code: str | None = None
    legal_form: str | None = None
    carrier_id: UUID | None = None
    time_zone: str | None = None
    contact_name: str | None = None
    contact_public: str | None = None
    status: str | None = None
    external_id: ExternalId | None = None
    source_digest: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeOrganization(Item):
    """New details of the organization ``organization_id``: column names with their new values, None to empty one.

    Name, code, kind, level_name, region_code, unified_social_credit_code, legal_form, carrier_id (as a UUID),
    time_zone, contact_name and contact_public can be changed so; the place in the tree and the state cannot.
    """

    details: Mapping[str, str | UUID | None] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class MoveOrganization(Item):
    """Put the node ``subject_id``, with everything below it, under ``parent_id`` (None: make it a root).

    ``organization_id`` is where permission is asked: both must stand at or below it. None needs the operator.
    """

    subject_id: UUID
    parent_id: UUID | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeOrganizationState(Item):
    """Bring ``organization_id`` into another state; ``reason`` (1..500 characters) is needed to suspend or dissolve."""

    status: str
    reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class JoinOrganization(Item):
    """Give a person a role at ``organization_id`` from the local date ``valid_from`` on (today when empty).

    ``role``: ``volunteer``, ``organizer``, ``manager`` or ``administrator``. Nobody gives away more than they hold.
    """

    person_id: UUID
    role: str = "volunteer"
    valid_from: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LeaveOrganization(Item):
    """End a person's role at ``organization_id``: ``valid_to`` (today when empty) is the first day without it."""

    person_id: UUID
    role: str = "volunteer"
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class OrganizationView:
    """An organization as others see it. ``depth`` counts from the node that was asked about, which has 0."""

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
    depth: int = 0


@dataclass(frozen=True, slots=True)
class MembershipView:
    """A role of a person between two local dates (half-open; an empty end is open)."""

    id: UUID
    person_id: UUID
    organization_id: UUID
    role: str
    valid_from: date
    valid_to: date | None
