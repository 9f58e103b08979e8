"""What the installation remembers of its plugins from one start to the next.

At start each process compares what it found with what is written, and writes what changed: a new version, a plugin that
failed, one whose package is gone (``retired``). The copy of the manifest and the gates stay as they were when the plugin
last ran, so that a broken or missing plugin still guards what it guarded.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog
from sqlalchemy import Row, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from zhiyuan.host.manifest import Manifest
from zhiyuan.host.models import PluginState
from zhiyuan.host.reasons import sentences
from zhiyuan.host.switches import IMPLEMENTED, raise_generation
from zhiyuan.kernel.actor import operator
from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.outbox.delivery import release_withheld
from zhiyuan.kernel.uow import Database, Tx

if TYPE_CHECKING:
    from zhiyuan.host.plugin_host import PluginHost

log = structlog.get_logger(__name__)

FOUND: Final = "found"
INSTALLED: Final = "installed"
REFUSED: Final = "refused"
QUARANTINED: Final = "quarantined"
RETIRED: Final = "retired"

_SEEN_EVERY: Final = timedelta(days=1)
_REASON_LENGTH: Final = 500

_state = PluginState.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__


def remember(database: Database, host: "PluginHost") -> None:
    """Write what changed since the last start. Does nothing while there are no tables, or no database, yet."""
    try:
        with database.reading() as tx:
            known = {row.id: row for row in tx.connection.execute(select(_state))}
            changes = _changes(tx, host, known)
    except SQLAlchemyError as error:
        log.info("plugins are not remembered: the database is not ready", reason=type(error).__name__)
        return
    if not changes:
        return
    with database.uow(unaudited="a plugin was seen again; changes of state are audited") as tx:
        for plugin_id, values in changes.items():
            _write(tx, plugin_id, values, known.get(plugin_id))


def _changes(tx: Tx, host: "PluginHost", known: Mapping[str, Row[Any]]) -> dict[str, dict[str, Any]]:
    wanted: dict[str, dict[str, Any]] = {}
    for plugin in host.plugins:
        row = known.get(plugin.id)
        is_ready = not plugin.has_tables or (row is not None and row.schema_head is not None)
        wanted[plugin.id] = {
            "state": INSTALLED if is_ready else FOUND,
            "reason": None,
            "version": str(plugin.manifest.version),
            "gates": list(plugin.manifest.gates),
            "manifest": {**plugin.manifest.raw, IMPLEMENTED: sorted(host.hooks_of(plugin.id))},
        }
    for out in host.kept_out:
        is_gone = any(issue.code == "plugins.not_installed" for issue in out.issues)
        if out.id in known or (out.state != FOUND and not is_gone):
            wanted[out.id] = {
                "state": RETIRED if is_gone else out.state,
                "reason": " ".join(sentences(out.issues))[:_REASON_LENGTH] or None,
                **(_first_seen(out.manifest) if out.id not in known else {}),
            }
    for plugin_id in known.keys() - wanted.keys():
        wanted[plugin_id] = {"state": RETIRED, "reason": None}
    return {
        plugin_id: values
        for plugin_id, values in wanted.items()
        if plugin_id not in known
        or any(getattr(known[plugin_id], name) != value for name, value in values.items())
        or (values["state"] != RETIRED and tx.now - known[plugin_id].last_seen_at > _SEEN_EVERY)
    }


def _first_seen(manifest: Manifest | None) -> dict[str, Any]:
    if manifest is None:
        return {"version": "", "gates": [], "manifest": {}}
    return {"version": str(manifest.version), "gates": list(manifest.gates), "manifest": dict(manifest.raw)}


def _write(tx: Tx, plugin_id: str, values: Mapping[str, Any], row: Row[Any] | None) -> None:
    insert = sqlite.insert if tx.is_sqlite else postgresql.insert
    seen = {} if values["state"] == RETIRED else {"last_seen_at": tx.now}
    if row is None:
        new = {
            "id": plugin_id,
            "is_allowed": False,
            "first_seen_at": tx.now,
            "last_seen_at": tx.now,
            **values,
        }
        tx.connection.execute(insert(_state).values(new).on_conflict_do_nothing())
    else:
        tx.connection.execute(update(_state).where(_state.c.id == plugin_id).values({**values, **seen}))
    if row is not None and row.state == values["state"] and row.version == values.get("version", row.version):
        return
    detail = {"state": values["state"], "before": row.state if row is not None else None}
    tx.audit(
        Audit(operator("worker"), "plugins.notice_state", "plugin", detail={"plugin": plugin_id, **detail})
    )
    log.info("plugin changed its state", plugin=plugin_id, **detail)
    raise_generation(tx)  # gates and listeners are remembered with the state
    if values["state"] == INSTALLED and row is not None and row.state != INSTALLED:
        release_withheld(tx, plugin_id)
