"""Shifts: adding, changing and moving them without hurting those who hold places."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from zhiyuan.activities import service


def codes(outcome: Any) -> list[str]:
    return [issue.code for issue in outcome.issues]


def add(world: Any, activity: Any, **fields: Any) -> Any:
    starts_at = world.clock.now() + timedelta(days=1)
    told = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=2), **fields}
    item = service.AddShift(actor=world.operator, organization_id=None, activity_id=activity, **told)
    return world.bus.submit(service.ADD_SHIFTS, [item])[0]


@pytest.mark.parametrize(
    ("minutes", "fields", "code", "field"),
    [
        (0, {}, "shifts.ends_before_start", "ends_at"),
        (-5, {}, "shifts.ends_before_start", "ends_at"),
        (1441, {}, "shifts.too_long", "ends_at"),
        (60, {"capacity": -1}, "activities.bad_count", "capacity"),
        (60, {"capacity": 2, "reserved_count": 3}, "shifts.reserved_above_capacity", "reserved_count"),
        (60, {"capacity": 2, "minimum_count": 3}, "shifts.minimum_above_capacity", "minimum_count"),
        (60, {"position": "x" * 121}, "text.too_long", "position"),
    ],
)
def test_bad_shifts_are_refused(world: Any, minutes: int, fields: Any, code: str, field: str) -> None:
    starts_at = world.clock.now() + timedelta(days=1)

    outcome = add(
        world,
        world.make_activity(),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        **fields,
    )

    assert [(issue.code, issue.field) for issue in outcome.issues] == [(code, field)]


def test_a_time_without_a_zone_is_refused(world: Any) -> None:
    outcome = add(world, world.make_activity(), starts_at=datetime(2026, 3, 3, 9))  # noqa: DTZ001  # on purpose

    assert codes(outcome) == ["activities.no_time_zone"]


def test_a_shift_in_the_year_202_is_refused(world: Any) -> None:
    starts_at = datetime(202, 3, 3, 9, tzinfo=world.clock.now().tzinfo)

    outcome = add(world, world.make_activity(), starts_at=starts_at, ends_at=starts_at + timedelta(hours=1))

    assert codes(outcome) == ["activities.year_unlikely"]


def test_the_same_shift_again_changes_nothing_and_news_are_taken_in(world: Any) -> None:
    activity = world.make_activity()

    first = add(world, activity, external_key="s1", source_digest=b"a" * 32)
    again = add(world, activity, external_key="s1", source_digest=b"a" * 32)
    news = add(world, activity, external_key="s1", source_digest=b"b" * 32, capacity=4)
    reread = add(world, activity, external_key="s1", source_digest=b"c" * 32, capacity=4)

    assert [one.status for one in (first, again, news, reread)] == [
        "created",
        "unchanged",
        "updated",
        "unchanged",
    ]
    assert world.shift(first.id).capacity == 4


def test_shifts_without_a_key_are_never_taken_for_each_other(world: Any) -> None:
    activity = world.make_activity()

    assert [add(world, activity).status, add(world, activity).status] == ["created", "created"]


def test_capacity_below_the_places_taken_is_refused_with_their_number(world: Any) -> None:
    shift = world.make_shift(world.make_activity(), capacity=3)
    world.sign_up(*((shift, person) for person in world.make_people(3)))
    row = world.shift(shift)

    outcome = world.change_shift(shift, row.starts_at, row.ends_at, capacity=2)
    reserved = world.change_shift(shift, row.starts_at, row.ends_at, capacity=3, reserved_count=1)

    assert codes(outcome) == codes(reserved) == ["shifts.capacity_below_accepted"]
    assert outcome.issues[0].params == {"accepted": 3, "reserved": 0, "capacity": 2}
    assert world.shift(shift).capacity == 3


def test_more_places_go_to_those_who_wait(world: Any) -> None:
    shift = world.make_shift(world.make_activity(), capacity=1)
    outcomes = world.sign_up(*((shift, person) for person in world.make_people(4)))
    row = world.shift(shift)

    assert world.change_shift(shift, row.starts_at, row.ends_at, capacity=3).status == "updated"

    assert [world.status(one.id) for one in outcomes] == ["accepted", "accepted", "accepted", "waitlisted"]
    world.assert_sound()


def test_saying_the_same_again_changes_nothing(world: Any) -> None:
    shift = world.make_shift(world.make_activity(), capacity=1)
    row = world.shift(shift)

    assert world.change_shift(shift, row.starts_at, row.ends_at, capacity=1).status == "unchanged"


def test_a_moved_shift_takes_its_people_along(world: Any) -> None:
    activity = world.make_activity()
    shift, other = world.make_shift(activity), world.make_shift(activity, hours=48)
    (ann,) = world.make_people(1)
    world.sign_up((shift, ann))
    row = world.shift(shift)
    later = timedelta(hours=10)

    assert world.change_shift(shift, row.starts_at + later, row.ends_at + later).status == "updated"

    world.assert_sound()
    at_the_old_time = world.make_shift(activity)
    assert [one.status for one in world.sign_up((at_the_old_time, ann), (other, ann))] == [
        "accepted",
        "accepted",
    ]


def test_a_move_that_puts_somebody_in_two_places_is_refused(world: Any) -> None:
    activity = world.make_activity()
    shift, other = world.make_shift(activity), world.make_shift(activity, hours=48)
    ann, bob = world.make_people(2)
    world.sign_up((shift, ann), (other, ann), (shift, bob))
    row = world.shift(shift)

    outcome = world.change_shift(
        shift, row.starts_at + timedelta(hours=25), row.ends_at + timedelta(hours=25)
    )

    assert codes(outcome) == ["shifts.move_overlaps"]
    assert outcome.issues[0].params == {"people": 1}
    assert world.shift(shift).starts_at == row.starts_at
    world.assert_sound()


def test_two_shifts_of_the_same_people_may_swap(world: Any) -> None:
    activity = world.make_activity()
    early, late = world.make_shift(activity, hours=24), world.make_shift(activity, hours=26)
    (ann,) = world.make_people(1)
    world.sign_up((early, ann), (late, ann))
    one, other = world.shift(early), world.shift(late)

    outcomes = world.bus.submit(
        service.CHANGE_SHIFTS,
        [
            service.ChangeShift(
                actor=world.operator,
                organization_id=None,
                shift_id=shift,
                starts_at=row.starts_at,
                ends_at=row.ends_at,
            )
            for shift, row in ((early, other), (late, one))
        ],
    )

    assert [outcome.status for outcome in outcomes] == ["updated", "updated"]
    world.assert_sound()


def test_a_closed_shift_keeps_its_people_and_takes_no_more(world: Any) -> None:
    shift = world.make_shift(world.make_activity(), capacity=1)
    ann, bob, cleo = world.make_people(3)
    held, waits = world.sign_up((shift, ann), (shift, bob))
    row = world.shift(shift)

    world.change_shift(shift, row.starts_at, row.ends_at, capacity=2, status="closed")

    assert codes(world.sign_up((shift, cleo))[0]) == ["sign_ups.shift_closed"]
    assert [world.status(one.id) for one in (held, waits)] == ["accepted", "waitlisted"]
    world.change_shift(shift, row.starts_at, row.ends_at, capacity=2, status="open")
    assert world.status(waits.id) == "accepted"


def test_nothing_changes_in_a_settled_activity(world: Any) -> None:
    activity = world.make_activity()
    shift = world.make_shift(activity)
    row = world.shift(shift)
    world.step("FINISH", activity)
    world.step("SETTLE", activity)

    assert codes(add(world, activity)) == ["activities.wrong_state"]
    assert codes(world.change_shift(shift, row.starts_at, row.ends_at, capacity=9)) == [
        "activities.wrong_state"
    ]


def test_one_bad_shift_does_not_take_its_neighbours_with_it(world: Any) -> None:
    activity = world.make_activity()
    starts_at = world.clock.now() + timedelta(days=1)
    items = [
        service.AddShift(
            actor=world.operator, organization_id=None, activity_id=activity, starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=hours), external_key=f"s{hours}",
        )
        for hours in (1, -1, 2)
    ]  # fmt: skip

    assert [one.status for one in world.bus.submit(service.ADD_SHIFTS, items)] == [
        "created",
        "refused",
        "created",
    ]
