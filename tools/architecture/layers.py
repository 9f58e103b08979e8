"""Who may import whom inside the core: the one place where the order is written down."""

import ast
from collections.abc import Iterator

from tools.architecture.source import Module

# From the top down. A layer may import every layer below it; names on one line may import each other.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("__main__",),
    ("web", "api", "cli", "worker", "testing", "migrations"),
    ("runtime", "tables"),
    ("imports",),
    ("declarations", "words"),  # gathers what the rooms declare, those above it too, and imports none of them
    ("sdk",),  # for plugins: it offers names from below, and nothing below knows it
    ("host",),
    ("hookspecs",),
    ("records",),
    ("activities",),
    ("accounts",),
    ("sites",),
    ("organizations",),
    ("people",),
    ("regions",),
    ("policy",),
    ("kernel",),
)

# The rooms of the domain: folders with the same files (see rules.DOMAIN_FILES).
DOMAINS = ("regions", "people", "organizations", "sites", "accounts", "activities", "records")

_RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}


def upward_imports(module: Module) -> list[str]:
    """Imports that go up, or to a package that has no place in the order yet.

    Imports for types only count too: a name one may not use is also one that may not decide a signature.
    The one exception is hookspecs, whose signatures name the things of every room; see `runtime_imports`.
    """
    here = _package(module.name)
    if not here:
        return [
            module.finding(node, "the package itself imports nothing") for node, _ in core_imports(module)
        ]
    if here not in _RANK:
        return [module.finding(1, f"`{here}` has no place in tools/architecture/layers.py: LAYERS")]
    findings = []
    for node, target in core_imports(module):
        there = _package(target)
        if there and there not in _RANK:
            findings.append(
                module.finding(node, f"`{there}` has no place in tools/architecture/layers.py: LAYERS")
            )
        elif there and _RANK[there] < _RANK[here] and here != "hookspecs":
            findings.append(module.finding(node, f"`{here}` lies below `{there}` and must not import it"))
    return findings


def runtime_imports(module: Module) -> list[str]:
    """What hookspecs imports beside pluggy when it runs; a plugin reads it before anything else is loaded."""
    findings = []
    for node in module.tree.body:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            continue
        allowed = ("pluggy", "typing", "collections.abc", "__future__")
        findings += [
            module.finding(node, f"only pluggy at run time, not {name}")
            for name in names
            if name not in allowed
        ]
    return findings


def core_imports(module: Module) -> Iterator[tuple[ast.stmt, str]]:
    """Every import of something of the core, with its dotted name, wherever in the file it stands."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "zhiyuan":
                    yield node, alias.name
        elif isinstance(node, ast.ImportFrom):
            source = _absolute(module.name, node)
            if source == "zhiyuan":
                yield from (
                    (node, f"zhiyuan.{alias.name}") for alias in node.names if alias.name != "__version__"
                )
            elif source.startswith("zhiyuan."):
                yield node, source


def _absolute(name: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    base = name.split(".")[: -node.level]
    return ".".join([*base, *([node.module] if node.module else [])])


def _package(name: str) -> str:
    return (name.split(".") + [""])[1]
