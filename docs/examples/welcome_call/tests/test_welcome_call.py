"""The plugin keeps its promises: it gates, shows, counts once, and loses nothing when it is switched off."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from zhiyuan.activities.service import SIGN_UP, SignUpRequest
from zhiyuan.kernel.actor import Actor
from zhiyuan.runtime import Runtime
from zhiyuan.sdk import ConfirmedRecord, RecordsConfirmed, SignUpCheck, new_id
from zhiyuan.sdk.anchors import Activity, Organization, OrganizationPath, Person, Shift, SignUp
from zhiyuan.testing.plugins import switch_off, switch_on
from zhiyuan_welcome_call.models import WelcomeCallCall
from zhiyuan_welcome_call.service import NOTE_CALLS, NoteCall

pytestmark = pytest.mark.plugins("welcome_call")


class Team:
    """One organization with one activity and one shift; people come as they are needed."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.id, self.activity_id, self.shift_id = new_id(), new_id(), new_id()
        with runtime.database.uow(unaudited="test") as tx:
            self.starts_at = tx.now + timedelta(days=3)
            tx.session.add(Organization(id=self.id, code="team", name="Team", created_at=tx.now))
            tx.session.flush()
            tx.session.add(OrganizationPath(ancestor_id=self.id, descendant_id=self.id, depth=0))
            tx.session.add(
                Activity(
                    id=self.activity_id,
                    organization_id=self.id,
                    title="Dinner for elderly neighbours",
                    time_zone="Asia/Shanghai",
                    status="published",
                    created_at=tx.now,
                )
            )
            tx.session.flush()
            tx.session.add(
                Shift(
                    id=self.shift_id,
                    activity_id=self.activity_id,
                    starts_at=self.starts_at,
                    ends_at=self.starts_at + timedelta(hours=2),
                    check_in_secret=b"x" * 20,
                )
            )

    def person(self) -> UUID:
        person_id = new_id()
        with self.runtime.database.uow(unaudited="test") as tx:
            tx.session.add(Person(id=person_id, number=str(person_id)[-20:], name="Mei", created_at=tx.now))
        return person_id

    def objections(self, *people: UUID) -> list[list[str]]:
        """Return the codes against a sign-up of each of ``people``."""
        requests = [
            SignUpCheck(
                key=str(person_id),
                organization_id=self.id,
                activity_id=self.activity_id,
                shift_id=self.shift_id,
                person_id=person_id,
                starts_at=self.starts_at,
                ends_at=self.starts_at + timedelta(hours=2),
            )
            for person_id in people
        ]
        said = self.runtime.database.hooks.check("check_signups", requests)
        return [[issue.code for issue in said.get(request.key, ())] for request in requests]

    def sign_up(self, person_id: UUID) -> UUID:
        sign_up_id = new_id()
        with self.runtime.database.uow(unaudited="test") as tx:
            tx.session.add(
                SignUp(
                    id=sign_up_id,
                    shift_id=self.shift_id,
                    activity_id=self.activity_id,
                    person_id=person_id,
                    status="accepted",
                    starts_at=self.starts_at,
                    ends_at=self.starts_at + timedelta(hours=2),
                    queued_at=tx.now,
                    created_at=tx.now,
                    changed_at=tx.now,
                )
            )
        return sign_up_id

    def call(self, person_id: UUID, actor: Actor) -> str:
        item = NoteCall(actor=actor, organization_id=self.id, person_id=person_id)
        return self.runtime.bus.submit_one(NOTE_CALLS, item).status

    def confirm(self, person_id: UUID, minutes: int, *, event_id: UUID | None = None, times: int = 2) -> None:
        """Tell the plugin of confirmed minutes; twice, because that may happen."""
        item = ConfirmedRecord(new_id(), person_id, self.activity_id, date(2026, 3, 2), minutes)
        event = RecordsConfirmed(organization_id=self.id, items=(item, item))
        event_id = event_id or new_id()
        for _ in range(times):
            told = self.runtime.database.hooks.deliver(
                "welcome_call", event.name, event_id, self.id, event.payload()
            )
            assert told == "delivered"

    def minutes_since(self, person_id: UUID) -> int | None:
        with self.runtime.database.reading() as tx:
            call = tx.session.get(WelcomeCallCall, person_id)
            return call.minutes_since if call is not None else None


@pytest.fixture
def team(runtime: Runtime) -> Team:
    team = Team(runtime)
    switch_on(runtime, "welcome_call", organization_id=team.id)
    return team


def test_a_newcomer_waits_for_the_call(team: Team, operator: Actor) -> None:
    called, waiting = team.person(), team.person()
    assert team.objections(called, waiting) == [["welcome_call.not_called"], ["welcome_call.not_called"]]

    assert [team.call(called, operator) for _ in range(2)] == ["noted", "unchanged"]

    assert team.objections(called, waiting) == [[], ["welcome_call.not_called"]]


def test_the_list_of_sign_ups_shows_who_was_called(team: Team, operator: Actor, clock) -> None:
    called, waiting = team.person(), team.person()
    first, second = team.sign_up(called), team.sign_up(waiting)
    team.call(called, operator)
    team.confirm(called, 45)

    with team.runtime.database.reading() as tx:
        extra = team.runtime.plugins.extend_table(tx, "sign_ups", team.id, [first, second])

    cells = [extra.cells[row]["welcome_call.call"] for row in (first, second)]
    assert [cell.tone for cell in cells] == ["good", "warning"]
    assert cells[0].params == {"at": clock.now(), "minutes": 90}


def test_service_after_the_call_is_counted_once_per_event(team: Team, operator: Actor) -> None:
    called, never_called = team.person(), team.person()
    team.call(called, operator)

    team.confirm(called, 60)
    team.confirm(called, 15)
    team.confirm(never_called, 60)

    assert (team.minutes_since(called), team.minutes_since(never_called)) == (150, None)


def test_switching_off_opens_the_gate_and_loses_nothing(team: Team, operator: Actor) -> None:
    person = team.person()
    team.call(person, operator)
    team.confirm(person, 30)

    switch_off(team.runtime, "welcome_call", organization_id=team.id)
    assert team.objections(team.person()) == [[]]
    with team.runtime.database.reading() as tx:
        assert len(tx.session.exec(select(WelcomeCallCall)).all()) == 1

    switch_on(team.runtime, "welcome_call", organization_id=team.id)
    assert team.objections(person, team.person()) == [[], ["welcome_call.not_called"]]
    assert team.minutes_since(person) == 60


def test_two_hundred_requests_cost_as_many_queries_as_two(team: Team, count_queries) -> None:
    two, many = [team.person() for _ in range(2)], [team.person() for _ in range(200)]
    team.objections(*two)  # switches are remembered from here on

    with count_queries() as for_two:
        team.objections(*two)
    with count_queries() as for_many:
        team.objections(*many)

    assert len(for_two) == len(for_many)


@pytest.fixture
def count_queries(runtime: Runtime):
    from contextlib import contextmanager

    from sqlalchemy import event

    @contextmanager
    def counting():
        statements: list[str] = []

        def note(connection, cursor, statement, parameters, context, executemany):
            statements.append(statement)

        event.listen(runtime.database.engines.read, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            event.remove(runtime.database.engines.read, "before_cursor_execute", note)

    return counting


def test_a_real_sign_up_passes_the_gate_only_after_the_call(team: Team, operator: Actor) -> None:
    person = team.person()
    request = SignUpRequest(actor=operator, organization_id=team.id, shift_id=team.shift_id, person_id=person)

    refused = team.runtime.bus.submit(SIGN_UP, [request])[0]
    assert [(issue.code, issue.plugin) for issue in refused.issues] == [
        ("welcome_call.not_called", "welcome_call")
    ]

    team.call(person, operator)
    assert team.runtime.bus.submit(SIGN_UP, [request])[0].status == "accepted"
