"""HTTP handlers show shapes made for the outside, never tables: a table leaks columns and accepts ids."""

import ast
from collections.abc import Iterable
from keyword import iskeyword

from tools.architecture.source import Module

ROUTES = ("get", "post", "put", "patch", "delete", "head", "route", "websocket", "websocket_listener")


def table_classes(modules: Iterable[Module]) -> frozenset[str]:
    """The dotted names of all classes declared with `table=True`."""
    return frozenset(
        f"{module.name}.{node.name}"
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
        for keyword in node.keywords
        if keyword.arg == "table" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True
    )


def tables_in_signatures(module: Module, tables: frozenset[str]) -> list[str]:
    """Handlers of `module` whose arguments or answer are typed with one of `tables`."""
    if not module.is_in("zhiyuan.web", "zhiyuan.api"):
        return []
    known = _imported(module)
    # A package of models may offer its tables at its top, so the class name and the word `models` decide.
    classes = {table.rsplit(".", 1)[1] for table in tables}
    findings = []
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or not _is_handler(node):
            continue
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        for annotation in [argument.annotation for argument in arguments] + [node.returns]:
            for source, name in _names(annotation, known):
                if name in classes and "models" in source.split("."):
                    findings.append(
                        module.finding(node, f"`{node.name}` shows the table {name}; use a schema")
                    )
    return findings


def _is_handler(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    marks = [mark.func if isinstance(mark, ast.Call) else mark for mark in node.decorator_list]
    return any(ast.unparse(mark).split(".")[-1] in ROUTES for mark in marks)


def _imported(module: Module) -> dict[str, str]:
    """Local name -> dotted name of what it stands for."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def _names(annotation: ast.expr | None, known: dict[str, str]) -> list[tuple[str, str]]:
    """(module, class) of each name an annotation uses."""
    if annotation is None:
        return []
    found = []
    for node in ast.walk(annotation):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found += (
                _names(ast.parse(node.value, mode="eval").body, known)
                if node.value.isidentifier() and not iskeyword(node.value)
                else []
            )
        elif isinstance(node, ast.Name) and node.id in known:
            source, _, name = known[node.id].rpartition(".")
            found.append((source, name))
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.append((known.get(node.value.id, node.value.id), node.attr))
    return found
