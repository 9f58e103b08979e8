"""Repeated work of this room."""

from collections.abc import Mapping
from typing import Any, Final

from zhiyuan.kernel.actor import operator
from zhiyuan.kernel.jobs import JobRun, JobSpec
from zhiyuan.records.heads import sign_heads


def sign_heads_daily(run: JobRun) -> Mapping[str, Any]:
    """Sign every chain head that moved. Repeating it changes nothing."""
    with run.database.uow() as tx:
        count = sign_heads(tx, operator("worker"))
        run.step(tx, {}, done=count, total=count)
    return {"signed": count}


JOBS: Final = (
    JobSpec(
        kind="records.sign_heads",
        run=sign_heads_daily,
        doc="Signs the end of every chain, so that a later rewrite of the ledger can be proven.",
        cron="5 0 * * *",
    ),
)
"""What the composition root declares."""
