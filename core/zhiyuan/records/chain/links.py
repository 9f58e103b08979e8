"""Appending to chains. The head row of an organization is the lock of its ledger.

Every change of a record, of a total or of a certificate's validity happens while the head of its organization is held,
so what was read under it stays true until the commit. Heads are taken in order of organization id, after persons and
shifts, and all that a unit of work needs at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.uow import Tx
from zhiyuan.records.chain.canonical import canonical, instant
from zhiyuan.records.chain.merkle import leaf_hash, root
from zhiyuan.records.models import ChainHead, ChainLink, RecordEntry

GENESIS: Final = bytes(32)
"""What the first link of every chain names as the one before it."""

_LINK = b"\x02"
_MEMO = "records.heads"

_head = ChainHead.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_INSERT_LINKS = insert(ChainLink.__table__)  # type: ignore[attr-defined]  # likewise
_INSERT_ENTRIES = insert(RecordEntry.__table__)  # type: ignore[attr-defined]  # likewise
_SELECT_HEADS = select(_head).where(_head.c.organization_id.in_(bindparam("ids", expanding=True)))
_LOCK_HEADS = _SELECT_HEADS.order_by(_head.c.organization_id).with_for_update()
_MOVE_HEAD = (
    update(_head)
    .where(_head.c.organization_id == bindparam("at"))
    .values(sequence=bindparam("to"), hash=bindparam("new_hash"), entry_count=bindparam("count"))
)


@dataclass(frozen=True, slots=True)
class Head:
    """The end of one chain: sequence of its last link (0 for none), that link's hash, and entries in all links."""

    sequence: int
    hash: bytes
    entry_count: int


@dataclass(frozen=True, slots=True)
class NewEntry:
    """One entry to append. ``payload`` is its canonical text; ``acted_by`` and ``reason`` are kept in clear beside it."""

    record_id: UUID
    kind: str
    payload: str
    acted_by: UUID | None = None
    reason: str | None = None


def lock_heads(tx: Tx, organization_ids: Iterable[UUID]) -> dict[UUID, Head]:
    """Take the ledgers of ``organization_ids`` until the end of this unit of work and return their heads.

    Call once with all that is needed: a second call with another organization would break the lock order.
    Raises what the database raises when the wait is too long (the command bus then tries again).
    """
    held: dict[UUID, Head] = tx.memo.setdefault(_MEMO, {})
    wanted = sorted(set(organization_ids) - held.keys())
    if not wanted:
        return held
    known = {row.organization_id for row in tx.connection.execute(_SELECT_HEADS, {"ids": wanted})}
    missing = [organization_id for organization_id in wanted if organization_id not in known]
    if missing:
        _open_chains(tx, missing)
    for row in tx.connection.execute(_LOCK_HEADS, {"ids": wanted}):
        held[row.organization_id] = Head(row.sequence, row.hash, row.entry_count)
    return held


def append(tx: Tx, organization_id: UUID, entries: Sequence[NewEntry]) -> Head:
    """Append ``entries`` (one or more) as one link to the chain of ``organization_id`` and return its new head."""
    return append_all(tx, {organization_id: entries})[organization_id]


def append_all(tx: Tx, entries: Mapping[UUID, Sequence[NewEntry]]) -> dict[UUID, Head]:
    """Append one link per organization, inside the caller's unit of work. Empty sequences are left out."""
    batches = {organization_id: batch for organization_id, batch in entries.items() if batch}
    heads = lock_heads(tx, batches)
    links: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    moves: list[dict[str, Any]] = []
    for organization_id in sorted(batches):
        batch = batches[organization_id]
        before = heads[organization_id]
        leaves = [leaf_hash(entry.payload) for entry in batch]
        merkle_root = root(leaves)
        sequence = before.sequence + 1
        own_hash = link_hash(organization_id, sequence, before.hash, merkle_root, len(batch), tx.now)
        links.append(
            {
                "organization_id": organization_id,
                "sequence": sequence,
                "previous_hash": before.hash,
                "merkle_root": merkle_root,
                "entry_count": len(batch),
                "hash": own_hash,
                "linked_at": tx.now,
            }
        )
        rows.extend(
            {
                "id": new_id(),
                "organization_id": organization_id,
                "sequence": sequence,
                "position": position,
                "record_id": entry.record_id,
                "kind": entry.kind,
                "payload": entry.payload,
                "leaf_hash": leaf,
                "acted_by": entry.acted_by,
                "reason": entry.reason,
            }
            for position, (entry, leaf) in enumerate(zip(batch, leaves, strict=True))
        )
        heads[organization_id] = Head(sequence, own_hash, before.entry_count + len(batch))
        moves.append(
            {
                "at": organization_id,
                "to": sequence,
                "new_hash": own_hash,
                "count": before.entry_count + len(batch),
            }
        )
    if links:
        tx.connection.execute(_INSERT_LINKS, links)
        tx.connection.execute(_INSERT_ENTRIES, rows)
        tx.connection.execute(_MOVE_HEAD, moves)
    return {organization_id: heads[organization_id] for organization_id in batches}


def link_hash(
    organization_id: UUID, sequence: int, previous: bytes, merkle_root: bytes, entry_count: int, at: datetime
) -> bytes:
    """Return the 32-byte hash that binds a link's content to its place: organization, sequence, link before, time."""
    text = canonical(
        {
            "v": 1,
            "organization": str(organization_id),
            "sequence": sequence,
            "previous": previous.hex(),
            "root": merkle_root.hex(),
            "entries": entry_count,
            "at": instant(at),
        }
    )
    return sha256(_LINK + text.encode()).digest()


def _open_chains(tx: Tx, organization_ids: Sequence[UUID]) -> None:
    dialect = sqlite if tx.is_sqlite else postgresql
    # An empty chain says nothing about anybody: when all that follows is refused, there is nothing to audit.
    with tx.bookkeeping():
        tx.connection.execute(
            dialect.insert(_head).on_conflict_do_nothing(index_elements=[_head.c.organization_id]),
            [
                {"organization_id": organization_id, "sequence": 0, "hash": GENESIS, "entry_count": 0}
                for organization_id in organization_ids
            ],
        )
