"""One URL, two databases: SQLite and PostgreSQL 15 or later, each configured so that the same promises hold.

SQLite: the driver's own transaction handling is off, foreign keys are on, the journal is WAL, every commit reaches the
disk (``synchronous=FULL``). Readers have an engine of their own whose connections cannot write. PostgreSQL: psycopg 3,
read snapshots are REPEATABLE READ and read only, writes are READ COMMITTED with explicit row locks.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, NullPool, create_engine, event
from sqlalchemy.engine import URL, make_url

from zhiyuan.kernel.gate import WriterGate

_BUSY_SECONDS = 30.0
_SQLITE_READERS = 16


class Engines:
    """The engine that writes, the engine that reads (the same one on PostgreSQL), and the gate between writers."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url: URL = normalized(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.gate = writer_gate(self.url)
        if self.is_sqlite:
            _make_private(_sqlite_path(self.url))
            self.write = _sqlite_engine(self.url, begin="BEGIN IMMEDIATE", query_only=False, pool_size=1)
            self.read = _sqlite_engine(self.url, begin="BEGIN", query_only=True, pool_size=_SQLITE_READERS)
        else:
            self.write = create_engine(
                self.url,
                pool_size=pool_size,
                max_overflow=pool_size,
                pool_pre_ping=True,
                hide_parameters=True,
                connect_args={"options": "-c lock_timeout=20s -c statement_timeout=60s -c timezone=UTC"},
            )
            self.read = self.write.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.write.dispose()
        if self.read is not self.write:
            self.read.dispose()


def schema_engine(url: str, *, read_only: bool = False) -> Engine:
    """Return an engine without a pool for changing tables, or with ``read_only`` for looking at them.

    SQLite rebuilds a table to change it, so foreign keys are not enforced here: the migration runner checks them before
    it commits. On PostgreSQL a statement that waits 5 s for a lock gives up, rather than stopping every other query
    behind it, and may run as long as it needs.
    """
    parsed = normalized(url)
    if parsed.get_backend_name() == "sqlite":
        _make_private(_sqlite_path(parsed))
        begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"
        return _sqlite_engine(parsed, begin=begin, query_only=read_only, pool_size=None)
    return create_engine(
        parsed,
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"options": "-c lock_timeout=5s -c timezone=UTC"},
    )


def writer_gate(url: URL) -> WriterGate | None:
    """Return the gate that all writers of this database pass: one beside an SQLite file, none on PostgreSQL."""
    if url.get_backend_name() != "sqlite":
        return None
    path = _sqlite_path(url)
    return WriterGate(path.with_name(path.name + ".writer"), timeout_seconds=_BUSY_SECONDS)


def normalized(url: str) -> URL:
    """Return ``url`` with the driver we use spelled out. Raises ValueError for a database we do not serve."""
    parsed = make_url(url)
    match parsed.get_backend_name():
        case "sqlite":
            _sqlite_path(parsed)
            return parsed.set(drivername="sqlite+pysqlite")
        case "postgresql" | "postgres":
            return parsed.set(drivername="postgresql+psycopg")
        case other:
            raise ValueError(f"database URL: {other!r} is not served; use sqlite:///FILE or postgresql://...")


def _sqlite_path(url: URL) -> Path:
    if not url.database or url.database == ":memory:":
        raise ValueError("database URL: SQLite needs a file, for example sqlite:///var/zhiyuan.sqlite3")
    return Path(url.database)


def _make_private(path: Path) -> None:
    """Make folder and file, readable by their owner only, if they are missing; SQLite's side files take its mode."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600, exist_ok=True)


def _sqlite_engine(url: URL, *, begin: str, query_only: bool, pool_size: int | None) -> Engine:
    pool: dict[str, Any] = {"poolclass": NullPool}
    if pool_size is not None:
        pool = {"pool_size": pool_size, "max_overflow": 0, "pool_timeout": _BUSY_SECONDS}
    engine = create_engine(
        url,
        **pool,
        hide_parameters=True,  # Statement parameters are people's data: never in an error's text or a log.
        connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
    )
    event.listen(
        engine, "connect", _on_sqlite_connect(query_only=query_only, foreign_keys=pool_size is not None)
    )
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _on_sqlite_connect(*, query_only: bool, foreign_keys: bool) -> Callable[[Any, Any], None]:
    def configure(connection: Any, record: Any) -> None:
        # Without this the driver opens and closes transactions behind SQLAlchemy's back, and savepoints leak.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")
        if query_only:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    return configure
