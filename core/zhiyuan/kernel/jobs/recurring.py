"""Jobs by the clock: every worker asks, one row per due instant is made."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim
from sqlalchemy import select

from zhiyuan.kernel.jobs.queue import enqueue
from zhiyuan.kernel.jobs.specs import JobRegistry, JobSpec
from zhiyuan.kernel.models import Job
from zhiyuan.kernel.uow import Database

_job = Job.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__


def latest_instant(spec: JobSpec, now: datetime) -> datetime:
    """Return the last instant, up to and including ``now``, at which ``spec`` was due, in UTC."""
    if spec.cron is None:
        raise ValueError(f"job {spec.kind!r} does not recur")
    local = now.astimezone(ZoneInfo(spec.zone)) + timedelta(minutes=1)
    for instant in CronSim(spec.cron, local, reverse=True):
        found: datetime = instant.astimezone(UTC)
        if found <= now:
            return found
    raise ValueError(f"job {spec.kind!r} is never due")


def enqueue_recurring(database: Database, registry: JobRegistry) -> int:
    """Enqueue every recurring job whose latest due instant has no row yet; return how many were new.

    Safe in any number of workers: the unique key names kind and instant. Costs one read when there is nothing to do.
    Opens its own units of work.
    """
    now = database.clock.now()
    latest = [(spec, latest_instant(spec, now)) for spec in registry.recurring()]
    wanted = {_key(spec, instant): (spec, instant) for spec, instant in latest}
    if not wanted:
        return 0
    with database.reading() as tx:
        known = (
            tx.connection.execute(select(_job.c.unique_key).where(_job.c.unique_key.in_(wanted)))
            .scalars()
            .all()
        )
    for key in known:
        del wanted[key]
    if not wanted:
        return 0
    with database.uow(unaudited="a recurring job is book-keeping; what it does is audited") as tx:
        for key, (spec, instant) in wanted.items():
            enqueue(tx, spec.kind, {}, unique_key=key, due_at=instant, max_attempts=spec.max_attempts)
    return len(wanted)


def _key(spec: JobSpec, instant: datetime) -> str:
    return f"{spec.kind}@{instant.isoformat(timespec='minutes')}"
