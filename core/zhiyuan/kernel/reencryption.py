"""Closing protected fields again with the newest keys, in the background, while the installation works.

Domains declare which columns are protected; the kernel walks over them in batches. Old keys stay in the keyring until
:func:`remaining` finds nothing that needs them, so look-ups by ``Keyring.blinds`` never miss a row in between.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Table, bindparam, func, or_, select, update

from zhiyuan.kernel.crypto import KEY_ID_BYTES, Keyring, Undecryptable
from zhiyuan.kernel.jobs import JobRun, JobSpec, enqueue
from zhiyuan.kernel.uow import Tx

KIND: Final = "keys.reencrypt"
_BATCH: Final = 200
_SAME_VALUE: Final = "the values stay what they were, only their locks change; keys.rotate is audited"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ProtectedColumn:
    """One encrypted column of a table with an ``id``, and the column of its keyed hash if it is searched for.

    Ciphertexts are bound to the place ``<table>.<column>:<id>``. ``use`` and ``key`` make the hash: ``key`` brings
    spellings of one value together.
    """

    table: Table
    column: str
    index_column: str | None = None
    use: str | None = None
    key: Callable[[str], str] | None = None

    def place(self, row_id: UUID) -> str:
        """Return what a ciphertext of this column is bound to."""
        return f"{self.table.name}.{self.column}:{row_id}"

    def renewed(self, keyring: Keyring, row_id: UUID, stored: bytes) -> dict[str, bytes]:
        """Return the columns' new contents, closed with the keys in force. Raises Undecryptable."""
        place = self.place(row_id)
        value = keyring.decrypt(stored, place=place)
        columns = {self.column: keyring.encrypt(value, place=place)}
        if self.index_column is not None and self.use is not None:
            columns[self.index_column] = keyring.blind(self.key(value) if self.key else value, use=self.use)
        return columns


class ProtectedColumns:
    """Every protected column of the installation, by table."""

    def __init__(self, columns: Iterable[ProtectedColumn] = ()) -> None:
        self._by_table: dict[str, list[ProtectedColumn]] = {}
        self.declare(columns)

    def declare(self, columns: Iterable[ProtectedColumn]) -> None:
        """Add columns of a domain or a plugin."""
        for column in columns:
            self._by_table.setdefault(column.table.name, []).append(column)

    def tables(self) -> Sequence[str]:
        """Return the names of the tables that have protected columns, sorted."""
        return sorted(self._by_table)

    def of(self, table: str) -> Sequence[ProtectedColumn]:
        """Return the protected columns of one table."""
        return self._by_table[table]

    def job(self) -> JobSpec:
        """Return the job that closes everything again with the newest keys."""
        return JobSpec(
            KIND, self._run, "Close protected fields again with the newest keys.", lease_seconds=60
        )

    def _run(self, run: JobRun) -> Mapping[str, Any]:
        done = int(run.resume_point.get("done", 0))
        unreadable = int(run.resume_point.get("unreadable", 0))
        first_table = run.resume_point.get("table", "")
        for table in self.tables():
            if table < first_table:
                continue
            after = run.resume_point.get("after") if table == first_table else None
            while True:
                with run.database.uow(unaudited=_SAME_VALUE) as tx:
                    batch = _renew(tx, self.of(table), UUID(after) if after else None)
                    if batch.last is None:
                        break
                    done, unreadable, after = (
                        done + batch.renewed,
                        unreadable + batch.unreadable,
                        str(batch.last),
                    )
                    point = {"table": table, "after": after, "done": done, "unreadable": unreadable}
                    run.step(tx, point, done=done)
        return {"done": done, "unreadable": unreadable}


def remaining(tx: Tx, columns: ProtectedColumns) -> dict[str, int]:
    """Return, by ``table.column``, how many values are still closed with an older key; empty when none is."""
    found: dict[str, int] = {}
    for table in columns.tables():
        for column in columns.of(table):
            stale = _is_stale(column, tx.keyring)
            count = tx.connection.execute(
                select(func.count()).select_from(column.table).where(stale)
            ).scalar_one()
            if count:
                found[f"{table}.{column.column}"] = count
    return found


def enqueue_reencryption(tx: Tx) -> UUID:
    """Enqueue the job for the keys in force, once, and return its id."""
    return enqueue(tx, KIND, {}, unique_key=f"{KIND}:{tx.keyring.fields[0].id}")


@dataclass(frozen=True, slots=True)
class _Batch:
    renewed: int
    unreadable: int
    last: UUID | None


def _renew(tx: Tx, columns: Sequence[ProtectedColumn], after: UUID | None) -> _Batch:
    table = columns[0].table
    rows = (
        select(table.c.id, *(table.c[column.column] for column in columns))
        .where(or_(*(_is_stale(column, tx.keyring) for column in columns)))
        .order_by(table.c.id)
        .limit(_BATCH)
        .with_for_update()
    )
    if after is not None:
        rows = rows.where(table.c.id > after)
    renewed: dict[ProtectedColumn, list[dict[str, Any]]] = {column: [] for column in columns}
    unreadable = 0
    last: UUID | None = None
    for row in tx.connection.execute(rows).mappings():
        last = row["id"]
        for column in columns:
            stored = row[column.column]
            if stored is None or not tx.keyring.needs_new_key(stored):
                continue
            try:
                values = column.renewed(tx.keyring, row["id"], stored)
            except Undecryptable:
                unreadable += 1
                log.error(
                    "protected value does not open",
                    table=table.name,
                    column=column.column,
                    row=str(row["id"]),
                )
                continue
            renewed[column].append(
                {"row_id": row["id"], **{f"new_{name}": value for name, value in values.items()}}
            )
    for column, values_of_rows in renewed.items():
        if values_of_rows:
            tx.connection.execute(_renewal(column), values_of_rows)
    return _Batch(sum(map(len, renewed.values())), unreadable, last)


def _renewal(column: ProtectedColumn) -> Any:
    names = [name for name in (column.column, column.index_column) if name is not None]
    if column.use is None:
        names = [column.column]
    return (
        update(column.table)
        .where(column.table.c.id == bindparam("row_id"))
        .values({name: bindparam(f"new_{name}") for name in names})
    )


def _is_stale(column: ProtectedColumn, keyring: Keyring) -> Any:
    stored = column.table.c[column.column]
    return (stored.is_not(None)) & (
        func.substr(stored, 1, KEY_ID_BYTES, type_=stored.type) != bytes.fromhex(keyring.fields[0].id)
    )
