"""Making and changing the tables of plugins: by command only, by what is loaded, whether it is switched on or not."""

from collections.abc import Sequence

from sqlalchemy import update

from zhiyuan.host.migrate import Migrated, Owner, head, migrate, pending
from zhiyuan.host.models import PluginState
from zhiyuan.host.plugin_host import PluginHost
from zhiyuan.host.registration import Plugin
from zhiyuan.host.states import FOUND, INSTALLED, remember
from zhiyuan.host.switches import raise_generation
from zhiyuan.kernel.actor import operator
from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.uow import Database

_state = PluginState.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__


def owner_of(plugin: Plugin) -> Owner:
    """Return the owner of a plugin's tables and of their version table."""
    return Owner(plugin.id, plugin.folder / "migrations" / "versions")


def owners(host: PluginHost) -> list[Owner]:
    """Return the owners of all running plugins with tables, in plugin order: what is required comes first."""
    return [owner_of(plugin) for plugin in host.plugins if plugin.has_tables]


def upgrade(database: Database, host: PluginHost, plugins: Sequence[Plugin]) -> list[Migrated]:
    """Bring the tables of ``plugins`` to their newest revision and remember it. The core's must be there already.

    Opens its own units of work. Raises Conflict as ``host.migrate.migrate`` does.
    """
    remember(database, host)  # the first time, there was no table to remember anything in
    url = database.engines.url.render_as_string(hide_password=False)
    done = migrate(url, [owner_of(plugin) for plugin in plugins if plugin.has_tables])
    with database.uow(unaudited="nothing was migrated") as tx:
        for migrated in done:
            changed = tx.connection.execute(
                update(_state)
                .where(_state.c.id == migrated.owner, _state.c.schema_head.is_distinct_from(migrated.after))
                .values(schema_head=migrated.after)
            )
            tx.connection.execute(
                update(_state)
                .where(_state.c.id == migrated.owner, _state.c.state == FOUND)
                .values(state=INSTALLED)
            )
            if changed.rowcount:
                detail = {"plugin": migrated.owner, "before": migrated.before, "after": migrated.after}
                tx.audit(Audit(operator(), "plugins.migrate", "plugin", detail=detail))
                raise_generation(tx)
    return done


def lacking(database: Database, plugin: Plugin) -> tuple[str, ...]:
    """Return the revisions that the database still lacks for ``plugin``, oldest first; none when it has no tables."""
    if not plugin.has_tables:
        return ()
    return pending(database.engines.url.render_as_string(hide_password=False), owner_of(plugin))


def newest(plugin: Plugin) -> str | None:
    """Return the newest revision that ``plugin`` brings."""
    return head(owner_of(plugin)) if plugin.has_tables else None
