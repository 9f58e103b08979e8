"""Service records, sent and shown. Minutes are service time; dates are local to the record's time zone."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from zhiyuan.api.schemas.base import Code, Cursor, Shown, Told, ToldItem, Zone, several

MOST_MINUTES = 10_000_000

RecordId = Annotated[UUID, Meta(description="The record meant.")]
Minutes = Annotated[int, Meta(ge=0, le=MOST_MINUTES, description="Service time in minutes.")]
Count = Annotated[int, Meta(ge=0, le=MOST_MINUTES)]
Why = Annotated[str, Meta(min_length=1, max_length=300, description="Why; kept in the ledger.")]
Line = Annotated[str, Meta(max_length=120)]


class NewRecord(ToldItem, kw_only=True, frozen=True):
    """What one person did on one local day, written down by hand."""

    organization: Code
    person_id: Annotated[UUID, Meta(description="Whose service it was.")]
    title: Annotated[str, Meta(max_length=200, description="What was done.")]
    service_date: Annotated[date, Meta(description="The local date of the service.")]
    minutes: Minutes
    time_zone: Zone | None = None
    source: Annotated[
        Literal["paper", "claim"],
        Meta(
            description="`paper`: written down by somebody else; `claim`: said by the volunteer, always pending."
        ),
    ] = "paper"
    status: Annotated[
        Literal["pending", "confirmed"],
        Meta(description="`confirmed` counts at once; never for one's own service."),
    ] = "pending"
    activity_id: Annotated[UUID, Meta(description="An activity of the same organization.")] | None = None
    started_at: Annotated[datetime, Meta(description="With offset.")] | None = None
    ended_at: Annotated[datetime, Meta(description="With offset.")] | None = None
    place_text: Annotated[str, Meta(max_length=300)] | None = None
    region_code: Annotated[str, Meta(max_length=20, description="GB/T 2260 or the like.")] | None = None
    position: Line | None = None
    content: Annotated[str, Meta(max_length=500)] | None = None
    service_kind: Annotated[str, Meta(max_length=60)] | None = None
    recipient_category: Annotated[str, Meta(max_length=60)] | None = None
    leader_name: Line | None = None
    recorder_name: Line | None = None
    no_show_count: Count = 0
    excused_count: Count = 0
    absence_count: Count = 0


class NewRecords(Told, kw_only=True, frozen=True):
    """Records to be written down."""

    items: Annotated[list[NewRecord], several("Records")]


class AttendedSignUp(ToldItem, kw_only=True, frozen=True):
    """A sign-up whose attendance becomes one pending record per local day."""

    sign_up_id: Annotated[UUID, Meta(description="The sign-up meant.")]


class AttendedSignUps(Told, kw_only=True, frozen=True):
    """Sign-ups whose attendance becomes records."""

    items: Annotated[list[AttendedSignUp], several("Sign-ups")]


class NamedRecord(ToldItem, kw_only=True, frozen=True):
    """A record to be confirmed."""

    record_id: RecordId


class NamedRecords(Told, kw_only=True, frozen=True):
    """Records to be confirmed."""

    items: Annotated[list[NamedRecord], several("Records")]


class RecordChange(Told, kw_only=True, frozen=True):
    """What a correction says instead. What is left out stays as it was."""

    minutes: Minutes | None = None
    service_date: date | None = None
    title: Annotated[str, Meta(max_length=200)] | None = None
    started_at: Annotated[datetime, Meta(description="With offset.")] | None = None
    ended_at: Annotated[datetime, Meta(description="With offset.")] | None = None
    place_text: Annotated[str, Meta(max_length=300)] | None = None
    region_code: Annotated[str, Meta(max_length=20)] | None = None
    position: Line | None = None
    content: Annotated[str, Meta(max_length=500)] | None = None
    service_kind: Annotated[str, Meta(max_length=60)] | None = None
    recipient_category: Annotated[str, Meta(max_length=60)] | None = None
    leader_name: Line | None = None
    no_show_count: Count | None = None
    excused_count: Count | None = None
    absence_count: Count | None = None


class RecordCorrection(ToldItem, kw_only=True, frozen=True):
    """A record to be replaced by a new one that names it."""

    record_id: RecordId
    changes: RecordChange
    reason: Why


class RecordCorrections(Told, kw_only=True, frozen=True):
    """Records to be corrected."""

    items: Annotated[list[RecordCorrection], several("Corrections")]


class ReasonedRecord(ToldItem, kw_only=True, frozen=True):
    """A record to be voided, disputed or upheld, and why."""

    record_id: RecordId
    reason: Why


class ReasonedRecords(Told, kw_only=True, frozen=True):
    """Records to be voided, disputed or upheld."""

    items: Annotated[list[ReasonedRecord], several("Records")]


class ShownRecord(Shown, kw_only=True, frozen=True):
    """One service record. ``person_name`` and ``person_number`` are as they are now."""

    id: UUID
    organization_id: UUID
    organization_name: str
    person_id: UUID
    person_number: str
    person_name: str
    activity_id: UUID | None
    title: str
    service_date: date
    minutes: int
    place_text: str | None
    position: str | None
    source: Annotated[str, Meta(description="attendance, claim, import, transfer or paper.")]
    status: Annotated[str, Meta(description="pending, confirmed, disputed, corrected or voided.")]
    is_late: Annotated[bool, Meta(description="Entered after the deadline of the rules.")]
    is_carried_over: Annotated[
        bool, Meta(description="Brought along from elsewhere, longer than a day may be.")
    ]
    corrects_id: Annotated[UUID | None, Meta(description="The record that this one replaces.")]
    recorded_at: datetime
    confirmed_at: datetime | None


class ShownRecords(Shown, kw_only=True, frozen=True):
    """Records, newest service date first."""

    items: list[ShownRecord]
    next_after: Cursor


class ShownHistoryEntry(Shown, kw_only=True, frozen=True):
    """One thing that happened to a record; ``sequence`` and ``position`` place it in the organization's hash chain."""

    kind: str
    acted_by: Annotated[UUID | None, Meta(description="The person who did it.")]
    reason: str | None
    sequence: int
    position: int


class ShownHistory(Shown, kw_only=True, frozen=True):
    """Everything that happened to a record, in order."""

    items: list[ShownHistoryEntry]


class ShownTotal(Shown, kw_only=True, frozen=True):
    """One person's counting service."""

    person_id: UUID
    number: Annotated[str, Meta(description="Volunteer number.")]
    external_id: Annotated[str | None, Meta(description="What another system calls the person, if one does.")]
    minutes: int
    entries: Annotated[int, Meta(description="Records that count, also those of 0 minutes.")]
    no_shows: int
    excused: int
    absences: int


class ShownTotals(Shown, kw_only=True, frozen=True):
    """Counting service by person, by volunteer number."""

    items: list[ShownTotal]
    next_after: Cursor
