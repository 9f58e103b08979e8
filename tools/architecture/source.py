"""Parsed modules: what every rule reads."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "core" / "zhiyuan"


@dataclass(frozen=True)
class Module:
    """One Python file. `name` is its import name, `path` is relative to the repository."""

    name: str
    path: str
    text: str
    tree: ast.Module

    def finding(self, node: ast.AST | int, sentence: str) -> str:
        """A finding at a node or a line of this file."""
        line = node if isinstance(node, int) else getattr(node, "lineno", 1)
        return f"{self.path}:{line}: {sentence}"

    def is_in(self, *packages: str) -> bool:
        """Whether the module is one of these dotted names or lies below one."""
        return any(self.name == package or self.name.startswith(f"{package}.") for package in packages)


def parse(text: str, name: str = "zhiyuan.people.service") -> Module:
    """A module from a text; the tests' way to show a rule a bad example. `name` decides what applies to it."""
    return Module(name, f"core/{name.replace('.', '/')}.py", text, ast.parse(text))


@cache
def core_modules() -> tuple[Module, ...]:
    """Every module of the core, sorted by name."""
    return tuple(_read(path) for path in sorted(CORE.rglob("*.py")))


@cache
def tracked_files() -> tuple[Path, ...]:
    """Every file that is, or is about to be, in the repository; without git, every file outside hidden folders."""
    try:
        listing = subprocess.run(
            ["git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return tuple(sorted(_visible_files()))
    return tuple(sorted(path for name in listing.split("\0") if name and (path := ROOT / name).is_file()))


def docstring_nodes(tree: ast.AST) -> set[int]:
    """The ids of the constant nodes that are docstrings, so that rules about strings can leave words alone."""
    found: set[int] = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            # A string on a line of its own documents the module, class, function, or the attribute above it.
            found |= {id(part.value) for part in body if isinstance(part, ast.Expr)}
    return found


def _read(path: Path) -> Module:
    parts = path.relative_to(CORE.parent).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    text = path.read_text(encoding="utf-8")
    return Module(name, str(path.relative_to(ROOT)), text, ast.parse(text, filename=str(path)))


def _visible_files() -> Iterator[Path]:
    for path in ROOT.rglob("*"):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(ROOT).parts[:-1]):
            yield path
