"""Asking what would become of a wish answers what the wish itself gets, and leaves no trace."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from zhiyuan.activities import service
from zhiyuan.activities.models import SignUp
from zhiyuan.kernel.commands import Command
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.models import AuditEntry


def wishes(world: Any, *pairs: Any, **fields: Any) -> list[service.SignUpRequest]:
    return [
        service.SignUpRequest(
            actor=world.as_person(person), organization_id=None, shift_id=shift, person_id=person, **fields
        )
        for shift, person in pairs
    ]


def foresee(world: Any, *pairs: Any, **fields: Any) -> Any:
    return world.bus.foresee(service.SIGN_UP, wishes(world, *pairs, **fields))


def told(outcome: Any) -> tuple[str, list[str]]:
    return outcome.status, [issue.code for issue in outcome.issues]


@pytest.mark.parametrize(
    ("details", "fields", "person"),
    [
        ({}, {}, {}),
        ({"approval": "reviewed"}, {}, {}),
        ({}, {"capacity": 1, "reserved_count": 1}, {}),
        ({}, {"capacity": 1, "reserved_count": 1, "waitlist_limit": 0}, {}),
        ({"recruit_from": datetime(2026, 3, 2, 13, tzinfo=UTC)}, {}, {}),
        ({"recruit_to": datetime(2026, 3, 2, 12, tzinfo=UTC)}, {}, {}),
        ({"audience": "members"}, {}, {}),
        ({"is_hazardous": True}, {}, {"birth_date": date(2010, 1, 1)}),
        ({"is_hazardous": True, "audience": "members"}, {}, {}),
        ({}, {"hours": -1}, {}),
        ({}, {}, {"status": "suspended"}),
    ],
)
def test_what_is_foreseen_is_what_happens(world: Any, details: Any, fields: Any, person: Any) -> None:
    shift = world.make_shift(world.make_activity(**details), **fields)
    (ann,) = world.make_people(1, **person)

    foreseen = foresee(world, (shift, ann))[0]

    assert foreseen.id is None
    assert told(foreseen) == told(world.sign_up((shift, ann))[0])


def test_a_place_held_elsewhere_is_foreseen_as_an_overlap(world: Any) -> None:
    activity = world.make_activity()
    held, wanted = world.make_shift(activity, hours=24), world.make_shift(activity, hours=25)
    (ann,) = world.make_people(1)
    sign_up = world.sign_up((held, ann))[0]

    again, clash = foresee(world, (held, ann), (wanted, ann))

    assert (again.status, again.id) == ("unchanged", sign_up.id)
    assert told(clash) == ("refused", ["sign_ups.overlaps"])


def test_each_wish_is_foreseen_alone_and_nothing_is_written(world: Any) -> None:
    shift = world.make_shift(world.make_activity(), capacity=1)
    ann, ben = world.make_people(2)

    with world.database.reading() as tx:
        before = tx.connection.execute(select(func.count()).select_from(AuditEntry)).scalar_one()
    outcomes = foresee(world, (shift, ann), (shift, ben))

    assert [one.status for one in outcomes] == ["accepted", "accepted"]
    assert world.shift(shift).taken_count == 0
    with world.database.reading() as tx:
        assert tx.connection.execute(select(func.count()).select_from(SignUp)).scalar_one() == 0
        assert tx.connection.execute(select(func.count()).select_from(AuditEntry)).scalar_one() == before


def test_a_stranger_learns_nothing_of_what_stands_against_somebody(world: Any) -> None:
    shift = world.make_shift(world.make_activity(is_hazardous=True))
    ann, ben = world.make_people(2)
    nosy = service.SignUpRequest(
        actor=world.as_person(ben), organization_id=world.organization, shift_id=shift, person_id=ann
    )

    assert told(world.bus.foresee(service.SIGN_UP, [nosy])[0]) == ("refused", ["commands.not_permitted"])


def test_what_plugins_object_to_stands_beside_the_reasons_of_the_core(world: Any) -> None:
    shift = world.make_shift(world.make_activity(is_hazardous=True))
    (ann,) = world.make_people(1)
    hooks = world.database.hooks

    class Objecting:
        def __getattr__(self, name: str) -> Any:
            return getattr(hooks, name)

        def check(self, hook: str, requests: Any, **_: Any) -> Any:
            assert hook == "check_signups"
            return {request.key: [Issue("welcome.call_first")] for request in requests}

    world.database.hooks = Objecting()
    try:
        outcome = foresee(world, (shift, ann))[0]
    finally:
        world.database.hooks = hooks

    assert told(outcome) == ("refused", ["welcome.call_first", "sign_ups.birth_date_unknown"])


def test_a_command_that_cannot_tell_says_so(world: Any) -> None:
    command: Command[Any] = service.CANCEL_SIGN_UPS

    with pytest.raises(TypeError, match=r"sign_ups\.cancel"):
        world.bus.foresee(command, [])
