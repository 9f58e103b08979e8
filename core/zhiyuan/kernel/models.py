"""Tables of the kernel: audit, outbox, jobs, idempotency, counters. No domain word in them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field

from zhiyuan.kernel.tables import Base, id_field, json_field, key_to


class AuditEntry(Base, table=True):
    """Who did what, to what, for whom, when, from where. Written in the same transaction, never changed.

    ``detail`` holds names of changed fields and harmless values; never a protected field in clear.
    """

    __tablename__ = "core__audit_entry"
    __table_args__ = (Index("ix_core__audit_entry_subject", "subject_kind", "subject_id"),)

    id: UUID = id_field()
    at: datetime = Field(index=True)
    action: str = Field(max_length=80)
    subject_kind: str = Field(max_length=40)
    subject_id: UUID | None = None
    organization_id: UUID | None = Field(default=None, index=True)
    account_id: UUID | None = Field(default=None, index=True)
    person_id: UUID | None = None
    on_behalf_of: UUID | None = None
    channel: str = Field(max_length=10)
    address: str | None = Field(default=None, max_length=60)
    detail: dict[str, Any] = json_field()


class OutboxEvent(Base, table=True):
    """Something that happened, kept until every plugin that should know has been told."""

    __tablename__ = "core__outbox_event"

    id: UUID = id_field()
    name: str = Field(max_length=80)
    schema_version: int = 1
    organization_id: UUID | None = None
    occurred_at: datetime = Field(index=True)
    payload: dict[str, Any] = json_field()


class OutboxDelivery(Base, table=True):
    """One event for one plugin. ``state``: ``waiting``, ``delivered``, ``parked`` or ``withheld`` (plugin is off)."""

    __tablename__ = "core__outbox_delivery"
    __table_args__ = (
        UniqueConstraint("event_id", "plugin_id"),
        Index("ix_core__outbox_delivery_due", "state", "plugin_id", "due_at"),
    )

    id: UUID = id_field()
    event_id: UUID = key_to("core__outbox_event.id", index=False)
    plugin_id: str = Field(max_length=60)
    state: str = Field(default="waiting", max_length=12)
    attempts: int = 0
    due_at: datetime
    lease_until: datetime | None = None
    lease_owner: str | None = Field(default=None, max_length=80)
    delivered_at: datetime | None = None
    last_error: str | None = Field(default=None, max_length=500)


class Job(Base, table=True):
    """Long or repeated work with lease, heartbeat and resume point, so that it survives ``kill -9``.

    ``state``: ``waiting``, ``running``, ``done``, ``failed`` (gave up) or ``cancelled``. ``resume_point`` is what the
    handler last committed together with its own writes; a second attempt starts there.
    """

    __tablename__ = "core__job"
    __table_args__ = (Index("ix_core__job_due", "state", "due_at"),)

    id: UUID = id_field()
    kind: str = Field(max_length=80)
    unique_key: str | None = Field(default=None, max_length=120, unique=True)
    organization_id: UUID | None = None
    requested_by: UUID | None = None
    arguments: dict[str, Any] = json_field()
    state: str = Field(default="waiting", max_length=12)
    attempts: int = 0
    max_attempts: int = 5
    created_at: datetime
    due_at: datetime
    lease_until: datetime | None = None
    lease_owner: str | None = Field(default=None, max_length=80)
    heartbeat_at: datetime | None = None
    resume_point: dict[str, Any] = json_field()
    progress_done: int = 0
    progress_total: int | None = None
    result: dict[str, Any] = json_field()
    last_error: str | None = Field(default=None, max_length=500)
    finished_at: datetime | None = None


class WorkerState(Base, table=True):
    """A worker process and when it was last seen alive; what ``doctor`` looks at."""

    __tablename__ = "core__worker"

    id: str = Field(primary_key=True, max_length=40)
    version: str = Field(max_length=40)
    started_at: datetime
    seen_at: datetime = Field(index=True)
    stopped_at: datetime | None = None


class IdempotencyKey(Base, table=True):
    """The answer once given to a request that may be sent again. Keys and requests are kept as keyed hashes only."""

    __tablename__ = "core__idempotency_key"

    key_hash: bytes = Field(primary_key=True, sa_type=LargeBinary(32))
    request_hash: bytes = Field(sa_type=LargeBinary(32))
    outcome: dict[str, Any] = json_field()
    created_at: datetime = Field(index=True)


class VersionCounter(Base, table=True):
    """The one row whose numbers tell every process what it must read anew."""

    __tablename__ = "core__version_counter"

    id: int = Field(default=1, primary_key=True)
    content: int = Field(default=0, sa_type=BigInteger)
    plugins: int = Field(default=0, sa_type=BigInteger)
    policy: int = Field(default=0, sa_type=BigInteger)
    theme: int = Field(default=0, sa_type=BigInteger)
