"""Taking a record out of the count, and the volunteer's word about a record that is wrong."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.commands import Outcome, refused
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Tx
from zhiyuan.records.chain import NewEntry
from zhiyuan.records.chain.entries import happened
from zhiyuan.records.events import RecordsVoided, VoidedRecord
from zhiyuan.records.schemas import DisputeRecord, UpholdRecord, VoidRecord
from zhiyuan.records.service.certified import revoke_counting
from zhiyuan.records.service.ledger import (
    Changes,
    checked_reason,
    decided,
    held_records,
    is_own,
    set_statuses,
    write,
)
from zhiyuan.records.service.totals import TotalChanges
from zhiyuan.records.statuses import COUNTING, DISPUTED, UPHELD, VOIDED, after


def void_records(tx: Tx, items: Sequence[VoidRecord]) -> list[Outcome]:
    """Declare records void. Status ``voided``, or ``refused``.

    Certificates that list one of them are revoked in the same unit of work. Emits one RecordsVoided per organization.
    """
    rows = held_records(tx, items)
    changes, totals = Changes(), TotalChanges()
    voided: dict[UUID, list[VoidedRecord]] = defaultdict(list)
    actors: dict[UUID, Actor] = {}

    def decide(item: VoidRecord) -> Outcome:
        row = rows.get(item.record_id)
        outcome = _step(tx, changes, VOIDED, item, row, forbids_own=True)
        if row is None or not outcome.is_done:
            return outcome
        actors[row.id] = item.actor
        counted = row.status in COUNTING
        if counted:
            totals.take(row.organization_id, row.person_id, row.service_date, row.minutes)
        voided[row.organization_id].append(
            VoidedRecord(row.id, row.person_id, row.activity_id, row.service_date, row.minutes, counted)
        )
        return outcome

    outcomes = decided(items, lambda item: item.record_id, decide)
    if actors:
        set_statuses(tx, dict.fromkeys(actors, VOIDED))
        totals.write(tx)
        changes.audits.extend(revoke_counting(tx, actors, VOIDED))
        write(tx, changes)
        tx.emit(
            *(RecordsVoided(organization_id=place, items=tuple(batch)) for place, batch in voided.items())
        )
    return outcomes


def dispute_records(tx: Tx, items: Sequence[DisputeRecord]) -> list[Outcome]:
    """Mark confirmed records as disputed by the volunteer whose they are. Status ``disputed``, or ``refused``.

    Nobody else may, but operators on a volunteer's behalf. The minutes go on counting (Order 67, article 13).
    """
    rows = held_records(tx, items)
    changes = Changes()

    def decide(item: DisputeRecord) -> Outcome:
        row = rows.get(item.record_id)
        if row is not None and not is_own(item.actor, row.person_id) and not item.actor.is_operator:
            row = None  # Whose record it is, is nobody else's business.
        return _step(tx, changes, DISPUTED, item, row, forbids_own=False)

    return _finish(tx, changes, decided(items, lambda item: item.record_id, decide), DISPUTED)


def uphold_records(tx: Tx, items: Sequence[UpholdRecord]) -> list[Outcome]:
    """Decide that disputed records stand. Status ``upheld``, or ``refused``; the record is ``confirmed`` again."""
    rows = held_records(tx, items)
    changes = Changes()

    def decide(item: UpholdRecord) -> Outcome:
        return _step(tx, changes, UPHELD, item, rows.get(item.record_id), forbids_own=True)

    return _finish(tx, changes, decided(items, lambda item: item.record_id, decide), UPHELD)


def _step(
    tx: Tx,
    changes: Changes,
    kind: str,
    item: VoidRecord | DisputeRecord | UpholdRecord,
    row: Row[Any] | None,
    *,
    forbids_own: bool,
) -> Outcome:
    if row is None:
        return refused(Issue("records.unknown_record", field="record_id"))
    status = after(kind, row.status)
    if status is None:
        return refused(Issue("records.status_forbids", params={"status": row.status}))
    if forbids_own and is_own(item.actor, row.person_id):
        return refused(Issue("records.own_record"))
    reason = checked_reason(item.reason)
    if isinstance(reason, Issue):
        return refused(reason)
    by = item.actor.person_id
    text = happened(
        kind,
        record_id=row.id,
        organization_id=row.organization_id,
        status=status,
        at=tx.now,
        salt=row.salt,
        acted_by=by,
        reason=reason,
    )
    changes.entries[row.organization_id].append(NewEntry(row.id, kind, text, by, reason))
    changes.audits.append(
        Audit(item.actor, f"records.{_VERBS[kind]}", "service_record", row.id, row.organization_id)
    )
    return Outcome(kind, row.id)


def _finish(tx: Tx, changes: Changes, outcomes: list[Outcome], kind: str) -> list[Outcome]:
    done = [outcome.id for outcome in outcomes if outcome.status == kind and outcome.id is not None]
    if done:
        set_statuses(tx, dict.fromkeys(done, _REACHED[kind]))
        write(tx, changes)
    return outcomes


_VERBS = {VOIDED: "void", DISPUTED: "dispute", UPHELD: "uphold"}
_REACHED = {DISPUTED: DISPUTED, UPHELD: "confirmed"}
