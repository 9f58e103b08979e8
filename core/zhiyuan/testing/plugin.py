"""pytest fixtures for core and plugins. Everything heavy is imported inside the fixtures."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from zhiyuan.kernel.actor import Actor
    from zhiyuan.kernel.uow import Database
    from zhiyuan.runtime import Runtime

POSTGRES_URL = "ZHIYUAN_TEST_POSTGRES_URL"
_DEFAULT_POSTGRES = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"


class FrozenClock:
    """A clock that moves only when told to."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    def now(self) -> datetime:
        """Return the instant it was last set to."""
        return self.instant

    def move(self, **by: float) -> None:
        """Move forward by the arguments of ``timedelta``."""
        self.instant += timedelta(**by)


@pytest.fixture
def clock() -> FrozenClock:
    """A clock frozen at noon UTC on 2 March 2026, a Monday."""
    return FrozenClock(datetime(2026, 3, 2, 12, tzinfo=UTC))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty, migrated database, once on SQLite and once on PostgreSQL."""
    from zhiyuan.testing import databases

    if request.param == "sqlite":
        yield databases.fresh_sqlite(tmp_path)
    else:
        yield databases.fresh_postgresql(os.environ.get(POSTGRES_URL, _DEFAULT_POSTGRES))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def blank_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without any table, once on SQLite and once on PostgreSQL: for tests of migrations."""
    from zhiyuan.testing import databases

    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'blank.sqlite3'}"
    return databases.blank_postgresql(os.environ.get(POSTGRES_URL, _DEFAULT_POSTGRES))


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known, and the packages of plugins below the root folder importable by their own tests."""
    from zhiyuan.testing.plugins import make_importable

    make_importable(config.rootpath)
    config.addinivalue_line(
        "markers", "plugins(*ids): the runtime loads exactly these plugins, from their folders"
    )
    config.addinivalue_line("markers", "settings(**values): the runtime has these settings")


@pytest.fixture
def runtime(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path, clock: FrozenClock
) -> Iterator["Runtime"]:
    """An installation on ``database_url``, with keys and files of its own.

    It has the plugins that ``@pytest.mark.plugins`` names, with their tables, allowed nowhere yet; without the marker
    it has none. ``@pytest.mark.settings`` changes its settings.
    """
    from zhiyuan.kernel.settings import Settings
    from zhiyuan.runtime import start
    from zhiyuan.testing import plugins

    marker = request.node.get_closest_marker("plugins")
    ids = tuple(marker.args) if marker is not None else ()
    entries = plugins.entry_points_in(request.config.rootpath, ids)
    wanted = request.node.get_closest_marker("settings")
    values = {
        "data_dir": tmp_path / "data",
        "database_url": database_url,
        "plugins": ids,
        "strict_plugins": True,
    }
    settings = Settings(**{**values, **(wanted.kwargs if wanted is not None else {})})
    running = start(settings, clock=clock, entries=entries)
    if ids:
        plugins.install(running)
    yield running
    running.close()


@pytest.fixture
def database(runtime: "Runtime") -> "Database":
    """The database of ``runtime``."""
    return runtime.database


@pytest.fixture
def operator() -> "Actor":
    """The person at the machine, who may do everything."""
    from zhiyuan.kernel import actor

    return actor.operator()
