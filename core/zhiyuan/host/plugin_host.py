"""The plugins of one process, as domains, worker and pages reach them.

Implements ``kernel.hooks.Hooks``. What surprises: a plugin that is switched on but does not run here is not forgotten.
Its gates stay shut, and events it would have heard are kept for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import pluggy
import structlog

from zhiyuan import hookspecs
from zhiyuan.host import dispatch
from zhiyuan.host.checks import CheckedHook
from zhiyuan.host.columns import NO_COLUMNS, ExtraColumns
from zhiyuan.host.context import HookContext
from zhiyuan.host.dispatch import Implementation
from zhiyuan.host.events import EVENTS, hook_of
from zhiyuan.host.gates import hooks_of
from zhiyuan.host.issues import PLUGIN_ERROR, PLUGIN_UNAVAILABLE
from zhiyuan.host.manifest import Manifest
from zhiyuan.host.registration import PROJECT, Plugin, register
from zhiyuan.host.snapshots import Snapshots
from zhiyuan.host.switches import SwitchBoard, Switches
from zhiyuan.host.tables import ExtendedTables, Page
from zhiyuan.kernel.events import Event
from zhiyuan.kernel.hooks import Delivery, Request
from zhiyuan.kernel.issues import Issue, IssueTexts
from zhiyuan.kernel.uow import Database, Tx

log = structlog.get_logger(__name__)

KeptOutState = Literal["found", "refused", "quarantined"]


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptOut:
    """A plugin that does not run in this process.

    ``state``: ``found`` (the settings do not list it), ``refused`` (it breaks a rule) or ``quarantined`` (its code
    failed). ``issues`` say why; ``manifest`` is there when it could be read.
    """

    id: str
    state: KeptOutState
    issues: tuple[Issue, ...] = ()
    manifest: Manifest | None = None


class PluginHost:
    """Plugins in order, and the ways to call them. Made by ``zhiyuan.host.load``; lives as long as the process."""

    def __init__(
        self,
        database: Database,
        plugins: Sequence[Plugin],
        kept_out: Sequence[KeptOut],
        *,
        budget_seconds: float,
    ) -> None:
        self.plugins = tuple(plugins)
        self.kept_out = tuple(kept_out)
        self._database = database
        self._running = frozenset(plugin.id for plugin in plugins)
        self._board = SwitchBoard()
        self._shut_gates: tuple[Switches | None, dict[str, Sequence[str]]] = (None, {})
        snapshots = Snapshots(database)
        implementations = _implementations(plugins)
        columns = {plugin.id: plugin.columns for plugin in plugins}
        self._checks = {
            hook: tuple(CheckedHook(each, snapshots, budget_seconds=budget_seconds) for each in of_hook)
            for hook, of_hook in implementations.items()
            if hook.startswith("check_")
        }
        self._tables = tuple(
            ExtendedTables(
                each,
                columns[each.plugin_id],
                snapshots,
                budget_seconds=budget_seconds,
                now=database.clock.now,
            )
            for each in implementations.get("extend_table", ())
        )
        self._listeners = {
            hook: {each.plugin_id: each for each in of_hook}
            for hook, of_hook in implementations.items()
            if hook.startswith("on_")
        }

    @property
    def order(self) -> tuple[str, ...]:
        """Return the ids of the running plugins in the order they are asked."""
        return tuple(plugin.id for plugin in self.plugins)

    @property
    def catalogues(self) -> Mapping[str, Path]:
        """Return the folder of translations of each running plugin, by gettext domain (its id)."""
        return {plugin.id: plugin.folder / "locale" for plugin in self.plugins}

    def declare_texts(self, texts: IssueTexts) -> None:
        """Add what the running plugins say in issues, each under its own gettext domain."""
        for plugin in self.plugins:
            texts.declare(plugin.id, plugin.issue_texts)

    def hooks_of(self, plugin_id: str) -> frozenset[str]:
        """Return the hooks that a running plugin implements and that are called while people work."""
        found = {hook for hook, each in self._checks.items() if any(c.plugin_id == plugin_id for c in each)}
        found |= {hook for hook, by_plugin in self._listeners.items() if plugin_id in by_plugin}
        if any(table.plugin_id == plugin_id for table in self._tables):
            found.add("extend_table")
        return frozenset(found)

    def troubles(self) -> list[str]:
        """Return one English sentence for each call that hangs or is left out in this process just now."""
        hanging = [
            f"{check.plugin_id}: {hook} hangs; its requests are refused"
            for hook, checks in self._checks.items()
            for check in checks
            if check.is_hanging
        ]
        return hanging + [
            f"{table.plugin_id}: extend_table is left out after repeated failures"
            for table in self._tables
            if table.is_left_out
        ]

    def generation(self, tx: Tx) -> int:
        """Return the number of the plugin switches as ``tx`` sees it."""
        return self._board.at(tx).generation

    def switches(self, tx: Tx) -> Switches:
        """Return every switch as ``tx`` sees it."""
        return self._board.at(tx)

    def is_on(self, tx: Tx, plugin_id: str, organization_id: UUID | None) -> bool:
        """Tell whether a plugin is switched on at an organization, whether it runs or not."""
        switches = self._board.at(tx)
        if organization_id is not None:
            switches.learn(tx, (organization_id,))
        return switches.is_on(plugin_id, organization_id)

    def check(
        self, hook: str, requests: Sequence[Request], *, generation: int | None = None
    ) -> Mapping[str, Sequence[Issue]]:
        """Ask every plugin that is switched on where a request happens; see ``kernel.hooks.Hooks.check``.

        Plugins think at the same time, so the wait is one budget, however many there are. A hook that nobody implements
        and no gate guards costs less than 2 µs (``docs/explanation/failure.md`` has the measurement).
        """
        switches = self._board.remembered(generation)
        if switches is None:
            with self._database.reading() as tx:
                switches = self._board.at(tx)
        checks = self._checks.get(hook, ())
        shut = self._shut(switches, hook)
        if not requests or not (checks or shut):
            return {}
        places = {request.organization_id for request in requests}
        if switches.unknown(places):
            with self._database.reading() as tx:
                switches.learn(tx, places)
        return self._asked(switches, checks, shut, requests)

    def subscribers(self, tx: Tx, event: Event) -> Sequence[str]:
        """Return the plugins that must hear ``event``: switched on and listening, also those that do not run now."""
        hook = hook_of(event.name)
        switches = self._board.at(tx)
        listening = [plugin.id for plugin in self.plugins if plugin.id in self._listeners.get(hook, ())]
        listening += [
            plugin_id
            for plugin_id, guard in sorted(switches.guards.items())
            if plugin_id not in self._running and hook in guard.hooks
        ]
        if not listening:
            return ()
        switches.learn(tx, (event.organization_id,))
        return [plugin_id for plugin_id in listening if switches.is_on(plugin_id, event.organization_id)]

    def deliver(
        self,
        plugin_id: str,
        name: str,
        event_id: UUID,
        organization_id: UUID | None,
        payload: Mapping[str, Any],
    ) -> Delivery:
        """Let one plugin hear one event in its own unit of work; see ``kernel.hooks.Hooks.deliver``."""
        implementation = self._listeners.get(hook_of(name), {}).get(plugin_id)
        if implementation is None or organization_id is None or name not in EVENTS:
            return "withheld"
        with self._database.reading() as reading:
            if not self.is_on(reading, plugin_id, organization_id):
                return "withheld"
        event = EVENTS[name].from_payload(organization_id, dict(payload))
        with self._database.uow(unaudited=f"{plugin_id} keeps its own tables on {name}") as tx:
            context = HookContext(
                plugin_id=plugin_id,
                organization_id=organization_id,
                now=tx.now,
                log=log.bind(plugin=plugin_id),
                told_event=event_id,
                unit=tx,
            )
            dispatch.tell(implementation, context, event)
        return "delivered"

    def extend_table(
        self, tx: Tx, table: str, organization_id: UUID, ids: Sequence[UUID], *, locale: str = "en"
    ) -> ExtraColumns:
        """Return the columns that plugins add to a page of ``table`` (see ``host.columns.TABLES``) and their cells.

        ``ids`` are those of the rows on the page, 0..500; ``organization_id`` is whose page it is. Never raises for a
        plugin's fault: columns of a plugin that fails or hangs are named in ``missing`` instead.
        """
        tables = [extended for extended in self._tables if extended.columns_of(table)]
        if not tables:
            return NO_COLUMNS
        switches = self._board.at(tx)
        switches.learn(tx, (organization_id,))
        page = Page(table, organization_id, tuple(ids), locale)
        asked = [
            (extended, extended.hand_in(page))
            for extended in tables
            if switches.is_on(extended.plugin_id, organization_id)
        ]
        extra = ExtraColumns(cells={row_id: {} for row_id in ids})
        for extended, ticket in asked:
            extra = extra.joined(extended.plugin_id, extended.columns_of(table), extended.wait_for(ticket))
        return extra

    def _asked(
        self,
        switches: Switches,
        checks: Sequence[CheckedHook],
        shut: Sequence[str],
        requests: Sequence[Request],
    ) -> Mapping[str, Sequence[Issue]]:
        now = self._database.clock.now()
        put = []
        for check in checks:
            own = [r for r in requests if switches.is_on(check.plugin_id, r.organization_id)]
            if own:
                put.append((check, own, check.hand_in(own)))
        issues: dict[str, list[Issue]] = {}
        for check, own, ticket in put:
            answer = check.wait_for(ticket, own)
            for key, said in answer.issues.items():
                issues.setdefault(key, []).extend(said)
            for key in answer.undecided:
                issues.setdefault(key, []).append(_speaking_for(check.plugin_id, PLUGIN_ERROR, switches, now))
        for plugin_id in shut:
            for request in requests:
                if switches.is_on(plugin_id, request.organization_id):
                    unavailable = _speaking_for(plugin_id, PLUGIN_UNAVAILABLE, switches, now)
                    issues.setdefault(request.key, []).append(unavailable)
        return issues

    def _shut(self, switches: Switches, hook: str) -> Sequence[str]:
        """Return the plugins that guard ``hook``, are switched on somewhere and do not run here, by id."""
        of, by_hook = self._shut_gates
        if of is not switches:
            by_hook = {}
            self._shut_gates = (switches, by_hook)
        if hook not in by_hook:
            by_hook[hook] = [
                plugin_id
                for plugin_id, guard in sorted(switches.guards.items())
                if plugin_id not in self._running
                and hook in hooks_of(guard.gates)
                and switches.is_on_somewhere(plugin_id)
            ]
        return by_hook[hook]


def _speaking_for(plugin_id: str, code: str, switches: Switches, now: Any) -> Issue:
    guard = switches.guards.get(plugin_id)
    is_lifted = guard is not None and guard.is_lifted(now)
    severity: Literal["block", "warn"] = "warn" if is_lifted else "block"
    return Issue(code, severity=severity, params={"plugin": plugin_id}, plugin=plugin_id)


def _implementations(plugins: Sequence[Plugin]) -> dict[str, tuple[Implementation, ...]]:
    """Return every implementation by hook, in the order of ``plugins``, as pluggy has them."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    register(manager, plugins)
    return {
        hook: tuple(
            Implementation(
                each.plugin_name, hook, each.function, frozenset((*each.argnames, *each.kwargnames))
            )
            for each in reversed(caller.get_hookimpls())  # pluggy calls the last of them first
        )
        for hook, caller in vars(manager.hook).items()
        if isinstance(caller, pluggy.HookCaller) and caller.has_spec()
    }
