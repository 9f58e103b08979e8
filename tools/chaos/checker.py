"""What is left after a storm, held against what was answered. Trusts only the database, read by plain SQL, and the journal.

Nothing of the product is imported here: the hash chain is recomputed from its published description
(docs/reference/ledger.md), times are compared as the database holds them.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import create_engine, text

from tools.chaos import ledger
from tools.chaos.journal import Asked, Journal

HOLDING = frozenset({"accepted", "offered", "attended"})
"""States of a sign-up that occupy a place."""

COUNTING = frozenset({"confirmed", "disputed"})
"""States of a record whose minutes count."""

Row = Mapping[str, Any]


class Facts:
    """The tables that matter, read once. Identifiers become 32 hex digits, instants aware datetimes."""

    def __init__(self, url: str) -> None:
        engine = create_engine(url)
        with engine.connect() as connection:

            def rows(table: str) -> list[Row]:
                return [
                    {name: _plain(name, value) for name, value in row.items()}
                    for row in connection.execute(text(f"SELECT * FROM {table}")).mappings()  # noqa: S608  # fixed names
                ]

            self.shifts = {row["id"]: row for row in rows("core__shift")}
            self.sign_ups = {row["id"]: row for row in rows("core__sign_up")}
            self.attendances = {row["sign_up_id"]: row for row in rows("core__attendance")}
            self.records = {row["id"]: row for row in rows("core__service_record")}
            self.totals = rows("core__service_total")
            self.entries = rows("core__record_entry")
            self.links = rows("core__chain_link")
            self.heads = {row["organization_id"]: row for row in rows("core__chain_head")}
            self.audits = rows("core__audit_entry")
            self.events = [{**row, "payload": _parsed(row["payload"])} for row in rows("core__outbox_event")]
            self.deliveries = rows("core__outbox_delivery")
            self.jobs = rows("core__job")
        engine.dispose()


def faults(url: str, journal: Journal) -> list[str]:
    """Return every fault found, as sentences; an empty list means that nothing was lost, doubled or broken."""
    facts = Facts(url)
    checks = (
        _oversold(facts),
        _overlapping(facts),
        _lost_sign_ups(facts, journal),
        _lost_attendance(facts, journal),
        _lost_records(facts, journal),
        _doubled_records(facts),
        _wrong_totals(facts),
        ledger.broken(facts.entries, facts.links, facts.heads, facts.records),
        _unaudited(facts, journal),
        _untold(facts),
        _stuck(facts),
    )
    return [fault for check in checks for fault in check]


def _oversold(facts: Facts) -> Iterable[str]:
    held = Counter(row["shift_id"] for row in facts.sign_ups.values() if row["status"] in HOLDING)
    waiting = Counter(row["shift_id"] for row in facts.sign_ups.values() if row["status"] == "waitlisted")
    for shift_id, shift in facts.shifts.items():
        if shift["capacity"] is not None and held[shift_id] + shift["reserved_count"] > shift["capacity"]:
            yield f"shift {shift_id} is oversold: {held[shift_id]} of {shift['capacity']}"
        if shift["taken_count"] != held[shift_id]:
            yield f"shift {shift_id} says {shift['taken_count']} places taken, sign-ups hold {held[shift_id]}"
        if shift["waitlisted_count"] != waiting[shift_id]:
            yield f"shift {shift_id} says {shift['waitlisted_count']} waiting, sign-ups say {waiting[shift_id]}"


def _overlapping(facts: Facts) -> Iterable[str]:
    places: dict[str, list[Row]] = defaultdict(list)
    for row in facts.sign_ups.values():
        if row["status"] in HOLDING:
            places[row["person_id"]].append(row)
    for person_id, rows in places.items():
        rows.sort(key=lambda row: row["starts_at"])
        for earlier, later in pairwise(rows):
            if later["starts_at"] < earlier["ends_at"]:
                yield f"person {person_id} holds overlapping places {earlier['id']} and {later['id']}"


def _lost_sign_ups(facts: Facts, journal: Journal) -> Iterable[str]:
    cancelled = {asked.what["sign_up_id"]: asked for asked in journal if asked.verb == "cancel"}
    wishes = Counter(_pair(asked) for asked in journal if asked.verb == "sign_up")
    for asked in journal.answered("sign_up", "accepted", "waitlisted", "unchanged"):
        sign_up_id = _hex(asked.answer["id"])  # type: ignore[index]  # answered ones have an answer
        row = facts.sign_ups.get(sign_up_id)
        if row is None:
            yield f"answered sign-up {sign_up_id} is lost"
            continue
        if (row["shift_id"], row["person_id"]) != (
            _hex(asked.what["shift_id"]),
            _hex(asked.what["person_id"]),
        ):
            yield f"answered sign-up {sign_up_id} is of somebody else or for another shift"
        cancel = cancelled.get(sign_up_id)
        if cancel is None and row["status"] == "cancelled":
            yield f"sign-up {sign_up_id} is cancelled and nobody asked for it"
        if cancel is None and asked.answer["status"] == "accepted" and row["status"] not in HOLDING:  # type: ignore[index]
            yield f"accepted sign-up {sign_up_id} is now {row['status']}"
        if (
            cancel is not None
            and _was(cancel, "cancelled")
            and row["status"] != "cancelled"
            and wishes[_pair(asked)] == 1
        ):
            yield f"cancelled sign-up {sign_up_id} is now {row['status']}"


def _lost_attendance(facts: Facts, journal: Journal) -> Iterable[str]:
    for verb, column in (("check_in", "checked_in_at"), ("check_out", "checked_out_at")):
        for asked in journal.answered(verb):
            if asked.answer["status"] == "refused":  # type: ignore[index]
                continue
            row = facts.attendances.get(_hex(asked.what["sign_up_id"]))
            if row is None or row[column] is None:
                yield f"answered {verb} of sign-up {asked.what['sign_up_id']} is lost"


def _lost_records(facts: Facts, journal: Journal) -> Iterable[str]:
    replaced = {row["corrects_id"]: row for row in facts.records.values() if row["corrects_id"]}
    for asked in journal.answered("confirm", "confirmed", "unchanged"):
        record = facts.records.get(_hex(asked.what["record_id"]))
        if record is None or record["status"] not in (*COUNTING, "corrected", "voided"):
            yield f"answered confirmation of {asked.what['record_id']} is lost"
    for asked in journal.answered("correct", "confirmed", "corrected"):
        old = facts.records.get(_hex(asked.what["record_id"]))
        new = replaced.get(_hex(asked.what["record_id"]))
        if old is None or old["status"] != "corrected" or new is None:
            yield f"answered correction of {asked.what['record_id']} is lost"
        elif new["minutes"] != asked.what["minutes"]:
            yield f"correction of {asked.what['record_id']} says {new['minutes']} minutes, not {asked.what['minutes']}"
    for asked in journal.answered("void", "voided"):
        record = facts.records.get(_hex(asked.what["record_id"]))
        if record is None or record["status"] != "voided":
            yield f"answered voiding of {asked.what['record_id']} is lost"


def _doubled_records(facts: Facts) -> Iterable[str]:
    corrections = Counter(row["corrects_id"] for row in facts.records.values() if row["corrects_id"])
    for record_id, count in corrections.items():
        if count > 1:
            yield f"record {record_id} was corrected {count} times"
        if facts.records[record_id]["status"] != "corrected":
            yield f"record {record_id} has a correction and is {facts.records[record_id]['status']}"
    originals = Counter(
        (row["sign_up_id"], str(row["service_date"]))
        for row in facts.records.values()
        if row["sign_up_id"] and not row["corrects_id"]
    )
    for (sign_up_id, day), count in originals.items():
        if count > 1:
            yield f"sign-up {sign_up_id} was recorded {count} times for {day}"


def _wrong_totals(facts: Facts) -> Iterable[str]:
    sums: dict[tuple[str, str, int], list[int]] = defaultdict(lambda: [0, 0])
    for row in facts.records.values():
        if row["status"] in COUNTING:
            total = sums[row["person_id"], row["organization_id"], int(str(row["service_date"])[:4])]
            total[0] += row["minutes"]
            total[1] += 1
    kept = {
        (row["person_id"], row["organization_id"], row["year"]): [row["minutes"], row["entry_count"]]
        for row in facts.totals
        if row["minutes"] or row["entry_count"]
    }
    if kept != dict(sums):
        for key in kept.keys() | sums.keys():
            if kept.get(key) != (list(sums[key]) if key in sums else None):
                yield f"total of {key} is {kept.get(key)}, records sum to {sums.get(key)}"


def _unaudited(facts: Facts, journal: Journal) -> Iterable[str]:
    audited = {row["subject_id"] for row in facts.audits}
    for asked in journal:
        if asked.answer is None or asked.answer["status"] in ("refused", "unchanged"):
            continue
        # The entry names what was changed: for a correction, the record that it replaces.
        subject = asked.what.get("record_id", asked.answer["id"])
        if _hex(subject) not in audited:
            yield f"answered {asked.verb} of {subject} left no audit entry"


def _untold(facts: Facts) -> Iterable[str]:
    told: Counter[str] = Counter()
    for event in facts.events:
        if event["name"] == "records_confirmed":
            told.update(_hex(item["record_id"]) for item in event["payload"]["items"])
    confirmed = {entry["record_id"] for entry in facts.entries if entry["kind"] == "confirmed"}
    for record_id in confirmed:
        if told[record_id] != 1:
            yield f"confirmation of {record_id} stands in {told[record_id]} events"
    for record_id in told.keys() - confirmed:
        yield f"an event tells of record {record_id}, which the ledger does not confirm"


def _stuck(facts: Facts) -> Iterable[str]:
    now = datetime.now(UTC)
    for job in facts.jobs:
        if job["state"] == "failed":
            yield f"job {job['kind']} failed: {job['last_error']}"
        if job["state"] in ("waiting", "running") and job["due_at"] < now and job["attempts"] > 0:
            yield f"job {job['kind']} is still {job['state']}"
    for delivery in facts.deliveries:
        if delivery["state"] != "delivered":
            yield f"an event for {delivery['plugin_id']} is still {delivery['state']}"


def _pair(asked: Asked) -> tuple[str, str]:
    """Shift and person of a wish. Asked for more than once, a cancelled sign-up may rightly be alive again."""
    return _hex(asked.what["shift_id"]), _hex(asked.what["person_id"])


def _was(asked: Asked, status: str) -> bool:
    return asked.answer is not None and asked.answer["status"] == status


def _hex(value: Any) -> str:
    return str(value).replace("-", "").lower()


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, str) and name.endswith(("_at", "_until")):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, UUID):
        return value.hex
    return value


def _parsed(payload: Any) -> Any:
    return json.loads(payload) if isinstance(payload, str) else payload
