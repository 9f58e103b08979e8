"""People and their memberships, sent and shown. Protected fields are taken in clear and shown masked."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from zhiyuan.api.schemas.base import Code, Cursor, Shown, Told, ToldItem, several
from zhiyuan.people.schemas import DocumentKind, Sex, Status

PersonId = Annotated[UUID, Meta(description="The person meant.")]
Words = Annotated[list[Annotated[str, Meta(max_length=120)]], Meta(max_length=50)]
Line = Annotated[str, Meta(max_length=300)]


class NewPerson(ToldItem, kw_only=True, frozen=True):
    """A person to be registered as a volunteer of an organization, or to be brought up to date.

    Somebody is known by the external id, else by the number of the identity document. What is left out stays as it is.
    """

    organization: Code
    name: Annotated[str, Meta(max_length=200, description="Full name.")]
    sex: Sex | None = None
    birth_date: date | None = None
    document_kind: DocumentKind | None = None
    document_number: (
        Annotated[str, Meta(max_length=60, description="Kept encrypted, shown masked.")] | None
    ) = None
    phone: (
        Annotated[str, Meta(max_length=60, description="As people write it; kept encrypted, shown masked.")]
        | None
    ) = None
    email: Annotated[str, Meta(max_length=254, description="Kept encrypted, shown masked.")] | None = None
    address: Annotated[str, Meta(max_length=300, description="Kept encrypted, not shown.")] | None = None
    emergency_contact: (
        Annotated[str, Meta(max_length=300, description="Kept encrypted, not shown.")] | None
    ) = None
    residence_region_code: Annotated[str, Meta(max_length=20)] | None = None
    residence_text: Line | None = None
    occupation: Line | None = None
    unit: Line | None = None
    categories: Words = []
    skills: Words = []
    languages: Words = []
    available_time: Line | None = None
    status: Status | None = None
    registered_on: date | None = None
    left_on: date | None = None
    external_scheme: Annotated[str, Meta(min_length=1, max_length=60)] | None = None
    external_value: Annotated[str, Meta(min_length=1, max_length=120)] | None = None


class NewPeople(Told, kw_only=True, frozen=True):
    """People to be registered."""

    items: Annotated[list[NewPerson], several("People")]


class PersonLine(Shown, kw_only=True, frozen=True):
    """One person of a list. Contacts are not in it."""

    id: UUID
    number: Annotated[str, Meta(description="Volunteer number.")]
    name: str
    status: Annotated[str, Meta(description="applied, registered, active, suspended or left.")]
    residence_text: str | None
    registered_on: date | None


class PersonLines(Shown, kw_only=True, frozen=True):
    """People, in the order in which they were registered."""

    items: list[PersonLine]
    next_after: Cursor


class ShownPerson(Shown, kw_only=True, frozen=True):
    """One person. Protected fields are masked."""

    id: UUID
    number: str
    name: str
    status: str
    sex: str | None
    birth_date: date | None
    document_kind: str | None
    document_number_masked: str | None
    phone_masked: str | None
    email_masked: str | None
    has_address: bool
    has_emergency_contact: bool
    residence_region_code: str | None
    residence_text: str | None
    occupation: str | None
    unit: str | None
    categories: list[str]
    skills: list[str]
    languages: list[str]
    available_time: str | None
    identity_level: Annotated[str, Meta(description="none, checked or verified.")]
    registered_on: date | None
    left_on: date | None


Role = Literal["volunteer", "organizer", "manager", "administrator"]


class NewMembership(ToldItem, kw_only=True, frozen=True):
    """A role for a person at an organization; it reaches everything below. Nobody gives away more than they hold."""

    organization: Code
    person_id: PersonId
    role: Role = "volunteer"
    valid_from: Annotated[date, Meta(description="First local day; today when empty.")] | None = None


class NewMemberships(Told, kw_only=True, frozen=True):
    """Roles to be given."""

    items: Annotated[list[NewMembership], several("Roles")]


class EndedMembership(ToldItem, kw_only=True, frozen=True):
    """A role to be ended."""

    organization: Code
    person_id: PersonId
    role: Role = "volunteer"
    valid_to: Annotated[date, Meta(description="First local day without it; today when empty.")] | None = None


class EndedMemberships(Told, kw_only=True, frozen=True):
    """Roles to be ended."""

    items: Annotated[list[EndedMembership], several("Roles")]


class ShownMembership(Shown, kw_only=True, frozen=True):
    """A role of a person between two local dates; the second is the first day without it."""

    id: UUID
    person_id: UUID
    organization_id: UUID
    role: str
    valid_from: date
    valid_to: date | None


class ShownMemberships(Shown, kw_only=True, frozen=True):
    """Roles in force at an organization itself, in the order in which they were given."""

    items: list[ShownMembership]
    next_after: Cursor
