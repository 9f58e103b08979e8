"""A small world for the tests of this room: an organization, people, activities with shifts."""

import os
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select

from zhiyuan.activities import service
from zhiyuan.activities.models import Activity, Shift, SignUp
from zhiyuan.activities.schemas import HOLDING, ActivityDetails
from zhiyuan.declarations import declare_rules
from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.commands import Outcome
from zhiyuan.kernel.ids import new_id
from zhiyuan.policy.service import SET_RULE_VALUES, SetRuleValue
from zhiyuan.runtime import Runtime
from zhiyuan.sites.models import Site
from zhiyuan.testing import building, plugin
from zhiyuan.testing.plugin import FrozenClock


class World:
    """What the tests of activities have in common."""

    def __init__(self, runtime: Runtime, clock: FrozenClock, operator: Actor) -> None:
        self.runtime = runtime
        self.database = runtime.database
        self.bus = runtime.bus
        self.clock = clock
        self.operator = operator
        self.organization = self.make_organization("home")

    def make_organization(
        self, code: str, parent: UUID | None = None, zone: str = "UTC", **columns: Any
    ) -> UUID:
        with self.database.uow(unaudited="test") as tx:
            return building.organization(tx, code, parent, **{"time_zone": zone, **columns})

    def make_people(self, count: int, **columns: Any) -> list[UUID]:
        with self.database.uow(unaudited="test") as tx:
            return [
                building.person(tx, f"Person {index}", **{"status": "active", **columns})
                for index in range(count)
            ]

    def make_member(self, person: UUID, organization: UUID | None = None, role: str = "organizer") -> Actor:
        with self.database.uow(unaudited="test") as tx:
            building.membership(tx, person, organization or self.organization, role)
        return self.as_person(person)

    def as_person(self, person: UUID) -> Actor:
        return Actor("web", account_id=person, person_id=person)

    def make_activity(
        self, *, publish: bool = True, organization: UUID | None = None, **details: Any
    ) -> UUID:
        where = organization or self.organization
        told = ActivityDetails(**{"title": "Clean the park", "starts_on": date(2026, 3, 3), **details})
        made = self.bus.submit_one(
            service.CREATE, service.CreateActivity(actor=self.operator, organization_id=where, details=told)
        )
        assert made.id is not None
        if publish:
            self.step("PUBLISH", made.id)
        return made.id

    def step(
        self, verb: str, activity: UUID, reason: str | None = None, actor: Actor | None = None
    ) -> Outcome:
        item = service.ChangeActivityState(
            actor=actor or self.operator, organization_id=None, activity_id=activity, reason=reason
        )
        return self.bus.submit(getattr(service, verb), [item])[0]

    def make_shift(self, activity: UUID, *, hours: float = 24, minutes: float = 120, **fields: Any) -> UUID:
        """Add a shift that starts ``hours`` from now."""
        starts_at = fields.pop("starts_at", None) or self.clock.now() + timedelta(hours=hours)
        ends_at = fields.pop("ends_at", None) or starts_at + timedelta(minutes=minutes)
        item = service.AddShift(
            actor=self.operator,
            organization_id=None,
            activity_id=activity,
            starts_at=starts_at,
            ends_at=ends_at,
            **fields,
        )
        made = self.bus.submit_one(service.ADD_SHIFTS, item)
        assert made.id is not None
        return made.id

    def change_shift(self, shift: UUID, starts_at: datetime, ends_at: datetime, **fields: Any) -> Outcome:
        item = service.ChangeShift(
            actor=self.operator,
            organization_id=None,
            shift_id=shift,
            starts_at=starts_at,
            ends_at=ends_at,
            **fields,
        )
        return self.bus.submit(service.CHANGE_SHIFTS, [item])[0]

    def sign_up(self, *wishes: tuple[UUID, UUID], **fields: Any) -> list[Outcome]:
        """Submit (shift, person) wishes of people for themselves, in one batch."""
        return self.bus.submit(
            service.SIGN_UP,
            [
                service.SignUpRequest(
                    actor=self.as_person(person),
                    organization_id=None,
                    shift_id=shift,
                    person_id=person,
                    **fields,
                )
                for shift, person in wishes
            ],
        )

    def cancel(self, *sign_ups: UUID | None, actor: Actor | None = None) -> list[Outcome]:
        return self.bus.submit(
            service.CANCEL_SIGN_UPS,
            [
                service.CancelSignUp(actor=actor or self.operator, organization_id=None, sign_up_id=one)
                for one in sign_ups
                if one is not None
            ],
        )

    def attend(
        self, command: str, sign_up: UUID | None, *, actor: Actor | None = None, **fields: Any
    ) -> Outcome:
        assert sign_up is not None
        kind = {"CHECK_IN": service.CheckIn, "CHECK_OUT": service.CheckOut, "NO_SHOW": service.MarkNoShow,
                "CORRECT_ATTENDANCE": service.CorrectAttendance}[command]  # fmt: skip
        item: Any = kind(actor=actor or self.operator, organization_id=None, sign_up_id=sign_up, **fields)
        return self.bus.submit(getattr(service, command), [item])[0]

    def status(self, sign_up: UUID | None) -> str:
        with self.database.reading() as tx:
            return tx.connection.execute(select(SignUp.status).where(SignUp.id == sign_up)).scalar_one()

    def activity(self, activity: UUID) -> Any:
        with self.database.reading() as tx:
            return tx.connection.execute(select(Activity.__table__).where(Activity.id == activity)).one()

    def shift(self, shift: UUID) -> Any:
        with self.database.reading() as tx:
            return tx.connection.execute(select(Shift.__table__).where(Shift.id == shift)).one()

    def assert_sound(self) -> None:
        """Trust nothing but the rows: counts are what they count, nothing oversold, nobody in two places."""
        with self.database.reading() as tx:
            counted = {
                row[0]: (row[1], row[2])
                for row in tx.connection.execute(
                    select(
                        SignUp.shift_id,
                        func.count().filter(SignUp.status.in_(HOLDING)),
                        func.count().filter(SignUp.status == "waitlisted"),
                    ).group_by(SignUp.shift_id)
                )
            }
            for shift in tx.connection.execute(select(Shift.__table__)):
                assert (shift.taken_count, shift.waitlisted_count) == counted.get(shift.id, (0, 0))
                assert shift.capacity is None or shift.taken_count + shift.reserved_count <= shift.capacity
            places: dict[UUID, list[tuple[datetime, datetime]]] = {}
            for row in tx.connection.execute(
                select(SignUp.person_id, Shift.starts_at, Shift.ends_at, SignUp.starts_at, SignUp.ends_at)
                .join(Shift, Shift.id == SignUp.shift_id)
                .where(SignUp.status.in_(HOLDING))
            ):
                assert (row[1], row[2]) == (row[3], row[4])
                places.setdefault(row[0], []).append((row[1], row[2]))
            for held in places.values():
                held.sort()
                assert all(one[1] <= other[0] for one, other in pairwise(held))


@pytest.fixture
def world(runtime: Runtime, clock: FrozenClock, operator: Actor) -> World:
    """A world with one organization, ``home``."""
    return World(runtime, clock, operator)


@pytest.fixture
def set_rule(world: World) -> Callable[[str, Any], None]:
    """Sets a rule for the site that shows ``home``, from long ago on."""
    declare_rules()
    with world.database.uow(unaudited="test") as tx:
        tx.connection.execute(
            insert(Site),
            [{"id": new_id(), "slug": "home", "name": "Home", "host": "", "path_prefix": "/", "theme": "base",
              "root_organization_id": world.organization, "languages": ["en"], "time_zone": "UTC",
              "created_at": tx.now}],
        )  # fmt: skip

    def set_value(key: str, value: Any) -> None:
        item = SetRuleValue(
            actor=world.operator, organization_id=None, place="site:home", key=key, value=value,
            effective_from=date(2020, 1, 1),
        )  # fmt: skip
        world.bus.submit_one(SET_RULE_VALUES, item)

    return set_value


@pytest.fixture
def world_class() -> type[World]:
    """The class, for tests that make several worlds."""
    return World


@pytest.fixture
def postgres_server() -> str:
    """The URL of the PostgreSQL server that the shared fixtures use."""
    return os.environ.get(plugin.POSTGRES_URL, plugin._DEFAULT_POSTGRES)
