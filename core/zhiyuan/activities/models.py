"""Tables of activities, their shifts, the people who sign up and their attendance."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field

from zhiyuan.kernel.tables import Base, id_field, json_field, key_to, optional_key_to


class Activity(Base, table=True):
    """Something volunteers are wanted for.

    ``organization_id`` organizes, ``guaranteeing_organization_id`` answers for cover and safety. ``status``: ``draft``,
    ``submitted``, ``published``, ``underway``, ``finished``, ``settled`` or ``cancelled``. ``starts_on``/``ends_on`` are
    local dates in ``time_zone``; an activity imported without shifts has only those. What is not volunteer service
    (``is_volunteer_service`` false) must never be recorded as such (Civil Affairs Order 67, article 19).
    """

    __tablename__ = "core__activity"
    __table_args__ = (Index("ix_core__activity_listed", "status", "starts_on"),)

    id: UUID = id_field()
    organization_id: UUID = key_to("core__organization.id")
    guaranteeing_organization_id: UUID | None = optional_key_to("core__organization.id")
    title: str = Field(max_length=200)
    summary: str = Field(default="", max_length=500)
    description: str = ""
    service_kind: str | None = Field(default=None, max_length=60)
    recipient_category: str | None = Field(default=None, max_length=60)
    mode: str = Field(default="onsite", max_length=10)
    place_text: str | None = Field(default=None, max_length=300)
    region_code: str | None = Field(default=None, max_length=20, index=True)
    latitude: float | None = None
    longitude: float | None = None
    time_zone: str = Field(max_length=60)
    starts_on: date | None = None
    ends_on: date | None = None
    wanted_count: int | None = None
    leader_name: str | None = Field(default=None, max_length=120)
    recorder_name: str | None = Field(default=None, max_length=120)
    is_volunteer_service: bool = True
    is_hazardous: bool = False
    is_emergency: bool = False
    risks: str = ""
    guarantees: str = ""
    recruit_from: datetime | None = None
    recruit_to: datetime | None = None
    audience: str = Field(default="public", max_length=10)
    approval: str = Field(default="instant", max_length=10)
    status: str = Field(default="draft", max_length=12)
    status_reason: str | None = Field(default=None, max_length=500)
    created_at: datetime
    published_at: datetime | None = None
    extra: dict[str, Any] = json_field()


class ActivityExternalId(Base, table=True):
    """What another system calls this activity. ``source_digest`` is of the row last imported under it."""

    __tablename__ = "core__activity_external_id"
    __table_args__ = (UniqueConstraint("scheme", "value"),)

    id: UUID = id_field()
    activity_id: UUID = key_to("core__activity.id")
    scheme: str = Field(max_length=60)
    value: str = Field(max_length=200)
    source_digest: bytes | None = Field(default=None, sa_type=LargeBinary(32))


class Shift(Base, table=True):
    """A time at a position, with places.

    ``capacity`` empty means no limit. ``reserved_count`` are head counts without names; they use capacity.
    ``taken_count`` counts sign-ups that hold a place (accepted, offered, attended); the database refuses a row in which
    both exceed the capacity. ``check_in_secret`` makes the code shown on site; it never leaves the server.
    """

    __tablename__ = "core__shift"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("capacity IS NULL OR taken_count + reserved_count <= capacity", name="not_oversold"),
        CheckConstraint("taken_count >= 0 AND reserved_count >= 0", name="counts_not_negative"),
        UniqueConstraint("activity_id", "external_key"),
    )

    id: UUID = id_field()
    activity_id: UUID = key_to("core__activity.id")
    position: str | None = Field(default=None, max_length=120)
    place_text: str | None = Field(default=None, max_length=300)
    starts_at: datetime = Field(index=True)
    ends_at: datetime
    capacity: int | None = None
    minimum_count: int | None = None
    reserved_count: int = 0
    taken_count: int = 0
    waitlist_limit: int | None = None
    waitlisted_count: int = 0
    check_in_secret: bytes = Field(sa_type=LargeBinary(20))
    status: str = Field(default="open", max_length=12)
    external_key: str | None = Field(default=None, max_length=200)
    source_digest: bytes | None = Field(default=None, sa_type=LargeBinary(32))


class SignUp(Base, table=True):
    """One person's wish for one shift, and what became of it.

    ``status``: ``applied``, ``accepted``, ``waitlisted``, ``offered`` (until ``offered_until``), ``declined``,
    ``cancelled``, ``attended`` or ``no_show``. One row per person and shift; signing up again after a cancellation
    revives it. ``starts_at``/``ends_at`` copy the shift's, so that overlap is one indexed question.
    ``queued_at`` orders the waitlist.
    """

    __tablename__ = "core__sign_up"
    __table_args__ = (
        UniqueConstraint("shift_id", "person_id"),
        Index("ix_core__sign_up_person_time", "person_id", "starts_at"),
        Index("ix_core__sign_up_queue", "shift_id", "status", "queued_at"),
    )

    id: UUID = id_field()
    shift_id: UUID = key_to("core__shift.id", index=False)
    activity_id: UUID = key_to("core__activity.id")
    person_id: UUID = key_to("core__person.id", index=False)
    status: str = Field(max_length=12)
    status_reason: str | None = Field(default=None, max_length=200)
    starts_at: datetime
    ends_at: datetime
    queued_at: datetime
    offered_until: datetime | None = None
    created_at: datetime
    changed_at: datetime


class Attendance(Base, table=True):
    """When a person came and went, as observed. ``method``: ``code``, ``hand`` or ``import`` ...; one row per sign-up.

    A corrected time is written over the old one, which the audit keeps.
    """

    __tablename__ = "core__attendance"
    __table_args__ = (
        CheckConstraint("checked_out_at IS NULL OR checked_out_at >= checked_in_at", name="out_after_in"),
    )

    id: UUID = id_field()
    sign_up_id: UUID = Field(foreign_key="core__sign_up.id", ondelete="RESTRICT", unique=True)
    shift_id: UUID = key_to("core__shift.id")
    person_id: UUID = key_to("core__person.id")
    checked_in_at: datetime
    check_in_method: str = Field(max_length=10)
    checked_in_by: UUID | None = None
    checked_out_at: datetime | None = None
    check_out_method: str | None = Field(default=None, max_length=10)
    checked_out_by: UUID | None = None
