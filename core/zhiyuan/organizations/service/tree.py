"""The closure table: every (ancestor, descendant) pair of the tree, kept with the tree in one transaction.

All changes of the tree queue behind one lock (on SQLite, the writer gate), because two moves that are each harmless can
close a cycle together, even in branches that share no row. Reading it costs nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, insert, literal, select, text, true, update

from zhiyuan.kernel.uow import Tx
from zhiyuan.kernel.versions import raise_version
from zhiyuan.organizations.models import Organization, OrganizationPath

_organization = Organization.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_path = OrganizationPath.__table__  # type: ignore[attr-defined]  # likewise
_above = _path.alias("above")
_below = _path.alias("below")

_TREE_LOCK: Final = 0x7A79_0001
"""The number of our advisory lock on PostgreSQL: any number will do that nobody else uses."""


def lock_tree(tx: Tx) -> None:
    """Wait until nobody else changes the tree; held until the unit of work ends. Take it before reading the tree."""
    if not tx.is_sqlite:
        tx.connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _TREE_LOCK})


def ancestors(tx: Tx, ids: Collection[UUID]) -> dict[UUID, list[tuple[UUID, int]]]:
    """Return, for each known id, its (ancestor, depth) pairs: itself at 0, then upwards."""
    found: dict[UUID, list[tuple[UUID, int]]] = {}
    if ids:
        rows = tx.connection.execute(
            select(_path).where(_path.c.descendant_id.in_(set(ids))).order_by(_path.c.depth)
        )
        for row in rows:
            found.setdefault(row.descendant_id, []).append((row.ancestor_id, row.depth))
    return found


def add_paths(tx: Tx, parents: Mapping[UUID, UUID | None]) -> None:
    """Write the paths of new nodes. ``parents`` maps each to the node above; parents come before their children."""
    known = ancestors(
        tx, {parent for parent in parents.values() if parent is not None and parent not in parents}
    )
    rows: list[dict[str, Any]] = []
    for node, parent in parents.items():
        above = [(ancestor, depth + 1) for ancestor, depth in known[parent]] if parent is not None else []
        known[node] = [(node, 0), *above]
        rows.extend(
            {"ancestor_id": ancestor, "descendant_id": node, "depth": depth}
            for ancestor, depth in known[node]
        )
    if rows:
        tx.connection.execute(insert(_path), rows)


def is_below(tx: Tx, node: UUID, ancestor: UUID) -> bool:
    """Tell whether ``node`` is ``ancestor`` itself or stands anywhere below it."""
    found = tx.connection.execute(
        select(literal(1)).where(_path.c.ancestor_id == ancestor, _path.c.descendant_id == node)
    )
    return found.first() is not None


def pairs_below(tx: Tx, pairs: Sequence[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """Return those (node, ancestor) pairs for which the node is, or stands below, the ancestor. One query."""
    if not pairs:
        return set()
    rows = tx.connection.execute(
        select(_path.c.descendant_id, _path.c.ancestor_id).where(
            _path.c.descendant_id.in_({node for node, _ in pairs}),
            _path.c.ancestor_id.in_({ancestor for _, ancestor in pairs}),
        )
    )
    return {(node, ancestor) for node, ancestor in rows} & set(pairs)


def move(tx: Tx, node: UUID, parent: UUID | None) -> None:
    """Hang ``node`` with everything below it under ``parent``. The caller holds the lock and has excluded a cycle."""
    moved = select(_path.c.descendant_id).where(_path.c.ancestor_id == node)
    tx.connection.execute(
        delete(_path).where(_path.c.descendant_id.in_(moved), _path.c.ancestor_id.not_in(moved))
    )
    if parent is not None:
        tx.connection.execute(
            insert(_path).from_select(
                ["ancestor_id", "descendant_id", "depth"],
                select(_above.c.ancestor_id, _below.c.descendant_id, _above.c.depth + _below.c.depth + 1)
                .select_from(_above.join(_below, true()))  # each ancestor with each node moved, on purpose
                .where(_above.c.descendant_id == parent, _below.c.ancestor_id == node),
            )
        )
    tx.connection.execute(update(_organization).where(_organization.c.id == node).values(parent_id=parent))
    raise_version(tx, "plugins")  # a plugin's switch reaches whatever lies below it
