"""Who among the new people looks like somebody known. A hint for a reader, never a reason to merge or to refuse.

Families share a phone and a mail address, so a contact counts only together with the same name; a document number
counts alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Tx
from zhiyuan.people.membership import known_to
from zhiyuan.people.models import Person

_person = Person.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__

_SHARED: Final = (
    ("document_number_index", "document_number"),
    ("phone_index", "phone"),
    ("email_index", "email"),
)


@dataclass(frozen=True, slots=True)
class _Bearer:
    """Somebody who is like a new person; ``actor`` registers them in the same batch, and is empty for the known."""

    id: UUID
    number: str
    actor: Actor | None = None


def resemblances(
    tx: Tx, rows: Sequence[Mapping[str, Any]], actors: Sequence[Actor]
) -> Iterator[tuple[int, Issue]]:
    """Yield (index of the row, warning) for each of ``rows``, about to be inserted, that resembles somebody.

    ``actors`` are those who register, one for each row: only who may see the other person is told the number. Compared
    with everybody kept and with the rows before it. One query per kind of value, and one for who may see whom; values
    closed under an older index key are compared again when the rotation has reached them.
    """
    found = list(_alike(tx, rows, actors))
    viewers = {actors[position].person_id for position, _, _ in found} - {None}
    seen = known_to(
        tx,
        [viewer for viewer in viewers if viewer is not None],
        {bearer.id for _, _, bearers in found for bearer in bearers if bearer.actor is None},
    )
    for position, shared, bearers in found:
        actor = actors[position]
        number = next((bearer.number for bearer in bearers if _may_see(actor, bearer, seen)), None)
        if number is None:
            code, params = "people.possible_duplicate_elsewhere", {"shared": shared}
        else:
            code, params = "people.possible_duplicate", {"shared": shared, "number": number}
        yield position, Issue(code, severity="warn", field=shared, params=params)


def _alike(
    tx: Tx, rows: Sequence[Mapping[str, Any]], actors: Sequence[Actor]
) -> Iterator[tuple[int, str, tuple[_Bearer, ...]]]:
    for index_column, shared in _SHARED:
        wanted = {row[index_column] for row in rows if row[index_column] is not None}
        if not wanted:
            continue
        column = _person.c[index_column]
        bearers: dict[tuple[bytes, str], list[_Bearer]] = {}
        for kept in tx.connection.execute(
            select(column, _person.c.name, _person.c.id, _person.c.number)
            .where(column.in_(wanted), _person.c.status != "merged")
            .order_by(_person.c.id)
        ):
            bearers.setdefault(_key(kept[0], kept.name, shared), []).append(_Bearer(kept.id, kept.number))
        for position, row in enumerate(rows):
            if row[index_column] is None:
                continue
            known = bearers.setdefault(_key(row[index_column], row["name"], shared), [])
            if known:
                yield position, shared, tuple(known)
            known.append(_Bearer(row["id"], row["number"], actors[position]))


def _may_see(actor: Actor, bearer: _Bearer, seen: set[tuple[UUID, UUID]]) -> bool:
    if actor.is_operator or actor == bearer.actor:
        return True
    return actor.person_id is not None and (actor.person_id, bearer.id) in seen


def _key(blind: bytes, name: str, shared: str) -> tuple[bytes, str]:
    return blind, "" if shared == "document_number" else name.casefold()
