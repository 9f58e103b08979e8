"""Jobs are claimed once, resume where they committed, back off and give up."""

import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from zhiyuan.kernel import jobs
from zhiyuan.kernel.models import Job
from zhiyuan.kernel.uow import Database, UnauditedWrite
from zhiyuan.people.models import NumberSeries
from zhiyuan.testing.plugin import FrozenClock

_job = Job.__table__
_TEST = "a test's own rows"


def _registry(run: Any, **spec: Any) -> jobs.JobRegistry:
    registry = jobs.JobRegistry()
    registry.declare("tests", [jobs.JobSpec("tests.work", run, "Does what the test wants.", **spec)])
    return registry


def _enqueue(database: Database, **more: Any) -> Any:
    with database.uow(unaudited=_TEST) as tx:
        return jobs.enqueue(tx, "tests.work", {"count": 3}, **more)


def _progress(database: Database, job_id: Any) -> jobs.JobProgress:
    with database.reading() as tx:
        found = jobs.progress(tx, job_id)
    assert found is not None
    return found


def _write_rows(run: jobs.JobRun, count: int) -> None:
    for number in range(run.resume_point.get("next", 0), count):
        with run.database.uow(unaudited=_TEST) as tx:
            tx.connection.execute(insert(NumberSeries.__table__).values(name=f"row {number}", next_value=1))
            run.step(tx, {"next": number + 1}, done=number + 1, total=count)


def _rows(database: Database) -> int:
    with database.reading() as tx:
        return tx.connection.execute(select(func.count()).select_from(NumberSeries.__table__)).scalar_one()


def test_a_job_runs_once_and_keeps_its_result(database: Database) -> None:
    def run(job: jobs.JobRun) -> Mapping[str, Any]:
        _write_rows(job, job.arguments["count"])
        return {"rows": 3}

    registry = _registry(run)
    job_id = _enqueue(database)

    assert jobs.run_one(database, registry, worker="w")
    assert not jobs.run_one(database, registry, worker="w")

    done = _progress(database, job_id)
    assert (done.state, done.done, done.total, done.result) == ("done", 3, 3, {"rows": 3})
    assert _rows(database) == 3


def test_a_unit_of_work_that_fails_enqueues_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError), database.uow(unaudited=_TEST) as tx:
        jobs.enqueue(tx, "tests.work", {})
        raise RuntimeError

    assert not jobs.run_one(database, _registry(lambda _: None), worker="w")


def test_a_job_waits_until_it_is_due(database: Database, clock: FrozenClock) -> None:
    registry = _registry(lambda _: None)
    _enqueue(database, due_at=clock.now() + timedelta(hours=1))

    assert not jobs.run_one(database, registry, worker="w")
    clock.move(hours=1)
    assert jobs.run_one(database, registry, worker="w")


def test_a_unique_key_is_used_once(database: Database) -> None:
    first = _enqueue(database, unique_key="only one")

    assert _enqueue(database, unique_key="only one") == first
    assert jobs.run_one(database, _registry(lambda _: None), worker="w")
    assert _enqueue(database, unique_key="only one") == first
    assert not jobs.run_one(database, _registry(lambda _: None), worker="w")


def test_a_failing_job_backs_off_and_is_given_up(database: Database, clock: FrozenClock) -> None:
    def run(job: jobs.JobRun) -> None:
        raise ValueError("Zhang San, 13800000000")

    registry = _registry(run)
    job_id = _enqueue(database, max_attempts=3)
    for minutes in (1, 5):
        assert jobs.run_one(database, registry, worker="w")
        waiting = _progress(database, job_id)
        assert (waiting.state, waiting.due_at) == ("waiting", clock.now() + timedelta(minutes=minutes))
        assert not jobs.run_one(database, registry, worker="w")
        clock.move(minutes=minutes)

    assert jobs.run_one(database, registry, worker="w")

    failed = _progress(database, job_id)
    assert (failed.state, failed.attempts, failed.last_error) == ("failed", 3, "ValueError")
    clock.move(days=10)
    assert not jobs.run_one(database, registry, worker="w")


def test_progress_forgives_earlier_failures(database: Database, clock: FrozenClock) -> None:
    """A long job that is killed every now and then goes on as long as it gets ahead."""

    def run(job: jobs.JobRun) -> None:
        _write_rows(job, job.resume_point.get("next", 0) + 1)
        raise ValueError

    registry = _registry(run)
    job_id = _enqueue(database, max_attempts=2)
    for _ in range(6):
        assert jobs.run_one(database, registry, worker="w")
        clock.move(days=1)

    assert (_progress(database, job_id).state, _rows(database)) == ("waiting", 6)


def test_a_step_is_committed_with_the_work_or_not_at_all(database: Database) -> None:
    def run(job: jobs.JobRun) -> None:
        with job.database.uow(unaudited=_TEST) as tx:
            tx.connection.execute(insert(NumberSeries.__table__).values(name="half", next_value=1))
            job.step(tx, {"next": 1}, done=1)
            raise ValueError

    job_id = _enqueue(database)
    jobs.run_one(database, _registry(run), worker="w")

    assert (_progress(database, job_id).done, _rows(database)) == (0, 0)


def test_a_step_alone_needs_no_audit_entry_but_the_work_does(database: Database) -> None:
    def run(job: jobs.JobRun) -> None:
        with job.database.uow() as tx:
            job.step(tx, {}, done=1)
        with pytest.raises(UnauditedWrite), job.database.uow() as tx:
            tx.connection.execute(insert(NumberSeries.__table__).values(name="x", next_value=1))
            job.step(tx, {}, done=2)

    job_id = _enqueue(database)
    jobs.run_one(database, _registry(run), worker="w")

    assert (_progress(database, job_id).state, _rows(database)) == ("done", 0)


def test_a_worker_whose_lease_was_taken_over_cannot_commit(database: Database, clock: FrozenClock) -> None:
    """The first worker hangs; the second finishes the job; what the first does then is rolled back."""
    second = _registry(lambda job: _write_rows(job, 3))

    def run(job: jobs.JobRun) -> None:
        clock.move(minutes=10)
        assert jobs.run_one(database, second, worker="second")
        with job.database.uow(unaudited=_TEST) as tx:
            tx.connection.execute(insert(NumberSeries.__table__).values(name="too late", next_value=1))
            job.step(tx, {"next": 99}, done=99)

    job_id = _enqueue(database)
    jobs.run_one(database, _registry(run), worker="first")

    done = _progress(database, job_id)
    assert (done.state, done.done, _rows(database)) == ("done", 3, 3)


def test_a_cancelled_job_stops_at_its_next_step(database: Database) -> None:
    def run(job: jobs.JobRun) -> None:
        with job.database.uow(unaudited=_TEST) as tx:
            assert jobs.cancel(tx, job.id)
        _write_rows(job, 3)

    job_id = _enqueue(database)
    jobs.run_one(database, _registry(run), worker="w")

    assert (_progress(database, job_id).state, _rows(database)) == ("cancelled", 0)


def test_a_stopping_worker_gives_the_job_back(database: Database) -> None:
    stopping = threading.Event()

    def run(job: jobs.JobRun) -> None:
        with job.database.uow(unaudited=_TEST) as tx:
            tx.connection.execute(insert(NumberSeries.__table__).values(name="row 0", next_value=1))
            job.step(tx, {"next": 1}, done=1)
        stopping.set()
        with job.database.uow(unaudited=_TEST) as tx:
            tx.connection.execute(insert(NumberSeries.__table__).values(name="row 1", next_value=1))
            job.step(tx, {"next": 2}, done=2)

    job_id = _enqueue(database)
    jobs.run_one(database, _registry(run), worker="w", is_stopping=stopping.is_set)

    assert (_progress(database, job_id).state, _rows(database)) == ("waiting", 1)
    assert jobs.run_one(database, _registry(lambda job: _write_rows(job, 3)), worker="other")
    assert _rows(database) == 3


def test_a_job_of_an_unknown_kind_waits_for_somebody_who_knows_it(database: Database) -> None:
    job_id = _enqueue(database)

    assert not jobs.run_one(database, jobs.JobRegistry(), worker="w")
    assert _progress(database, job_id).state == "waiting"


def test_two_workers_never_take_the_same_job(database: Database) -> None:
    ran: list[Any] = []
    registry = _registry(lambda job: ran.append(job.id))
    wanted = {_enqueue(database) for _ in range(12)}

    def work() -> None:
        while jobs.run_one(database, registry, worker=threading.current_thread().name):
            pass

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(ran), set(ran)) == (12, wanted)


def test_a_heartbeat_keeps_the_lease_of_a_slow_step(database: Database) -> None:
    beaten = threading.Event()

    def run(job: jobs.JobRun) -> None:
        with database.uow(unaudited=_TEST) as tx:  # as if the lease were nearly over
            tx.connection.execute(update(_job).values(lease_until=tx.now))
        for _ in range(100):
            with database.reading() as tx:
                until = tx.connection.execute(select(_job.c.lease_until)).scalar_one()
                if until > tx.now:
                    beaten.set()
                    return
            threading.Event().wait(0.02)

    _enqueue(database)
    jobs.run_one(database, _registry(run, lease_seconds=0.3), worker="w")

    assert beaten.is_set()


_KILLED = """
import os, signal, sys
from datetime import datetime, timedelta
from pathlib import Path
from sqlalchemy import insert
from zhiyuan.kernel import jobs
from zhiyuan.kernel.settings import Settings
from zhiyuan.people.models import NumberSeries
from zhiyuan.runtime import start
from zhiyuan.testing.plugin import FrozenClock

def run(job):
    for number in range(job.resume_point.get("next", 0), 10):
        with job.database.uow(unaudited="test") as tx:
            tx.connection.execute(insert(NumberSeries.__table__).values(name=f"row {number}", next_value=os.getpid()))
            job.step(tx, {"next": number + 1}, done=number + 1, total=10)
            if number == 5:
                os.kill(os.getpid(), signal.SIGKILL)  # after the step, before the commit

registry = jobs.JobRegistry()
registry.declare("tests", [jobs.JobSpec("tests.work", run, "Works.")])
clock = FrozenClock(datetime.fromisoformat(sys.argv[3]))
runtime = start(Settings(data_dir=Path(sys.argv[1]), database_url=sys.argv[2]), clock=clock)
jobs.run_one(runtime.database, registry, worker="killed")
"""


def test_a_job_survives_kill_9_in_the_middle(
    database: Database, database_url: str, clock: FrozenClock, tmp_path: Path
) -> None:
    job_id = _enqueue(database)
    arguments = [sys.executable, "-c", _KILLED, str(tmp_path / "data"), database_url, clock.now().isoformat()]

    killed = subprocess.run(arguments, check=False, timeout=60)

    assert killed.returncode == -signal.SIGKILL
    assert (_progress(database, job_id).state, _rows(database)) == ("running", 5)
    registry = _registry(lambda job: _write_rows(job, 10))
    assert not jobs.run_one(database, registry, worker="heir"), "the lease of the dead still runs"
    clock.move(seconds=61)
    assert jobs.run_one(database, registry, worker="heir")
    done = _progress(database, job_id)
    assert (done.state, done.done, _rows(database)) == ("done", 10, 10)


def test_a_job_that_kills_its_worker_again_and_again_is_given_up(
    database: Database, clock: FrozenClock
) -> None:
    job_id = _enqueue(database, max_attempts=2)
    with database.uow(unaudited=_TEST) as tx:
        tx.connection.execute(
            update(_job).values(state="running", attempts=2, lease_owner="x", lease_until=tx.now)
        )

    assert jobs.run_one(database, _registry(lambda _: None), worker="w")
    assert _progress(database, job_id).state == "failed"


def test_several_workers_enqueue_a_recurring_job_once(database: Database, clock: FrozenClock) -> None:
    registry = _registry(lambda _: None, cron="0 3 * * *", zone="Asia/Shanghai")

    assert [jobs.enqueue_recurring(database, registry) for _ in range(3)] == [1, 0, 0]
    assert jobs.run_one(database, registry, worker="w")
    assert jobs.enqueue_recurring(database, registry) == 0
    clock.move(days=3)
    assert jobs.enqueue_recurring(database, registry) == 1, "missed days are made up for once"


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-03-01T19:15:00", "2026-03-01T19:15:00"),
        ("2026-03-01T19:14:59", "2026-02-28T19:15:00"),
        ("2026-03-02T12:00:00", "2026-03-01T19:15:00"),
    ],
)
def test_a_cron_expression_is_read_in_its_own_time_zone(now: str, due: str) -> None:
    spec = jobs.JobSpec("tests.work", lambda _: None, "Works.", cron="15 3 * * *", zone="Asia/Shanghai")

    found = jobs.latest_instant(spec, datetime.fromisoformat(now).replace(tzinfo=UTC))

    assert found == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_a_wrong_spec_is_refused() -> None:
    with pytest.raises(ValueError, match="no cron expression"):
        jobs.JobSpec("tests.work", lambda _: None, "Works.", cron="every day")
    with pytest.raises(ValueError, match="room"):
        jobs.JobSpec("work", lambda _: None, "Works.")
    registry = _registry(lambda _: None)
    with pytest.raises(ValueError, match="declared already"):
        registry.declare("other", [jobs.JobSpec("tests.work", lambda _: None, "Works.")])
