"""Migrations: every owner (the core, each plugin) has revisions and a version table of its own.

A package that is gone therefore stops nobody else's upgrade. Owners share the core's ``env.py``; a plugin brings only
its ``migrations/versions`` folder. Called by ``zhiyuan migrate``, ``doctor``, the server before it starts, and tests.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.exc import OperationalError

from zhiyuan.kernel.database import normalized, schema_engine, writer_gate
from zhiyuan.kernel.errors import Conflict

_FOLDER = Path(__file__).parent.parent / "migrations"
_LOCK: Final = 7_463_018_223_511  # any number nobody else uses: which advisory lock of the database is ours
_ATTEMPTS: Final = 6
_LOCK_NOT_AVAILABLE: Final = "55P03"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody who has tables: ``id`` is ``core`` or a plugin's, ``versions`` the folder of its revisions."""

    id: str
    versions: Path

    @property
    def prefix(self) -> str:
        """Return what the names of its tables begin with."""
        return f"{self.id}__"

    @property
    def version_table(self) -> str:
        """Return the name of the table that holds its revision."""
        return f"zhiyuan_version_{self.id}"


CORE: Final = Owner("core", _FOLDER / "versions")


@dataclass(frozen=True, slots=True)
class Migrated:
    """What became of one owner: the revision before (None: no tables yet), the one now, and those applied between."""

    owner: str
    before: str | None
    after: str | None
    applied: tuple[str, ...]


def migrate(url: str, owners: Sequence[Owner] = (CORE,)) -> list[Migrated]:
    """Bring the tables of ``owners`` to their newest revision, in this order, and say what was done.

    Two processes that do this together take turns. Raises Conflict when the database holds a revision that this
    version of the software does not know, or when a change leaves a foreign key without its row (nothing is kept then).
    """
    done: list[Migrated] = []
    with _turn(url) as connection:
        for owner in owners:
            before = _current(connection, owner)
            waiting = _pending(connection, owner)
            if waiting:
                _patiently(connection, owner, "head")
            done.append(Migrated(owner.id, before, _current(connection, owner), waiting))
    return done


def downgrade(url: str, owner: Owner, revision: str = "base") -> None:
    """Take the tables of ``owner`` back to ``revision``. Data in dropped columns and tables is gone."""
    with _turn(url) as connection:
        _run(connection, owner, revision, is_upgrade=False)


def pending(url: str, owner: Owner = CORE) -> tuple[str, ...]:
    """Return the revisions of ``owner`` that this database still lacks, oldest first.

    Raises Conflict when the database holds a revision that this version of the software does not know.
    """
    engine = schema_engine(url, read_only=True)
    try:
        with engine.connect() as connection:
            return _pending(connection, owner)
    finally:
        engine.dispose()


def head(owner: Owner) -> str | None:
    """Return the newest revision of ``owner``, or None when it has none."""
    return ScriptDirectory.from_config(_config(owner, None)).get_current_head()


def drift(url: str, owner: Owner, metadata: MetaData) -> list[Any]:
    """Return the differences between the tables of ``owner`` in the database and in ``metadata``; none is right."""
    with _turn(url) as connection:
        options = configuration_of(owner, connection)
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def revise(url: str, owner: Owner, message: str, *, revision_id: str) -> Path:
    """Write a new revision of ``owner`` by comparing the tables at ``url`` with the models; return its file."""
    owner.versions.mkdir(parents=True, exist_ok=True)
    with _turn(url) as connection:
        script = command.revision(_config(owner, connection), message, autogenerate=True, rev_id=revision_id)
    if script is None or isinstance(script, list):
        raise RuntimeError("alembic wrote no single revision")
    return Path(script.path)


def configuration_of(owner: Owner, connection: Connection) -> Mapping[str, Any]:
    """Return how Alembic works for ``owner``: it sees only this owner's tables. Used by ``env.py``."""

    def is_own(name: str | None, kind: str, parents: Mapping[str, Any]) -> bool:
        return kind != "table" or (name or "").startswith(owner.prefix)

    def is_own_object(_: object, name: str | None, kind: str, reflected: bool, compare_to: object) -> bool:  # noqa: FBT001  # Alembic's signature
        return kind != "table" or (name or "").startswith(owner.prefix)

    return {
        "version_table": owner.version_table,
        "include_name": is_own,
        "include_object": is_own_object,
        "compare_type": True,
        "render_as_batch": connection.dialect.name == "sqlite",
        # One by one: a lock on a table is held for one revision only, and what is done stays done.
        "transaction_per_migration": True,
        "on_version_apply": _check_foreign_keys,
    }


@contextmanager
def _turn(url: str) -> Iterator[Connection]:
    """Open a connection on which no other process migrates at the same time."""
    engine = schema_engine(url)
    gate = writer_gate(normalized(url))
    try:
        if gate is not None:
            with gate.passing(), engine.connect() as connection:
                yield connection
        else:
            with engine.connect() as connection:
                _lock(connection)
                yield connection
    finally:
        engine.dispose()


def _lock(connection: Connection) -> None:
    # Held by the session, so that it outlives the single revisions; gone when the connection closes.
    connection.execute(text("SET lock_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
    connection.execute(text("SET lock_timeout = '5s'"))
    connection.commit()


def _patiently(connection: Connection, owner: Owner, revision: str) -> None:
    """Upgrade, and try again when another query held a lock for too long."""
    for attempt in range(_ATTEMPTS):
        try:
            _run(connection, owner, revision, is_upgrade=True)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE or attempt == _ATTEMPTS - 1:
                raise
            log.warning("a table is busy; trying again", owner=owner.id, attempt=attempt + 1)
            connection.rollback()
            time.sleep(2**attempt / 4)
        else:
            return


def _run(connection: Connection, owner: Owner, revision: str, *, is_upgrade: bool) -> None:
    if connection.in_transaction():
        connection.rollback()  # Alembic leaves the commit to whoever began, so it must be the one who begins.
    (command.upgrade if is_upgrade else command.downgrade)(_config(owner, connection), revision)


def _pending(connection: Connection, owner: Owner) -> tuple[str, ...]:
    script = ScriptDirectory.from_config(_config(owner, None))
    current = _current(connection, owner)
    known = [revision.revision for revision in script.walk_revisions()]  # newest first
    if current is None:
        return tuple(reversed(known))
    if current not in known:
        raise Conflict(
            "migrate.unknown_revision",
            "The database is at revision %(revision)s of %(owner)s, which this version does not know. "
            "Install the version that made it, or restore a backup.",
            revision=current,
            owner=owner.id,
        )
    return tuple(reversed(known[: known.index(current)]))


def _current(connection: Connection, owner: Owner) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table": owner.version_table})
    revision = context.get_current_revision()
    connection.rollback()
    return revision


def _config(owner: Owner, connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", _escaped(_FOLDER))
    config.set_main_option("version_locations", _escaped(owner.versions))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["owner"] = owner
    config.attributes["connection"] = connection
    return config


def _escaped(path: Path) -> str:
    return str(path).replace("%", "%%")


def _check_foreign_keys(*, ctx: MigrationContext, **_: Any) -> None:
    connection = ctx.connection
    if connection is None or connection.dialect.name != "sqlite":
        return
    broken = connection.execute(text("PRAGMA foreign_key_check")).first()
    if broken is not None:
        raise Conflict(
            "migrate.broken_reference",
            "A row of %(table)s refers to a row of %(parent)s that is not there. Nothing was changed by this revision.",
            table=broken[0],
            parent=broken[2],
        )
