"""What a plugin is given with every call."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from zhiyuan.kernel.uow import Tx

NO_SETTINGS: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class HookContext:
    """The circumstances of one call of one hook, the first argument of every implementation.

    ``organization_id`` is the organization it happens in; ``None`` while the plugin is being registered. ``now`` is an
    aware UTC instant, the same for the whole call. ``locale`` is the reader's language where somebody is reading.
    ``tx`` (kept in ``unit``) is a read-only snapshot in ``check_`` and ``extend_`` hooks, the plugin's own writing unit
    of work in ``on_`` hooks, and not there in ``register_`` hooks. ``event_id`` (kept in ``told_event``) is there in
    ``on_`` hooks only: the same event keeps it however often it is told. ``settings`` are this plugin's. ``log`` writes under the plugin's id; give
    it ids, never names.
    """

    plugin_id: str
    now: datetime
    log: FilteringBoundLogger
    organization_id: UUID | None = None
    locale: str = "en"
    settings: Mapping[str, Any] = field(default_factory=lambda: NO_SETTINGS)
    told_event: UUID | None = None
    unit: Tx | None = None

    @property
    def tx(self) -> Tx:
        """Return the unit of work. Raises RuntimeError in ``register_`` hooks, which have none."""
        if self.unit is None:
            raise RuntimeError(
                "this hook is called without a transaction: the database must not be touched here"
            )
        return self.unit

    @property
    def event_id(self) -> UUID:
        """Return the id of the event that is told. Raises RuntimeError outside ``on_`` hooks."""
        if self.told_event is None:
            raise RuntimeError("only on_ hooks are told an event")
        return self.told_event
