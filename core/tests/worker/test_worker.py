"""The worker process: works, is seen, stops in peace, and loses nothing when it is killed."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import pytest
from sqlalchemy import select

from zhiyuan.kernel import jobs
from zhiyuan.kernel.events import Event
from zhiyuan.kernel.hooks import Delivery, NoHooks
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.models import Job, WorkerState
from zhiyuan.kernel.uow import Tx
from zhiyuan.runtime import Runtime
from zhiyuan.worker import Worker, drain

_worker = WorkerState.__table__
_job = Job.__table__
_PATIENCE = 20.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ThingHappened(Event):
    """An event of the tests."""

    name: ClassVar[str] = "thing_happened"

    def payload(self) -> dict[str, Any]:
        return {}


class Lanes(NoHooks):
    """One plugin that hangs until it is let go, and one that hears at once."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.heard = threading.Event()

    def subscribers(self, tx: Tx, event: Event) -> tuple[str, ...]:
        return ("hanging", "quick")

    def deliver(
        self,
        plugin_id: str,
        name: str,
        event_id: UUID,
        organization_id: UUID | None,
        payload: Mapping[str, Any],
    ) -> Delivery:
        if plugin_id == "hanging":
            self.let_go.wait(_PATIENCE)
        else:
            self.heard.set()
        return "delivered"


@contextmanager
def _working(runtime: Runtime) -> Iterator[Worker]:
    worker = Worker(runtime)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield worker
    finally:
        worker.stopping.set()
        thread.join(_PATIENCE)
        assert not thread.is_alive()


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "it never happened"
        threading.Event().wait(0.02)


def _emit(runtime: Runtime) -> None:
    with runtime.database.uow(unaudited="test") as tx:
        tx.emit(ThingHappened(organization_id=new_id()))


def test_a_hanging_plugin_holds_up_its_own_lane_only(runtime: Runtime) -> None:
    hooks = Lanes()
    runtime.database.hooks = hooks
    _emit(runtime)

    with _working(runtime):
        assert hooks.heard.wait(_PATIENCE)
        hooks.heard.clear()
        _emit(runtime)
        assert hooks.heard.wait(_PATIENCE), (
            "the second event reaches the quick one while the other still hangs"
        )
        hooks.let_go.set()


def _ends(runtime: Runtime, worker_id: str) -> list[datetime | None]:
    with runtime.database.reading() as tx:
        rows = tx.connection.execute(select(_worker.c.stopped_at).where(_worker.c.id == worker_id))
        return list(rows.scalars())


def test_a_worker_runs_jobs_and_says_goodbye(runtime: Runtime) -> None:
    done = threading.Event()
    runtime.jobs.declare("tests", [jobs.JobSpec("tests.work", lambda _: done.set(), "Works.")])
    with runtime.database.uow(unaudited="test") as tx:
        jobs.enqueue(tx, "tests.work", {})

    with _working(runtime) as worker:
        assert done.wait(_PATIENCE)
        _until(lambda: [None] == _ends(runtime, worker.id))

    with runtime.database.reading() as tx:
        row = tx.connection.execute(select(_worker).where(_worker.c.id == worker.id)).one()
    assert row.stopped_at is not None


def test_trouble_of_one_round_does_not_end_the_worker(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from zhiyuan.worker import loop

    done = threading.Event()
    runtime.jobs.declare("tests", [jobs.JobSpec("tests.work", lambda _: done.set(), "Works.")])
    with runtime.database.uow(unaudited="test") as tx:
        jobs.enqueue(tx, "tests.work", {})
    real, tries = loop.run_one, []

    def sometimes(*arguments: Any, **named: Any) -> bool:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("the database is away")
        return real(*arguments, **named)

    monkeypatch.setattr(loop, "_TROUBLE_PAUSE", 0.01)
    monkeypatch.setattr(loop, "run_one", sometimes)

    with _working(runtime):
        assert done.wait(_PATIENCE)


def test_draining_does_everything_that_is_due(runtime: Runtime) -> None:
    hooks = Lanes()
    hooks.let_go.set()
    runtime.database.hooks = hooks
    _emit(runtime)
    runtime.jobs.declare("tests", [jobs.JobSpec("tests.work", _emit_once, "Works.")])
    with runtime.database.uow(unaudited="test") as tx:
        jobs.enqueue(tx, "tests.work", {})

    done = drain(runtime)

    assert (done.deliveries, done.jobs) == (4, 1)
    assert drain(runtime).deliveries == 0


def _emit_once(run: jobs.JobRun) -> None:
    with run.database.uow(unaudited="test") as tx:
        tx.emit(ThingHappened(organization_id=new_id()))
        run.step(tx, {}, done=1)


def test_the_recurring_jobs_of_the_core_run(runtime: Runtime) -> None:
    done = drain(runtime, recurring=True)

    assert done.jobs == len(runtime.jobs.recurring()) >= 3
    with runtime.database.reading() as tx:
        assert set(tx.connection.execute(select(_job.c.state)).scalars()) == {"done"}


# -- as a process of its own


@pytest.fixture
def process(runtime: Runtime, database_url: str, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """``zhiyuan worker`` on the test's database."""
    running = subprocess.Popen(
        [sys.executable, "-m", "zhiyuan", "worker"],
        env={**os.environ, "ZHIYUAN_DATABASE_URL": database_url, "ZHIYUAN_DATA_DIR": str(tmp_path / "data")},
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    yield running
    running.kill()
    running.communicate()


def _seen(runtime: Runtime) -> list[Any]:
    with runtime.database.reading() as tx:
        return list(tx.connection.execute(select(_worker)))


def test_a_worker_process_stops_in_peace_when_asked(process: subprocess.Popen[str], runtime: Runtime) -> None:
    _until(lambda: bool(_seen(runtime)))

    process.send_signal(signal.SIGTERM)

    assert process.wait(_PATIENCE) == 0
    assert _seen(runtime)[0].stopped_at is not None


def test_a_worker_ends_with_its_parent(runtime: Runtime, database_url: str, tmp_path: Path) -> None:
    """Also when the server is killed with no time to end its worker."""
    program = (
        "import subprocess, sys, os, time\n"
        "child = subprocess.Popen([sys.executable, '-m', 'zhiyuan', 'worker', '--parent', str(os.getpid())])\n"
        "print(child.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "ZHIYUAN_DATABASE_URL": database_url, "ZHIYUAN_DATA_DIR": str(tmp_path / "data")},
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    _until(lambda: bool(_seen(runtime)))

    parent.kill()
    parent.wait()

    _until(lambda: not _is_alive(child))


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"
