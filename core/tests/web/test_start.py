"""The application as a whole."""

import ast
from pathlib import Path

import pytest
from litestar import get

import zhiyuan
from zhiyuan import tables
from zhiyuan.kernel.tables import Base
from zhiyuan.web.app import create_app
from zhiyuan.web.guards import unguarded

ROOT = Path(zhiyuan.__file__).parent
HANDLERS = sorted([*(ROOT / "web").rglob("*.py"), *(ROOT / "api").rglob("*.py")])


def test_every_route_says_who_may_enter(runtime):
    assert list(unguarded(create_app(runtime))) == []


def test_a_route_that_says_nothing_stops_the_start(runtime):
    @get("/-/open-door", sync_to_thread=False)
    def open_door() -> str:
        return "come in"

    with pytest.raises(RuntimeError, match="open-door"):
        create_app(runtime, extra=[open_door])


def test_no_handler_takes_or_gives_a_table_class():
    assert tables.metadata.tables
    table_classes = {mapper.class_.__name__ for mapper in Base._sa_registry.mappers}
    named = [
        f"{path.relative_to(ROOT)}:{function.lineno} {word.id}"
        for path in HANDLERS
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef)
        for annotation in [function.returns, *(argument.annotation for argument in function.args.args)]
        if annotation is not None
        for word in ast.walk(annotation)
        if isinstance(word, ast.Name) and word.id in table_classes
    ]

    assert len(table_classes) > 20
    assert named == []
