"""Correcting: a new record takes the place of an old one and names it. Both stay; only the new one counts."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, bindparam, insert, select

from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.commands import Outcome, refused
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Tx
from zhiyuan.people.models import Person
from zhiyuan.policy import PlaceChain
from zhiyuan.records import policy as rules
from zhiyuan.records.chain import NewEntry
from zhiyuan.records.chain.entries import happened, new_salt, recorded
from zhiyuan.records.events import CorrectedRecord, RecordsCorrected
from zhiyuan.records.models import RecordSalt, ServiceRecord
from zhiyuan.records.schemas import CorrectRecord, RecordChanges
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
from zhiyuan.records.service.validation import (
    check_required,
    check_texts,
    check_values,
    entry_rules,
    rules_on,
)
from zhiyuan.records.statuses import CONFIRMED, CORRECTED, COUNTING, PENDING, RECORDED, after
from zhiyuan.sites.queries import place_chains

_MARKED_OVER_CAP: Final = frozenset({"import", "transfer"})

_record = ServiceRecord.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_person = Person.__table__  # type: ignore[attr-defined]  # likewise
_CORRECTABLE: Final = tuple(entry.name for entry in fields(RecordChanges))
_COLUMNS = tuple(column.name for column in _record.columns)
_INSERT_RECORDS = insert(_record)
_INSERT_SALTS = insert(RecordSalt.__table__)  # type: ignore[attr-defined]  # likewise
_NAMES = select(_person.c.id, _person.c.name).where(_person.c.id.in_(bindparam("ids", expanding=True)))


def correct_records(tx: Tx, items: Sequence[CorrectRecord]) -> list[Outcome]:
    """Replace records by corrected ones. Status ``corrected`` with the id of the *new* record, or ``refused``.

    What counted goes on counting, with the new figures, and certificates that list the old record are revoked in the same
    unit of work. Of two corrections of one record the second is refused. Emits one RecordsCorrected per organization.
    """
    return _Correcting(tx, items).carry_out()


class _Correcting:
    def __init__(self, tx: Tx, items: Sequence[CorrectRecord]) -> None:
        self._tx = tx
        self._items = items
        self._old = held_records(tx, items)
        self._places: dict[UUID, PlaceChain] = dict(
            place_chains(tx, {row.organization_id for row in self._old.values()})
        )
        people = sorted({row.person_id for row in self._old.values()})
        self._names = {row.id: row.name for row in tx.connection.execute(_NAMES, {"ids": people})}
        self._new: list[dict[str, Any]] = []
        self._salts: list[dict[str, Any]] = []
        self._actors: dict[UUID, Actor] = {}
        self._changes = Changes()
        self._totals = TotalChanges()
        self._events: dict[UUID, list[CorrectedRecord]] = defaultdict(list)

    def carry_out(self) -> list[Outcome]:
        tx = self._tx
        outcomes = decided(self._items, lambda item: item.record_id, self._decide)
        if not self._new:
            return outcomes
        replaced = {row["corrects_id"]: CORRECTED for row in self._new}
        tx.connection.execute(_INSERT_RECORDS, self._new)
        tx.connection.execute(_INSERT_SALTS, self._salts)
        set_statuses(tx, replaced)
        self._totals.write(tx)
        self._changes.audits.extend(revoke_counting(tx, self._actors, CORRECTED))
        write(tx, self._changes)
        tx.emit(
            *(
                RecordsCorrected(organization_id=place, items=tuple(batch))
                for place, batch in self._events.items()
            )
        )
        return outcomes

    def _decide(self, item: CorrectRecord) -> Outcome:
        old = self._old.get(item.record_id)
        if old is None:
            return refused(Issue("records.unknown_record", field="record_id"))
        if after(CORRECTED, old.status) is None:
            return refused(Issue("records.status_forbids", params={"status": old.status}))
        if is_own(item.actor, old.person_id):
            return refused(Issue("records.own_record"))
        reason = checked_reason(item.reason)
        if isinstance(reason, Issue):
            return refused(reason)
        new = self._replacement(item, old)
        issues = self._check(new, old)
        if issues:
            return refused(*issues)
        self._note(item, old, new, reason)
        return Outcome(CORRECTED, new["id"])

    def _replacement(self, item: CorrectRecord, old: Row[Any]) -> dict[str, Any]:
        new = {name: getattr(old, name) for name in _COLUMNS}
        new.update({name: value for name, value in asdict(item.changes).items() if value is not None})
        counts = old.status in COUNTING
        new.update(
            id=new_id(),
            corrects_id=old.id,
            repeat_key=None,  # The old record keeps it: writing the same thing again still changes nothing.
            recorded_by=item.actor.person_id,
            recorded_at=self._tx.now,
            confirmed_at=self._tx.now if counts else None,
            status=CONFIRMED if counts else PENDING,
        )
        return new

    def _check(self, new: dict[str, Any], old: Row[Any]) -> list[Issue]:
        places = self._places[old.organization_id]
        issues = [*check_texts(new), *check_values(new, entry_rules(self._tx, places, new["time_zone"]))]
        if issues:
            return issues
        ruled = rules_on(self._tx, places, new["service_date"])
        issues.extend(check_required(new, ruled.required_columns))
        if new["title"] is None:
            issues.append(Issue("records.field_required", field="title", params={"name": "title"}))
        over = new["minutes"] > ruled.day_cap_minutes
        if over and new["minutes"] > old.minutes and new["source"] not in _MARKED_OVER_CAP:
            issues.append(
                Issue(
                    "records.over_day_cap",
                    field="minutes",
                    params={"minutes": new["minutes"], "cap": ruled.day_cap_minutes},
                    rule=rules.DAY_CAP_MINUTES.id,
                )
            )
        new["is_carried_over"] = over and new["source"] in _MARKED_OVER_CAP
        new["rules_fingerprint"] = ruled.fingerprint
        if not issues and all(new[name] == getattr(old, name) for name in _CORRECTABLE):
            issues.append(Issue("records.nothing_changed", field="changes"))
        return issues

    def _note(self, item: CorrectRecord, old: Row[Any], new: dict[str, Any], reason: str) -> None:
        place, by = old.organization_id, item.actor.person_id
        salt = new_salt()
        self._new.append(new)
        self._actors[old.id] = item.actor
        self._salts.append({"record_id": new["id"], "salt": salt})
        ended = happened(
            CORRECTED,
            record_id=old.id,
            organization_id=place,
            status=CORRECTED,
            at=self._tx.now,
            salt=old.salt,
            acted_by=by,
            reason=reason,
            replaced_by=new["id"],
        )
        opened = recorded(new, salt=salt, person_name=self._names[old.person_id])
        self._changes.entries[place].append(NewEntry(old.id, CORRECTED, ended, by, reason))
        self._changes.entries[place].append(NewEntry(new["id"], RECORDED, opened, by))
        changed = sorted(name for name in _CORRECTABLE if new[name] != getattr(old, name))
        self._changes.audits.append(
            Audit(
                item.actor,
                "records.correct",
                "service_record",
                old.id,
                place,
                {"replaced_by": str(new["id"]), "changed": changed},
            )
        )
        counts = old.status in COUNTING
        if counts:
            self._totals.take(place, old.person_id, old.service_date, old.minutes)
            self._totals.add(place, old.person_id, new["service_date"], new["minutes"])
        self._events[place].append(
            CorrectedRecord(
                record_id=new["id"],
                corrects_id=old.id,
                person_id=old.person_id,
                activity_id=old.activity_id,
                service_date=new["service_date"],
                minutes=new["minutes"],
                previous_service_date=old.service_date,
                previous_minutes=old.minutes,
                counts=counts,
            )
        )
