"""Activities: what may be said about them, and the steps of their lives."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from zhiyuan.activities import queries, service
from zhiyuan.activities.issues import ISSUES
from zhiyuan.activities.models import Activity
from zhiyuan.activities.schemas import ActivityDetails, ActivityFilter
from zhiyuan.kernel.external_ids import ExternalId
from zhiyuan.kernel.models import AuditEntry


def codes(outcome: Any) -> list[str]:
    return [issue.code for issue in outcome.issues]


def create(world: Any, *details: ActivityDetails, external: str | None = None, **fields: Any) -> list[Any]:
    fields.setdefault("actor", world.operator)
    fields.setdefault("organization_id", world.organization)
    return world.bus.submit(  # type: ignore[no-any-return]
        service.CREATE,
        [
            service.CreateActivity(
                details=one, external_id=ExternalId("nyc", external) if external else None, **fields
            )
            for one in details
        ],
    )


@pytest.mark.parametrize(
    ("details", "code", "field"),
    [
        ({"title": "x" * 10_000}, "text.too_long", "title"),
        ({"title": "  "}, "activities.title_missing", "title"),
        ({"title": "Park \u202egnp.exe"}, "text.direction_override", "title"),
        ({"title": "Park\x00"}, "text.control_character", "title"),
        ({"title": "<script>alert(1)</script>"}, "activities.markup_in_title", "title"),
        ({"title": "Park", "description": "x" * 20_001}, "text.too_long", "description"),
        ({"starts_on": date(202, 3, 1)}, "activities.year_unlikely", "starts_on"),
        ({"starts_on": date(2037, 3, 1)}, "activities.year_unlikely", "starts_on"),
        (
            {"starts_on": date(2026, 3, 2), "ends_on": date(2026, 3, 1)},
            "activities.ends_before_start",
            "ends_on",
        ),
        ({"ends_on": date(2026, 3, 1)}, "activities.start_missing", "starts_on"),
        ({"latitude": 91.0, "longitude": 0.0}, "activities.not_on_earth", "latitude"),
        ({"latitude": float("nan"), "longitude": 0.0}, "activities.not_on_earth", "latitude"),
        ({"latitude": 1.0}, "activities.half_a_position", "longitude"),
        ({"wanted_count": -1}, "activities.bad_count", "wanted_count"),
        ({"wanted_count": 10**12}, "activities.bad_count", "wanted_count"),
        ({"time_zone": "Mars/Olympus"}, "activities.unknown_time_zone", "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "activities.unknown_time_zone", "time_zone"),
        ({"mode": "telepathic"}, "activities.not_a_choice", "mode"),
        ({"region_code": "53 08"}, "activities.bad_region_code", "region_code"),
        ({"recruit_from": datetime(2026, 3, 2)}, "activities.no_time_zone", "recruit_from"),  # noqa: DTZ001  # on purpose
        ({"extra": {"x": object()}}, "activities.extra_unusable", "extra"),
        (
            {"guaranteeing_organization_id": UUID(int=1)},
            "activities.unknown_organization",
            "guaranteeing_organization_id",
        ),
    ],
)
def test_bad_input_is_refused_with_field_and_reason(world: Any, details: Any, code: str, field: str) -> None:
    outcome = create(world, ActivityDetails(**{"title": "Park", **details}))[0]

    assert [(issue.code, issue.field) for issue in outcome.issues] == [(code, field)]
    with world.database.reading() as tx:
        assert tx.connection.execute(select(func.count()).select_from(Activity)).scalar_one() == 0


def test_all_faults_are_told_at_once(world: Any) -> None:
    outcome = create(world, ActivityDetails(title="", wanted_count=-1, mode="x"))[0]

    assert codes(outcome) == ["activities.title_missing", "activities.not_a_choice", "activities.bad_count"]


def test_a_less_than_sign_is_not_html(world: Any) -> None:
    assert create(world, ActivityDetails(title="Football for kids <12 & parents"))[0].status == "created"


def test_an_unknown_organization_is_named(world: Any) -> None:
    outcome = create(world, ActivityDetails(title="Park"), organization_id=UUID(int=5))[0]

    assert codes(outcome) == ["activities.unknown_organization"]


def test_the_same_row_again_changes_nothing_and_news_are_taken_in(world: Any) -> None:
    first = create(world, ActivityDetails(title="Park"), external="1", source_digest=b"a" * 32)[0]
    again = create(world, ActivityDetails(title="Park"), external="1", source_digest=b"a" * 32)[0]
    news = create(world, ActivityDetails(title="Big park"), external="1", source_digest=b"b" * 32)[0]
    only_digest = create(world, ActivityDetails(title="Big park"), external="1", source_digest=b"c" * 32)[0]

    assert [one.status for one in (first, again, news, only_digest)] == [
        "created",
        "unchanged",
        "updated",
        "unchanged",
    ]
    assert {one.id for one in (first, again, news, only_digest)} == {first.id}
    assert world.activity(first.id).title == "Big park"


def test_without_a_digest_the_details_are_compared(world: Any) -> None:
    statuses = [
        create(world, ActivityDetails(title=title), external="1")[0].status for title in ("A", "A", "B", "B")
    ]

    assert statuses == ["created", "unchanged", "updated", "unchanged"]


def test_one_external_id_twice_in_a_batch_is_one_activity(world: Any) -> None:
    outcomes = create(
        world,
        ActivityDetails(title="A"),
        ActivityDetails(title="A"),
        ActivityDetails(title="B"),
        external="1",
    )

    assert [one.status for one in outcomes] == ["created", "unchanged", "updated"]
    assert world.activity(outcomes[0].id).title == "B"


def test_nobody_takes_over_an_activity_of_another_organization_by_its_external_id(world: Any) -> None:
    elsewhere = world.make_organization("elsewhere")
    mine = create(world, ActivityDetails(title="Park"), external="1")[0]
    foreign = world.make_member(world.make_people(1)[0], elsewhere, role="manager")

    outcome = create(
        world, ActivityDetails(title="Mine now"), external="1", organization_id=elsewhere, actor=foreign
    )[0]

    assert codes(outcome) == ["activities.external_id_elsewhere"]
    assert world.activity(mine.id).organization_id == world.organization


def test_only_organizers_make_activities(world: Any) -> None:
    ann, olga = world.make_people(2)

    refused = create(world, ActivityDetails(title="Park"), actor=world.as_person(ann))[0]
    made = create(world, ActivityDetails(title="Park"), actor=world.make_member(olga))[0]

    assert (codes(refused), made.status) == (["commands.not_permitted"], "created")


def test_changing_needs_the_organization_of_the_activity(world: Any) -> None:
    elsewhere = world.make_organization("elsewhere")
    activity = world.make_activity()
    foreign = world.make_member(world.make_people(1)[0], elsewhere, role="manager")

    item = service.ChangeActivity(
        actor=foreign, organization_id=elsewhere, activity_id=activity, details=ActivityDetails(title="Mine")
    )

    assert codes(world.bus.submit(service.CHANGE, [item])[0]) == ["activities.unknown_activity"]


def test_a_change_keeps_the_days_read_off_the_shifts(world: Any) -> None:
    activity = world.make_activity(publish=False, starts_on=None)
    world.make_shift(activity, hours=24)

    item = service.ChangeActivity(
        actor=world.operator,
        organization_id=None,
        activity_id=activity,
        details=ActivityDetails(title="New name"),
    )
    outcome = world.bus.submit(service.CHANGE, [item])[0]

    row = world.activity(activity)
    assert (outcome.status, row.title, row.starts_on) == ("updated", "New name", date(2026, 3, 3))
    assert world.bus.submit(service.CHANGE, [item])[0].status == "unchanged"


def test_the_whole_life_of_an_activity(world: Any) -> None:
    activity = world.make_activity(publish=False)

    steps = [world.step(verb, activity).status for verb in ("SUBMIT", "PUBLISH", "START", "FINISH", "SETTLE")]

    assert steps == ["submitted", "published", "underway", "finished", "settled"]
    assert world.step("SETTLE", activity).status == "unchanged"


@pytest.mark.parametrize(
    ("before", "verb"),
    [
        ([], "START"),
        ([], "FINISH"),
        (["PUBLISH"], "SETTLE"),
        (["PUBLISH"], "SUBMIT"),
        (["PUBLISH", "FINISH"], "CANCEL"),
    ],
)
def test_a_step_from_the_wrong_state_is_refused(world: Any, before: list[str], verb: str) -> None:
    activity = world.make_activity(publish=False)
    for step in before:
        world.step(step, activity)

    outcome = world.step(verb, activity, "because")

    assert codes(outcome) == ["activities.step_not_possible"]
    assert outcome.issues[0].params["verb"] == verb.lower()


def test_publishing_needs_a_time(world: Any) -> None:
    activity = world.make_activity(publish=False, starts_on=None)

    assert codes(world.step("PUBLISH", activity)) == ["activities.no_time"]
    world.make_shift(activity)
    assert world.step("PUBLISH", activity).status == "published"
    assert world.activity(activity).published_at == world.clock.now()


def test_a_suspended_organization_publishes_nothing(world: Any) -> None:
    suspended = world.make_organization("suspended", status="suspended")
    activity = world.make_activity(publish=False, organization=suspended)

    assert codes(world.step("PUBLISH", activity)) == ["activities.organization_not_active"]


def test_where_four_eyes_are_the_rule_nobody_publishes_alone(world: Any, set_rule: Any) -> None:
    set_rule("activities.publish_needs_submission", True)
    one, other = (world.make_member(person) for person in world.make_people(2))
    activity = world.make_activity(publish=False)

    def step(verb: str, actor: Any) -> Any:
        item = service.ChangeActivityState(
            actor=actor, organization_id=world.organization, activity_id=activity
        )
        return world.bus.submit(getattr(service, verb), [item])[0]

    assert codes(step("PUBLISH", one)) == ["activities.not_submitted"]
    step("SUBMIT", one)
    assert codes(step("PUBLISH", one)) == ["activities.published_by_submitter"]
    assert step("PUBLISH", other).status == "published"


def test_cancelling_what_was_public_needs_a_reason_and_releases_everybody(world: Any) -> None:
    activity = world.make_activity()
    shift = world.make_shift(activity, capacity=1)
    other = world.make_shift(world.make_activity(), capacity=1)
    ann, bob = world.make_people(2)
    held, waits = world.sign_up((shift, ann), (shift, bob))

    assert codes(world.step("CANCEL", activity)) == ["activities.reason_missing"]
    assert world.step("CANCEL", activity, "Rain").status == "cancelled"

    assert [world.status(one.id) for one in (held, waits)] == ["cancelled", "cancelled"]
    assert world.shift(shift).status == "cancelled"
    assert world.sign_up((other, ann))[0].status == "accepted"
    world.assert_sound()


def test_who_is_released_gets_the_place_that_stood_empty_elsewhere(world: Any) -> None:
    activity = world.make_activity()
    shift = world.make_shift(activity)
    wanted = world.make_shift(world.make_activity(), capacity=1)
    ann, bob = world.make_people(2)
    first, waits = world.sign_up((wanted, ann), (wanted, bob))
    world.sign_up((shift, bob))
    world.cancel(first.id)
    assert world.status(waits.id) == "waitlisted"

    world.step("CANCEL", activity, "Rain")

    assert world.status(waits.id) == "accepted"
    world.assert_sound()


def test_settling_warns_of_people_nobody_has_seen(world: Any) -> None:
    activity = world.make_activity()
    world.sign_up((world.make_shift(activity), world.make_people(1)[0]))
    world.step("FINISH", activity)

    outcome = world.step("SETTLE", activity)

    assert (outcome.status, codes(outcome)) == ("settled", ["activities.attendance_unmarked"])


def test_every_write_is_audited_with_who_and_what(world: Any) -> None:
    activity = world.make_activity()

    with world.database.reading() as tx:
        actions = tx.connection.execute(
            select(AuditEntry.action).where(AuditEntry.subject_id == activity)
        ).scalars()
        assert set(actions) == {"activities.create", "activities.publish"}


def test_every_issue_has_its_text_once() -> None:
    told = [text.code for text in ISSUES]

    assert len(told) == len(set(told))
    assert all(text.message and text.cure for text in ISSUES)


def test_lists_are_found_by_organization_day_state_region_and_words(world: Any) -> None:
    branch = world.make_organization("branch", parent=world.organization)
    elsewhere = world.make_organization("elsewhere")
    tea = world.make_activity(organization=branch, title="社区敬老茶会", region_code="530802")
    park = world.make_activity(title="100% Park", starts_on=date(2026, 4, 1), ends_on=date(2026, 4, 9))
    draft = world.make_activity(organization=elsewhere, publish=False, title="Draft_1", starts_on=None)

    def found(**wanted: Any) -> list[UUID]:
        with world.database.reading() as tx:
            return [row.id for row in queries.page(tx, ActivityFilter(**wanted)).rows]

    assert found() == [tea, park, draft]
    assert found(order="latest") == [draft, park, tea]
    assert found(organization_id=world.organization) == [tea, park]
    assert found(organization_id=branch) == [tea]
    assert found(search="敬老") == [tea]
    assert found(search="park 100%") == [park]
    assert found(search="t_1") == [draft]
    assert found(search="0_ P") == []
    assert found(region_codes=("530802",)) == [tea]
    assert found(statuses=("draft",)) == [draft]
    assert found(from_on=date(2026, 4, 9), to_on=date(2026, 4, 20)) == [park]
    assert found(from_on=date(2026, 3, 4), to_on=date(2026, 3, 31)) == []


def test_a_list_is_continued_where_the_page_ended(world: Any) -> None:
    made = [
        world.make_activity(title=f"A{index}", starts_on=date(2026, 3, 2 + index // 2)) for index in range(7)
    ]

    seen: list[UUID] = []
    after = None
    with world.database.reading() as tx:
        while True:
            page = queries.page(tx, after=after, limit=3)
            seen += [row.id for row in page.rows]
            after = page.next_after
            if after is None:
                break

    assert seen == made


def test_a_list_says_how_many_places_are_left(world: Any) -> None:
    counted = world.make_activity(title="counted")
    shift = world.make_shift(counted, capacity=5, reserved_count=1)
    world.make_shift(counted, capacity=2)
    world.sign_up((shift, world.make_people(1)[0]))
    unlimited = world.make_activity(title="unlimited")
    world.make_shift(unlimited)
    plain = world.make_activity(title="plain", wanted_count=12)

    with world.database.reading() as tx:
        rows = {row.id: row for row in queries.upcoming(tx, date(2026, 3, 2))}

    assert (rows[counted].places_left, rows[counted].shift_count) == (5, 2)
    assert rows[unlimited].places_left is None
    assert (rows[plain].places_left, rows[plain].shift_count) == (12, 0)


def test_what_is_over_is_not_upcoming(world: Any) -> None:
    world.make_activity(starts_on=date(2026, 3, 1))

    with world.database.reading() as tx:
        assert queries.upcoming(tx, date(2026, 3, 2)) == ()


def test_a_time_that_the_clocks_jump_over_is_refused(world: Any) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    activity = world.make_activity(time_zone="Europe/Berlin")
    item = service.AddShift(
        actor=world.operator, organization_id=None, activity_id=activity,
        starts_at=datetime(2026, 3, 29, 2, 30, tzinfo=berlin), ends_at=datetime(2026, 3, 29, 4, tzinfo=berlin),
    )  # fmt: skip

    outcome = world.bus.submit(service.ADD_SHIFTS, [item])[0]

    assert [(issue.code, issue.field) for issue in outcome.issues] == [
        ("activities.time_does_not_exist", "starts_at")
    ]


def test_a_shift_across_the_change_of_the_clocks_has_the_minutes_that_pass(world: Any) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    activity = world.make_activity(time_zone="Europe/Berlin", starts_on=None, publish=False)
    spring = world.make_shift(
        activity,
        starts_at=datetime(2026, 3, 28, 23, tzinfo=berlin),
        ends_at=datetime(2026, 3, 29, 4, tzinfo=berlin),
    )
    autumn = world.make_shift(
        activity,
        starts_at=datetime(2026, 10, 25, 1, tzinfo=berlin),
        ends_at=datetime(2026, 10, 25, 4, tzinfo=berlin),
    )

    with world.database.reading() as tx:
        minutes = {one.id: one.minutes for one in queries.shifts_of(tx, activity)}

    assert minutes == {spring: 240, autumn: 240}
    row = world.activity(activity)
    assert (row.starts_on, row.ends_on) == (date(2026, 3, 28), date(2026, 10, 25))


def test_a_shift_over_midnight_counts_for_both_local_days(world: Any) -> None:
    activity = world.make_activity(time_zone="Asia/Shanghai", starts_on=None, publish=False)
    world.make_shift(activity, starts_at=datetime(2026, 3, 3, 14, tzinfo=UTC), minutes=240)

    row = world.activity(activity)
    assert (row.starts_on, row.ends_on) == (date(2026, 3, 3), date(2026, 3, 4))


def test_a_shift_that_ends_at_midnight_ends_on_its_own_day(world: Any) -> None:
    activity = world.make_activity(time_zone="Asia/Shanghai", starts_on=None, publish=False)
    world.make_shift(activity, starts_at=datetime(2026, 3, 3, 14, tzinfo=UTC), minutes=120)

    row = world.activity(activity)
    assert (row.starts_on, row.ends_on) == (date(2026, 3, 3), date(2026, 3, 3))


def test_more_than_one_chunk_of_activities_comes_in(world: Any) -> None:
    items = [
        service.CreateActivity(
            actor=world.operator, organization_id=world.organization, details=ActivityDetails(title=f"A{index}"),
            external_id=ExternalId("nyc", str(index)),
        )
        for index in range(665)
    ]  # fmt: skip

    first, again = world.bus.submit(service.CREATE, items), world.bus.submit(service.CREATE, items)

    assert {one.status for one in first} == {"created"}
    assert {one.status for one in again} == {"unchanged"}
