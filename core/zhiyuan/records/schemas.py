"""What the commands of this room take, and what its queries give.

Items are frozen and carry their actor (see ``kernel.commands.Item``); ``organization_id`` of an item is where the acting
person holds the permission: the recording organization itself or one above it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from zhiyuan.kernel.commands import Item

Source = Literal["attendance", "claim", "import", "transfer", "paper"]
Status = Literal["pending", "confirmed", "disputed", "corrected", "voided"]


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordService(Item):
    """What one person did on one local day, to be written to the ledger of ``organization_id`` (required).

    ``service_date`` is the local date in ``time_zone`` (an IANA name); ``minutes`` are service minutes, 0 or more.
    ``started_at``/``ended_at`` are aware instants. The counts are of shifts missed without word, excused, and absent.
    ``repeat_key`` (32 bytes) makes the same thing again change nothing within the organization: the outcome is then
    ``unchanged`` and names the first record. ``status`` ``confirmed`` counts at once and needs an actor who is not the
    person; a ``claim`` by the person is always ``pending``.
    """

    person_id: UUID
    title: str
    service_date: date
    time_zone: str
    minutes: int
    source: Source
    status: Literal["pending", "confirmed"] = "pending"
    activity_id: UUID | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    place_text: str | None = None
    region_code: str | None = None
    position: str | None = None
    content: str | None = None
    service_kind: str | None = None
    recipient_category: str | None = None
    leader_name: str | None = None
    recorder_name: str | None = None
    no_show_count: int = 0
    excused_count: int = 0
    absence_count: int = 0
    repeat_key: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordAttendance(Item):
    """Record what the attendance of one sign-up says: one pending record per local day of the activity's time zone."""

    sign_up_id: UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfirmRecord(Item):
    """Confirm one pending record: from then on its minutes count."""

    record_id: UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordChanges:
    """What a correction says instead. ``None`` leaves a value as it was; units and bounds as in :class:`RecordService`."""

    minutes: int | None = None
    service_date: date | None = None
    title: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    place_text: str | None = None
    region_code: str | None = None
    position: str | None = None
    content: str | None = None
    service_kind: str | None = None
    recipient_category: str | None = None
    leader_name: str | None = None
    no_show_count: int | None = None
    excused_count: int | None = None
    absence_count: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CorrectRecord(Item):
    """Replace one record by a new one that names it. ``reason``: 1..300 characters, kept in the ledger."""

    record_id: UUID
    changes: RecordChanges
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class VoidRecord(Item):
    """Declare one record void: it stays readable and counts no more. ``reason``: 1..300 characters."""

    record_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DisputeRecord(Item):
    """The volunteer says that a confirmed record is wrong. It goes on counting until somebody decides."""

    record_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class UpholdRecord(Item):
    """Decide that a disputed record stands as it is. ``reason`` is the answer to the volunteer."""

    record_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueCertificate(Item):
    """Certify one person's confirmed service at ``organization_id`` (required).

    ``period_from``/``period_to`` are local service dates, both inclusive; empty means open. ``include_below`` counts
    the records of every organization below as well. ``locale``: ``en`` or ``zh-Hans``.
    """

    person_id: UUID
    period_from: date | None = None
    period_to: date | None = None
    include_below: bool = True
    locale: str = "zh-Hans"


@dataclass(frozen=True, kw_only=True, slots=True)
class RevokeCertificate(Item):
    """Declare one certificate no longer valid. ``reason``: 1..300 characters, shown to whoever checks it."""

    certificate_id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class RecordView:
    """One record as shown in lists. ``person_name`` and ``person_number`` are as they are now."""

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
    source: str
    status: str
    is_late: bool
    is_carried_over: bool
    corrects_id: UUID | None
    recorded_at: datetime
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Some records, newest service date first; ``next_after`` asks for the following ones, ``None`` at the end."""

    rows: tuple[RecordView, ...]
    next_after: str | None


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One thing that happened to a record. ``acted_by`` is a person; ``sequence`` and ``position`` place it in the chain."""

    kind: str
    acted_by: UUID | None
    reason: str | None
    sequence: int
    position: int


@dataclass(frozen=True, slots=True)
class TotalRow:
    """One person's counting service. ``entries`` counts records, also those of 0 minutes."""

    person_id: UUID
    number: str
    external_id: str | None
    minutes: int
    entries: int
    no_shows: int
    excused: int
    absences: int


@dataclass(frozen=True, slots=True)
class CertificateItem:
    """One record on a certificate. ``date`` is the local service date, ``unit`` the recording organization's name."""

    date: date
    title: str
    minutes: int
    unit: str
    content: str | None = None


@dataclass(frozen=True, slots=True)
class CertificateView:
    """One certificate as its holder and its issuer see it."""

    id: UUID
    number: str
    check_code: str
    person_id: UUID
    organization_id: UUID
    period_from: date | None
    period_to: date | None
    minutes: int
    entries: int
    locale: str
    issued_at: datetime
    revoked_at: datetime | None
    revoked_reason: str | None


@dataclass(frozen=True, slots=True)
class PublicCertificate:
    """What a stranger with number and check code is told. ``state``: ``valid`` or ``revoked``."""

    number: str
    state: Literal["valid", "revoked"]
    person_name: str
    person_number: str
    organization_name: str
    minutes: int
    entries: int
    period_from: date | None
    period_to: date | None
    items: tuple[CertificateItem, ...]
    issued_at: datetime
    revoked_at: datetime | None
    revoked_reason: str | None
