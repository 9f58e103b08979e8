"""One organization's chain, recomputed from the texts of its entries."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import select

from zhiyuan.kernel.uow import Tx
from zhiyuan.records.chain.links import GENESIS, link_hash
from zhiyuan.records.chain.merkle import leaf_hash, root
from zhiyuan.records.models import ChainHead, ChainLink, RecordEntry
from zhiyuan.records.verification.report import Report

_CHUNK = 2000

_entry = RecordEntry.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_link = ChainLink.__table__  # type: ignore[attr-defined]  # likewise
_head = ChainHead.__table__  # type: ignore[attr-defined]  # likewise


def check_chain(tx: Tx, report: Report, organization_id: UUID) -> None:
    """Check leaves, Merkle roots, links, the order of the sequence, and the head row of one chain."""
    batches = _Batches(_entries(tx, organization_id))
    previous = GENESIS
    sequence = entry_count = 0
    links = tx.connection.execution_options(stream_results=True, yield_per=_CHUNK).execute(
        select(_link).where(_link.c.organization_id == organization_id).order_by(_link.c.sequence)
    )
    for link in links:
        report.links += 1
        where = {"organization": organization_id, "sequence": link.sequence}
        if link.sequence != sequence + 1:
            report.found("chain.gap", **where, expected=sequence + 1)
        for stray, entries in batches.before(link.sequence):
            report.entries += len(entries)
            report.found("chain.entries_without_link", organization=organization_id, sequence=stray)
        entries = batches.take(link.sequence)
        report.entries += len(entries)
        _check_batch(report, link, entries, where)
        if link.previous_hash != previous:
            report.found("chain.broken_link", **where)
        computed = link_hash(
            organization_id,
            link.sequence,
            link.previous_hash,
            link.merkle_root,
            link.entry_count,
            link.linked_at,
        )
        if computed != link.hash:
            report.found("chain.link_changed", **where)
        sequence, previous = link.sequence, link.hash
        entry_count += link.entry_count
    for stray, entries in batches.before(None):
        report.entries += len(entries)
        report.found("chain.entries_without_link", organization=organization_id, sequence=stray)
    _check_head(tx, report, organization_id, (sequence, previous, entry_count))


def _check_batch(report: Report, link: Any, entries: list[Any], where: dict[str, Any]) -> None:
    if len(entries) != link.entry_count:
        report.found("chain.entry_count_differs", **where, linked=link.entry_count, found=len(entries))
    if [entry.position for entry in entries] != list(range(len(entries))):
        report.found("chain.positions_differ", **where)
    leaves = []
    for entry in entries:
        computed = leaf_hash(entry.payload)
        leaves.append(computed)
        if computed != entry.leaf_hash:
            report.found("chain.entry_changed", **where, position=entry.position, record=entry.record_id)
    if not leaves or root(leaves) != link.merkle_root:
        report.found("chain.root_differs", **where)


def _check_head(tx: Tx, report: Report, organization_id: UUID, end: tuple[int, bytes, int]) -> None:
    head = tx.connection.execute(select(_head).where(_head.c.organization_id == organization_id)).first()
    if head is None:
        if end[0]:
            report.found("chain.head_missing", organization=organization_id)
        return
    if (head.sequence, head.hash, head.entry_count) != end:
        report.found(
            "chain.head_differs", organization=organization_id, sequence=head.sequence, last_link=end[0]
        )


def _entries(tx: Tx, organization_id: UUID) -> Iterator[Any]:
    yield from tx.connection.execution_options(stream_results=True, yield_per=_CHUNK).execute(
        select(_entry.c.sequence, _entry.c.position, _entry.c.record_id, _entry.c.payload, _entry.c.leaf_hash)
        .where(_entry.c.organization_id == organization_id)
        .order_by(_entry.c.sequence, _entry.c.position)
    )


class _Batches:
    """Entries in the order of the chain, handed out link by link."""

    def __init__(self, entries: Iterator[Any]) -> None:
        self._groups = (
            (sequence, list(batch)) for sequence, batch in groupby(entries, key=lambda row: row.sequence)
        )
        self._next: tuple[int, list[Any]] | None = next(self._groups, None)

    def before(self, sequence: int | None) -> Iterator[tuple[int, list[Any]]]:
        """Hand out the batches below ``sequence`` (all that are left for ``None``)."""
        while self._next is not None and (sequence is None or self._next[0] < sequence):
            yield self._next
            self._next = next(self._groups, None)

    def take(self, sequence: int) -> list[Any]:
        """Hand out the batch of ``sequence``, empty if there is none."""
        if self._next is None or self._next[0] != sequence:
            return []
        taken = self._next[1]
        self._next = next(self._groups, None)
        return taken
