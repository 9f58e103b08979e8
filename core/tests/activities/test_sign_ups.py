"""Signing up: capacity, overlap, waitlist, and a reason for every refusal."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from zhiyuan.activities import service


def codes(outcome: Any) -> list[str]:
    return [issue.code for issue in outcome.issues]


def test_places_go_to_those_who_come_first(world: Any) -> None:
    shift = world.make_shift(world.make_activity(), capacity=2, reserved_count=1, waitlist_limit=1)
    ann, bob, cleo = world.make_people(3)

    outcomes = world.sign_up((shift, ann), (shift, bob), (shift, cleo))

    assert [one.status for one in outcomes] == ["accepted", "waitlisted", "refused"]
    assert codes(outcomes[2]) == ["sign_ups.waitlist_full"]
    assert outcomes[2].issues[0].params == {"capacity": 2, "taken": 1, "reserved": 1, "limit": 1}
    world.assert_sound()


def test_who_will_not_wait_is_refused_with_the_numbers(world: Any) -> None:
    shift = world.make_shift(world.make_activity(), capacity=1)
    ann, bob = world.make_people(2)

    outcomes = world.sign_up((shift, ann), (shift, bob), accept_waitlist=False)

    assert codes(outcomes[1]) == ["sign_ups.shift_full"]
    assert outcomes[1].issues[0].params["taken"] == 1


def test_a_shift_without_a_limit_takes_everybody(world: Any) -> None:
    shift = world.make_shift(world.make_activity())

    outcomes = world.sign_up(*((shift, person) for person in world.make_people(30)))

    assert {one.status for one in outcomes} == {"accepted"}
    world.assert_sound()


def test_signing_up_again_changes_nothing(world: Any) -> None:
    shift = world.make_shift(world.make_activity(), capacity=1)
    (ann,) = world.make_people(1)
    first = world.sign_up((shift, ann))[0]

    again, twice = world.sign_up((shift, ann), (shift, ann))

    assert (again.status, again.id) == ("unchanged", first.id)
    assert twice == again
    world.assert_sound()


def test_nobody_takes_two_places_at_the_same_time_anywhere(world: Any) -> None:
    elsewhere = world.make_organization("elsewhere")
    here = world.make_shift(world.make_activity(), hours=24)
    there = world.make_shift(world.make_activity(organization=elsewhere, title="Serve tea"), hours=25)
    (ann,) = world.make_people(1)

    outcomes = world.sign_up((there, ann), (here, ann))

    assert [one.status for one in outcomes] == ["accepted", "refused"]
    assert codes(outcomes[1]) == ["sign_ups.overlaps"]
    assert outcomes[1].issues[0].params == {
        "title": "Serve tea", "starts_at": "2026-03-03 13:00", "ends_at": "2026-03-03 15:00"
    }  # fmt: skip
    world.assert_sound()


def test_an_organizer_is_not_told_what_a_person_does_at_another_organization(world: Any) -> None:
    elsewhere = world.make_organization("elsewhere")
    here = world.make_shift(world.make_activity(), hours=24)
    secret = world.make_activity(organization=elsewhere, title="Private", audience="members")
    there = world.make_shift(secret, hours=24)
    ann, olga = world.make_people(2)
    world.make_member(ann, elsewhere, role="volunteer")
    organizer = world.make_member(olga)
    assert world.sign_up((there, ann))[0].status == "accepted"

    outcome = world.bus.submit(
        service.SIGN_UP,
        [
            service.SignUpRequest(
                actor=organizer, organization_id=world.organization, shift_id=here, person_id=ann
            )
        ],
    )[0]

    assert codes(outcome) == ["sign_ups.overlaps_elsewhere"]
    assert "title" not in outcome.issues[0].params


def test_shifts_that_touch_do_not_overlap(world: Any) -> None:
    activity = world.make_activity()
    first, second = world.make_shift(activity, hours=24), world.make_shift(activity, hours=26)
    (ann,) = world.make_people(1)

    assert [one.status for one in world.sign_up((first, ann), (second, ann))] == ["accepted", "accepted"]


def test_a_place_given_up_goes_to_the_next_in_the_queue(world: Any) -> None:
    shift = world.make_shift(world.make_activity(), capacity=1)
    ann, bob, cleo = world.make_people(3)
    first, second, third = world.sign_up((shift, ann), (shift, bob), (shift, cleo))

    assert world.cancel(first.id)[0].status == "cancelled"

    assert [world.status(one.id) for one in (first, second, third)] == ["cancelled", "accepted", "waitlisted"]
    world.assert_sound()


def test_who_has_no_time_just_then_is_passed_over_and_stays_in_the_queue(world: Any) -> None:
    activity = world.make_activity()
    wanted = world.make_shift(activity, capacity=1)
    other = world.make_shift(activity, capacity=1)
    ann, bob, cleo = world.make_people(3)
    first, waits, next_one = world.sign_up((wanted, ann), (wanted, bob), (wanted, cleo))
    busy = world.sign_up((other, bob))[0]
    assert busy.status == "accepted"

    world.cancel(first.id)

    assert (world.status(waits.id), world.status(next_one.id)) == ("waitlisted", "accepted")
    world.assert_sound()


def test_who_becomes_free_gets_the_place_that_stood_empty_for_want_of_time(world: Any) -> None:
    activity = world.make_activity()
    wanted, other = world.make_shift(activity, capacity=1), world.make_shift(activity, capacity=1)
    ann, bob = world.make_people(2)
    first, waits = world.sign_up((wanted, ann), (wanted, bob))
    busy = world.sign_up((other, bob))[0]
    world.cancel(first.id)
    assert world.status(waits.id) == "waitlisted"

    world.cancel(busy.id)

    assert world.status(waits.id) == "accepted"
    world.assert_sound()


def test_a_queue_longer_than_a_glance_is_searched_to_its_end(world: Any) -> None:
    activity = world.make_activity()
    wanted, other = world.make_shift(activity, capacity=1), world.make_shift(activity)
    ann, *rest = world.make_people(60)
    first, *waiting = world.sign_up((wanted, ann), *((wanted, person) for person in rest))
    world.sign_up(*((other, person) for person in rest[:-1]))

    world.cancel(first.id)

    assert world.status(waiting[-1].id) == "accepted"
    assert world.shift(wanted).waitlisted_count == 58
    world.assert_sound()


def test_coming_back_after_a_cancellation_revives_the_sign_up_at_the_end_of_the_queue(world: Any) -> None:
    shift = world.make_shift(world.make_activity(), capacity=1)
    ann, bob, cleo = world.make_people(3)
    _, second, third = world.sign_up((shift, ann), (shift, bob), (shift, cleo))
    world.cancel(second.id)
    world.clock.move(minutes=1)

    again = world.sign_up((shift, bob))[0]

    assert (again.status, again.id) == ("waitlisted", second.id)
    world.cancel(world.sign_up((shift, ann))[0].id)
    assert [world.status(third.id), world.status(second.id)] == ["accepted", "waitlisted"]


@pytest.mark.parametrize(
    ("details", "code"),
    [
        ({"recruit_from": datetime(2026, 3, 2, 13, tzinfo=UTC)}, "sign_ups.recruitment_not_open"),
        ({"recruit_to": datetime(2026, 3, 2, 12, tzinfo=UTC)}, "sign_ups.recruitment_over"),
        ({"audience": "members"}, "sign_ups.members_only"),
        ({"is_hazardous": True}, "sign_ups.birth_date_unknown"),
    ],
)
def test_an_activity_refuses_for_the_stated_reason(world: Any, details: dict[str, Any], code: str) -> None:
    shift = world.make_shift(world.make_activity(**details))

    outcome = world.sign_up((shift, world.make_people(1)[0]))[0]

    assert codes(outcome) == [code]


def test_age_is_counted_on_the_day_of_service(world: Any) -> None:
    shift = world.make_shift(world.make_activity(is_hazardous=True))
    (just,) = world.make_people(1, birth_date=date(2008, 3, 3))
    (one_day_late,) = world.make_people(1, birth_date=date(2008, 3, 4))

    outcomes = world.sign_up((shift, just), (shift, one_day_late))

    assert outcomes[0].status == "accepted"
    assert codes(outcomes[1]) == ["sign_ups.too_young"]
    assert outcomes[1].issues[0].rule == "activities.minimum_age_hazardous"


@pytest.mark.parametrize("status", ["applied", "suspended", "left", "merged"])
def test_only_registered_people_join(world: Any, status: str) -> None:
    shift = world.make_shift(world.make_activity())

    outcome = world.sign_up((shift, world.make_people(1, status=status)[0]))[0]

    assert codes(outcome) == ["sign_ups.person_not_active"]


def test_nobody_joins_a_draft_a_cancelled_activity_or_a_shift_that_began(world: Any) -> None:
    draft = world.make_shift(world.make_activity(publish=False))
    activity = world.make_activity()
    cancelled = world.make_shift(activity)
    world.step("CANCEL", activity, "Rain")
    began = world.make_shift(world.make_activity(), hours=-1)
    (ann,) = world.make_people(1)

    outcomes = world.sign_up((draft, ann), (cancelled, ann), (began, ann))

    assert [codes(one) for one in outcomes] == [
        ["sign_ups.activity_not_open"], ["sign_ups.activity_not_open"], ["sign_ups.shift_started"]
    ]  # fmt: skip


def test_members_of_a_branch_join_what_is_for_members_of_the_association(world: Any) -> None:
    branch = world.make_organization("branch", parent=world.organization)
    shift = world.make_shift(world.make_activity(audience="members"))
    ann, bob = world.make_people(2)
    world.make_member(ann, branch, role="volunteer")

    assert [one.status for one in world.sign_up((shift, ann), (shift, bob))] == ["accepted", "refused"]


def test_a_reviewed_activity_takes_applications_and_the_organizer_decides(world: Any) -> None:
    shift = world.make_shift(world.make_activity(approval="reviewed"), capacity=1)
    ann, bob, cleo = world.make_people(3)
    applied = world.sign_up((shift, ann), (shift, bob), (shift, cleo))
    assert {one.status for one in applied} == {"applied"}

    def decide(command: Any, one: Any) -> Any:
        item = service.DecideSignUp(actor=world.operator, organization_id=None, sign_up_id=one.id)
        return world.bus.submit(command, [item])[0]

    assert decide(service.ACCEPT, applied[0]).status == "accepted"
    assert decide(service.ACCEPT, applied[0]).status == "unchanged"
    assert codes(decide(service.ACCEPT, applied[1])) == ["sign_ups.no_place_to_give"]
    assert decide(service.DECLINE, applied[2]).status == "declined"
    assert codes(world.sign_up((shift, cleo))[0]) == ["sign_ups.declined_before"]
    world.assert_sound()


def test_people_cancel_for_themselves_and_organizers_for_others(world: Any) -> None:
    shift = world.make_shift(world.make_activity())
    ann, bob, olga = world.make_people(3)
    organizer = world.make_member(olga)
    first, second = world.sign_up((shift, ann), (shift, bob))

    stranger = world.cancel(first.id, actor=world.as_person(bob))[0]
    own = world.cancel(first.id, actor=world.as_person(ann))[0]
    by_organizer = world.cancel(second.id, actor=organizer)[0]

    assert codes(stranger) == ["commands.not_permitted"]
    assert (own.status, by_organizer.status) == ("cancelled", "cancelled")


def test_after_the_start_only_the_organizer_cancels(world: Any) -> None:
    shift = world.make_shift(world.make_activity(), hours=1)
    (ann,) = world.make_people(1)
    held = world.sign_up((shift, ann))[0]
    world.clock.move(hours=1)

    assert codes(world.cancel(held.id, actor=world.as_person(ann))[0]) == ["sign_ups.too_late_to_cancel"]
    assert world.cancel(held.id)[0].status == "cancelled"


def test_an_item_that_names_another_organization_is_refused(world: Any) -> None:
    elsewhere = world.make_organization("elsewhere")
    shift = world.make_shift(world.make_activity())
    ann, olga = world.make_people(2)
    foreign = world.make_member(olga, elsewhere)

    outcome = world.bus.submit(
        service.SIGN_UP,
        [service.SignUpRequest(actor=foreign, organization_id=elsewhere, shift_id=shift, person_id=ann)],
    )[0]

    assert codes(outcome) == ["activities.not_here"]


def test_unknown_shifts_and_people_are_named(world: Any) -> None:
    shift = world.make_shift(world.make_activity())
    (ann,) = world.make_people(1)

    outcomes = world.sign_up((world.organization, ann), (shift, world.organization))

    assert [codes(one) for one in outcomes] == [["sign_ups.unknown_shift"], ["sign_ups.unknown_person"]]
    assert [one.issues[0].field for one in outcomes] == ["shift_id", "person_id"]


def _statements(world: Any, act: Any) -> int:
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    engines = {world.database.engines.write, world.database.engines.read}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    act()
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)
    return len(seen)


def test_two_hundred_cost_as_many_statements_as_one(world: Any) -> None:
    activity = world.make_activity()
    small, large, full = (world.make_shift(activity, hours=24 * day) for day in (1, 2, 3))
    closed = world.make_shift(activity, hours=96, capacity=0, waitlist_limit=0)
    one, *many = world.make_people(201)
    world.sign_up((full, one))

    single = _statements(world, lambda: world.sign_up((small, one)))
    batch = _statements(world, lambda: world.sign_up(*((large, person) for person in many)))
    refusal = _statements(world, lambda: world.sign_up(*((closed, person) for person in many)))

    assert batch == single
    assert refusal < single
    world.assert_sound()


def test_cancelling_two_hundred_costs_as_many_statements_as_one(world: Any) -> None:
    activity = world.make_activity()
    first, second = (world.make_shift(activity, hours=24 * day, capacity=200) for day in (1, 2))
    people = world.make_people(400)
    held = world.sign_up(*((first, person) for person in people[:201]))
    more = world.sign_up(*((second, person) for person in people))

    single = _statements(world, lambda: world.cancel(held[0].id))
    batch = _statements(world, lambda: world.cancel(*(one.id for one in more[:200])))

    assert single <= batch <= single + 2  # once more when the first glance at the queue was too short
    assert world.shift(second).taken_count == 200
    world.assert_sound()


def test_the_order_of_arrival_decides_within_a_batch_too(world: Any) -> None:
    activity = world.make_activity()
    one, other = world.make_shift(activity, capacity=1), world.make_shift(activity, capacity=1)
    ann, bob = world.make_people(2)

    outcomes = world.sign_up((one, ann), (other, ann), (other, bob), (one, bob), accept_waitlist=False)

    assert [first.status for first in outcomes] == ["accepted", "refused", "accepted", "refused"]
    assert codes(outcomes[3]) == ["sign_ups.overlaps", "sign_ups.shift_full"]


def test_emf_hands_over_within_fifteen_minutes_and_not_within_fourteen(world: Any, set_rule: Any) -> None:
    activity = world.make_activity()
    starts = world.clock.now() + timedelta(days=1)
    shifts = [
        world.make_shift(activity, starts_at=starts + timedelta(minutes=120 * index), minutes=135)
        for index in range(3)
    ]
    ann, bob = world.make_people(2)

    set_rule("activities.overlap_tolerance_minutes", 14)
    strict = world.sign_up(*((shift, ann) for shift in shifts))
    set_rule("activities.overlap_tolerance_minutes", 15)
    mild = world.sign_up(*((shift, bob) for shift in shifts))

    assert [one.status for one in strict] == ["accepted", "refused", "accepted"]
    assert strict[1].issues[0].rule == "activities.overlap_tolerance_minutes"
    assert [one.status for one in mild] == ["accepted", "accepted", "accepted"]
