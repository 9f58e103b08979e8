"""Which codes of issues the core raises, read from its source, to be held against those that have a text."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tools.architecture.source import Module

_SHAPE = re.compile(r"[a-z][a-z_]*\.[a-z][a-z_]*")


@dataclass(frozen=True, slots=True)
class Raised:
    """A code that an issue is made with. ``pattern`` matches it: a code put together at run time leaves places open."""

    pattern: str
    where: str


def raised(modules: Sequence[Module]) -> list[Raised]:
    """Return every code that an issue is made with, and where.

    A code that a function or an exception is given as ``code`` and makes an issue of is read where it is called. A code
    chosen in the function itself is every string there that looks like one.
    """
    makers = {name: position for module in modules for name, position in _makers(module)}
    found: list[Raised] = []
    for module in modules:
        for function, call in _calls(module.tree):
            position = makers.get(_called(call))
            if position is None:
                continue
            code = next((each.value for each in call.keywords if each.arg == "code"), None)
            if code is None and len(call.args) > position:
                code = call.args[position]
            found += [
                Raised(pattern, f"{module.path}:{call.lineno}") for pattern in _patterns(code, function)
            ]
    return found


def mentioned(modules: Sequence[Module]) -> set[str]:
    """Return every string of the core that looks like a code and does not merely declare the text of one."""
    found: set[str] = set()
    for module in modules:
        declaring = {
            id(call.args[0])
            for call in ast.walk(module.tree)
            if isinstance(call, ast.Call) and _called(call) == "IssueText" and call.args
        }
        found |= {
            node.value
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and _SHAPE.fullmatch(node.value)
            and id(node) not in declaring
        }
    return found


def _makers(module: Module) -> Iterator[tuple[str, int]]:
    """Yield the names of what makes an issue of a code it is given, with the place of the code among its arguments."""
    yield "Issue", 0
    owners = {
        id(method): node.name
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
        for method in node.body
    }
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.FunctionDef):
            continue
        names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
        makes = any(
            isinstance(call, ast.Call)
            and _called(call) == "Issue"
            and call.args
            and ast.unparse(call.args[0]) == "code"
            for call in ast.walk(node)
        )
        if makes and "code" in names:
            owner = owners.get(id(node))
            yield owner if owner and node.name == "__init__" else node.name, names.index("code") - bool(owner)


def _calls(tree: ast.AST, function: ast.AST | None = None) -> Iterator[tuple[ast.AST | None, ast.Call]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call):
            yield function, node
        yield from _calls(node, node if isinstance(node, ast.FunctionDef) else function)


def _called(call: ast.Call) -> str:
    return ast.unparse(call.func).split(".")[-1]


def _patterns(code: ast.expr | None, function: ast.AST | None) -> list[str]:
    match code:
        case ast.Constant(value=str(text)):
            return [re.escape(text)]
        case ast.JoinedStr(values=parts):
            texts = [part.value if isinstance(part, ast.Constant) else None for part in parts]
            return ["".join("[a-z_]+" if text is None else re.escape(str(text)) for text in texts)]
        case ast.IfExp(body=one, orelse=other):
            return [*_patterns(one, function), *_patterns(other, function)]
        case ast.Name(id=name) if isinstance(function, ast.FunctionDef):
            return [pattern for value in _assigned(name, function) for pattern in _patterns(value, None)]
        case _:
            return []


def _assigned(name: str, function: ast.FunctionDef) -> Iterator[ast.expr]:
    for node in ast.walk(function):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if isinstance(target, ast.Name) and target.id == name:
                yield node.value
            elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                for one, value in zip(target.elts, node.value.elts, strict=True):
                    if isinstance(one, ast.Name) and one.id == name:
                        yield value
