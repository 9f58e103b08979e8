"""Writing events and their deliveries, inside the unit of work of the change itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert

from zhiyuan.kernel.events import Event
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.models import OutboxDelivery, OutboxEvent

_INSERT_EVENTS = insert(OutboxEvent.__table__)  # type: ignore[attr-defined]  # as in audit
_INSERT_DELIVERIES = insert(OutboxDelivery.__table__)  # type: ignore[attr-defined]  # as in audit


def write_events(
    connection: Connection, now: datetime, addressed: Sequence[tuple[Event, Sequence[str]]]
) -> None:
    """Insert each event with one delivery per addressed plugin id, inside the caller's unit of work."""
    events: list[dict[str, Any]] = []
    deliveries: list[dict[str, Any]] = []
    for happened, plugin_ids in addressed:
        event_id = new_id()
        events.append(
            {
                "id": event_id,
                "name": happened.name,
                "schema_version": happened.schema_version,
                "organization_id": happened.organization_id,
                "occurred_at": now,
                "payload": happened.payload(),
            }
        )
        deliveries.extend(
            {
                "id": new_id(),
                "event_id": event_id,
                "plugin_id": plugin_id,
                "state": "waiting",
                "attempts": 0,
                "due_at": now,
            }
            for plugin_id in plugin_ids
        )
    if events:
        connection.execute(_INSERT_EVENTS, events)
    if deliveries:
        connection.execute(_INSERT_DELIVERIES, deliveries)
