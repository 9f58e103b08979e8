"""What the commands of the ledger share: which records they speak of, held still, and what follows from a change.

A command first learns whose ledgers its records belong to (that never changes), takes those heads, and only then reads
the records: from there on nobody else can move them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Row, bindparam, select, update

from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.commands import Item, Outcome, refused
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.text import clean_text
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations.models import OrganizationPath
from zhiyuan.records.chain import NewEntry, append_all, lock_heads
from zhiyuan.records.models import RecordSalt, ServiceRecord

MOST_REASON_CHARACTERS = 300

_record = ServiceRecord.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_salt = RecordSalt.__table__  # type: ignore[attr-defined]  # likewise
_path = OrganizationPath.__table__  # type: ignore[attr-defined]  # likewise

_OWNERS = select(_record.c.id, _record.c.organization_id).where(
    _record.c.id.in_(bindparam("ids", expanding=True))
)
_RECORDS = (
    select(_record, _salt.c.salt)
    .join(_salt, _salt.c.record_id == _record.c.id, isouter=True)
    .where(_record.c.id.in_(bindparam("ids", expanding=True)))
)
_REACHED = select(_path.c.ancestor_id, _path.c.descendant_id).where(
    _path.c.ancestor_id.in_(bindparam("above", expanding=True)),
    _path.c.descendant_id.in_(bindparam("below", expanding=True)),
)


class NamesRecord(Protocol):
    """An item about one record."""

    @property
    def actor(self) -> Actor:
        """Return who acts."""
        ...

    @property
    def organization_id(self) -> UUID | None:
        """Return where the actor holds the permission."""
        ...

    @property
    def record_id(self) -> UUID:
        """Return the record meant."""
        ...


@dataclass(slots=True)
class Changes:
    """What a batch does to the ledger, gathered item by item and written in a few statements."""

    entries: dict[UUID, list[NewEntry]] = field(default_factory=lambda: defaultdict(list))
    audits: list[Audit] = field(default_factory=list)


ItemT = TypeVar("ItemT", bound=Item)


def held_records(tx: Tx, items: Sequence[NamesRecord]) -> dict[UUID, Row[Any]]:
    """Take the ledgers of the records that ``items`` name, and return by id those that their actors may reach.

    A row has every column of the record, and its ``salt``. A record outside the organization where the item's permission
    was checked (or below it) is left out, as if it did not exist.
    """
    ids = sorted({item.record_id for item in items})
    owners = {row.id: row.organization_id for row in tx.connection.execute(_OWNERS, {"ids": ids})}
    reached = reach(tx, {item.organization_id for item in items}, owners.values())
    allowed = {
        item.record_id
        for item in items
        if item.record_id in owners and (item.organization_id, owners[item.record_id]) in reached
    }
    lock_heads(tx, {owners[record_id] for record_id in allowed})
    return {row.id: row for row in tx.connection.execute(_RECORDS, {"ids": sorted(allowed)})}


def reach(tx: Tx, above: Iterable[UUID | None], below: Iterable[UUID]) -> set[tuple[UUID | None, UUID]]:
    """Return the (``above``, ``below``) pairs of organizations where the second is the first or lies under it.

    ``None`` above is the whole installation and reaches all; the command bus lets nobody but operators say that.
    """
    places = set(below)
    pairs: set[tuple[UUID | None, UUID]] = {(None, place) for place in places}
    named = {organization_id for organization_id in above if organization_id is not None}
    if named and places:
        pairs.update(
            (row.ancestor_id, row.descendant_id)
            for row in tx.connection.execute(_REACHED, {"above": sorted(named), "below": sorted(places)})
        )
        pairs.update((place, place) for place in named & places)
    return pairs


def decided(
    items: Sequence[ItemT], key: Callable[[ItemT], UUID], decide: Callable[[ItemT], Outcome]
) -> list[Outcome]:
    """Return what ``decide`` makes of each item in order; a second item with the same ``key`` is refused."""
    seen: set[UUID] = set()
    outcomes = []
    for item in items:
        if key(item) in seen:
            outcomes.append(refused(Issue("records.twice_in_batch")))
            continue
        outcome = decide(item)
        if outcome.is_done:
            seen.add(key(item))
        outcomes.append(outcome)
    return outcomes


def is_own(actor: Actor, person_id: UUID) -> bool:
    """Tell whether ``actor`` is the volunteer whose service it is: nobody vouches for their own."""
    return actor.person_id == person_id


def checked_reason(reason: str) -> str | Issue:
    """Return ``reason`` cleaned, or the issue that refuses it: a reason is 1..300 characters of one line."""
    cleaned = clean_text(reason, field="reason", maximum=MOST_REASON_CHARACTERS)
    if cleaned == "":
        return Issue("records.reason_required", field="reason")
    return cleaned


def set_statuses(tx: Tx, changes: Mapping[UUID, str], *, confirms: bool = False) -> None:
    """Write the new status of each record, one statement per status; ``confirms`` sets the instant of confirmation."""
    by_status: dict[str, list[UUID]] = defaultdict(list)
    for record_id, status in changes.items():
        by_status[status].append(record_id)
    for status, ids in sorted(by_status.items()):
        values: dict[str, Any] = {"status": status}
        if confirms:
            values["confirmed_at"] = tx.now
        tx.connection.execute(update(_record).where(_record.c.id.in_(ids)).values(**values))


def write(tx: Tx, changes: Changes) -> None:
    """Append the gathered entries, one link per organization, and keep the audit."""
    append_all(tx, changes.entries)
    tx.audit(*changes.audits)
