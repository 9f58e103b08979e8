"""Putting jobs into the queue, asking how far they are, calling them off."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.models import Job
from zhiyuan.kernel.uow import Tx

_job = Job.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__


@dataclass(frozen=True, slots=True)
class JobProgress:
    """How far a job is. ``done`` and ``total`` are in the handler's own units; ``total`` is None when unknown."""

    id: UUID
    kind: str
    state: str
    done: int
    total: int | None
    attempts: int
    due_at: datetime
    finished_at: datetime | None
    result: Mapping[str, Any]
    last_error: str | None


def enqueue(
    tx: Tx,
    kind: str,
    arguments: Mapping[str, Any],
    *,
    unique_key: str | None = None,
    due_at: datetime | None = None,
    organization_id: UUID | None = None,
    requested_by: UUID | None = None,
    max_attempts: int = 5,
) -> UUID:
    """Put a job into the queue within the caller's unit of work and return its id.

    ``arguments`` are plain JSON without protected personal fields. With a ``unique_key`` (1..120 characters) seen
    before, finished or not, nothing is added and the id of the job that holds it is returned. ``due_at`` (default:
    now) is the earliest instant it starts; ``requested_by`` is the account that asked.
    """
    job_id = new_id()
    row = {
        "id": job_id,
        "kind": kind,
        "unique_key": unique_key,
        "organization_id": organization_id,
        "requested_by": requested_by,
        "arguments": dict(arguments),
        "state": "waiting",
        "attempts": 0,
        "max_attempts": max_attempts,
        "created_at": tx.now,
        "due_at": due_at or tx.now,
        "resume_point": {},
        "progress_done": 0,
        "result": {},
    }
    insert = sqlite.insert if tx.is_sqlite else postgresql.insert
    tx.connection.execute(insert(_job).values(row).on_conflict_do_nothing(index_elements=["unique_key"]))
    if unique_key is None:
        return job_id
    held: UUID = tx.connection.execute(select(_job.c.id).where(_job.c.unique_key == unique_key)).scalar_one()
    return held


def progress(tx: Tx, job_id: UUID) -> JobProgress | None:
    """Return how far the job is, or None when there is no such job."""
    row = tx.connection.execute(select(_job).where(_job.c.id == job_id)).one_or_none()
    if row is None:
        return None
    return JobProgress(
        id=row.id,
        kind=row.kind,
        state=row.state,
        done=row.progress_done,
        total=row.progress_total,
        attempts=row.attempts,
        due_at=row.due_at,
        finished_at=row.finished_at,
        result=row.result,
        last_error=row.last_error,
    )


def cancel(tx: Tx, job_id: UUID) -> bool:
    """Call a job off that has not finished; a running handler stops at its next step. Return whether it took effect."""
    done = tx.connection.execute(
        update(_job)
        .where(_job.c.id == job_id, _job.c.state.in_(("waiting", "running")))
        .values(state="cancelled", finished_at=tx.now, lease_owner=None, lease_until=None)
    )
    return done.rowcount == 1
