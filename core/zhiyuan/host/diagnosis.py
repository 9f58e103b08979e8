"""What ``zhiyuan doctor`` says of plugins: one finding each, with the cure. Looks, changes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Row, select

from zhiyuan.host.models import PluginState
from zhiyuan.host.plugin_host import PluginHost
from zhiyuan.host.states import FOUND, INSTALLED, QUARANTINED
from zhiyuan.host.switches import Switches
from zhiyuan.host.upgrades import lacking
from zhiyuan.kernel.errors import Conflict
from zhiyuan.kernel.uow import Tx

_state = PluginState.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark about one plugin: ``ok``, ``warn`` (somebody should look) or ``fail`` (people are kept out)."""

    plugin_id: str
    state: Literal["ok", "warn", "fail"]
    message: str
    cure: str = ""


def findings(host: PluginHost, tx: Tx) -> list[Finding]:
    """Return what is to be said of every plugin this installation knows, by id."""
    switches = host.switches(tx)
    rows = tx.connection.execute(select(_state).order_by(_state.c.id)).all()
    return [finding for row in rows for finding in _of_one(host, tx, row, switches)]


def _of_one(host: PluginHost, tx: Tx, row: Row[Any], switches: Switches) -> Iterator[Finding]:
    plugin = next((plugin for plugin in host.plugins if plugin.id == row.id), None)
    is_on = switches.is_on_somewhere(row.id)
    until = row.gates_lifted_until
    is_lifted = until is not None and tx.now < until
    if is_lifted:
        message = f"its gates and failures only warn until {until.isoformat()}"
        yield Finding(row.id, "warn", message, f"Repair it, then: zhiyuan plugins lift-gate {row.id} --shut")
    if plugin is None:
        yield _not_running(row, is_on=is_on, is_lifted=is_lifted)
        return
    try:
        missing = lacking(tx.database, plugin)
    except Conflict as error:
        yield Finding(row.id, "fail", str(error), "Install the release of the plugin that fits the database.")
        return
    if missing:
        message = f"its tables lack {len(missing)} migration(s)"
        yield Finding(row.id, "fail" if is_on else "warn", message, f"Run: zhiyuan plugins migrate {row.id}")
    for warning in plugin.manifest.warnings:
        yield Finding(row.id, "warn", warning, "Look for a newer release of the plugin.")
    if "check_signups" in host.hooks_of(row.id) and not plugin.manifest.gates:
        message = "it may refuse people, and would not while it is broken: its manifest names no gate"
        yield Finding(row.id, "warn", message, "Ask its authors whether that is meant.")
    if not missing:
        yield Finding(row.id, "ok", f"version {row.version} runs, {'on' if is_on else 'off'}")


def _not_running(row: Row[Any], *, is_on: bool, is_lifted: bool) -> Finding:
    reason = f": {row.reason}" if row.reason else ""
    if is_on and row.gates and not is_lifted:
        message = f"{row.state}, and its gates are shut ({', '.join(row.gates)}){reason}"
        cure = f"Repair or switch it off, or: zhiyuan plugins lift-gate {row.id} --until DATE"
        return Finding(row.id, "fail", message, cure)
    if row.state in (FOUND, INSTALLED) and not is_on:
        return Finding(row.id, "ok", "not loaded, and off")
    state: Literal["warn", "fail"] = "fail" if row.state == QUARANTINED else "warn"
    return Finding(row.id, state, f"{row.state}{reason}", "See: zhiyuan plugins list")
