"""Who may import whom in the core."""

import pytest

from tools.architecture import layers
from tools.architecture.source import CORE, core_modules, parse


def test_no_module_of_the_core_imports_upward():
    found = [finding for module in core_modules() for finding in layers.upward_imports(module)]

    assert [] == found


def test_hookspecs_runs_without_the_rooms_it_speaks_about():
    found = [
        f
        for module in core_modules()
        if module.name == "zhiyuan.hookspecs"
        for f in layers.runtime_imports(module)
    ]

    assert [] == found


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("zhiyuan.people.service", "from zhiyuan.records import queries"),
        ("zhiyuan.people.service", "from zhiyuan import records"),
        ("zhiyuan.people.service", "import zhiyuan.host.dispatch"),
        ("zhiyuan.people.service", "def f():\n    from zhiyuan.web import app"),
        ("zhiyuan.people.service", "from ..activities.service import publish"),
        ("zhiyuan.kernel.uow", "from zhiyuan.policy import resolve"),
        ("zhiyuan.host.order", "from zhiyuan.sdk import Plugin"),
        ("zhiyuan.records.service", "from zhiyuan.host import dispatch"),
        ("zhiyuan.runtime", "from zhiyuan.web import app"),
        ("zhiyuan.surprise.service", "import json"),
        ("zhiyuan.web.app", "from zhiyuan.surprise import service"),
        ("zhiyuan", "from zhiyuan.kernel import clock"),
    ],
)
def test_an_upward_or_unplaced_import_is_found(name, line):
    assert layers.upward_imports(parse(line, name))


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("zhiyuan.records.service", "from zhiyuan.people import queries"),
        ("zhiyuan.web.app", "from zhiyuan.runtime import Runtime"),
        ("zhiyuan.cli.serve", "from zhiyuan.web.app import create_app"),
        ("zhiyuan.kernel.uow", "from zhiyuan.kernel.clock import Clock"),
        ("zhiyuan.kernel.logging", "from zhiyuan import __version__"),
        ("zhiyuan.hookspecs", "if TYPE_CHECKING:\n    from zhiyuan.records.events import RecordsConfirmed"),
    ],
)
def test_an_import_downward_or_beside_is_free(name, line):
    assert [] == layers.upward_imports(parse(line, name))


def test_hookspecs_may_not_load_a_room():
    assert layers.runtime_imports(
        parse("from zhiyuan.records.events import RecordsConfirmed", "zhiyuan.hookspecs")
    )


def test_the_order_names_only_packages_that_exist_or_have_a_place_reserved():
    """A name that was renamed in the tree and not in the order would be guarded by nothing."""
    placed = {name for layer in layers.LAYERS for name in layer}
    there = {path.stem for path in CORE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}

    assert set() == there - placed - {"__init__"}
