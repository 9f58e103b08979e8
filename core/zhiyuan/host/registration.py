"""From a manifest to a running plugin: import its code, hold it against the contract, register it.

A plugin that fails here is kept out of this process with named reasons; the others go on. Wrappers, asynchronous
implementations, unknown hooks and arguments, names outside the plugin's prefix are all found here, never at the first
call.
"""

import importlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pluggy
import structlog

from zhiyuan.host.columns import TABLES, Column
from zhiyuan.host.context import HookContext
from zhiyuan.host.gates import GATES
from zhiyuan.host.manifest import Manifest
from zhiyuan.host.traces import trace
from zhiyuan.kernel.clock import Clock
from zhiyuan.kernel.issues import Issue, IssueText
from zhiyuan.kernel.tables import Base

log = structlog.get_logger(__name__)

PROJECT: Final = "zhiyuan"


class Refused(Exception):
    """The plugin does not run in this process. ``is_broken``: its code failed, rather than breaking a rule."""

    def __init__(self, *issues: Issue, is_broken: bool = False) -> None:
        super().__init__(", ".join(issue.code for issue in issues))
        self.issues = issues
        self.is_broken = is_broken


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin whose code is loaded and keeps the contract."""

    manifest: Manifest
    module: ModuleType
    folder: Path
    issue_texts: tuple[IssueText, ...] = ()
    columns: tuple[Column, ...] = ()

    @property
    def id(self) -> str:
        """Return the plugin's id."""
        return self.manifest.id

    @property
    def has_tables(self) -> bool:
        """True when the plugin keeps rows of its own."""
        return any(True for _ in tables_of(self.id, self.module.__package__ or ""))


def load(manifest: Manifest, package: str, folder: Path, clock: Clock) -> Plugin:
    """Import the code of ``package`` and check it. Raises Refused; what was imported of it stays unused then."""
    before = set(Base.metadata.tables)
    try:
        module = _imported(package, folder)
        plugin = Plugin(manifest, module, folder)
        _check_implementations(module)
        _check_gates(manifest, module)
        _check_tables(manifest.id, package, folder, _own_new_tables(package, before))
        context = HookContext(plugin_id=manifest.id, now=clock.now(), log=log.bind(plugin=manifest.id))
        texts = _collected(module, "register_issues", context, IssueText)
        columns = _collected(module, "register_columns", context, Column)
        _check_texts(manifest.id, texts)
        _check_columns(columns)
    except Refused:
        for name in _own_new_tables(package, before):
            Base.metadata.remove(Base.metadata.tables[name])
        raise
    return Plugin(plugin.manifest, module, folder, tuple(texts), tuple(columns))


def tables_of(plugin_id: str, package: str) -> Iterator[tuple[str, str]]:
    """Yield (table, class) of every table class that ``package`` defines."""
    for mapper in Base._sa_registry.mappers:  # noqa: SLF001  # SQLModel offers no public way to its registry
        if _is_in(mapper.class_.__module__, package):
            yield str(mapper.local_table.name), mapper.class_.__name__  # type: ignore[attr-defined]  # always a Table


def _own_new_tables(package: str, before: set[str]) -> set[str]:
    """Return the tables that came with ``package``: importing it may have loaded rooms of the core as well."""
    others = {
        str(mapper.local_table.name)  # type: ignore[attr-defined]  # always a Table
        for mapper in Base._sa_registry.mappers  # noqa: SLF001  # as above
        if not _is_in(mapper.class_.__module__, package)
    }
    return set(Base.metadata.tables) - before - others


def _is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def implementations(module: ModuleType) -> Iterator[tuple[str, Callable[..., Any], dict[str, Any]]]:
    """Yield (hook, function, marks) of everything in ``module`` that is marked as an implementation."""
    for name, value in sorted(vars(module).items()):
        marks = getattr(value, f"{PROJECT}_impl", None)
        if isinstance(marks, dict) and callable(value):
            yield marks.get("specname") or name, value, marks


def _imported(package: str, folder: Path) -> ModuleType:
    """Import ``package.models`` (for its tables) and ``package.plugin``."""
    try:
        if find_spec(f"{package}.models") is not None:
            importlib.import_module(f"{package}.models")
        return importlib.import_module(f"{package}.plugin")
    except (Exception, SystemExit) as error:
        log.error("plugin cannot be imported", plugin=package, **trace(error))
        failed = Issue("plugins.import_failed", params={"error": type(error).__name__})
        raise Refused(failed, is_broken=True) from error


def _check_implementations(module: ModuleType) -> None:
    from zhiyuan import hookspecs

    issues = []
    for hook, function, marks in implementations(module):
        spec = getattr(hookspecs, hook, None)
        if spec is None or not hasattr(spec, f"{PROJECT}_spec"):
            if not marks.get("optionalhook"):
                issues.append(Issue("plugins.unknown_hook", params={"hook": hook}))
            continue
        if marks.get("wrapper") or marks.get("hookwrapper"):
            issues.append(Issue("plugins.wrapper_refused", params={"hook": hook}))
        if marks.get("tryfirst") or marks.get("trylast"):
            issues.append(Issue("plugins.order_marks_refused", params={"hook": hook}))
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            issues.append(Issue("plugins.async_refused", params={"hook": hook}))
        known = inspect.signature(spec).parameters
        issues += [
            Issue("plugins.unknown_argument", params={"hook": hook, "argument": argument})
            for argument in inspect.signature(function).parameters
            if argument not in known
        ]
    if issues:
        raise Refused(*issues)


def _check_gates(manifest: Manifest, module: ModuleType) -> None:
    implemented = {hook for hook, _, _ in implementations(module)}
    issues = [
        Issue("plugins.gate_without_check", params={"gate": gate, "hook": GATES[gate]})
        for gate in manifest.gates
        if GATES[gate] not in implemented
    ]
    if issues:
        raise Refused(*issues)


def _check_tables(plugin_id: str, package: str, folder: Path, new_tables: set[str]) -> None:
    prefix = f"{plugin_id}__"
    class_prefix = "".join(part.capitalize() for part in plugin_id.split("_"))
    own = dict(tables_of(plugin_id, package))
    issues = [
        Issue("plugins.table_outside_prefix", params={"table": table, "prefix": prefix})
        for table in sorted(new_tables | own.keys())
        if not table.startswith(prefix)
    ]
    issues += [
        Issue("plugins.class_outside_prefix", params={"name": name, "prefix": class_prefix})
        for name in sorted(own.values())
        if not name.startswith(class_prefix)
    ]
    if own and not (folder / "migrations" / "versions").is_dir():
        issues.append(Issue("plugins.migrations_missing"))
    if issues:
        raise Refused(*issues)


def _collected(module: ModuleType, hook: str, context: HookContext, kind: type[Any]) -> Sequence[Any]:
    for name, function, _ in implementations(module):
        if name != hook:
            continue
        try:
            result = function(context) if inspect.signature(function).parameters else function()
        except (Exception, SystemExit) as error:
            log.error("plugin cannot be registered", plugin=context.plugin_id, hook=hook, **trace(error))
            params = {"hook": hook, "error": type(error).__name__}
            raise Refused(Issue("plugins.register_failed", params=params), is_broken=True) from error
        if result is None:
            return ()
        if not isinstance(result, list | tuple) or not all(isinstance(entry, kind) for entry in result):
            params = {"hook": hook, "error": f"a sequence of {kind.__name__} is wanted"}
            raise Refused(Issue("plugins.register_failed", params=params), is_broken=True)
        return result
    return ()


def _check_texts(plugin_id: str, texts: Sequence[IssueText]) -> None:
    prefix = f"{plugin_id}."
    codes = [text.code for text in texts]
    issues = [
        Issue("plugins.issue_outside_prefix", params={"code": code, "prefix": prefix})
        for code in codes
        if not code.startswith(prefix)
    ]
    issues += [
        Issue("plugins.issue_twice", params={"code": c}) for c in sorted(set(codes)) if codes.count(c) > 1
    ]
    if issues:
        raise Refused(*issues)


def _check_columns(columns: Sequence[Column]) -> None:
    issues = []
    seen: set[tuple[str, str]] = set()
    for column in columns:
        if column.table not in TABLES:
            params = {"table": column.table, "known": ", ".join(TABLES)}
            issues.append(Issue("plugins.unknown_table", params=params))
        if (column.table, column.id) in seen:
            params = {"table": column.table, "column": column.id}
            issues.append(Issue("plugins.column_twice", params=params))
        seen.add((column.table, column.id))
    if issues:
        raise Refused(*issues)


def register(manager: pluggy.PluginManager, plugins: Sequence[Plugin]) -> None:
    """Register ``plugins`` so that pluggy's own order equals theirs: it calls the last registered first."""
    for plugin in reversed(plugins):
        manager.register(plugin.module, name=plugin.id)
    manager.check_pending()
