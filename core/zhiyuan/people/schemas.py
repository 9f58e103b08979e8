"""Shapes that go into and come out of the people domain. Plain frozen values; no table class leaves the domain."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal
from uuid import UUID

from zhiyuan.kernel.commands import Item
from zhiyuan.kernel.external_ids import ExternalId
from zhiyuan.policy import PlaceChain

Status = Literal["applied", "registered", "active", "suspended", "left"]
Sex = Literal["female", "male", "other"]
DocumentKind = Literal[
    "identity_card",
    "residence_permit_hmt",
    "foreign_permanent_resident",
    "passport",
    "travel_permit_hk_macao",
    "travel_permit_taiwan",
    "other",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDetails:
    """What is said about a person, in clear. ``None`` and empty mean "not told".

    An update changes what is told and never erases what is not. ``birth_date``, ``registered_on`` and ``left_on`` are
    calendar dates without a zone. ``phone`` is a number as people write it. ``extra`` holds harmless further values,
    never protected ones.
    """

    name: str
    sex: Sex | None = None
    birth_date: date | None = None
    document_kind: DocumentKind | None = None
    document_number: str | None = None
    phone: str | None = None
    email: str | None = None
    address: str | None = None
    emergency_contact: str | None = None
    residence_region_code: str | None = None
    residence_text: str | None = None
    occupation: str | None = None
    unit: str | None = None
    categories: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    available_time: str | None = None
    status: Status | None = None
    registered_on: date | None = None
    left_on: date | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterPerson(Item):
    """A person to be registered, or to be brought up to date.

    ``external_id`` is what another system calls the person, ``source_digest`` the SHA-256 of the row it was read from:
    an equal digest means that nothing changed. ``places`` is the chain of places whose rules apply, most specific first.
    ``is_known_well`` false is for people who register themselves: always somebody new, and not a word about whom they
    resemble, so that nobody can find out or overwrite what is kept about another.
    """

    details: PersonDetails
    external_id: ExternalId | None = None
    source_digest: bytes | None = None
    places: PlaceChain = ()
    is_known_well: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangePersonStatus(Item):
    """Give one person another standing. ``reason`` (up to 300 characters) is needed to suspend, and kept in the audit.

    A reason names no illness, belief or other person: it is kept in clear.
    """

    person_id: UUID
    status: Status
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One line of a list of people. Contacts are not in it."""

    id: UUID
    number: str
    name: str
    masked_name: str
    status: str
    residence_text: str | None
    registered_on: date | None


@dataclass(frozen=True, slots=True)
class PersonView:
    """One person as a reader without the permission to unmask sees them: protected fields are masked, never clear."""

    id: UUID
    number: str
    name: str
    masked_name: str
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
    categories: tuple[str, ...]
    skills: tuple[str, ...]
    languages: tuple[str, ...]
    available_time: str | None
    identity_level: str
    registered_on: date | None
    left_on: date | None
    external_ids: tuple[tuple[str, str], ...]
    extra: Mapping[str, Any]
