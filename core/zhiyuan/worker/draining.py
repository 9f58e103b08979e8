"""Doing what is due now and nothing later: for tests, demos and machines that run the worker by the clock."""

from dataclasses import dataclass

from zhiyuan.kernel.jobs import enqueue_recurring, run_one
from zhiyuan.kernel.outbox.delivery import deliver_due, plugins_due
from zhiyuan.runtime import Runtime
from zhiyuan.worker.identity import new_worker_id


@dataclass(frozen=True, slots=True)
class Drained:
    """How much was done."""

    deliveries: int
    jobs: int


def drain(runtime: Runtime, *, recurring: bool = False) -> Drained:
    """Deliver and run everything due now, in the calling thread, until nothing is left; say how much it was.

    ``recurring`` also enqueues what the clock asks for. Work that fails is written down for later, never raised.
    """
    worker = new_worker_id()
    database = runtime.database
    if recurring:
        enqueue_recurring(database, runtime.jobs)
    deliveries = jobs = 0
    while True:
        told = sum(deliver_due(database, plugin_id, worker=worker) for plugin_id in plugins_due(database))
        ran = run_one(database, runtime.jobs, worker=worker, bus=runtime.bus)
        deliveries, jobs = deliveries + told, jobs + int(ran)
        if not told and not ran:
            return Drained(deliveries, jobs)
