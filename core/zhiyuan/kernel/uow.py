"""Units of work: the only place where a transaction opens, and the only place where one commits.

``with database.uow() as tx:`` writes; ``with database.reading() as tx:`` cannot. Both belong to the thread that opened
them. Leaving the write block flushes the session, writes audit and outbox rows, commits once; an exception rolls all of
it back. A write without an audit entry is refused.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, event
from sqlmodel import Session

from zhiyuan.kernel.audit import Audit, write_audits
from zhiyuan.kernel.clock import Clock
from zhiyuan.kernel.crypto import Keyring
from zhiyuan.kernel.database import Engines
from zhiyuan.kernel.events import Event
from zhiyuan.kernel.hooks import Hooks, NoHooks
from zhiyuan.kernel.keys import KeyringFile
from zhiyuan.kernel.outbox.writing import write_events


class UnauditedWrite(RuntimeError):
    """A unit of work changed rows and left no audit entry: a defect in the command, nothing was written."""


class Tx:
    """One open unit of work.

    ``now`` is the instant it opened at and ``keyring`` the keys in force then, the same for everything inside.
    ``connection`` runs Core statements;
    ``session`` makes model instances and is bound to the same connection. ``memo`` holds values read once per unit.
    """

    def __init__(self, database: "Database", connection: Connection, *, writable: bool) -> None:
        self.database = database
        self.connection = connection
        self.writable = writable
        self.now: datetime = database.clock.now()
        self.keyring: Keyring = database.keyring
        self.memo: dict[Any, Any] = {}
        self.has_written = False
        self._session: Session | None = None
        self._audits: list[Audit] = []
        self._events: list[Event] = []

    @property
    def session(self) -> Session:
        """Return the session of this unit, made on first use; it never commits by itself."""
        if self._session is None:
            self._session = Session(
                bind=self.connection, expire_on_commit=False, join_transaction_mode="rollback_only"
            )
        return self._session

    @property
    def is_sqlite(self) -> bool:
        """True on SQLite, where the writer gate stands in for row locks."""
        return self.database.engines.is_sqlite

    def audit(self, *entries: Audit) -> None:
        """Keep ``entries`` to be written with this unit."""
        self._audits.extend(entries)

    @contextmanager
    def bookkeeping(self) -> Iterator[None]:
        """Write something inside the block that needs no audit entry: it says nothing about anybody's affairs."""
        had_written = self.has_written
        yield
        self.has_written = had_written

    def emit(self, *events: Event) -> None:
        """Keep ``events`` to be written to the outbox with this unit and delivered after it."""
        self._events.extend(events)

    def finish(self, *, unaudited: str | None) -> None:
        """Flush, and write what was kept. Called once by :meth:`Database.uow`, before the commit."""
        if self._session is not None:
            self._session.flush()
        if self.has_written and not self._audits and unaudited is None:
            raise UnauditedWrite("rows changed without an audit entry; nothing was written")
        write_audits(self.connection, self.now, self._audits)
        hooks = self.database.hooks
        write_events(
            self.connection,
            self.now,
            [(happened, hooks.subscribers(self, happened)) for happened in self._events],
        )

    def close(self) -> None:
        """Let go of the session, if one was made."""
        if self._session is not None:
            self._session.close()


class Database:
    """The database of one installation, with the clock, keys and hooks that its units of work need."""

    def __init__(
        self, engines: Engines, *, clock: Clock, keyring: Keyring | KeyringFile, hooks: Hooks | None = None
    ) -> None:
        self.engines = engines
        self.clock = clock
        self._keyring = keyring
        self.hooks: Hooks = hooks or NoHooks()
        event.listen(engines.write, "after_cursor_execute", _note_write)

    @property
    def keyring(self) -> Keyring:
        """Return the keys that protect personal fields; read anew when another process has rotated them."""
        return self._keyring.current() if isinstance(self._keyring, KeyringFile) else self._keyring

    @contextmanager
    def uow(self, *, unaudited: str | None = None) -> Iterator[Tx]:
        """Open a unit of work that writes, and commit it on leaving the block without an exception.

        ``unaudited`` is the reason why this write needs no audit entry (book-keeping such as a job's heartbeat).
        On SQLite it waits for the writer gate. Raises UnauditedWrite, Unavailable (gate), and what the database raises.
        """
        if self.engines.gate is None:
            with self._writing(unaudited) as tx:
                yield tx
        else:
            with self.engines.gate.passing(), self._writing(unaudited) as tx:
                yield tx

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        """Open a read-only snapshot. Nothing can be written through it; it is rolled back at the end."""
        with self.engines.read.connect() as connection, connection.begin() as transaction:
            tx = Tx(self, connection, writable=False)
            try:
                yield tx
            finally:
                tx.close()
                if transaction.is_active:  # a plugin may have ended it, against its contract
                    transaction.rollback()

    @contextmanager
    def _writing(self, unaudited: str | None) -> Iterator[Tx]:
        with self.engines.write.connect() as connection, connection.begin():
            tx = Tx(self, connection, writable=True)
            connection.info["tx"] = tx
            try:
                yield tx
                tx.finish(unaudited=unaudited)
            finally:
                connection.info.pop("tx", None)
                tx.close()


def _note_write(
    connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
) -> None:
    changes_rows = context is not None and (context.isinsert or context.isupdate or context.isdelete)
    if changes_rows and (tx := connection.info.get("tx")) is not None:
        tx.has_written = True
