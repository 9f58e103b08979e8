"""A person's confirmed minutes are the same everywhere, whatever happens to the records, in whatever order."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from zhiyuan.records import queries
from zhiyuan.records.certificates import ISSUE, get
from zhiyuan.records.schemas import DisputeRecord, IssueCertificate, UpholdRecord
from zhiyuan.records.service import DISPUTE, UPHOLD
from zhiyuan.records.statuses import COUNTING

_day = st.dates(date(2024, 12, 30), date(2025, 1, 3))
_minutes = st.integers(0, 2000)
_pick = st.integers(0, 10_000)


class LedgerMachine(RuleBasedStateMachine):
    """Random life of a ledger, beside a model of three lines: which record counts how many minutes."""

    ledger: Any

    @initialize()
    def begin(self) -> None:
        """Make two organizations and two people of their own for this run."""
        suffix = self.ledger.fresh()
        city = self.ledger.organization(f"city-{suffix}")
        self.places = [city, self.ledger.organization(f"team-{suffix}", city)]
        self.people = [self.ledger.person("李雷"), self.ledger.person("韩梅梅")]
        self.records: list[Any] = []
        self.model: dict[Any, list[Any]] = {}
        self.certificates: list[Any] = []

    @rule(
        place=_pick,
        person=_pick,
        minutes=_minutes,
        day=_day,
        status=st.sampled_from(["pending", "confirmed"]),
    )
    def record(self, place: int, person: int, minutes: int, day: date, status: str) -> None:
        """Record something."""
        whose, where = self.people[person % 2], self.places[place % 2]
        made = self.ledger.record(where, whose, minutes=minutes, service_date=day, status=status)
        self.records.append(made)
        self.model[made] = [status, minutes, day, whose, where]

    @rule(which=_pick)
    def confirm(self, which: int) -> None:
        """Confirm some record."""
        if not self.records:
            return
        made = self.records[which % len(self.records)]
        outcome = self.ledger.confirm(made)
        expected = {"pending": "confirmed", "confirmed": "unchanged"}.get(self.model[made][0], "refused")
        assert outcome.status == expected
        if expected == "confirmed":
            self.model[made][0] = "confirmed"

    @rule(which=_pick, minutes=_minutes, day=_day)
    def correct(self, which: int, minutes: int, day: date) -> None:
        """Correct some record."""
        if not self.records:
            return
        made = self.records[which % len(self.records)]
        status, old_minutes, old_day, whose, where = self.model[made]
        outcome = self.ledger.correct(made, minutes=minutes, service_date=day)
        possible = status in ("pending", *COUNTING) and (minutes, day) != (old_minutes, old_day)
        assert outcome.status == ("corrected" if possible else "refused")
        if possible:
            self.model[made][0] = "corrected"
            self.records.append(outcome.id)
            self.model[outcome.id] = [
                "pending" if status == "pending" else "confirmed",
                minutes,
                day,
                whose,
                where,
            ]

    @rule(which=_pick)
    def void(self, which: int) -> None:
        """Void some record."""
        if not self.records:
            return
        made = self.records[which % len(self.records)]
        possible = self.model[made][0] in ("pending", *COUNTING)
        assert self.ledger.void(made).status == ("voided" if possible else "refused")
        if possible:
            self.model[made][0] = "voided"

    @rule(which=_pick, upholds=st.booleans())
    def dispute(self, which: int, upholds: bool) -> None:
        """Dispute some record, and perhaps uphold it."""
        if not self.records:
            return
        made = self.records[which % len(self.records)]
        told = {"actor": self.ledger.operator, "organization_id": None, "record_id": made, "reason": "x"}
        outcome = self.ledger.runtime.bus.submit(DISPUTE, [DisputeRecord(**told)])[0]
        if self.model[made][0] == "confirmed":
            assert outcome.status == "disputed"
            self.model[made][0] = "disputed"
        if upholds and self.model[made][0] == "disputed":
            assert self.ledger.runtime.bus.submit(UPHOLD, [UpholdRecord(**told)])[0].status == "upheld"
            self.model[made][0] = "confirmed"

    @rule(person=_pick)
    def certify(self, person: int) -> None:
        """Issue a certificate over everything."""
        whose = self.people[person % 2]
        item = IssueCertificate(actor=self.ledger.operator, organization_id=self.places[0], person_id=whose)
        outcome = self.ledger.runtime.bus.submit(ISSUE, [item])[0]
        counted = {
            made for made, row in self.model.items() if row[3] == whose and row[0] in COUNTING and row[1]
        }
        assert outcome.status == ("issued" if counted else "refused")
        if counted:
            self.certificates.append((outcome.id, counted))
            with self.ledger.runtime.database.reading() as tx:
                assert get(tx, outcome.id).minutes == self._expected(whose)  # type: ignore[union-attr]

    @invariant()
    def every_total_is_the_sum_of_the_records(self) -> None:
        """Compare the totals, and the fate of every certificate, with the model."""
        if not hasattr(self, "model"):
            return
        with self.ledger.runtime.database.reading() as tx:
            for whose in self.people:
                assert queries.minutes_of(tx, [whose])[whose] == self._expected(whose)
            for certificate_id, counted in self.certificates:
                stands = all(self.model[made][0] in COUNTING for made in counted)
                assert (get(tx, certificate_id).revoked_at is None) == stands  # type: ignore[union-attr]

    def teardown(self) -> None:
        """Verify the whole ledger from the database alone."""
        assert self.ledger.verify().told()["problems"] == []

    def _expected(self, whose: Any) -> int:
        return sum(row[1] for row in self.model.values() if row[3] == whose and row[0] in COUNTING)


@pytest.fixture
def machine(ledger: Any) -> type[LedgerMachine]:
    """The machine on the database of this test."""
    counter = iter(range(10_000))
    ledger.fresh = lambda: next(counter)
    return type("BoundLedgerMachine", (LedgerMachine,), {"ledger": ledger})


def test_minutes_are_the_same_everywhere_in_any_order_of_events(
    machine: type[LedgerMachine], tmp_path: Path
) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=18,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
