"""Which class an event of the outbox is made from again."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from zhiyuan.kernel.events import Event
from zhiyuan.records.events import RecordsConfirmed

EVENTS: Final[Mapping[str, type[Event]]] = MappingProxyType(
    {event.name: event for event in (RecordsConfirmed,)}
)
"""Every event that has an ``on_`` hook, by its name."""


def hook_of(event_name: str) -> str:
    """Return the hook that hears events of this name."""
    return f"on_{event_name}"
