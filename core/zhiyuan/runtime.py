"""The composition root: puts settings, database, keys, clock and plugins together into one running installation."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from typing import Any, Final

from zhiyuan.accounts.authorizer import RoleAuthorizer
from zhiyuan.declarations import declare_rules, issue_texts
from zhiyuan.host import PluginHost, load
from zhiyuan.kernel import housekeeping, logging
from zhiyuan.kernel.clock import Clock, SystemClock
from zhiyuan.kernel.commands import CommandBus
from zhiyuan.kernel.database import Engines
from zhiyuan.kernel.hooks import Hooks
from zhiyuan.kernel.i18n import declare_catalogue
from zhiyuan.kernel.jobs import JobRegistry
from zhiyuan.kernel.keys import KeyringFile
from zhiyuan.kernel.reencryption import ProtectedColumns
from zhiyuan.kernel.settings import Settings
from zhiyuan.kernel.uow import Database
from zhiyuan.policy import packs

_ROOMS: Final = ("people", "organizations", "sites", "accounts", "activities", "records", "imports")


@dataclass(frozen=True)
class Runtime:
    """One process's view of the installation. Made once by :func:`start`, closed once."""

    settings: Settings
    database: Database
    bus: CommandBus
    plugins: PluginHost
    keys: KeyringFile
    jobs: JobRegistry
    protected: ProtectedColumns

    def close(self) -> None:
        """Let go of every connection."""
        self.database.engines.dispose()


def start(
    settings: Settings,
    *,
    clock: Clock | None = None,
    hooks: Hooks | None = None,
    pool_size: int | None = None,
    entries: Sequence[EntryPoint] | None = None,
) -> Runtime:
    """Open the installation that ``settings`` describe. Creates the data folder and keys if they are missing.

    Loads the plugins that the settings list; ``entries`` stand in for the installed ones in tests, and ``hooks`` for
    the whole host. ``pool_size`` asks for fewer or more connections than the settings do. Raises PluginsCannotRun under
    ``strict_plugins``, and PacksCannotLoad when a rule pack has a fault.
    """
    logging.configure_unless_done(log_format=settings.log_format, level=settings.log_level)
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = KeyringFile(settings.keyring_path)
    engines = Engines(settings.url, pool_size=pool_size or settings.database_pool_size)
    database = Database(engines, clock=clock or SystemClock(), keyring=keys, hooks=hooks)
    plugins = load(settings, database, entries=entries)
    if hooks is None:
        database.hooks = plugins
    if plugins.plugins:
        plugins.declare_texts(issue_texts())
    _install_packs(settings)
    for domain, folder in plugins.catalogues.items():
        declare_catalogue(domain, folder)
    protected = ProtectedColumns(_declared("protection", "COLUMNS"))
    jobs = JobRegistry()
    jobs.declare("kernel", (*housekeeping.jobs(history_days=settings.history_days), protected.job()))
    jobs.declare("core", _declared("jobs", "JOBS"))
    return Runtime(settings, database, CommandBus(database, RoleAuthorizer()), plugins, keys, jobs, protected)


def _install_packs(settings: Settings) -> None:
    """Put the rule packs of this installation in force; a pack with a fault keeps the installation from starting."""
    folders = packs.roots(settings.policy_packs, settings.data_dir)
    if folders:
        declare_rules()
    packs.install(packs.load(folders))


def _declared(module: str, name: str) -> list[Any]:
    """Return what every room lists under ``name`` in its ``module``; a room without such a file has nothing to list."""
    found: list[Any] = []
    for room in _ROOMS:
        if find_spec(f"zhiyuan.{room}.{module}") is not None:
            found.extend(getattr(import_module(f"zhiyuan.{room}.{module}"), name))
    return found
