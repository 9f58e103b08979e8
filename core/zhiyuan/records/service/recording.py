"""Writing records: imports, paper, claims. Attendance comes this way too, once it has become minutes.

Everything is decided with a few statements per batch, whatever its size. The same thing written again changes nothing,
by its repeat key; that is decided while the heads of the ledgers are held, so in any number of processes.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select

from zhiyuan.activities.models import Activity
from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.clock import is_time_zone
from zhiyuan.kernel.commands import Item, Outcome, refused
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations.models import Organization
from zhiyuan.people.models import Person
from zhiyuan.policy import PlaceChain
from zhiyuan.records import policy as rules
from zhiyuan.records.chain import NewEntry, append_all, lock_heads
from zhiyuan.records.chain.entries import new_salt, recorded
from zhiyuan.records.events import ConfirmedRecord, RecordsConfirmed
from zhiyuan.records.models import RecordSalt, ServiceRecord
from zhiyuan.records.schemas import RecordService
from zhiyuan.records.service.totals import TotalChanges
from zhiyuan.records.service.validation import (
    check_required,
    check_texts,
    check_values,
    entry_rules,
    is_late,
    rules_on,
)
from zhiyuan.records.statuses import CONFIRMED, COUNTING, PENDING, RECORDED
from zhiyuan.sites.queries import place_chains

_OVER_CAP_IS_MARKED: Final = frozenset({"import", "transfer"})
_DEADLINE_APPLIES: Final = frozenset({"attendance", "claim", "paper"})
_REPEAT_KEY_BYTES: Final = 32

_record = ServiceRecord.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_person = Person.__table__  # type: ignore[attr-defined]  # likewise
_activity = Activity.__table__  # type: ignore[attr-defined]  # likewise
_organization = Organization.__table__  # type: ignore[attr-defined]  # likewise
_INSERT_RECORDS = insert(_record)
_INSERT_SALTS = insert(RecordSalt.__table__)  # type: ignore[attr-defined]  # likewise
_PEOPLE = select(_person.c.id, _person.c.name).where(_person.c.id.in_(bindparam("ids", expanding=True)))
_LOCK_PEOPLE = _PEOPLE.order_by(_person.c.id).with_for_update()
_ORGANIZATIONS = select(_organization.c.id).where(_organization.c.id.in_(bindparam("ids", expanding=True)))
_ACTIVITIES = select(_activity.c.id, _activity.c.organization_id, _activity.c.is_volunteer_service).where(
    _activity.c.id.in_(bindparam("ids", expanding=True))
)
_REPEATS = select(_record.c.organization_id, _record.c.repeat_key, _record.c.id).where(
    _record.c.organization_id.in_(bindparam("organizations", expanding=True)),
    _record.c.repeat_key.in_(bindparam("keys", expanding=True)),
)
_DAYS = (
    select(_record.c.person_id, _record.c.service_date, func.sum(_record.c.minutes).label("minutes"))
    .where(
        _record.c.person_id.in_(bindparam("people", expanding=True)),
        _record.c.service_date.in_(bindparam("days", expanding=True)),
        _record.c.status.in_((PENDING, *COUNTING)),
        _record.c.is_carried_over.is_(False),
    )
    .group_by(_record.c.person_id, _record.c.service_date)
)
_COPIED = tuple(
    entry.name
    for entry in fields(RecordService)
    if entry.name not in {item_field.name for item_field in fields(Item)}
)
_copy = attrgetter(*_COPIED)


def claimed_by(item: RecordService) -> UUID | None:
    """Return the person who may write ``item`` without a permission: the volunteer, for a claim still to be confirmed."""
    return item.person_id if item.source == "claim" and item.status == PENDING else None


def record_services(tx: Tx, items: Sequence[RecordService]) -> list[Outcome]:
    """Write each item as a record. Statuses: ``created``, ``unchanged`` (its repeat key is known), ``refused``.

    Emits one RecordsConfirmed per organization for what counts at once. Inside the caller's unit of work.
    """
    return Recording(tx, items).carry_out()


class Recording:
    """One batch of records on its way into the ledger.

    ``sign_ups`` says which item comes from which sign-up; the items of each range in ``whole`` are written all or none.
    """

    def __init__(
        self,
        tx: Tx,
        items: Sequence[RecordService],
        *,
        sign_ups: Mapping[int, UUID] | None = None,
        whole: Sequence[range] = (),
    ) -> None:
        self._tx = tx
        self._items = items
        self._sign_ups = sign_ups or {}
        self._whole = whole
        self._places: Mapping[UUID, PlaceChain] = {}
        self._names: dict[UUID, str] = {}
        self._activities: dict[UUID, Any] = {}
        self._known: dict[tuple[UUID, bytes], UUID] = {}
        self._days: dict[tuple[UUID, date], int] = {}
        self._rows: dict[int, dict[str, Any]] = {}

    def carry_out(self) -> list[Outcome]:
        """Decide and write the batch; return one outcome per item, in order."""
        self._look_up()
        outcomes = [self._decide(index, item) for index, item in enumerate(self._items)]
        for span in self._whole:
            if not all(outcomes[index].is_done for index in span):
                for index in span:
                    self._rows.pop(index, None)
        if self._rows:
            self._write(list(self._rows.values()))
        return outcomes

    def _look_up(self) -> None:
        items, tx = self._items, self._tx
        organizations = {item.organization_id for item in items if item.organization_id is not None}
        known = tx.connection.execute(_ORGANIZATIONS, {"ids": sorted(organizations)}).scalars()
        self._places = place_chains(tx, set(known))
        # A day's total is decided under the lock of the person, so that two claims cannot share one day unseen.
        capped = [item for item in items if item.source not in _OVER_CAP_IS_MARKED]
        people = tx.connection.execute(
            _LOCK_PEOPLE if capped else _PEOPLE, {"ids": sorted({item.person_id for item in items})}
        )
        self._names = {row.id: row.name for row in people}
        activities = {item.activity_id for item in items if item.activity_id is not None}
        if activities:
            rows = tx.connection.execute(_ACTIVITIES, {"ids": sorted(activities)})
            self._activities = {row.id: row for row in rows}
        lock_heads(tx, self._places)
        keys = sorted({item.repeat_key for item in items if item.repeat_key is not None})
        if keys:
            rows = tx.connection.execute(_REPEATS, {"organizations": sorted(self._places), "keys": keys})
            self._known = {(row.organization_id, row.repeat_key): row.id for row in rows}
        if capped:
            rows = tx.connection.execute(
                _DAYS,
                {
                    "people": sorted({item.person_id for item in capped}),
                    "days": sorted({item.service_date for item in capped}),
                },
            )
            self._days = {(row.person_id, row.service_date): int(row.minutes) for row in rows}

    def _decide(self, index: int, item: RecordService) -> Outcome:
        organization_id = item.organization_id
        if organization_id is None or organization_id not in self._places:
            return refused(Issue("records.unknown_organization", field="organization_id"))
        if item.repeat_key is not None:
            if len(item.repeat_key) != _REPEAT_KEY_BYTES:
                return refused(Issue("records.repeat_key_malformed", field="repeat_key"))
            if (known := self._known.get((organization_id, item.repeat_key))) is not None:
                return Outcome("unchanged", known)
        if not is_time_zone(item.time_zone):
            return refused(
                Issue(
                    "records.unknown_time_zone", field="time_zone", params={"time_zone": item.time_zone[:60]}
                )
            )
        row: dict[str, Any] = dict(zip(_COPIED, _copy(item), strict=True))
        places = self._places[organization_id]
        today = entry_rules(self._tx, places, item.time_zone)
        issues = [*self._who(item), *check_texts(row), *check_values(row, today)]
        if issues:
            return refused(*issues)
        ruled = rules_on(self._tx, places, item.service_date)
        issues.extend(check_required(row, ruled.required_columns))
        if row["title"] is None:
            issues.append(Issue("records.field_required", field="title", params={"name": "title"}))
        over_cap = self._over_cap(item, ruled.day_cap_minutes)
        if over_cap is not None:
            issues.append(over_cap)
        if any(issue.blocks for issue in issues):
            return refused(*issues)
        row.update(
            id=new_id(),
            organization_id=organization_id,
            sign_up_id=self._sign_ups.get(index),
            recorded_by=None if _is_claim(item) else item.actor.person_id,
            is_carried_over=item.source in _OVER_CAP_IS_MARKED and item.minutes > ruled.day_cap_minutes,
            is_late=item.source in _DEADLINE_APPLIES
            and is_late(item.service_date, today.today, ruled.deadline_working_days),
            rules_fingerprint=ruled.fingerprint,
            corrects_id=None,
            recorded_at=self._tx.now,
            confirmed_at=self._tx.now if item.status == CONFIRMED else None,
        )
        self._rows[index] = row
        if item.repeat_key is not None:
            self._known[(organization_id, item.repeat_key)] = row["id"]
        if not row["is_carried_over"]:
            day = (item.person_id, item.service_date)
            self._days[day] = self._days.get(day, 0) + item.minutes
        return Outcome("created", row["id"], tuple(issues))

    def _who(self, item: RecordService) -> list[Issue]:
        issues = []
        if item.person_id not in self._names:
            issues.append(Issue("records.unknown_person", field="person_id"))
        if item.actor.person_id == item.person_id and not _is_claim(item):
            issues.append(Issue("records.own_record"))
        issues.extend(self._about_activity(item))
        return issues

    def _about_activity(self, item: RecordService) -> list[Issue]:
        if item.activity_id is None:
            return []
        activity = self._activities.get(item.activity_id)
        if activity is None or activity.organization_id != item.organization_id:
            return [Issue("records.unknown_activity", field="activity_id")]
        if activity.is_volunteer_service:
            return []
        return [
            Issue(
                "records.not_volunteer_service",
                field="activity_id",
                clause="Civil Affairs Order 67, article 19",
            )
        ]

    def _over_cap(self, item: RecordService, cap: int) -> Issue | None:
        if item.source in _OVER_CAP_IS_MARKED:
            return None
        minutes = self._days.get((item.person_id, item.service_date), 0) + item.minutes
        if minutes <= cap or item.minutes == 0:
            return None
        return Issue(
            "records.over_day_cap",
            # Observed time is never thrown away: it waits, marked, for the person who confirms.
            severity="warn" if item.source == "attendance" else "block",
            field="minutes",
            params={"minutes": minutes, "cap": cap},
            rule=rules.DAY_CAP_MINUTES.id,
        )

    def _write(self, rows: list[dict[str, Any]]) -> None:
        tx = self._tx
        entries: dict[UUID, list[NewEntry]] = defaultdict(list)
        salts = []
        totals = TotalChanges()
        confirmed: dict[UUID, list[ConfirmedRecord]] = defaultdict(list)
        for row in rows:
            salt = new_salt()
            salts.append({"record_id": row["id"], "salt": salt})
            text = recorded(row, salt=salt, person_name=self._names[row["person_id"]])
            entries[row["organization_id"]].append(NewEntry(row["id"], RECORDED, text, row["recorded_by"]))
            if row["status"] == CONFIRMED:
                totals.add(row["organization_id"], row["person_id"], row["service_date"], row["minutes"])
                confirmed[row["organization_id"]].append(
                    ConfirmedRecord(
                        row["id"], row["person_id"], row["activity_id"], row["service_date"], row["minutes"]
                    )
                )
        tx.connection.execute(_INSERT_RECORDS, rows)
        tx.connection.execute(_INSERT_SALTS, salts)
        totals.write(tx)
        heads = append_all(tx, entries)
        tx.emit(
            *(
                RecordsConfirmed(organization_id=place, items=tuple(batch))
                for place, batch in confirmed.items()
            )
        )
        written: dict[tuple[Actor, UUID], int] = defaultdict(int)
        for index, row in self._rows.items():
            written[(self._items[index].actor, row["organization_id"])] += 1
        only = rows[0]["id"] if len(rows) == 1 else None
        tx.audit(
            *(
                Audit(
                    actor,
                    "records.record",
                    "service_record",
                    only,
                    place,
                    {"records": count, "link_sequence": heads[place].sequence},
                )
                for (actor, place), count in written.items()
            )
        )


def _is_claim(item: RecordService) -> bool:
    return item.source == "claim" and item.status == PENDING
