"""Running jobs: claim under a lease, beat while working, commit progress together with the work, give up in the end."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy import and_, or_, select, update
from sqlalchemy.exc import DBAPIError

from zhiyuan.kernel.backoff import retry_at
from zhiyuan.kernel.commands import CommandBus
from zhiyuan.kernel.errors import Unavailable, error_name
from zhiyuan.kernel.jobs.specs import JobRegistry, JobSpec
from zhiyuan.kernel.models import Job
from zhiyuan.kernel.uow import Database, Tx

_BOOKKEEPING = "a job's lease is book-keeping; what the job does is audited"

_job = Job.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__

log = structlog.get_logger(__name__)


class LeaseLost(Exception):
    """The job is no longer this worker's: called off, or taken over after the lease ended. The chunk is rolled back."""


class Interrupted(Exception):
    """The worker is stopping: the chunk is rolled back and the job goes back to the queue."""


class JobRun:
    """One attempt at one job: what a handler is given.

    A handler works in chunks, each in a unit of work of its own that ends with :meth:`step`; on SQLite a chunk should
    hold the writer gate for 50 ms or less. ``resume_point`` is what the last committed step said, ``{}`` at first.
    """

    def __init__(self, claimed: "_Claimed", database: Database, bus: CommandBus | None) -> None:
        self.id: UUID = claimed.id
        self.kind: str = claimed.kind
        self.arguments: Mapping[str, Any] = claimed.arguments
        self.organization_id: UUID | None = claimed.organization_id
        self.requested_by: UUID | None = claimed.requested_by
        self.resume_point: Mapping[str, Any] = claimed.resume_point
        self.attempt: int = claimed.attempts
        self.database = database
        self._bus = bus
        self._owner = claimed.owner
        self._lease = timedelta(seconds=claimed.lease_seconds)
        self._is_stopping: Callable[[], bool] = lambda: False
        self.beats = _Beats(database, self.id, self._owner, self._lease)

    @property
    def bus(self) -> CommandBus:
        """Return the command bus. What it carries out commits apart from :meth:`step`; make the items repeatable."""
        if self._bus is None:
            raise RuntimeError("this worker runs without a command bus")
        return self._bus

    def stop_when(self, is_stopping: Callable[[], bool]) -> None:
        """Ask ``is_stopping`` at each step, and interrupt the handler when it says so."""
        self._is_stopping = is_stopping

    def step(self, tx: Tx, resume_point: Mapping[str, Any], *, done: int, total: int | None = None) -> None:
        """Commit ``resume_point`` together with what this unit of work has written, or neither.

        Also proves that the job is still ours and prolongs the lease. Raises LeaseLost or Interrupted, which the
        handler lets pass.
        """
        if self._is_stopping():
            raise Interrupted
        had_written = tx.has_written
        beaten = tx.connection.execute(
            update(_job)
            .where(_job.c.id == self.id, _job.c.lease_owner == self._owner, _job.c.state == "running")
            .values(
                resume_point=dict(resume_point),
                progress_done=done,
                progress_total=total,
                heartbeat_at=tx.now,
                lease_until=tx.now + self._lease,
                # What went wrong before this point has been overcome.
                attempts=1,
            )
        )
        tx.has_written = had_written  # The step itself needs no audit entry; what the handler wrote does.
        if beaten.rowcount != 1:
            raise LeaseLost(f"job {self.id}")
        self.beats.has_progressed.set()


def run_one(
    database: Database,
    registry: JobRegistry,
    *,
    worker: str,
    bus: CommandBus | None = None,
    is_stopping: Callable[[], bool] | None = None,
) -> bool:
    """Claim the job that has been due the longest and run it to its end; return False when none is due.

    Never raises for a handler's fault: the attempt is written down, and the job comes again later or is given up.
    ``worker`` (up to 40 characters) names this process in the lease.
    """
    claimed = _claim(database, registry, worker)
    if claimed is None:
        return False
    if claimed.attempts > claimed.max_attempts:
        _finish(database, claimed, {"state": "failed", "last_error": "its worker died again and again"})
        return True
    run = JobRun(claimed, database, bus)
    if is_stopping is not None:
        run.stop_when(is_stopping)
    _attempt(database, claimed, registry[claimed.kind], run)
    return True


def _attempt(database: Database, claimed: "_Claimed", spec: JobSpec, run: JobRun) -> None:
    about = {"job": str(claimed.id), "kind": claimed.kind, "attempt": claimed.attempts}
    try:
        with run.beats.beating(spec.time_limit_seconds):
            result = spec.run(run)
    except LeaseLost:
        log.warning("job was called off or taken over", **about)
    except Interrupted:
        _finish(database, claimed, {"state": "waiting"}, attempts_back=True)
        log.info("job goes back to the queue", **about)
    except Exception as error:
        log.error("job failed", exc_info=error, **about)
        _note_failure(database, claimed, error)
    else:
        _finish(database, claimed, {"state": "done", "result": dict(result or {}), "last_error": None})
        log.info("job done", **about)


@dataclass(frozen=True, slots=True)
class _Claimed:
    id: UUID
    kind: str
    arguments: dict[str, Any]
    resume_point: dict[str, Any]
    organization_id: UUID | None
    requested_by: UUID | None
    attempts: int
    max_attempts: int
    owner: str
    lease_seconds: float


def _claim(database: Database, registry: JobRegistry, worker: str) -> _Claimed | None:
    kinds = registry.kinds()
    with database.reading() as tx:  # An idle poll must not queue for SQLite's writer gate.
        if tx.connection.execute(_due(tx, kinds)).first() is None:
            return None
    with database.uow(unaudited=_BOOKKEEPING) as tx:
        row = tx.connection.execute(_due(tx, kinds).with_for_update(skip_locked=True)).first()
        if row is None:
            return None
        claimed = _Claimed(
            id=row.id,
            kind=row.kind,
            arguments=row.arguments,
            resume_point=row.resume_point,
            organization_id=row.organization_id,
            requested_by=row.requested_by,
            attempts=row.attempts + 1,
            max_attempts=row.max_attempts,
            owner=f"{worker}/{uuid4().hex[:12]}",
            lease_seconds=registry[row.kind].lease_seconds,
        )
        tx.connection.execute(
            update(_job)
            .where(_job.c.id == row.id)
            .values(
                state="running",
                attempts=claimed.attempts,
                lease_owner=claimed.owner,
                lease_until=tx.now + timedelta(seconds=claimed.lease_seconds),
                heartbeat_at=tx.now,
            )
        )
        return claimed


def _due(tx: Tx, kinds: tuple[str, ...]) -> Any:
    return (
        select(_job)
        .where(
            _job.c.kind.in_(kinds),
            or_(
                and_(_job.c.state == "waiting", _job.c.due_at <= tx.now),
                and_(_job.c.state == "running", _job.c.lease_until <= tx.now),
            ),
        )
        .order_by(_job.c.due_at, _job.c.id)
        .limit(1)
    )


def _note_failure(database: Database, claimed: _Claimed, error: Exception) -> None:
    with database.reading() as tx:
        attempts = tx.connection.execute(select(_job.c.attempts).where(_job.c.id == claimed.id)).scalar_one()
    if attempts >= claimed.max_attempts:
        _finish(database, claimed, {"state": "failed", "last_error": error_name(error)})
        return
    due_at = retry_at(database.clock.now(), attempts)
    _finish(database, claimed, {"state": "waiting", "due_at": due_at, "last_error": error_name(error)})


def _finish(
    database: Database, claimed: _Claimed, values: dict[str, Any], *, attempts_back: bool = False
) -> None:
    with database.uow(unaudited=_BOOKKEEPING) as tx:
        values = {**values, "lease_owner": None, "lease_until": None}
        if values["state"] in ("done", "failed"):
            values["finished_at"] = tx.now
        if attempts_back:
            values["attempts"] = _job.c.attempts - 1
        tx.connection.execute(
            update(_job)
            .where(_job.c.id == claimed.id, _job.c.lease_owner == claimed.owner, _job.c.state == "running")
            .values(**values)
        )


class _Beats:
    """A thread that prolongs the lease while the handler works, until it has made no step for too long."""

    def __init__(self, database: Database, job_id: UUID, owner: str, lease: timedelta) -> None:
        self._database = database
        self._job_id = job_id
        self._owner = owner
        self._lease = lease
        self._over = threading.Event()
        self.has_progressed = threading.Event()
        self._patience = 0.0

    def beating(self, patience_seconds: float) -> "_Beats":
        """Beat during the ``with`` block; stop when ``patience_seconds`` pass without a step."""
        self._patience = patience_seconds
        return self

    def __enter__(self) -> "_Beats":
        threading.Thread(target=self._beat, name=f"job-beat-{self._job_id}", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def _beat(self) -> None:
        pause = self._lease.total_seconds() / 3
        waited = 0.0
        while not self._over.wait(pause):
            waited = 0.0 if self.has_progressed.is_set() else waited + pause
            self.has_progressed.clear()
            if waited > self._patience:
                log.error("job makes no step; its lease is let go", job=str(self._job_id))
                return
            try:
                self._prolong()
            except (DBAPIError, Unavailable) as error:
                log.warning("heartbeat missed", job=str(self._job_id), exc_info=error)

    def _prolong(self) -> None:
        with self._database.uow(unaudited=_BOOKKEEPING) as tx:
            tx.connection.execute(
                update(_job)
                .where(
                    _job.c.id == self._job_id, _job.c.lease_owner == self._owner, _job.c.state == "running"
                )
                .values(heartbeat_at=tx.now, lease_until=tx.now + self._lease)
            )
