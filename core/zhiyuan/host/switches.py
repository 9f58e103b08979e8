"""Which plugin is switched on where, as every process sees it from the same generation on.

A switch stands at the whole installation or at one organization and reaches everything below it; the nearest one up the
tree wins, so a branch may opt out of what its parent uses, or use what its parent does not. What was read is kept per
process under the generation number of ``VersionCounter.plugins``: moving any switch, or an organization in the tree,
raises the number, and whoever reads a new number reads the switches anew.
"""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select

from zhiyuan.host.models import PluginScope, PluginState
from zhiyuan.kernel.models import VersionCounter
from zhiyuan.kernel.uow import Tx
from zhiyuan.kernel.versions import raise_version
from zhiyuan.organizations.models import OrganizationPath

_counter = VersionCounter.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_state = PluginState.__table__  # type: ignore[attr-defined]  # likewise
_scope = PluginScope.__table__  # type: ignore[attr-defined]  # likewise
_path = OrganizationPath.__table__  # type: ignore[attr-defined]  # likewise

_READ_GENERATION = select(_counter.c.plugins).where(_counter.c.id == 1)

_GENERATIONS_KEPT: Final = 4

SITE: Final = "site"
ORGANIZATION: Final = "organization"

IMPLEMENTED: Final = "implemented_hooks"
"""Where the kept copy of a manifest says which hooks the plugin implemented when it last ran."""


@dataclass(frozen=True, slots=True)
class Guard:
    """What is remembered of a plugin for the time when it does not run: its gates, and the hooks it implements.

    While ``lifted_until`` is still to come, its gates and failures only warn.
    """

    gates: tuple[str, ...]
    hooks: frozenset[str]
    lifted_until: datetime | None

    def is_lifted(self, now: datetime) -> bool:
        """Tell whether the gates are lifted at ``now``."""
        return self.lifted_until is not None and now < self.lifted_until


@dataclass(frozen=True)
class Switches:
    """All switches at one generation.

    ``everywhere`` are the plugins switched on for the whole installation; ``by_organization`` the switches further
    down, by plugin and organization; ``guards`` the gates of every plugin known here.
    """

    generation: int
    everywhere: frozenset[str] = frozenset()
    by_organization: Mapping[str, Mapping[UUID, bool]] = field(default_factory=dict)
    guards: Mapping[str, Guard] = field(default_factory=dict)
    _nearest: dict[UUID, Mapping[str, bool]] = field(default_factory=dict, repr=False)

    def is_on_somewhere(self, plugin_id: str) -> bool:
        """True when the plugin is switched on for the installation or for any organization."""
        return plugin_id in self.everywhere or any(self.by_organization.get(plugin_id, {}).values())

    def unknown(self, organizations: Iterable[UUID]) -> set[UUID]:
        """Return those of ``organizations`` whose place in the tree must be read before :meth:`is_on` can answer."""
        if not self.by_organization:
            return set()
        return {organization_id for organization_id in organizations if organization_id not in self._nearest}

    def learn(self, tx: Tx, organizations: Iterable[UUID]) -> None:
        """Read which switches reach ``organizations``: one query for all that are not known yet."""
        wanted = self.unknown(organizations)
        if not wanted:
            return
        self._nearest.update(self._reaching(tx, wanted))

    def is_on(self, plugin_id: str, organization_id: UUID | None) -> bool:
        """Tell whether the plugin is switched on at the organization (``None``: for the installation as a whole)."""
        if organization_id is not None and plugin_id in self.by_organization:
            nearest = self._nearest[organization_id].get(plugin_id)
            if nearest is not None:
                return nearest
        return plugin_id in self.everywhere

    def _reaching(self, tx: Tx, organizations: set[UUID]) -> dict[UUID, dict[str, bool]]:
        switched = {place for places in self.by_organization.values() for place in places}
        rows = tx.connection.execute(
            select(_path.c.descendant_id, _path.c.ancestor_id)
            .where(_path.c.descendant_id.in_(organizations), _path.c.ancestor_id.in_(switched))
            .order_by(_path.c.depth.desc())  # the nearest comes last and overwrites
        )
        found: dict[UUID, dict[str, bool]] = {organization_id: {} for organization_id in organizations}
        for descendant, ancestor in rows:
            for plugin_id, places in self.by_organization.items():
                if ancestor in places:
                    found[descendant][plugin_id] = places[ancestor]
        return found


class SwitchBoard:
    """This process's memory of the switches, at the few generations it has read last.

    Several, because a reader with an older snapshot may come after one with a newer.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_generation: dict[int, Switches] = {}

    def at(self, tx: Tx) -> Switches:
        """Return the switches as ``tx`` sees them. Reads one number, and everything only when it is a new one."""
        known: Switches | None = tx.memo.get(SwitchBoard)
        if known is None:
            generation = read_generation(tx)
            known = self.remembered(generation)
            if known is None:
                known = self._keep(read_switches(tx, generation))
            tx.memo[SwitchBoard] = known
        return known

    def remembered(self, generation: int | None) -> Switches | None:
        """Return the switches of a generation read before, or None."""
        return self._by_generation.get(generation) if generation is not None else None

    def _keep(self, switches: Switches) -> Switches:
        with self._lock:
            kept = {**self._by_generation, switches.generation: switches}
            while len(kept) > _GENERATIONS_KEPT:
                del kept[min(kept)]
            self._by_generation = kept
        return switches


def raise_generation(tx: Tx) -> None:
    """Let every process read the switches anew once ``tx`` is committed."""
    raise_version(tx, "plugins")
    tx.memo.pop(SwitchBoard, None)


def read_generation(tx: Tx) -> int:
    """Return the number of the plugin switches; 0 before anything was ever switched."""
    return tx.connection.execute(_READ_GENERATION).scalar() or 0


def read_switches(tx: Tx, generation: int) -> Switches:
    """Read every switch and every remembered gate, in two queries."""
    allowed: set[str] = set()
    guards: dict[str, Guard] = {}
    for row in tx.connection.execute(
        select(
            _state.c.id, _state.c.is_allowed, _state.c.gates, _state.c.gates_lifted_until, _state.c.manifest
        )
    ):
        if row.is_allowed:
            allowed.add(row.id)
        hooks = frozenset(row.manifest.get(IMPLEMENTED, ()))
        guards[row.id] = Guard(tuple(row.gates), hooks, row.gates_lifted_until)
    everywhere: set[str] = set()
    by_organization: dict[str, dict[UUID, bool]] = {}
    for row in tx.connection.execute(
        select(_scope.c.plugin_id, _scope.c.scope_kind, _scope.c.scope_id, _scope.c.is_enabled)
    ):
        if row.plugin_id not in allowed:
            continue
        if row.scope_kind == ORGANIZATION:
            by_organization.setdefault(row.plugin_id, {})[row.scope_id] = row.is_enabled
        elif row.is_enabled:
            everywhere.add(row.plugin_id)
    return Switches(generation, frozenset(everywhere), by_organization, guards)
