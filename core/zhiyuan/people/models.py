"""Tables of people."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, LargeBinary, UniqueConstraint
from sqlmodel import Field

from zhiyuan.kernel.tables import Base, id_field, json_field, key_to, optional_key_to


class Person(Base, table=True):
    """A volunteer, or somebody who wants to become one.

    ``id`` is the person's uid: made once, carried along between installations. ``number`` is the volunteer number,
    unique here and shown instead of any document number. Columns ``*_encrypted`` hold values closed with the field
    key; ``*_index`` their keyed hashes, for finding duplicates. ``status``: ``applied``, ``registered``, ``active``,
    ``suspended``, ``left`` or ``merged`` (then ``merged_into_id`` says into whom).
    """

    __tablename__ = "core__person"

    id: UUID = id_field()
    number: str = Field(max_length=20, unique=True)
    name: str = Field(max_length=120, index=True)
    sex: str | None = Field(default=None, max_length=10)
    birth_date: date | None = None
    document_kind: str | None = Field(default=None, max_length=30)
    document_number_encrypted: bytes | None = Field(default=None, sa_type=LargeBinary)
    document_number_index: bytes | None = Field(default=None, sa_type=LargeBinary(32), index=True)
    phone_encrypted: bytes | None = Field(default=None, sa_type=LargeBinary)
    phone_index: bytes | None = Field(default=None, sa_type=LargeBinary(32), index=True)
    email_encrypted: bytes | None = Field(default=None, sa_type=LargeBinary)
    email_index: bytes | None = Field(default=None, sa_type=LargeBinary(32), index=True)
    address_encrypted: bytes | None = Field(default=None, sa_type=LargeBinary)
    emergency_contact_encrypted: bytes | None = Field(default=None, sa_type=LargeBinary)
    residence_region_code: str | None = Field(default=None, max_length=20, index=True)
    residence_text: str | None = Field(default=None, max_length=200)
    occupation: str | None = Field(default=None, max_length=120)
    unit: str | None = Field(default=None, max_length=200)
    categories: list[str] = Field(default_factory=list, sa_type=JSON)
    skills: list[str] = Field(default_factory=list, sa_type=JSON)
    languages: list[str] = Field(default_factory=list, sa_type=JSON)
    available_time: str | None = Field(default=None, max_length=200)
    status: str = Field(default="registered", max_length=12, index=True)
    identity_level: str = Field(default="none", max_length=10)
    merged_into_id: UUID | None = optional_key_to("core__person.id")
    registered_on: date | None = None
    left_on: date | None = None
    created_at: datetime
    extra: dict[str, Any] = json_field()


class PersonExternalId(Base, table=True):
    """What another system calls this person. ``source_digest`` is of the row last imported under it."""

    __tablename__ = "core__person_external_id"
    __table_args__ = (UniqueConstraint("scheme", "value"),)

    id: UUID = id_field()
    person_id: UUID = key_to("core__person.id")
    scheme: str = Field(max_length=60)
    value: str = Field(max_length=120)
    verified_at: datetime | None = None
    source_digest: bytes | None = Field(default=None, sa_type=LargeBinary(32))


class NumberSeries(Base, table=True):
    """The next number to give out, per series (``person``, ``certificate:2026`` ...)."""

    __tablename__ = "core__number_series"

    name: str = Field(primary_key=True, max_length=60)
    next_value: int = 1
