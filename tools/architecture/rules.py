"""Rules about one module of the core at a time."""

import ast
import re
from pathlib import Path

from tools.architecture.layers import DOMAINS
from tools.architecture.source import Module, docstring_nodes

# Ids of the official plugins. The core works without them and must not know that they exist.
RESERVED_PLUGIN_IDS = ("insurance", "points_mall", "training", "honors", "local_policy")

# What every room has, as a module or as a package of the name.
DOMAIN_FILES = ("models", "schemas", "queries", "service", "issues")

# What a room has where there is something to say.
OPTIONAL_FILES = ("events", "policy", "permissions", "jobs", "protection")

# Beside these a room has files named after its own nouns: things that both its reads and its writes speak of, or that
# others come for. A module that only writes stands below `service`. A new noun is written down here first.
ROOM_NOUNS = {
    "regions": ("codes", "files", "tables"),
    "people": ("contacts", "documents", "masking", "membership", "numbers"),
    "organizations": ("words",),
    "sites": (),
    "accounts": ("authorizer", "logins", "passwords", "tokens"),
    "activities": ("codes", "tables"),
    "records": ("certificates", "chain", "heads", "signing", "statuses", "verification"),
}

LONGEST_MODULE = 500

# A module named like this is a place where unrelated things meet.
NAMELESS = ("utils", "util", "helpers", "helper", "common", "misc", "shared", "tools")

# Where everything may be caught, and why. Elsewhere an exception nobody expected must reach one of these.
CATCHES_EVERYTHING = {
    "zhiyuan.host": "a plugin's failure is the plugin's alone",
    "zhiyuan.worker": "one job's failure must not stop the queue; it is recorded with the job",
    "zhiyuan.kernel.commands": "a failing batch is halved until the poisoned item stands alone with its error",
    "zhiyuan.kernel.jobs": "the same, where the attempt is written down",
    "zhiyuan.kernel.outbox": "one delivery's failure must not stop the others; it is retried and parked",
    "zhiyuan.web.errors": "the last stop before a person: an unexpected error becomes a page with a number",
    "zhiyuan.cli": "the last stop before a terminal: an unexpected error becomes an exit code",
}

# Who may commit, and why. Everybody else leaves it to the end of the unit of work.
COMMITS = {
    "zhiyuan.kernel": "the unit of work itself",
    "zhiyuan.host.migrate": "the schema changes outside any unit of work, under a lock of its own",
}

WEB_FRAMEWORK = ("litestar", "starlette", "granian")

CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}


def commits_outside_kernel(module: Module) -> list[str]:
    """Calls of `.commit(`: a unit of work commits once, in one place."""
    if module.is_in(*COMMITS):
        return []
    return [
        module.finding(call, "`.commit(` belongs to zhiyuan.kernel; use `with uow() as tx:`")
        for call in ast.walk(module.tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "commit"
    ]


def plugin_ids(module: Module) -> list[str]:
    """Strings and imports that name an official plugin. Words in docstrings and comments are free."""
    words = docstring_nodes(module.tree)
    findings = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in words:
            named = _plugin_in(node.value)
        elif isinstance(node, ast.Import):
            named = next((name for alias in node.names if (name := _plugin_in(alias.name))), "")
        elif isinstance(node, ast.ImportFrom):
            named = _plugin_in(node.module or "")
        else:
            continue
        if named:
            findings.append(
                module.finding(node, f"the core names the plugin `{named}`; offer a hook or a registry")
            )
    return findings


def _plugin_in(text: str) -> str:
    for name in RESERVED_PLUGIN_IDS:
        if f"zhiyuan_{name}" in text or f"zhiyuan-{name.replace('_', '-')}" in text:
            return name
        if text == name or (text.startswith(name) and text[len(name)] in "._:/"):
            return name
    return ""


def postponed_annotations(module: Module) -> list[str]:
    """`from __future__ import annotations` where tables are defined: it breaks relationships with lists."""
    if not (module.name.endswith(".models") or ".models." in module.name):
        return []
    return [
        module.finding(node, "SQLModel reads annotations at run time; quote the name instead")
        for node in module.tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
    ]


def clocks(module: Module) -> list[str]:
    """Readings of the system's clock outside zhiyuan.kernel.clock, with or without a zone."""
    if module.is_in("zhiyuan.kernel.clock"):
        return []
    findings = []
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Attribute):
            continue
        owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        if (owner, node.attr) in CLOCKS:
            findings.append(
                module.finding(node, "time comes from the clock that is passed in, so tests can move it")
            )
    return findings


def catches_everything(module: Module) -> list[str]:
    """Handlers for every exception that do not raise it again, outside the modules that say why."""
    if module.is_in(*CATCHES_EVERYTHING):
        return []
    return [
        module.finding(node, "catch what you expect; only the modules in CATCHES_EVERYTHING may catch all")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler) and _is_broad(node.type) and not _raises_again(node)
    ]


def _is_broad(kind: ast.expr | None) -> bool:
    if isinstance(kind, ast.Tuple):
        return any(_is_broad(part) for part in kind.elts)
    return kind is None or (isinstance(kind, ast.Name) and kind.id in ("Exception", "BaseException"))


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def missing_docstrings(module: Module) -> list[str]:
    """Public modules, classes and functions without a docstring. Methods are told by their class."""
    if module.is_in("zhiyuan.migrations.versions"):
        return []
    findings = [] if ast.get_docstring(module.tree) else [module.finding(1, "the module says what it is for")]
    for node in module.tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if node.name.startswith("_") or ast.get_docstring(node):
            continue
        if any(ast.unparse(mark).endswith("overload") for mark in node.decorator_list):
            continue
        findings.append(module.finding(node, f"`{node.name}` is public and has no docstring"))
    return findings


def size_and_name(module: Module) -> list[str]:
    """Modules that are too long to be one idea, or named after none."""
    findings = []
    lines = module.text.count("\n")
    if lines > LONGEST_MODULE and not module.is_in("zhiyuan.migrations.versions"):
        findings.append(module.finding(lines, f"{lines} lines; split into a package of the same name"))
    if module.name.split(".")[-1] in NAMELESS:
        findings.append(module.finding(1, "a helper lives with the noun it helps"))
    return findings


def deletions_in_the_ledger(module: Module) -> list[str]:
    """Deletions in the room of records, where a mistake is corrected by a later entry."""
    if not module.is_in("zhiyuan.records"):
        return []
    return [
        module.finding(call, "nothing in records is deleted; a later entry corrects or voids it")
        for call in ast.walk(module.tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] == "delete"
    ]


def table_names(module: Module) -> list[str]:
    """Tables of the core whose name does not say so; filters of migrations go by this prefix."""
    findings = []
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Assign | ast.AnnAssign) or not isinstance(node.value, ast.Constant):
            continue
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        name = str(node.value.value or "")
        if ast.unparse(target) == "__tablename__" and not re.fullmatch(r"core__[a-z][a-z_]*", name):
            findings.append(module.finding(node, f"the table `{name}` is called core__<noun>"))
    return findings


def http_below_the_edge(module: Module) -> list[str]:
    """Imports of the web framework in the rooms: they are used by the command line, the worker and tests as well."""
    if not module.is_in(*(f"zhiyuan.{room}" for room in (*DOMAINS, "policy", "kernel", "imports"))):
        return []
    return [
        module.finding(node, "HTTP lives in zhiyuan.web and zhiyuan.api")
        for node in ast.walk(module.tree)
        if (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in WEB_FRAMEWORK)
        or (isinstance(node, ast.Import) and any(a.name.split(".")[0] in WEB_FRAMEWORK for a in node.names))
    ]


def missing_domain_files(folder: Path) -> list[str]:
    """The files every domain folder has and this one lacks; a package of the name will do.

    A room that has no commands yet is only a place for its tables, and nothing is asked of it.
    """
    if not (folder / "service.py").exists() and not (folder / "service" / "__init__.py").exists():
        return []
    return [
        f"{folder.name}/{name}.py is missing: every domain folder has the same files"
        for name in DOMAIN_FILES
        if not (folder / f"{name}.py").exists() and not (folder / name / "__init__.py").exists()
    ]


def unexpected_domain_files(folder: Path) -> list[str]:
    """Modules and packages of a room whose path a stranger could not guess, and a service that is no package."""
    allowed = {"__init__", *DOMAIN_FILES, *OPTIONAL_FILES, *ROOM_NOUNS.get(folder.name, ())}
    found = {path.stem for path in folder.glob("*.py")}
    found |= {path.parent.name for path in folder.glob("*/__init__.py")}
    findings = [
        f"{folder.name}/{name} is no file of a room: what only writes stands below service, a noun in ROOM_NOUNS"
        for name in sorted(found - allowed)
    ]
    if (folder / "service.py").exists():
        findings.append(f"{folder.name}/service.py: a package in every room, its commands in __init__.py")
    return findings
