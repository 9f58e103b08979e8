"""``zhiyuan plugins``: what is there, what may be used, where it is switched on."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import click
from sqlalchemy import func, select

from zhiyuan.cli.context import open_runtime
from zhiyuan.cli.output import emit, fail, json_option
from zhiyuan.host import upgrades
from zhiyuan.host.discovery import find, installed
from zhiyuan.host.lifecycle import ALLOW, DISABLE, ENABLE, LIFT_GATES, AllowPlugin, LiftGates, SwitchPlugin
from zhiyuan.host.models import PluginScope, PluginState
from zhiyuan.host.reasons import sentences, tell
from zhiyuan.host.switches import ORGANIZATION
from zhiyuan.kernel.actor import operator
from zhiyuan.kernel.commands import Command, Outcome
from zhiyuan.kernel.i18n import active_translator
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations.models import Organization, OrganizationPath
from zhiyuan.runtime import Runtime

_state = PluginState.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_scope = PluginScope.__table__  # type: ignore[attr-defined]  # likewise
_organization = Organization.__table__  # type: ignore[attr-defined]  # likewise
_path = OrganizationPath.__table__  # type: ignore[attr-defined]  # likewise

_ORGANIZATION = click.option(
    "--organization", "code", help="Code of an organization. Default: the whole installation."
)


@click.group()
def plugins() -> None:
    """Plugins: list, allow, switch on and off, make their tables, lift their gates."""


@plugins.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List every plugin that is installed here or was once, with its state and the reason for it."""
    with open_runtime() as runtime, runtime.database.reading() as tx:
        rows = _known(runtime, tx)
    lines = [_line(row) for row in rows] or ["No plugin is installed."]
    emit("\n".join(lines), {"plugins": rows}, as_json)


@plugins.command()
@json_option
def order(as_json: bool) -> None:
    """Print the plugins of this process in the order they are asked."""
    with open_runtime() as runtime:
        ids = list(runtime.plugins.order)
    emit("\n".join(ids) or "No plugin runs.", {"order": ids}, as_json)


@plugins.command()
@click.argument("plugin_id")
@click.option("--withdraw", is_flag=True, help="Take the permission back; switches stay where they are.")
@json_option
def allow(plugin_id: str, withdraw: bool, as_json: bool) -> None:
    """Let organizations use PLUGIN_ID. It is on nowhere until it is switched on."""
    item = AllowPlugin(actor=operator(), organization_id=None, plugin_id=plugin_id, is_allowed=not withdraw)
    told = {
        "allowed": f"{plugin_id} may be used now. Switch it on with: zhiyuan plugins enable {plugin_id}",
        "withdrawn": f"{plugin_id} may not be used any more and is off everywhere. Its data and switches are kept.",
        "unchanged": f"Nothing changed: {plugin_id} {'was not allowed' if withdraw else 'was allowed already'}.",
    }
    with open_runtime() as runtime:
        _carry_out(runtime, ALLOW, item, told, {"plugin": plugin_id}, as_json)


@plugins.command()
@click.argument("plugin_id")
@_ORGANIZATION
@json_option
def enable(plugin_id: str, code: str | None, as_json: bool) -> None:
    """Switch PLUGIN_ID on, for the whole installation or for an organization and everything below it."""
    with open_runtime() as runtime:
        place, words = _place(runtime, code, as_json=as_json)
        item = SwitchPlugin(actor=operator(), organization_id=place, plugin_id=plugin_id)
        told = {
            "enabled": f"{plugin_id} is now on for {words}, except where a switch further down says otherwise.",
            "unchanged": f"Nothing changed: {plugin_id} was switched on for {words} already.",
        }
        _carry_out(runtime, ENABLE, item, told, {"plugin": plugin_id, "organization": code}, as_json)


@plugins.command()
@click.argument("plugin_id")
@_ORGANIZATION
@json_option
def disable(plugin_id: str, code: str | None, as_json: bool) -> None:
    """Switch PLUGIN_ID off, for the whole installation or for an organization and everything below it. Keeps all data."""
    with open_runtime() as runtime:
        place, words = _place(runtime, code, as_json=as_json)
        item = SwitchPlugin(actor=operator(), organization_id=place, plugin_id=plugin_id)
        told = {
            "disabled": f"{plugin_id} is now off for {words}, except where a switch further down says otherwise. "
            "Its data is kept, and its events wait.",
            "unchanged": f"Nothing changed: {plugin_id} was switched off for {words} already.",
        }
        _carry_out(runtime, DISABLE, item, told, {"plugin": plugin_id, "organization": code}, as_json)


@plugins.command("lift-gate")
@click.argument("plugin_id")
@click.option("--until", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]), help="When it ends, in UTC.")
@click.option("--shut", is_flag=True, help="Shut the gates again now.")
@json_option
def lift_gate(plugin_id: str, until: datetime | None, shut: bool, as_json: bool) -> None:
    """Let what PLUGIN_ID guards pass with a warning until a date, while the plugin is missing or failing."""
    if (until is None) is not shut:
        raise click.UsageError("Give either --until DATE or --shut.")
    end = until.replace(tzinfo=UTC) if until is not None else None
    item = LiftGates(actor=operator(), organization_id=None, plugin_id=plugin_id, until=end)
    told = {
        "lifted": f"The gates and failures of {plugin_id} only warn until {end}, then they block again.",
        "shut": f"The gates and failures of {plugin_id} block again.",
        "unchanged": f"Nothing changed for {plugin_id}.",
    }
    with open_runtime() as runtime:
        _carry_out(runtime, LIFT_GATES, item, told, {"plugin": plugin_id, "until": end}, as_json)


@plugins.command()
@click.argument("plugin_id", required=False)
@json_option
def migrate(plugin_id: str | None, as_json: bool) -> None:
    """Make or change the tables of PLUGIN_ID, or of every plugin that runs, whether it is switched on or not."""
    with open_runtime() as runtime:
        chosen = [plugin for plugin in runtime.plugins.plugins if plugin_id in (None, plugin.id)]
        if plugin_id is not None and not chosen:
            summary = f"{plugin_id} does not run here; see: zhiyuan plugins list"
            fail(summary, {"error": "plugins.not_running", "message": summary}, as_json)
        done = upgrades.upgrade(runtime.database, runtime.plugins, chosen)
    lines = [
        f"{entry.owner}: {', '.join(entry.applied)} applied, now at {entry.after}"
        if entry.applied
        else f"{entry.owner}: nothing to do, at {entry.after}"
        for entry in done
    ]
    owners = {e.owner: {"before": e.before, "after": e.after, "applied": list(e.applied)} for e in done}
    emit("\n".join(lines) or "No plugin has tables.", {"owners": owners}, as_json)


def _carry_out(
    runtime: Runtime,
    command: Command[Any],
    item: Any,
    told: Mapping[str, str],
    data: Mapping[str, Any],
    as_json: bool,
) -> None:
    outcome: Outcome = runtime.bus.submit(command, [item])[0]
    if not outcome.is_done:
        issues = tell(outcome.issues, active_translator().translate)
        lines = [f"{issue.message} {issue.cure}".strip() for issue in issues]
        plain = [{"code": issue.code, "message": issue.message, "cure": issue.cure} for issue in issues]
        fail("\n".join(lines), {**data, "status": outcome.status, "issues": plain}, as_json)
    emit(told[outcome.status], {**data, "status": outcome.status}, as_json)


def _place(runtime: Runtime, code: str | None, *, as_json: bool) -> tuple[UUID | None, str]:
    if code is None:
        return None, "the whole installation"
    with runtime.database.reading() as tx:
        row = tx.connection.execute(
            select(_organization.c.id, _organization.c.name).where(_organization.c.code == code)
        ).first()
        if row is None:
            summary = f"There is no organization with the code {code}."
            fail(summary, {"error": "organizations.unknown", "message": summary}, as_json)
        below = tx.connection.execute(
            select(func.count()).select_from(_path).where(_path.c.ancestor_id == row.id, _path.c.depth > 0)
        ).scalar_one()
    return row.id, f"{row.name} ({code}) and {below} organization(s) below it"


def _known(runtime: Runtime, tx: Tx) -> list[dict[str, Any]]:
    rows = {row.id: row for row in tx.connection.execute(select(_state))}
    places = tx.connection.execute(
        select(_scope.c.plugin_id, _scope.c.scope_kind, _scope.c.is_enabled, _organization.c.code)
        .join_from(_scope, _organization, _organization.c.id == _scope.c.scope_id, isouter=True)
        .order_by(_organization.c.code)
    ).all()
    found = {candidate.id: candidate for candidate in find(runtime.settings.plugins, installed())}
    running = {plugin.id: plugin for plugin in runtime.plugins.plugins}
    known = []
    for plugin_id in sorted(rows.keys() | found.keys() | running.keys()):
        row, candidate = rows.get(plugin_id), found.get(plugin_id)
        manifest = (
            running[plugin_id].manifest if plugin_id in running else candidate.manifest if candidate else None
        )
        reason = (
            row.reason if row is not None else " ".join(sentences(candidate.issues)) if candidate else None
        )
        known.append(
            {
                "id": plugin_id,
                "name": dict(manifest.name) if manifest is not None else {},
                "version": row.version
                if row is not None
                else str(manifest.version)
                if manifest is not None
                else None,
                "state": row.state if row is not None else "found",
                "reason": reason or None,
                "is_listed": bool(candidate and candidate.is_listed) or plugin_id in running,
                "is_allowed": bool(row and row.is_allowed),
                "on": _places(places, plugin_id, is_enabled=True),
                "off": _places(places, plugin_id, is_enabled=False),
                "gates": list(row.gates) if row is not None else [],
                "gates_lifted_until": row.gates_lifted_until if row is not None else None,
                "hooks": sorted(runtime.plugins.hooks_of(plugin_id)),
            }
        )
    return known


def _places(places: Sequence[Any], plugin_id: str, *, is_enabled: bool) -> list[str]:
    """Return the codes of organizations with such a switch; ``*`` is the whole installation."""
    return [
        place.code if place.scope_kind == ORGANIZATION else "*"
        for place in places
        if place.plugin_id == plugin_id and place.is_enabled == is_enabled
    ]


def _line(row: Mapping[str, Any]) -> str:
    words = [row["state"]]
    if not row["is_listed"]:
        words.append("not listed in the setting `plugins`")
    if row["is_allowed"]:
        words.append("on: " + (", ".join(row["on"]) or "nowhere"))
    if row["off"]:
        words.append("off: " + ", ".join(row["off"]))
    if row["gates_lifted_until"]:
        words.append(f"gates lifted until {row['gates_lifted_until']}")
    reason = f"\n    {row['reason']}" if row["reason"] else ""
    return f"{row['id']} {row['version'] or '?'}: {'; '.join(words)}{reason}"
