"""Starting the plugins of one process."""

from collections.abc import Sequence
from importlib.metadata import EntryPoint

import structlog

from zhiyuan.host.discovery import Candidate, find, installed
from zhiyuan.host.order import put_in_order
from zhiyuan.host.plugin_host import KeptOut, KeptOutState, PluginHost
from zhiyuan.host.reasons import sentences
from zhiyuan.host.registration import Plugin, Refused
from zhiyuan.host.registration import load as load_plugin
from zhiyuan.host.states import remember
from zhiyuan.kernel.errors import AppError
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.settings import Settings
from zhiyuan.kernel.uow import Database

log = structlog.get_logger(__name__)


class PluginsCannotRun(AppError):
    """``strict_plugins`` is set and a listed plugin cannot run: the process does not start."""

    def __init__(self, told: str) -> None:
        super().__init__(
            "plugins.cannot_run",
            "strict_plugins is set, and some plugins cannot run. %(reasons)s",
            reasons=told,
        )


def load(
    settings: Settings,
    database: Database,
    *,
    entries: Sequence[EntryPoint] | None = None,
    remembers: bool = True,
) -> PluginHost:
    """Load the plugins that ``settings`` list and that are installed, and remember in the database what became of them.

    A plugin that cannot run is kept out with named reasons and logged; the others go on. Raises PluginsCannotRun
    instead when ``settings.strict_plugins`` is set. ``entries`` stand in for the installed entry points in tests.
    """
    if entries is None:
        entries = installed() if settings.plugins else ()  # nothing may run: do not even look
    candidates = find(settings.plugins, entries)
    kept_out = [
        _kept_out(candidate) for candidate in candidates if not candidate.is_listed or candidate.issues
    ]
    wanted = {c.id: c for c in candidates if c.is_listed and not c.issues and c.manifest is not None}
    order = put_in_order([c.manifest for c in wanted.values() if c.manifest is not None])
    kept_out += [
        KeptOut(id=plugin_id, state="refused", issues=(issue,), manifest=wanted[plugin_id].manifest)
        for plugin_id, issue in order.refused.items()
    ]
    plugins: list[Plugin] = []
    for manifest in order.plugins:
        candidate = wanted[manifest.id]
        running = {plugin.id for plugin in plugins}
        missing = [need for need in manifest.requires if need.plugin_id not in running]
        assert candidate.folder is not None
        try:
            if missing:
                params = {"wanted": str(missing[0])}
                raise Refused(Issue("plugins.requirement_missing", params=params))
            plugins.append(load_plugin(manifest, candidate.package, candidate.folder, database.clock))
        except Refused as error:
            state: KeptOutState = "quarantined" if error.is_broken else "refused"
            kept_out.append(KeptOut(id=manifest.id, state=state, issues=error.issues, manifest=manifest))
    _report(settings, kept_out)
    host = PluginHost(database, plugins, kept_out, budget_seconds=settings.check_budget_seconds)
    if remembers:
        remember(database, host)
    return host


def _kept_out(candidate: Candidate) -> KeptOut:
    state: KeptOutState = "refused" if candidate.is_listed else "found"
    return KeptOut(id=candidate.id, state=state, issues=candidate.issues, manifest=candidate.manifest)


def _report(settings: Settings, kept_out: Sequence[KeptOut]) -> None:
    failing = [plugin for plugin in kept_out if plugin.state != "found"]
    for plugin in failing:
        log.error(
            "plugin does not run", plugin=plugin.id, state=plugin.state, reasons=sentences(plugin.issues)
        )
    if failing and settings.strict_plugins:
        told = "; ".join(f"{plugin.id}: {' '.join(sentences(plugin.issues))}" for plugin in failing)
        raise PluginsCannotRun(told)
