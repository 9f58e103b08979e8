"""Any sequence of sign-ups, cancellations and changes of shifts leaves the roster sound.

The model is deliberately naive: lists, loops and minutes. It says what every outcome must be.
"""

import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from zhiyuan.kernel import actor
from zhiyuan.kernel.settings import Settings
from zhiyuan.runtime import start
from zhiyuan.testing import databases
from zhiyuan.testing.plugin import FrozenClock

PEOPLE = 4
STARTS = (24.0, 25.0, 26.0, 48.0)
"""Hours from the beginning; every shift takes two hours, so the first three overlap with their neighbours."""


def machine(world_class: Any, url: Any) -> type[RuleBasedStateMachine]:  # noqa: C901  # one class, many methods
    """Return a state machine on fresh databases that ``url(folder)`` gives."""

    class Roster(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.folder = Path(tempfile.mkdtemp(prefix="zhiyuan-roster-"))
            clock = FrozenClock(datetime(2026, 3, 2, 12, tzinfo=UTC))
            told = Settings(data_dir=self.folder / "data", database_url=url(self.folder))
            self.runtime = start(told, clock=clock)
            self.world = world_class(self.runtime, clock, actor.operator())
            self.start = clock.now()

        def teardown(self) -> None:
            self.runtime.close()
            shutil.rmtree(self.folder)

        @initialize(
            capacities=st.lists(st.integers(0, 2), min_size=4, max_size=4),
            limit=st.sampled_from([None, None, 2]),
        )
        def begin(self, capacities: list[int], limit: int | None) -> None:
            activity = self.world.make_activity()
            self.limit = limit
            self.people: list[UUID] = self.world.make_people(PEOPLE)
            self.shifts: list[UUID] = [
                self.world.make_shift(activity, hours=hours, capacity=capacity, waitlist_limit=limit)
                for hours, capacity in zip(STARTS, capacities, strict=True)
            ]
            self.hours = list(STARTS)
            self.capacity = list(capacities)
            self.held: list[list[int]] = [[] for _ in STARTS]
            self.queue: list[list[int]] = [[] for _ in STARTS]
            self.ids: dict[tuple[int, int], UUID] = {}

        def busy(self, person: int, shift: int, hours: list[float] | None = None) -> bool:
            when = hours or self.hours
            return any(
                person in self.held[other] and abs(when[other] - when[shift]) < 2
                for other in range(len(STARTS))
                if other != shift
            )

        def expected(self, shift: int, person: int, *, waits: bool) -> str:
            if person in self.held[shift]:
                return "unchanged"
            queued = person in self.queue[shift]
            if self.busy(person, shift):
                return "unchanged" if queued else "refused"
            if len(self.held[shift]) < self.capacity[shift]:
                if queued:
                    self.queue[shift].remove(person)
                self.held[shift].append(person)
                return "accepted"
            if queued:
                return "unchanged"
            if not waits or (self.limit is not None and len(self.queue[shift]) >= self.limit):
                return "refused"
            self.queue[shift].append(person)
            return "waitlisted"

        @rule(
            wishes=st.lists(st.tuples(st.integers(0, 3), st.integers(0, PEOPLE - 1)), min_size=1, max_size=5),
            waits=st.sampled_from([True, True, True, False]),
        )
        def sign_up(self, wishes: list[tuple[int, int]], waits: bool) -> None:
            self.world.clock.move(seconds=1)
            expected = [self.expected(shift, person, waits=waits) for shift, person in wishes]

            outcomes = self.world.sign_up(
                *((self.shifts[shift], self.people[person]) for shift, person in wishes),
                accept_waitlist=waits,
            )

            assert [outcome.status for outcome in outcomes] == expected
            for wish, outcome in zip(wishes, outcomes, strict=True):
                if outcome.id is not None:
                    self.ids[wish] = outcome.id

        @rule(pick=st.integers(0, 99))
        def cancel(self, pick: int) -> None:
            living = sorted(
                (shift, person)
                for shift in range(len(STARTS))
                for person in (*self.held[shift], *self.queue[shift])
            )
            gone = sorted(set(self.ids) - set(living))
            if not (living or gone):
                return
            shift, person = (living or gone)[pick % len(living or gone)] if pick % 10 or not gone else gone[0]
            self.world.clock.move(seconds=1)
            held, queued = person in self.held[shift], person in self.queue[shift]

            outcome = self.world.cancel(self.ids[shift, person])[0]

            assert outcome.status == ("cancelled" if held or queued else "unchanged")
            for places in (self.held[shift], self.queue[shift]):
                if person in places:
                    places.remove(person)
            self.reconcile()

        @rule(shift=st.integers(0, 3), capacity=st.integers(0, 4))
        def resize(self, shift: int, capacity: int) -> None:
            at = self.start + timedelta(hours=self.hours[shift])
            fits = capacity >= len(self.held[shift])

            outcome = self.world.change_shift(
                self.shifts[shift], at, at + timedelta(hours=2), capacity=capacity, waitlist_limit=self.limit
            )

            same = capacity == self.capacity[shift]
            assert outcome.status == ("unchanged" if same else "updated" if fits else "refused")
            if fits:
                self.capacity[shift] = capacity
            self.reconcile()

        @rule(shift=st.integers(0, 3), hours=st.sampled_from([24.0, 25.0, 26.0, 27.0, 48.0, 49.0]))
        def move(self, shift: int, hours: float) -> None:
            at = self.start + timedelta(hours=hours)
            moved = [*self.hours[:shift], hours, *self.hours[shift + 1 :]]
            fits = not any(self.busy(person, shift, moved) for person in self.held[shift])

            outcome = self.world.change_shift(
                self.shifts[shift],
                at,
                at + timedelta(hours=2),
                capacity=self.capacity[shift],
                waitlist_limit=self.limit,
            )

            same = hours == self.hours[shift]
            assert outcome.status == ("unchanged" if same else "updated" if fits else "refused")
            if fits:
                self.hours[shift] = hours
            self.reconcile()

        def reconcile(self) -> None:
            """Take promotions over from the database after checking that each was one the queue allowed."""
            rows = self.rows()
            for shift in range(len(STARTS)):
                promoted = [person for person in self.queue[shift] if rows.get((shift, person)) == "accepted"]
                for person in promoted:
                    self.queue[shift].remove(person)
                    self.held[shift].append(person)

        def rows(self) -> dict[tuple[int, int], str]:
            return {key: self.world.status(sign_up) for key, sign_up in self.ids.items()}

        @invariant()
        def the_database_is_sound(self) -> None:
            if not hasattr(self, "ids"):
                return
            self.world.assert_sound()
            rows = self.rows()
            for shift in range(len(STARTS)):
                assert {p for p in range(PEOPLE) if rows.get((shift, p)) == "accepted"} == set(
                    self.held[shift]
                )
                assert {p for p in range(PEOPLE) if rows.get((shift, p)) == "waitlisted"} == set(
                    self.queue[shift]
                )

        @invariant()
        def nobody_waits_for_a_place_they_could_have(self) -> None:
            if not hasattr(self, "ids"):
                return
            for shift in range(len(STARTS)):
                if len(self.held[shift]) < self.capacity[shift]:
                    assert all(self.busy(person, shift) for person in self.queue[shift])

    return Roster


def run(world_class: Any, url: Any, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        machine(world_class, url),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        ),
    )


def test_no_sequence_breaks_the_roster_on_sqlite(world_class: Any) -> None:
    run(world_class, databases.fresh_sqlite, examples=25, steps=25)


@pytest.mark.postgres
def test_no_sequence_breaks_the_roster_on_postgresql(world_class: Any, postgres_server: str) -> None:
    run(world_class, lambda folder: databases.fresh_postgresql(postgres_server), examples=6, steps=20)
