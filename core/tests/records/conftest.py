"""What the tests of the ledger start from: organizations, people, and short ways to record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest

from zhiyuan.activities.models import Activity, Attendance, Shift, SignUp
from zhiyuan.declarations import declare_rules
from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.commands import Outcome
from zhiyuan.kernel.ids import new_id
from zhiyuan.records.schemas import ConfirmRecord, CorrectRecord, RecordChanges, RecordService, VoidRecord
from zhiyuan.records.service import CONFIRM, CORRECT, RECORD, VOID
from zhiyuan.records.verification import Report, verify
from zhiyuan.runtime import Runtime
from zhiyuan.testing import building

declare_rules()


@dataclass
class Ledger:
    """Short ways to say what a test needs."""

    runtime: Runtime
    operator: Actor

    def organization(self, code: str, parent: UUID | None = None, *, zone: str = "Asia/Shanghai") -> UUID:
        """Make an organization, under ``parent`` if given."""
        with self.runtime.database.uow(unaudited="test") as tx:
            return building.organization(tx, code, parent, name=f"{code} 志愿者协会", time_zone=zone)

    def person(self, name: str = "李雷") -> UUID:
        """Register a person."""
        with self.runtime.database.uow(unaudited="test") as tx:
            return building.person(tx, name)

    def member(self, person_id: UUID, organization_id: UUID, role: str = "manager") -> Actor:
        """Give a person a role and return them as somebody who acts."""
        with self.runtime.database.uow(unaudited="test") as tx:
            building.membership(tx, person_id, organization_id, role)
        return Actor(channel="web", account_id=new_id(), person_id=person_id)

    def item(self, organization_id: UUID, person_id: UUID, **values: Any) -> RecordService:
        """Return an import row."""
        told: dict[str, Any] = {
            "actor": self.operator,
            "organization_id": organization_id,
            "person_id": person_id,
            "title": "陪伴老人",
            "service_date": date(2026, 3, 1),
            "time_zone": "Asia/Shanghai",
            "minutes": 90,
            "source": "import",
            "status": "confirmed",
        }
        return RecordService(**{**told, **values})

    def record(self, organization_id: UUID, person_id: UUID, **values: Any) -> UUID:
        """Record one thing and return its id."""
        outcome = self.runtime.bus.submit_one(RECORD, self.item(organization_id, person_id, **values))
        assert outcome.id is not None
        return outcome.id

    def confirm(self, record_id: UUID, actor: Actor | None = None, at: UUID | None = None) -> Outcome:
        """Confirm one record."""
        return self.runtime.bus.submit(
            CONFIRM, [ConfirmRecord(actor=actor or self.operator, organization_id=at, record_id=record_id)]
        )[0]

    def correct(
        self, record_id: UUID, actor: Actor | None = None, at: UUID | None = None, **changes: Any
    ) -> Outcome:
        """Correct one record."""
        item = CorrectRecord(
            actor=actor or self.operator,
            organization_id=at,
            record_id=record_id,
            changes=RecordChanges(**changes),
            reason="typing error",
        )
        return self.runtime.bus.submit(CORRECT, [item])[0]

    def void(self, record_id: UUID, reason: str = "recorded twice") -> Outcome:
        """Void one record."""
        return self.runtime.bus.submit(
            VOID, [VoidRecord(actor=self.operator, organization_id=None, record_id=record_id, reason=reason)]
        )[0]

    def submit(self, items: Sequence[RecordService]) -> list[Outcome]:
        """Record a batch."""
        return self.runtime.bus.submit(RECORD, items)

    def verify(self, **options: Any) -> Report:
        """Verify the whole ledger."""
        with self.runtime.database.reading() as tx:
            return verify(tx, **options)

    def problems(self, **options: Any) -> set[str]:
        """Verify and return the codes of what is wrong."""
        return set(self.verify(**options).problem_counts)

    def activity(self, organization_id: UUID) -> UUID:
        """Make an activity without shifts."""
        with self.runtime.database.uow(unaudited="test") as tx:
            made = Activity(
                organization_id=organization_id, title="夜间巡护", time_zone="UTC", created_at=tx.now
            )
            tx.session.add(made)
            return made.id

    def attended(
        self,
        organization_id: UUID,
        person_id: UUID,
        *,
        zone: str = "Asia/Shanghai",
        starts: Any,
        ends: Any,
        came: Any,
        went: Any,
        **activity: Any,
    ) -> UUID:
        """Make an activity with one shift that the person attended, and return the sign-up."""
        with self.runtime.database.uow(unaudited="test") as tx:
            told: dict[str, Any] = {
                "title": "夜间巡护",
                "time_zone": zone,
                "status": "finished",
                "created_at": tx.now,
                "leader_name": "王组长",
                "recorder_name": "赵记录",
                "place_text": "思茅河边",
                "region_code": "530802",
            }
            made = Activity(organization_id=organization_id, **{**told, **activity})
            tx.session.add(made)
            tx.session.flush()
            shift = Shift(
                activity_id=made.id,
                position="巡护员",
                starts_at=starts,
                ends_at=ends,
                check_in_secret=bytes(20),
            )
            tx.session.add(shift)
            tx.session.flush()
            sign_up = SignUp(
                shift_id=shift.id,
                activity_id=made.id,
                person_id=person_id,
                status="attended",
                starts_at=starts,
                ends_at=ends,
                queued_at=tx.now,
                created_at=tx.now,
                changed_at=tx.now,
            )
            tx.session.add(sign_up)
            tx.session.flush()
            if came is not None:
                tx.session.add(
                    Attendance(
                        sign_up_id=sign_up.id,
                        shift_id=shift.id,
                        person_id=person_id,
                        checked_in_at=came,
                        check_in_method="hand",
                        checked_out_at=went,
                    )
                )
            return sign_up.id


@pytest.fixture
def ledger(runtime: Runtime, operator: Actor) -> Ledger:
    """An empty ledger."""
    return Ledger(runtime, operator)


def key(text: str) -> bytes:
    """Return a repeat key."""
    return sha256(text.encode()).digest()


def days(count: int) -> timedelta:
    """Return ``count`` days."""
    return timedelta(days=count)
