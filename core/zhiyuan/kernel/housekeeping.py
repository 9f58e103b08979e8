"""What the kernel throws away after a while: answers to idempotency keys, finished jobs, told events, dead workers."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import and_, delete, exists, select

from zhiyuan.kernel.jobs import JobRun, JobSpec
from zhiyuan.kernel.models import IdempotencyKey, Job, OutboxDelivery, OutboxEvent, WorkerState
from zhiyuan.kernel.uow import Tx

IDEMPOTENCY_DAYS: Final = 7
"""How long the answer to an idempotency key is remembered: a client that retries later than this asks anew."""

_BATCH: Final = 500
_BOOKKEEPING: Final = "book-keeping of the kernel; what it was about was audited when it happened"

_key = IdempotencyKey.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_job = Job.__table__  # type: ignore[attr-defined]  # likewise
_event = OutboxEvent.__table__  # type: ignore[attr-defined]  # likewise
_delivery = OutboxDelivery.__table__  # type: ignore[attr-defined]  # likewise
_worker = WorkerState.__table__  # type: ignore[attr-defined]  # likewise


def jobs(*, history_days: int) -> tuple[JobSpec, ...]:
    """Return the kernel's recurring jobs; ``history_days`` is how long finished jobs and told events are kept."""
    history = timedelta(days=history_days)

    def forget_keys(run: JobRun) -> Mapping[str, Any]:
        return {"forgotten": _in_batches(run, lambda tx: _forget_keys(tx, timedelta(days=IDEMPOTENCY_DAYS)))}

    def prune(run: JobRun) -> Mapping[str, Any]:
        return {
            "jobs": _in_batches(run, lambda tx: _forget_jobs(tx, history)),
            "deliveries": _in_batches(run, lambda tx: _forget_deliveries(tx, history)),
            "events": _in_batches(run, lambda tx: _forget_events(tx, history)),
            "workers": _in_batches(run, lambda tx: _forget_workers(tx, history)),
        }

    return (
        JobSpec(
            "kernel.forget_keys", forget_keys, "Forget answers to old idempotency keys.", cron="7 * * * *"
        ),
        JobSpec("kernel.prune", prune, "Remove finished jobs and told events.", cron="37 2 * * *"),
    )


def _in_batches(run: JobRun, forget: Any) -> int:
    forgotten = 0
    while True:
        with run.database.uow(unaudited=_BOOKKEEPING) as tx:
            count: int = forget(tx)
            forgotten += count
            run.step(tx, {}, done=forgotten)
        if count < _BATCH:
            return forgotten


def _forget_keys(tx: Tx, age: timedelta) -> int:
    old = select(_key.c.key_hash).where(_key.c.created_at < tx.now - age).limit(_BATCH)
    return tx.connection.execute(delete(_key).where(_key.c.key_hash.in_(old))).rowcount


def _forget_jobs(tx: Tx, age: timedelta) -> int:
    is_over = _job.c.state.in_(("done", "failed", "cancelled"))
    old = select(_job.c.id).where(is_over, _job.c.finished_at < tx.now - age).limit(_BATCH)
    return tx.connection.execute(delete(_job).where(_job.c.id.in_(old))).rowcount


def _forget_deliveries(tx: Tx, age: timedelta) -> int:
    # Parked ones stay: somebody has to look at them. Withheld ones may be heard late, but not for ever.
    old = (
        select(_delivery.c.id)
        .join(_event, _event.c.id == _delivery.c.event_id)
        .where(_delivery.c.state.in_(("delivered", "withheld")), _event.c.occurred_at < tx.now - age)
        .limit(_BATCH)
    )
    return tx.connection.execute(delete(_delivery).where(_delivery.c.id.in_(old))).rowcount


def _forget_events(tx: Tx, age: timedelta) -> int:
    has_delivery = exists(select(_delivery.c.id).where(_delivery.c.event_id == _event.c.id))
    old = select(_event.c.id).where(and_(_event.c.occurred_at < tx.now - age, ~has_delivery)).limit(_BATCH)
    return tx.connection.execute(delete(_event).where(_event.c.id.in_(old))).rowcount


def _forget_workers(tx: Tx, age: timedelta) -> int:
    return tx.connection.execute(delete(_worker).where(_worker.c.seen_at < tx.now - age)).rowcount
