"""The worker's loop: one lane per plugin for deliveries, a few threads for jobs, one round of looking around.

Nothing here holds work in memory: whatever a killed worker had in hand falls due again when its lease ends.
"""

import os
import random
import threading
import time
from collections.abc import Callable
from typing import Final

import structlog
from sqlalchemy import insert, update

from zhiyuan import __version__
from zhiyuan.kernel.jobs import enqueue_recurring, run_one
from zhiyuan.kernel.models import WorkerState
from zhiyuan.kernel.outbox.delivery import deliver_due, plugins_due
from zhiyuan.runtime import Runtime
from zhiyuan.worker.identity import new_worker_id

CONNECTIONS: Final = 4
"""Connections a worker keeps; its threads wait for each other rather than for the server's."""

_SEEN_EVERY: Final = 15.0
_RECURRING_EVERY: Final = 20.0
_SHORTEST_POLL: Final = 0.1
_LONGEST_POLL: Final = 1.5
_TROUBLE_PAUSE: Final = 3.0
_GRACE: Final = 20.0

_worker = WorkerState.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__

log = structlog.get_logger(__name__)


class Worker:
    """One worker process. Set ``stopping`` to end :meth:`run`; chunks in hand are finished or rolled back."""

    def __init__(self, runtime: Runtime, *, parent: int | None = None) -> None:
        self.id = new_worker_id()
        self.stopping = threading.Event()
        self._runtime = runtime
        self._parent = parent
        self._lanes: dict[str, threading.Thread] = {}
        self._next_seen = 0.0
        self._next_recurring = 0.0

    def run(self) -> None:
        """Work until ``stopping`` is set or the parent is gone."""
        log.info("worker started", worker=self.id)
        threads = [
            threading.Thread(target=self._run_jobs, name=f"jobs-{number}", daemon=True)
            for number in range(self._runtime.settings.worker_job_threads)
        ]
        for thread in threads:
            thread.start()
        self._until_stopped(self._look_around)
        deadline = time.monotonic() + _GRACE
        for thread in [*threads, *self._lanes.values()]:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._say_goodbye()
        log.info("worker stopped", worker=self.id)

    def _until_stopped(self, work: Callable[[], bool]) -> None:
        """Call ``work`` again and again, at once after it did something, more and more rarely while it does not."""
        pause = 0.0
        while not self.stopping.is_set():
            try:
                pause = 0.0 if work() else min(max(pause * 1.5, _SHORTEST_POLL), _LONGEST_POLL)
            except Exception as error:
                # The database may be away for a while; whatever it is, the queue must not stop for good.
                log.error("worker had trouble", worker=self.id, exc_info=error)
                pause = _TROUBLE_PAUSE
            # Jitter, so that several workers do not ask in step.
            self.stopping.wait(pause * random.uniform(0.7, 1.3))  # noqa: S311  # no secret

    def _run_jobs(self) -> None:
        def work() -> bool:
            return run_one(
                self._runtime.database,
                self._runtime.jobs,
                worker=self.id,
                bus=self._runtime.bus,
                is_stopping=self.stopping.is_set,
            )

        self._until_stopped(work)

    def _look_around(self) -> bool:
        if self._parent is not None and os.getppid() != self._parent:
            log.warning("the server is gone; stopping", worker=self.id)
            self.stopping.set()
            return False
        now = time.monotonic()
        if now >= self._next_seen:
            self._next_seen = now + _SEEN_EVERY
            self._be_seen()
        if now >= self._next_recurring:
            self._next_recurring = now + _RECURRING_EVERY
            enqueue_recurring(self._runtime.database, self._runtime.jobs)
        return self._open_lanes()

    def _open_lanes(self) -> bool:
        self._lanes = {plugin_id: lane for plugin_id, lane in self._lanes.items() if lane.is_alive()}
        due = [plugin_id for plugin_id in plugins_due(self._runtime.database) if plugin_id not in self._lanes]
        for plugin_id in due:
            lane = threading.Thread(
                target=self._deliver, args=(plugin_id,), name=f"lane-{plugin_id}", daemon=True
            )
            self._lanes[plugin_id] = lane
            lane.start()
        return bool(due)

    def _deliver(self, plugin_id: str) -> None:
        try:
            deliver_due(self._runtime.database, plugin_id, worker=self.id, is_stopping=self.stopping.is_set)
        except Exception as error:
            log.error("lane had trouble", worker=self.id, plugin=plugin_id, exc_info=error)

    def _be_seen(self) -> None:
        with self._runtime.database.uow(unaudited="a worker's sign of life") as tx:
            seen = tx.connection.execute(
                update(_worker).where(_worker.c.id == self.id).values(seen_at=tx.now, stopped_at=None)
            )
            if seen.rowcount == 0:
                row = {"id": self.id, "version": __version__, "started_at": tx.now, "seen_at": tx.now}
                tx.connection.execute(insert(_worker).values(row))

    def _say_goodbye(self) -> None:
        try:
            with self._runtime.database.uow(unaudited="a worker's sign of life") as tx:
                tx.connection.execute(
                    update(_worker).where(_worker.c.id == self.id).values(stopped_at=tx.now)
                )
        except Exception as error:
            log.warning("could not sign off", worker=self.id, exc_info=error)
