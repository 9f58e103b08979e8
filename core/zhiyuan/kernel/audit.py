"""The audit: no write without an entry that says who, for whom, what, when, from where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert

from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.models import AuditEntry

_INSERT = insert(AuditEntry.__table__)  # type: ignore[attr-defined]  # SQLModel types do not know __table__


@dataclass(frozen=True, slots=True)
class Audit:
    """One entry to be written when the unit of work commits.

    ``action`` is ``<room>.<verb>``; ``detail`` names changed fields and harmless values, never protected ones.
    """

    actor: Actor
    action: str
    subject_kind: str
    subject_id: UUID | None = None
    organization_id: UUID | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


def write_audits(connection: Connection, now: datetime, audits: Sequence[Audit]) -> None:
    """Insert ``audits`` in one statement, inside the caller's unit of work."""
    if audits:
        connection.execute(_INSERT, [_row(now, audit) for audit in audits])


def _row(now: datetime, audit: Audit) -> dict[str, Any]:
    actor = audit.actor
    return {
        "id": new_id(),
        "at": now,
        "action": audit.action,
        "subject_kind": audit.subject_kind,
        "subject_id": audit.subject_id,
        "organization_id": audit.organization_id,
        "account_id": actor.account_id,
        "person_id": actor.person_id,
        "on_behalf_of": actor.on_behalf_of,
        "channel": actor.channel,
        "address": actor.address,
        "detail": dict(audit.detail),
    }
