"""Confirming: somebody else vouches for pending records, and their minutes count from then on."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.commands import Outcome, refused
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Tx
from zhiyuan.records.chain import NewEntry
from zhiyuan.records.chain.entries import happened
from zhiyuan.records.events import ConfirmedRecord, RecordsConfirmed
from zhiyuan.records.schemas import ConfirmRecord
from zhiyuan.records.service.ledger import Changes, decided, held_records, is_own, set_statuses, write
from zhiyuan.records.service.totals import TotalChanges
from zhiyuan.records.statuses import CONFIRMED, after


def confirm_records(tx: Tx, items: Sequence[ConfirmRecord]) -> list[Outcome]:
    """Confirm pending records. Statuses: ``confirmed``, ``unchanged`` (it was confirmed before), ``refused``.

    Nobody confirms service of their own. Emits one RecordsConfirmed per organization. Inside the caller's unit of work.
    """
    rows = held_records(tx, items)
    changes, totals = Changes(), TotalChanges()
    confirmed: dict[UUID, list[ConfirmedRecord]] = defaultdict(list)

    def decide(item: ConfirmRecord) -> Outcome:
        row = rows.get(item.record_id)
        if (issue := _objection(item, row)) is not None:
            return refused(issue)
        assert row is not None  # Otherwise there would be an objection.
        if row.status == CONFIRMED:
            return Outcome("unchanged", row.id)
        changes.entries[row.organization_id].append(_entry(tx, item, row))
        changes.audits.append(
            Audit(item.actor, "records.confirm", "service_record", row.id, row.organization_id)
        )
        totals.add(row.organization_id, row.person_id, row.service_date, row.minutes)
        confirmed[row.organization_id].append(
            ConfirmedRecord(row.id, row.person_id, row.activity_id, row.service_date, row.minutes)
        )
        return Outcome(CONFIRMED, row.id)

    outcomes = decided(items, lambda item: item.record_id, decide)
    done = {
        outcome.id: CONFIRMED
        for outcome in outcomes
        if outcome.status == CONFIRMED and outcome.id is not None
    }
    if done:
        set_statuses(tx, done, confirms=True)
        totals.write(tx)
        write(tx, changes)
        tx.emit(
            *(
                RecordsConfirmed(organization_id=place, items=tuple(batch))
                for place, batch in confirmed.items()
            )
        )
    return outcomes


def _objection(item: ConfirmRecord, row: Row[Any] | None) -> Issue | None:
    if row is None:
        return Issue("records.unknown_record", field="record_id")
    if row.status == CONFIRMED:
        return None
    if after(CONFIRMED, row.status) is None:
        return Issue("records.status_forbids", params={"status": row.status})
    if is_own(item.actor, row.person_id):
        return Issue("records.own_record")
    return None


def _entry(tx: Tx, item: ConfirmRecord, row: Row[Any]) -> NewEntry:
    acted_by = item.actor.person_id
    text = happened(
        CONFIRMED,
        record_id=row.id,
        organization_id=row.organization_id,
        status=CONFIRMED,
        at=tx.now,
        salt=row.salt,
        acted_by=acted_by,
    )
    return NewEntry(row.id, CONFIRMED, text, acted_by)
