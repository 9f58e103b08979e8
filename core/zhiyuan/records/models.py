"""Tables of the service ledger.

``ServiceRecord`` holds what was done and never changes but for ``status``, which only repeats what the ledger says.
``RecordEntry`` is the ledger: every recording, confirmation, correction and voiding, in links of a hash chain.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field

from zhiyuan.kernel.tables import Base, id_field, json_field, key_to, optional_key_to


class ServiceRecord(Base, table=True):
    """What one person did, copied at the time of recording so that later edits elsewhere change nothing.

    ``minutes`` are credited service minutes, 0 or more; ``service_date`` is the local date in ``time_zone``. ``source``:
    ``attendance``, ``claim``, ``import``, ``transfer``, ``paper``. ``status``: ``pending``, ``confirmed``, ``disputed``,
    ``corrected`` or ``voided``; only ``confirmed`` and ``disputed`` ones count. ``no_show_count``, ``excused_count`` and
    ``absence_count`` are kept because old ledgers hold them.
    ``repeat_key`` makes writing the same thing again change nothing: for an import the digest of the row plus its
    occurrence number (real duplicates survive), for attendance the digest of sign-up and service date.
    """

    __tablename__ = "core__service_record"
    __table_args__ = (
        CheckConstraint("minutes >= 0", name="minutes_not_negative"),
        UniqueConstraint("organization_id", "repeat_key"),
        Index("ix_core__service_record_person", "person_id", "service_date"),
        Index("ix_core__service_record_queue", "organization_id", "status"),
    )

    id: UUID = id_field()
    organization_id: UUID = key_to("core__organization.id", index=False)
    person_id: UUID = key_to("core__person.id", index=False)
    activity_id: UUID | None = optional_key_to("core__activity.id")
    sign_up_id: UUID | None = optional_key_to("core__sign_up.id")
    title: str = Field(max_length=200)
    service_date: date
    time_zone: str = Field(max_length=60)
    started_at: datetime | None = None
    ended_at: datetime | None = None
    minutes: int
    place_text: str | None = Field(default=None, max_length=300)
    region_code: str | None = Field(default=None, max_length=20)
    position: str | None = Field(default=None, max_length=120)
    content: str | None = Field(default=None, max_length=500)
    service_kind: str | None = Field(default=None, max_length=60)
    recipient_category: str | None = Field(default=None, max_length=60)
    leader_name: str | None = Field(default=None, max_length=120)
    recorder_name: str | None = Field(default=None, max_length=120)
    recorded_by: UUID | None = None
    no_show_count: int = 0
    excused_count: int = 0
    absence_count: int = 0
    is_carried_over: bool = False
    is_late: bool = False
    source: str = Field(max_length=12)
    repeat_key: bytes | None = Field(default=None, sa_type=LargeBinary(32))
    corrects_id: UUID | None = optional_key_to("core__service_record.id")
    rules_fingerprint: str | None = Field(default=None, max_length=64)
    status: str = Field(default="pending", max_length=12)
    recorded_at: datetime
    confirmed_at: datetime | None = None


class RecordEntry(Base, table=True):
    """One immutable entry of an organization's ledger.

    ``kind``: ``recorded``, ``confirmed``, ``corrected``, ``disputed``, ``upheld``, ``voided`` or ``erased`` (the salt
    is gone). ``payload`` is the canonical JSON text that ``leaf_hash`` is the leaf hash of (``records.chain.merkle``);
    personal values stand in it as digests salted with ``RecordSalt``. ``acted_by`` (a person) and ``reason`` are such
    values: in clear here, as digests in the payload.
    """

    __tablename__ = "core__record_entry"
    __table_args__ = (UniqueConstraint("organization_id", "sequence", "position"),)

    id: UUID = id_field()
    organization_id: UUID = key_to("core__organization.id", index=False)
    sequence: int
    position: int
    record_id: UUID = key_to("core__service_record.id")
    kind: str = Field(max_length=12)
    payload: str
    leaf_hash: bytes = Field(sa_type=LargeBinary(32))
    acted_by: UUID | None = None
    reason: str | None = Field(default=None, max_length=300)


class RecordSalt(Base, table=True):
    """The salt behind a record's personal digests. Erasing it makes them meaningless and leaves the chain whole."""

    __tablename__ = "core__record_salt"

    record_id: UUID = Field(foreign_key="core__service_record.id", ondelete="RESTRICT", primary_key=True)
    salt: bytes = Field(sa_type=LargeBinary(16))


class ChainLink(Base, table=True):
    """One batch of entries: ``hash`` binds its Merkle root, its place in the sequence and the link before it."""

    __tablename__ = "core__chain_link"

    organization_id: UUID = Field(foreign_key="core__organization.id", ondelete="RESTRICT", primary_key=True)
    sequence: int = Field(primary_key=True)
    previous_hash: bytes = Field(sa_type=LargeBinary(32))
    merkle_root: bytes = Field(sa_type=LargeBinary(32))
    entry_count: int
    hash: bytes = Field(sa_type=LargeBinary(32))
    linked_at: datetime


class ChainHead(Base, table=True):
    """The end of an organization's chain; the row that writers of its ledger lock."""

    __tablename__ = "core__chain_head"

    organization_id: UUID = Field(foreign_key="core__organization.id", ondelete="RESTRICT", primary_key=True)
    sequence: int = 0
    hash: bytes = Field(sa_type=LargeBinary(32))
    entry_count: int = 0


class SignedHead(Base, table=True):
    """A chain head as signed on one day. Kept outside too, it proves later that nothing before it was rewritten."""

    __tablename__ = "core__signed_head"
    __table_args__ = (UniqueConstraint("organization_id", "sequence"),)

    id: UUID = id_field()
    organization_id: UUID = key_to("core__organization.id", index=False)
    sequence: int
    hash: bytes = Field(sa_type=LargeBinary(32))
    signed_at: datetime
    key_id: str = Field(max_length=20)
    signature: str


class ServiceTotal(Base, table=True):
    """Confirmed minutes and entries of one person at one organization in one year of local service dates."""

    __tablename__ = "core__service_total"
    __table_args__ = (CheckConstraint("minutes >= 0 AND entry_count >= 0", name="not_negative"),)

    person_id: UUID = key_to("core__person.id", index=False, primary_key=True)
    organization_id: UUID = key_to("core__organization.id", primary_key=True)
    year: int = Field(primary_key=True)
    minutes: int = 0
    entry_count: int = 0


class Certificate(Base, table=True):
    """A signed statement of confirmed service. ``token`` is the JWS; ``number`` and ``check_code`` look it up in public.

    ``head_sequence``/``head_hash`` name the chain head it was made under. ``claims`` are what the token says.
    """

    __tablename__ = "core__certificate"

    id: UUID = id_field()
    number: str = Field(max_length=30, unique=True)
    check_code: str = Field(max_length=12)
    person_id: UUID = key_to("core__person.id")
    organization_id: UUID = key_to("core__organization.id")
    period_from: date | None = None
    period_to: date | None = None
    minutes: int
    entry_count: int
    head_sequence: int
    head_hash: bytes = Field(sa_type=LargeBinary(32))
    claims: dict[str, Any] = json_field()
    token: str
    key_id: str = Field(max_length=20)
    locale: str = Field(default="zh-Hans", max_length=20)
    issued_at: datetime
    issued_by: UUID | None = None
    revoked_at: datetime | None = None
    revoked_reason: str | None = Field(default=None, max_length=300)


class CertificateRecord(Base, table=True):
    """Which records a certificate counts, so that it falls when one of them is voided or corrected."""

    __tablename__ = "core__certificate_record"

    certificate_id: UUID = key_to("core__certificate.id", index=False, primary_key=True)
    record_id: UUID = key_to("core__service_record.id", primary_key=True)
