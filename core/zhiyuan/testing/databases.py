"""Empty databases for tests, made once per process and emptied or copied for each test."""

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, inspect, make_url, text
from sqlalchemy.exc import OperationalError

from zhiyuan.host.migrate import migrate


def fresh_sqlite(folder: Path) -> str:
    """Return the URL of a new SQLite file in ``folder``, a copy of one migrated before."""
    path = folder / "zhiyuan.sqlite3"
    shutil.copy(_sqlite_template(), path)
    return f"sqlite:///{path}"


def blank_postgresql(server_url: str) -> str:
    """Return the URL of this process's second PostgreSQL database, without any table. Skips like the other one."""
    return _made_postgresql(server_url, "blank")


def fresh_postgresql(server_url: str) -> str:
    """Return the URL of this process's own PostgreSQL database, with every core table empty.

    Without a server the test is skipped, or fails when ``ZHIYUAN_REQUIRE_POSTGRES`` is set.
    """
    url = _postgresql_database(server_url)
    engine = create_engine(url)
    with engine.begin() as connection:
        # What is there, not what is declared: tables of plugins come and go with the tests that use them.
        there = [
            name for name in inspect(connection).get_table_names() if not name.startswith("zhiyuan_version_")
        ]
        _empty(connection, there)
    engine.dispose()
    return url


def _empty(connection: Connection, tables: list[str]) -> None:
    if connection.execute(text("SELECT current_setting('is_superuser')")).scalar_one() == "on":
        # Forty times faster than TRUNCATE, which makes new files for every table and index.
        deletions = [f'DELETE FROM "{name}"' for name in tables]  # noqa: S608  # names from the catalogue
        connection.execute(text("; ".join(["SET LOCAL session_replication_role = replica", *deletions])))
    else:
        names = ", ".join(f'"{name}"' for name in tables)
        connection.execute(text(f"TRUNCATE {names} CASCADE"))


@cache
def _sqlite_template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="zhiyuan-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "template.sqlite3"
    migrate(f"sqlite:///{path}")
    return path


@cache
def _postgresql_database(server_url: str) -> str:
    url = _made_postgresql(server_url, "main")
    migrate(url)
    return url


def _made_postgresql(server_url: str, purpose: str) -> str:
    name = f"zhiyuan_test_{os.environ.get('PYTEST_XDIST_WORKER', 'solo')}_{os.getpid()}_{purpose}"
    server = create_engine(server_url, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3})
    try:
        with server.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
            connection.execute(text(f'CREATE DATABASE "{name}"'))
            # Nobody pulls the plug of the server in a test, so nobody has to wait for its disk.
            connection.execute(text(f'ALTER DATABASE "{name}" SET synchronous_commit = off'))
    except OperationalError as error:
        if os.environ.get("ZHIYUAN_REQUIRE_POSTGRES"):
            pytest.fail(f"PostgreSQL is required here and does not answer: {error}")
        pytest.skip("PostgreSQL does not answer")
    finally:
        server.dispose()
    atexit.register(_drop, server_url, name)
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def _drop(server_url: str, name: str) -> None:
    server = create_engine(server_url, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3})
    with server.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
    server.dispose()
