"""Commands that allow plugins, switch them and lift their gates.

Switching off loses nothing: tables, switches further down and events wait. Every command is idempotent, audited, and
raises the generation number by which all processes follow together.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from packaging.requirements import Requirement
from sqlalchemy import Row, and_, insert, select, update

from zhiyuan.accounts.permissions import PLUGINS_SWITCH
from zhiyuan.host.models import PluginScope, PluginState
from zhiyuan.host.states import INSTALLED
from zhiyuan.host.switches import ORGANIZATION, SITE, SwitchBoard, raise_generation
from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.commands import Command, Item, Outcome, refused
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.outbox.delivery import release_withheld
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations.models import OrganizationPath

_state = PluginState.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_scope = PluginScope.__table__  # type: ignore[attr-defined]  # likewise
_path = OrganizationPath.__table__  # type: ignore[attr-defined]  # likewise


@dataclass(frozen=True, kw_only=True, slots=True)
class AllowPlugin(Item):
    """Whether organizations may use a plugin at all. ``organization_id`` must be None: it is the installation's choice.

    Withdrawing leaves every switch where it is; they count for nothing until the plugin is allowed again.
    """

    plugin_id: str
    is_allowed: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class SwitchPlugin(Item):
    """A switch for one plugin at ``organization_id`` and all below it, or (None) for the whole installation."""

    plugin_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LiftGates(Item):
    """Let a plugin's gates and failures only warn until ``until`` (an aware instant to come).

    ``organization_id`` must be None. ``until`` None shuts the gates again.
    """

    plugin_id: str
    until: datetime | None


def allow(tx: Tx, items: Sequence[AllowPlugin]) -> list[Outcome]:
    """Write :data:`ALLOW`. Statuses ``allowed``, ``withdrawn``, ``unchanged``."""

    def change(row: Row[Any], item: AllowPlugin) -> Outcome:
        if row.is_allowed == item.is_allowed:
            return Outcome("unchanged")
        tx.connection.execute(update(_state).where(_state.c.id == row.id).values(is_allowed=item.is_allowed))
        verb = "allow" if item.is_allowed else "withdraw"
        tx.audit(_audit(item, verb, row.id))
        raise_generation(tx)
        if item.is_allowed:
            release_withheld(tx, row.id)
        return Outcome("allowed" if item.is_allowed else "withdrawn")

    return _for_known(tx, items, change)


def enable(tx: Tx, items: Sequence[SwitchPlugin]) -> list[Outcome]:
    """Write :data:`ENABLE`. Statuses ``enabled``, ``unchanged``; refused unless the plugin is allowed and installed."""

    def change(row: Row[Any], item: SwitchPlugin) -> Outcome:
        if issue := _obstacle(tx, row, item):
            return refused(issue)
        return _switch(tx, item, is_enabled=True)

    return _for_known(tx, items, change)


def disable(tx: Tx, items: Sequence[SwitchPlugin]) -> list[Outcome]:
    """Write :data:`DISABLE`. Statuses ``disabled``, ``unchanged``. Always possible, whatever state the plugin is in.

    At an organization it also writes a switch when only something above is on: that is how a branch opts out.
    """
    return _for_known(tx, items, lambda _, item: _switch(tx, item, is_enabled=False))


def lift_gates(tx: Tx, items: Sequence[LiftGates]) -> list[Outcome]:
    """Write :data:`LIFT_GATES`. Statuses ``lifted``, ``shut``, ``unchanged``."""

    def change(row: Row[Any], item: LiftGates) -> Outcome:
        if item.until is not None and item.until <= tx.now:
            return refused(Issue("plugins.lift_needs_end", field="until"))
        if row.gates_lifted_until == item.until:
            return Outcome("unchanged")
        tx.connection.execute(
            update(_state).where(_state.c.id == row.id).values(gates_lifted_until=item.until)
        )
        until = item.until.isoformat() if item.until is not None else None
        tx.audit(
            _audit(item, "lift_gates" if until else "shut_gates", row.id, until=until, gates=list(row.gates))
        )
        raise_generation(tx)
        return Outcome("lifted" if until else "shut")

    return _for_known(tx, items, change)


ALLOW: Final = Command("plugins.allow", PLUGINS_SWITCH, allow)
ENABLE: Final = Command("plugins.enable", PLUGINS_SWITCH, enable)
DISABLE: Final = Command("plugins.disable", PLUGINS_SWITCH, disable)
LIFT_GATES: Final = Command("plugins.lift_gates", PLUGINS_SWITCH, lift_gates)


def _for_known(tx: Tx, items: Sequence[Any], change: Callable[[Row[Any], Any], Outcome]) -> list[Outcome]:
    """Apply ``change`` to each item, its plugin's row locked and read anew, since an earlier item may have changed it."""
    outcomes = []
    for item in items:  # a handful at most: a person moves switches, not a spreadsheet
        row = tx.connection.execute(
            select(_state).where(_state.c.id == item.plugin_id).with_for_update()
        ).first()
        if row is None:
            outcomes.append(
                refused(Issue("plugins.unknown", field="plugin_id", params={"plugin": item.plugin_id}))
            )
        elif isinstance(item, AllowPlugin | LiftGates) and item.organization_id is not None:
            outcomes.append(refused(Issue("plugins.whole_site_only", field="organization_id")))
        else:
            outcomes.append(change(row, item))
    return outcomes


def _obstacle(tx: Tx, row: Row[Any], item: SwitchPlugin) -> Issue | None:
    plugin: Mapping[str, Any] = {"plugin": row.id}
    if not row.is_allowed:
        return Issue("plugins.not_allowed", field="plugin_id", params=plugin)
    if row.state == "found" and row.reason is None:
        return Issue("plugins.not_migrated", field="plugin_id", params=plugin)
    if row.state != INSTALLED:
        return Issue("plugins.not_running", field="plugin_id", params={**plugin, "state": row.state})
    for text in row.manifest.get("plugin", {}).get("requires", ()):
        wanted = Requirement(text).name
        if not _is_on(tx, wanted, item.organization_id):
            return Issue("plugins.requirement_off", field="plugin_id", params={**plugin, "wanted": wanted})
    return None


def _is_on(tx: Tx, plugin_id: str, organization_id: UUID | None) -> bool:
    switches = SwitchBoard().at(tx)  # not the process's: this unit of work may have moved switches itself
    if organization_id is not None:
        switches.learn(tx, (organization_id,))
    return switches.is_on(plugin_id, organization_id)


def _switch(tx: Tx, item: SwitchPlugin, *, is_enabled: bool) -> Outcome:
    status = "enabled" if is_enabled else "disabled"
    kind = SITE if item.organization_id is None else ORGANIZATION
    scope = (
        _scope.c.scope_id.is_(None)
        if item.organization_id is None
        else _scope.c.scope_id == item.organization_id
    )
    here = and_(_scope.c.plugin_id == item.plugin_id, _scope.c.scope_kind == kind, scope)
    row = tx.connection.execute(select(_scope.c.id, _scope.c.is_enabled).where(here)).first()
    if row is not None and row.is_enabled == is_enabled:
        return Outcome("unchanged", row.id)
    if row is None and not is_enabled and item.organization_id is None:
        return Outcome("unchanged")
    values = {"is_enabled": is_enabled, "switched_by": item.actor.account_id, "switched_at": tx.now}
    scope_id = row.id if row is not None else new_id()
    if row is not None:
        tx.connection.execute(update(_scope).where(_scope.c.id == row.id).values(values))
    else:
        place = {"plugin_id": item.plugin_id, "scope_kind": kind, "scope_id": item.organization_id}
        tx.connection.execute(insert(_scope).values(id=scope_id, **place, **values))
    tx.audit(_audit(item, "enable" if is_enabled else "disable", item.plugin_id))
    raise_generation(tx)
    if is_enabled:
        release_withheld(tx, item.plugin_id, organization_ids=_below(tx, item.organization_id))
    return Outcome(status, scope_id)


def _below(tx: Tx, organization_id: UUID | None) -> set[UUID] | None:
    if organization_id is None:
        return None
    below = select(_path.c.descendant_id).where(_path.c.ancestor_id == organization_id)
    return set(tx.connection.execute(below).scalars())


def _audit(item: Item, verb: str, plugin_id: str, **detail: Any) -> Audit:
    return Audit(
        item.actor,
        f"plugins.{verb}",
        "plugin",
        organization_id=item.organization_id,
        detail={"plugin": plugin_id, **detail},
    )
