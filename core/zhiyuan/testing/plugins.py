"""Plugins in tests: loaded from their folders without being installed, made up on the spot, or broken on purpose.

``@pytest.mark.plugins("my_plugin")`` makes the ``runtime`` fixture load exactly these, from any folder with a
``pyproject.toml`` that offers the entry point: the test run's root folder itself, or one below its ``plugins/`` and
``docs/examples/``. Other plugins on the machine are never loaded in tests.
"""

import sys
import threading
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import UUID

if TYPE_CHECKING:
    from zhiyuan.host.registration import Plugin
    from zhiyuan.runtime import Runtime

BrokenHow = Literal["raise", "hang", "wrong_type"]

LONGEST_HANG_SECONDS: Final = 60.0
"""After this a hanging implementation comes back by itself, so that a forgotten one cannot keep a test run."""


def make_importable(root: Path) -> None:
    """Put every folder under ``root`` that offers a plugin on the import path; nothing is loaded by that."""
    for folder in _folders(root):
        if _offers(folder) and str(folder) not in sys.path:
            sys.path.append(str(folder))


def entry_points_in(root: Path, plugin_ids: Sequence[str]) -> list[EntryPoint]:
    """Return entry points for ``plugin_ids`` from distribution folders under ``root``, importable from now on.

    Raises LookupError naming the folders that were searched.
    """
    offered = {
        plugin_id: (folder, package)
        for folder in _folders(root)
        for plugin_id, package in _offers(folder).items()
    }
    entries = []
    for plugin_id in plugin_ids:
        if plugin_id not in offered:
            raise LookupError(
                f"no folder offers the plugin {plugin_id!r}; searched {root}, plugins/*, docs/examples/*"
            )
        folder, package = offered[plugin_id]
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
        entries.append(EntryPoint(plugin_id, package, "zhiyuan.plugins"))
    return entries


def install(runtime: "Runtime") -> None:
    """Make the tables of every plugin that ``runtime`` has loaded."""
    from zhiyuan.host.upgrades import upgrade

    upgrade(runtime.database, runtime.plugins, runtime.plugins.plugins)


def switch_on(runtime: "Runtime", plugin_id: str, *, organization_id: UUID | None = None) -> None:
    """Allow a plugin and switch it on, for the whole installation or at one organization. Raises RuleViolation."""
    from zhiyuan.host.lifecycle import ALLOW, ENABLE, AllowPlugin, SwitchPlugin
    from zhiyuan.kernel.actor import operator

    runtime.bus.submit_one(ALLOW, AllowPlugin(actor=operator(), organization_id=None, plugin_id=plugin_id))
    runtime.bus.submit_one(
        ENABLE, SwitchPlugin(actor=operator(), organization_id=organization_id, plugin_id=plugin_id)
    )


def switch_off(runtime: "Runtime", plugin_id: str, *, organization_id: UUID | None = None) -> None:
    """Switch a plugin off, for the whole installation or at one organization."""
    from zhiyuan.host.lifecycle import DISABLE, SwitchPlugin
    from zhiyuan.kernel.actor import operator

    runtime.bus.submit_one(
        DISABLE, SwitchPlugin(actor=operator(), organization_id=organization_id, plugin_id=plugin_id)
    )


def made_up_plugin(
    plugin_id: str,
    implementations: Mapping[str, Callable[..., Any]],
    *,
    gates: Sequence[str] = (),
    order: int = 100,
) -> "Plugin":
    """Return a running plugin without files, from functions by hook name. ``register_`` hooks are not called."""
    from zhiyuan.hookspecs import HOOK_API, hookimpl
    from zhiyuan.host import manifest
    from zhiyuan.host.registration import Plugin

    about = {
        "id": plugin_id,
        "name": {"en": plugin_id},
        "version": "1.0",
        "hook_api": HOOK_API,
        "requires_core": ">=0.1",
        "order": order,
        "gates": list(gates),
    }
    module = ModuleType(f"zhiyuan_{plugin_id}.plugin")
    for hook, function in implementations.items():
        setattr(module, hook, hookimpl(specname=hook)(function))
    columns = implementations["register_columns"](None) if "register_columns" in implementations else ()
    return Plugin(
        manifest.parse({"plugin": about}, entry_point=plugin_id), module, Path(), columns=tuple(columns)
    )


@contextmanager
def running(runtime: "Runtime", *plugins: "Plugin") -> "Iterator[None]":
    """Let made-up ``plugins`` run beside the others of ``runtime`` inside the block; they are switched on nowhere yet."""
    from zhiyuan.host import PluginHost
    from zhiyuan.host.states import remember

    database, before = runtime.database, runtime.database.hooks
    host = PluginHost(
        database,
        [*runtime.plugins.plugins, *plugins],
        runtime.plugins.kept_out,
        budget_seconds=runtime.settings.check_budget_seconds,
    )
    database.hooks = host
    remember(database, host)
    try:
        yield
    finally:
        database.hooks = before


class BrokenPlugin:
    """A plugin that fails in one hook in one way. Counts its calls; a hanging one comes back on :meth:`release`."""

    def __init__(
        self, hook: str, how: BrokenHow, *, gates: Sequence[str] = (), plugin_id: str = "broken"
    ) -> None:
        self.id = plugin_id
        self.calls = 0
        self._how: BrokenHow | Literal["well"] = how
        self._released = threading.Event()
        implementations = {hook: self._implementation(hook)}
        if hook == "extend_table":
            implementations["register_columns"] = _broken_column
        self.plugin = made_up_plugin(plugin_id, implementations, gates=gates)

    def release(self) -> None:
        """Let calls that hang come back, and later ones answer at once."""
        self._released.set()

    def repair(self) -> None:
        """Let later calls answer well."""
        self._how = "well"
        self.release()

    def _implementation(self, hook: str) -> Callable[..., Any]:
        if hook.startswith("check_"):
            return lambda ctx, requests: self._misbehave()
        if hook == "extend_table":
            return lambda ctx, table, ids: self._misbehave()
        return lambda ctx, event: self._misbehave()

    def _misbehave(self) -> Any:
        self.calls += 1
        if self._how == "raise":
            raise RuntimeError("broken on purpose")
        if self._how == "hang":
            self._released.wait(LONGEST_HANG_SECONDS)
        return 42 if self._how == "wrong_type" else {}


def _broken_column(ctx: object) -> Sequence[Any]:
    from zhiyuan.host.columns import Column

    return [Column("sign_ups", "broken", "Broken"), Column("people", "broken", "Broken")]


@contextmanager
def broken_plugin(
    runtime: "Runtime",
    hook: str,
    *,
    how: BrokenHow,
    organization_id: UUID | None = None,
    gates: Sequence[str] = (),
) -> Iterator[BrokenPlugin]:
    """Run a broken plugin beside the others inside the block, switched on everywhere or at one organization.

    ``raise`` raises, ``hang`` does not come back before the block ends, ``wrong_type`` answers 42.
    """
    broken = BrokenPlugin(hook, how, gates=gates)
    with running(runtime, broken.plugin):
        switch_on(runtime, broken.id, organization_id=organization_id)
        try:
            yield broken
        finally:
            broken.release()


def _folders(root: Path) -> list[Path]:
    return [root, *sorted(root.glob("plugins/*")), *sorted(root.glob("docs/examples/*"))]


def _offers(folder: Path) -> Mapping[str, str]:
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    offers: Mapping[str, str] = project.get("project", {}).get("entry-points", {}).get("zhiyuan.plugins", {})
    return offers
