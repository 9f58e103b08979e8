"""Repeated work of this room."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import delete, or_, select

from zhiyuan.accounts.models import AccountSession
from zhiyuan.kernel.jobs import JobRun, JobSpec
from zhiyuan.kernel.uow import Tx

_KEPT: Final = timedelta(days=30)  # long enough to answer "who was signed in from where" after an incident
_BATCH: Final = 500

_session = AccountSession.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__


def forget_sessions(run: JobRun) -> Mapping[str, Any]:
    """Remove sessions that ended or ran out a month ago, with the addresses they came from."""
    forgotten = 0
    while True:
        with run.database.uow(unaudited="a session that is over; signing in and out was audited") as tx:
            count = _forget(tx)
            forgotten += count
            run.step(tx, {}, done=forgotten)
        if count < _BATCH:
            return {"forgotten": forgotten}


def _forget(tx: Tx) -> int:
    long_ago = tx.now - _KEPT
    over = (
        select(_session.c.id)
        .where(or_(_session.c.expires_at < long_ago, _session.c.ended_at < long_ago))
        .limit(_BATCH)
    )
    return tx.connection.execute(delete(_session).where(_session.c.id.in_(over))).rowcount


JOBS: Final = (
    JobSpec(
        "accounts.forget_sessions", forget_sessions, "Removes sessions that are long over.", cron="17 3 * * *"
    ),
)
"""What the composition root declares."""
