"""Long and repeated work that survives ``kill -9``: declared as specs, kept in a table, run by any worker.

A domain writes a handler and a :class:`JobSpec` in its ``jobs.py``; the composition root declares them. A command calls
:func:`enqueue` inside its own unit of work, so the job exists exactly if the command committed. A worker claims it under
a lease, and the handler commits its resume point together with its own writes (:meth:`JobRun.step`): whatever was
committed is never done twice, whatever was not is done again by the next worker.
"""

from zhiyuan.kernel.jobs.queue import JobProgress, cancel, enqueue, progress
from zhiyuan.kernel.jobs.recurring import enqueue_recurring, latest_instant
from zhiyuan.kernel.jobs.running import JobRun, LeaseLost, run_one
from zhiyuan.kernel.jobs.specs import JobRegistry, JobSpec

__all__ = [
    "JobProgress",
    "JobRegistry",
    "JobRun",
    "JobSpec",
    "LeaseLost",
    "cancel",
    "enqueue",
    "enqueue_recurring",
    "latest_instant",
    "progress",
    "run_one",
]
