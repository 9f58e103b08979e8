"""The checker of the chaos harness finds each fault it is there for; one that finds nothing proves nothing."""

import sqlite3
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tools.chaos.checker import faults
from tools.chaos.journal import Journal
from zhiyuan.activities import service as activities
from zhiyuan.activities.schemas import ActivityDetails
from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.settings import Settings
from zhiyuan.organizations import service as organizations
from zhiyuan.people import service as people
from zhiyuan.people.schemas import PersonDetails
from zhiyuan.records import service as records
from zhiyuan.records.schemas import RecordChanges
from zhiyuan.runtime import start
from zhiyuan.testing import databases

_TELL_AGAIN = """
    INSERT INTO core__outbox_event (id, name, schema_version, organization_id, occurred_at, payload)
    SELECT hex(randomblob(16)), name, schema_version, organization_id, occurred_at, payload FROM core__outbox_event
"""


@dataclass
class After:
    """A database after a calm storm, and its journal."""

    path: Path
    journal: Journal
    sign_up_id: UUID
    record_id: UUID

    def faults(self) -> list[str]:
        """What the checker says now."""
        return faults(f"sqlite:///{self.path}", self.journal)

    def tamper(self, statement: str, *values: object) -> None:
        """Change the database behind everybody's back."""
        connection = sqlite3.connect(self.path)
        connection.execute("PRAGMA ignore_check_constraints=ON")
        connection.execute(statement, values)
        connection.commit()
        connection.close()


@pytest.fixture
def after(tmp_path: Path, operator: Actor) -> After:
    """Two people on one shift of two places, a record each, one of them corrected."""
    url = databases.fresh_sqlite(tmp_path)
    runtime = start(Settings(data_dir=tmp_path / "data", database_url=url))
    journal = Journal()

    def made(command: Any, *items: Any) -> list[UUID]:
        outcomes = runtime.bus.submit(command, items)
        assert all(outcome.is_done for outcome in outcomes), outcomes
        return [outcome.id for outcome in outcomes if outcome.id]

    def answered(verb: str, answer_id: UUID, status: str, **what: Any) -> None:
        journal.ask(verb, **what).answer = {"status": status, "id": str(answer_id)}

    (place,) = made(
        organizations.CREATE,
        organizations.CreateOrganization(
            actor=operator, organization_id=None, code="harbour", name="Harbour"
        ),
    )
    at = {"actor": operator, "organization_id": place}
    ann, bob = made(
        people.REGISTER,
        people.RegisterPerson(details=PersonDetails(name="Ann"), **at),
        people.RegisterPerson(details=PersonDetails(name="Bob"), **at),
    )
    (activity,) = made(
        activities.CREATE, activities.CreateActivity(details=ActivityDetails(title="Sandbags"), **at)
    )
    begins = runtime.database.clock.now() + timedelta(days=1)
    (shift,) = made(
        activities.ADD_SHIFTS,
        activities.AddShift(
            activity_id=activity, starts_at=begins, ends_at=begins + timedelta(hours=2), capacity=2, **at
        ),
    )
    made(activities.PUBLISH, activities.ChangeActivityState(activity_id=activity, **at))
    sign_ups = made(
        activities.SIGN_UP,
        activities.SignUpRequest(shift_id=shift, person_id=ann, **at),
        activities.SignUpRequest(shift_id=shift, person_id=bob, **at),
    )
    for sign_up_id, person_id in zip(sign_ups, (ann, bob), strict=True):
        answered("sign_up", sign_up_id, "accepted", shift_id=str(shift), person_id=str(person_id))
    day = date(2026, 3, 1)
    first, second = made(
        records.RECORD,
        *(
            records.RecordService(
                person_id=person_id,
                title="Sandbags",
                service_date=day,
                time_zone="UTC",
                minutes=60,
                source="paper",
                **at,
            )
            for person_id in (ann, bob)
        ),
    )
    made(
        records.CONFIRM, *(records.ConfirmRecord(record_id=record_id, **at) for record_id in (first, second))
    )
    for record_id in (first, second):
        answered("confirm", record_id, "confirmed", record_id=str(record_id))
    changes = RecordChanges(minutes=45)
    (corrected,) = made(
        records.CORRECT, records.CorrectRecord(record_id=second, changes=changes, reason="Sheet", **at)
    )
    answered("correct", corrected, "corrected", record_id=str(second), minutes=45)
    runtime.close()
    return After(tmp_path / "zhiyuan.sqlite3", journal, sign_ups[0], first)


def test_a_sound_database_has_no_faults(after: After) -> None:
    assert after.faults() == []


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE core__shift SET capacity = 1", "is oversold"),
        ("UPDATE core__shift SET taken_count = 1", "says 1 places taken"),
        ("DELETE FROM core__sign_up WHERE id = (SELECT min(id) FROM core__sign_up)", "is lost"),
        ("UPDATE core__sign_up SET status = 'cancelled'", "nobody asked for it"),
        (
            "UPDATE core__sign_up SET person_id = (SELECT min(person_id) FROM core__sign_up), shift_id = id",
            "overlapping places",
        ),
        ("UPDATE core__service_record SET status = 'pending' WHERE status = 'confirmed'", "confirmation of"),
        ("UPDATE core__service_record SET minutes = 46 WHERE minutes = 45", "says 46 minutes, not 45"),
        ("UPDATE core__service_total SET minutes = minutes + 1", "records sum to"),
        (
            "UPDATE core__record_entry SET payload = payload || ' ' WHERE sequence = 1",
            "differs from its hash",
        ),
        ("DELETE FROM core__chain_link WHERE sequence = 2", "is missing before it"),
        (
            "UPDATE core__chain_link SET previous_hash = hash WHERE sequence = 2",
            "does not follow the link before",
        ),
        ("UPDATE core__chain_head SET sequence = sequence - 1", "does not stand at its end"),
        ("DELETE FROM core__audit_entry", "left no audit entry"),
        ("DELETE FROM core__outbox_event", "stands in 0 events"),
        (
            _TELL_AGAIN,
            "stands in 2 events",
        ),
    ],
)
def test_each_fault_is_found(after: After, statement: str, said: str) -> None:
    after.tamper(statement)

    assert any(said in fault for fault in after.faults()), after.faults()


def test_a_correction_that_happened_twice_is_found(after: After) -> None:
    after.tamper(
        "UPDATE core__service_record SET corrects_id = (SELECT corrects_id FROM core__service_record"
        " WHERE corrects_id IS NOT NULL) WHERE id = ?",
        after.record_id.hex,
    )

    assert any("was corrected 2 times" in fault for fault in after.faults())
