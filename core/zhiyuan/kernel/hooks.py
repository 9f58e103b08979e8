"""How the rooms below reach plugins without knowing that there is a host.

The composition root passes an object of this shape to the database and the command bus. ``NoHooks`` stands in when
there is no plugin at all; the core is complete with it.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol
from uuid import UUID

from zhiyuan.kernel.issues import Issue

if TYPE_CHECKING:
    from zhiyuan.kernel.events import Event
    from zhiyuan.kernel.uow import Tx

Delivery = Literal["delivered", "withheld"]
"""What became of one delivery: the plugin heard the event, or it is off or not running and will hear it later."""


class Request(Protocol):
    """What a ``check_`` hook is asked about: one of a batch, addressed by ``key`` (unique within the batch)."""

    @property
    def key(self) -> str:
        """Return the key that the answer is filed under."""
        ...

    @property
    def organization_id(self) -> UUID:
        """Return the organization whose enabled plugins are asked."""
        ...


class Hooks(Protocol):
    """The calls that domains and the command bus make."""

    def check(
        self, hook: str, requests: Sequence[Request], *, generation: int | None = None
    ) -> Mapping[str, Sequence[Issue]]:
        """Ask every enabled plugin about ``requests`` and return issues by request key; silence is consent.

        Called before the write transaction opens, once per (organization, plugin), under a time budget. A plugin that
        raises, hangs, answers with the wrong type or is missing behind one of its gates yields a blocking issue for
        its own items only. Never raises for a plugin's fault. ``generation`` is what :meth:`generation` just returned;
        without it the switches are read anew.
        """
        ...

    def generation(self, tx: "Tx") -> int:
        """Return the number that changes whenever a plugin is switched anywhere; read inside ``tx``."""
        ...

    def subscribers(self, tx: "Tx", event: "Event") -> Sequence[str]:
        """Return the ids of the plugins that must hear ``event``: enabled for its organization and listening."""
        ...

    def deliver(
        self,
        plugin_id: str,
        name: str,
        event_id: UUID,
        organization_id: UUID | None,
        payload: Mapping[str, Any],
    ) -> Delivery:
        """Let one plugin hear one event, in a unit of work of its own.

        ``name`` is the event's (``records_confirmed``), ``payload`` what ``Event.payload`` returned. Returns
        ``delivered`` when the handler committed, ``withheld`` when the plugin is off for the organization or does not
        run in this process. Raises whatever the handler raised; the worker then tries again later. May be called more
        than once for the same ``event_id``: handlers must be idempotent on it.
        """
        ...


class NoHooks:
    """No plugin is installed: nothing objects, nobody listens."""

    def check(
        self, hook: str, requests: Sequence[Request], *, generation: int | None = None
    ) -> Mapping[str, Sequence[Issue]]:
        """Return no issue for any request."""
        return {}

    def generation(self, tx: "Tx") -> int:
        """Return 0: nothing can be switched."""
        return 0

    def subscribers(self, tx: "Tx", event: "Event") -> Sequence[str]:
        """Return nobody."""
        return ()

    def deliver(
        self,
        plugin_id: str,
        name: str,
        event_id: UUID,
        organization_id: UUID | None,
        payload: Mapping[str, Any],
    ) -> Delivery:
        """Withhold everything: the plugin is not here."""
        return "withheld"
