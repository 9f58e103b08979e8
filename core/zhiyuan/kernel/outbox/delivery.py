"""Delivering events to plugins: one lane per plugin, so that a failing or hanging one delays nobody else.

A delivery is claimed under a lease (its ``due_at`` is moved to the lease's end, so a dead worker's claim simply falls
due again), handed to ``Hooks.deliver`` outside any unit of work, and marked together with the claim of the next one.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import structlog
from sqlalchemy import func, select, update

from zhiyuan.kernel.backoff import DELAYS, retry_at
from zhiyuan.kernel.errors import error_name
from zhiyuan.kernel.models import OutboxDelivery, OutboxEvent
from zhiyuan.kernel.uow import Database, Tx

_BOOKKEEPING = "the delivery of an event is book-keeping; what the plugin does is audited"
_LEASE = timedelta(minutes=2)
_MAX_ATTEMPTS: Final = len(DELAYS) + 1

_delivery = OutboxDelivery.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_event = OutboxEvent.__table__  # type: ignore[attr-defined]  # likewise

log = structlog.get_logger(__name__)


def plugins_due(database: Database) -> list[str]:
    """Return the ids of plugins that an event is due for now, sorted. Two index look-ups per plugin."""
    found: list[str] = []
    with database.reading() as tx:
        waiting = _delivery.c.state == "waiting"
        last = ""
        while (
            plugin_id := tx.connection.execute(
                select(func.min(_delivery.c.plugin_id)).where(waiting, _delivery.c.plugin_id > last)
            ).scalar_one()
        ) is not None:
            last = plugin_id
            due = select(_delivery.c.id).where(
                waiting, _delivery.c.plugin_id == plugin_id, _delivery.c.due_at <= tx.now
            )
            if tx.connection.execute(due.limit(1)).first() is not None:
                found.append(plugin_id)
    return found


def deliver_due(
    database: Database,
    plugin_id: str,
    *,
    worker: str,
    limit: int = 100,
    is_stopping: Callable[[], bool] | None = None,
) -> int:
    """Deliver up to ``limit`` due events to one plugin, oldest first, and return how many were tried.

    Opens its own units of work. A handler's exception is logged and written down, never raised: the delivery comes
    again after 1 minute, 5 minutes, 30 minutes, 3 hours and 12 hours, and is parked when that fails too. ``worker``
    (up to 40 characters) names this process in the lease.
    """
    owner = f"{worker}/{uuid4().hex[:12]}"
    tried = 0
    answer: _Answer | None = None
    while True:
        wants_more = tried < limit and not (is_stopping is not None and is_stopping())
        if not wants_more and answer is None:
            return tried
        with database.uow(unaudited=_BOOKKEEPING) as tx:
            if answer is not None:
                _mark(tx, answer, owner)
            claimed = _claim(tx, plugin_id, owner) if wants_more else None
        if claimed is None:
            return tried
        tried += 1
        answer = _deliver(database, plugin_id, claimed)


def release_withheld(tx: Tx, plugin_id: str, *, organization_ids: Collection[UUID] | None = None) -> int:
    """Make withheld events of a plugin due again and return how many: called when it is switched on or runs again.

    ``organization_ids`` limits it to events of those organizations; None means all.
    """
    return _make_due(tx, plugin_id, "withheld", organization_ids)


def replay_parked(tx: Tx, plugin_id: str) -> int:
    """Make parked events of a plugin due again and return how many: called when its fault was repaired."""
    return _make_due(tx, plugin_id, "parked", None)


@dataclass(frozen=True, slots=True)
class _Claimed:
    delivery_id: UUID
    attempts: int
    event_id: UUID
    name: str
    organization_id: UUID | None
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Answer:
    claimed: _Claimed
    state: str
    error: str | None = None


def _claim(tx: Tx, plugin_id: str, owner: str) -> _Claimed | None:
    first = (
        select(_delivery.c.id, _delivery.c.attempts, _delivery.c.event_id)
        .where(
            _delivery.c.state == "waiting", _delivery.c.plugin_id == plugin_id, _delivery.c.due_at <= tx.now
        )
        .order_by(_delivery.c.due_at, _delivery.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = tx.connection.execute(first).first()
    if row is None:
        return None
    until = tx.now + _LEASE
    tx.connection.execute(
        update(_delivery)
        .where(_delivery.c.id == row.id)
        .values(attempts=row.attempts + 1, lease_until=until, due_at=until, lease_owner=owner)
    )
    told = tx.connection.execute(
        select(_event.c.name, _event.c.organization_id, _event.c.payload).where(_event.c.id == row.event_id)
    ).one()
    return _Claimed(row.id, row.attempts + 1, row.event_id, told.name, told.organization_id, told.payload)


def _deliver(database: Database, plugin_id: str, claimed: _Claimed) -> _Answer:
    if claimed.attempts > _MAX_ATTEMPTS:
        return _Answer(claimed, "parked", "no answer before the lease ended")
    try:
        state = database.hooks.deliver(
            plugin_id, claimed.name, claimed.event_id, claimed.organization_id, claimed.payload
        )
    except Exception as error:
        log.warning(
            "delivery failed",
            plugin=plugin_id,
            event_name=claimed.name,
            event_id=str(claimed.event_id),
            attempt=claimed.attempts,
            exc_info=error,
        )
        return _Answer(
            claimed, "parked" if claimed.attempts >= _MAX_ATTEMPTS else "waiting", error_name(error)
        )
    return _Answer(claimed, state)


def _mark(tx: Tx, answer: _Answer, owner: str) -> None:
    values: dict[str, Any] = {"state": answer.state, "lease_until": None, "lease_owner": None}
    match answer.state:
        case "delivered":
            values |= {"delivered_at": tx.now, "last_error": None}
        case "withheld":
            values |= {"attempts": answer.claimed.attempts - 1}
        case "waiting":
            values |= {"due_at": retry_at(tx.now, answer.claimed.attempts), "last_error": answer.error}
        case _:
            values |= {"last_error": answer.error}
    # Only while the lease is still ours: another worker may have taken over meanwhile and answered differently.
    tx.connection.execute(
        update(_delivery)
        .where(_delivery.c.id == answer.claimed.delivery_id, _delivery.c.lease_owner == owner)
        .values(**values)
    )


def _make_due(tx: Tx, plugin_id: str, state: str, organization_ids: Collection[UUID] | None) -> int:
    statement = update(_delivery).where(_delivery.c.plugin_id == plugin_id, _delivery.c.state == state)
    if organization_ids is not None:
        events = select(_event.c.id).where(_event.c.organization_id.in_(organization_ids))
        statement = statement.where(_delivery.c.event_id.in_(events))
    done = tx.connection.execute(statement.values(state="waiting", due_at=tx.now, attempts=0))
    return done.rowcount
