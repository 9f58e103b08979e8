"""Whoever holds no role at an organization learns nothing of it, and changes nothing there.

The manager next door tries every address with the ids of the harbour. What is refused must look exactly like what is
refused for an id that was never given out.
"""

from typing import Any

import pytest
from sqlalchemy import func, select

from zhiyuan.kernel.models import AuditEntry

NOWHERE = "01a00000-0000-7000-8000-000000000000"
UNKNOWN_CODE = "no-such-place"

READS = [
    ("/organizations/{code}", {}),
    ("/organizations", {"below": "{code}"}),
    ("/people", {"organization": "{code}"}),
    ("/people/{person}", {}),
    ("/people/{person}/sign-ups", {}),
    ("/people/{person}/records", {}),
    ("/people/{person}/records", {"organization": "mountain"}),
    ("/memberships", {"organization": "{code}"}),
    ("/activities", {"organization": "{code}"}),
    ("/activities/{draft}", {}),
    ("/activities/{draft}/shifts", {}),
    ("/records", {"organization": "{code}"}),
    ("/records/awaiting-confirmation", {"organization": "{code}"}),
    ("/records/totals", {"organization": "{code}"}),
    ("/records/{record}", {}),
    ("/records/{record}/history", {}),
    ("/certificates", {"organization": "{code}"}),
    ("/certificates/{certificate}", {}),
    ("/certificates/{certificate}/pdf", {}),
    ("/rules/records.day_cap_minutes", {"organization": "{code}"}),
]

SHIFT = {"starts_at": "2026-03-02T12:20:00Z", "ends_at": "2026-03-02T14:20:00Z"}
RECORD = {"title": "x", "service_date": "2026-02-27", "minutes": 5}
WRITES = [
    ("/organizations", {"name": "Below", "code": "below", "parent": "{code}"}),
    ("/organizations/change", {"organization": "{code}", "name": "Ours now"}),
    ("/organizations/move", {"organization": "{code}", "parent": "mountain"}),
    ("/organizations/move", {"organization": "mountain", "parent": "{code}"}),
    ("/organizations/change-state", {"organization": "{code}", "status": "suspended", "reason": "x"}),
    ("/people", {"organization": "{code}", "name": "Somebody"}),
    ("/memberships", {"organization": "{code}", "person_id": "{climber}", "role": "manager"}),
    ("/memberships", {"organization": "mountain", "person_id": "{person}"}),
    ("/memberships/end", {"organization": "{code}", "person_id": "{climber}"}),
    ("/memberships/end", {"organization": "mountain", "person_id": "{person}"}),
    ("/activities", {"organization": "{code}", "title": "Ours now"}),
    ("/activities", {"organization": "mountain", "title": "x", "guaranteeing_organization": "{code}"}),
    ("/activities/change", {"activity_id": "{draft}", "title": "Ours now"}),
    ("/activities/submit", {"activity_id": "{draft}"}),
    ("/activities/publish", {"activity_id": "{draft}"}),
    ("/activities/start", {"activity_id": "{draft}"}),
    ("/activities/finish", {"activity_id": "{draft}"}),
    ("/activities/settle", {"activity_id": "{draft}"}),
    ("/activities/cancel", {"activity_id": "{draft}", "reason": "x"}),
    ("/shifts", {"activity_id": "{draft}", **SHIFT}),
    ("/sign-ups", {"shift_id": "{shift}", "person_id": "{person}"}),
    ("/sign-ups/cancel", {"sign_up_id": "{sign_up}"}),
    ("/sign-ups/accept", {"sign_up_id": "{sign_up}"}),
    ("/sign-ups/decline", {"sign_up_id": "{sign_up}"}),
    ("/attendance/check-in", {"sign_up_id": "{sign_up}", "method": "hand"}),
    ("/attendance/check-out", {"sign_up_id": "{sign_up}", "method": "hand"}),
    ("/attendance/no-show", {"sign_up_id": "{sign_up}"}),
    (
        "/attendance/correct",
        {"sign_up_id": "{sign_up}", "checked_in_at": "2026-03-02T11:00:00Z", "reason": "x"},
    ),
    ("/records", {"organization": "{code}", "person_id": "{climber}", **RECORD}),
    ("/records", {"organization": "mountain", "person_id": "{person}", **RECORD}),
    (
        "/records",
        {"organization": "mountain", "person_id": "{climber}", "activity_id": "{activity}", **RECORD},
    ),
    ("/records/from-attendance", {"sign_up_id": "{sign_up}"}),
    ("/records/confirm", {"record_id": "{record}"}),
    ("/records/correct", {"record_id": "{record}", "changes": {"minutes": 1}, "reason": "x"}),
    ("/records/void", {"record_id": "{record}", "reason": "x"}),
    ("/records/dispute", {"record_id": "{confirmed}", "reason": "x"}),
    ("/records/uphold", {"record_id": "{confirmed}", "reason": "x"}),
    ("/certificates", {"organization": "{code}", "person_id": "{climber}"}),
    ("/certificates", {"organization": "mountain", "person_id": "{person}"}),
    ("/certificates/revoke", {"certificate_id": "{certificate}", "reason": "x"}),
]


def filled(value: Any, names: dict[str, str]) -> Any:
    """Put ids and codes where a template names them."""
    if isinstance(value, dict):
        return {key: filled(entry, names) for key, entry in value.items()}
    return value.format(**names) if isinstance(value, str) else value


@pytest.fixture
def theirs(scene, world) -> dict[str, str]:
    """What the neighbour tries: real ids of the harbour."""
    ids = vars(scene)
    people = {"person": str(world.people["volunteer"]), "climber": str(world.people["climber"])}
    return {**ids, **people, "code": "harbour-east"}


def nowhere(theirs: dict[str, str]) -> dict[str, str]:
    """The same names, meaning nothing; the own climber and the public shift stay real."""
    public = {"climber": theirs["climber"], "shift": theirs["shift"]}
    return {**dict.fromkeys(theirs, NOWHERE), "code": UNKNOWN_CODE, **public}


def audits(world) -> int:
    """Count audit entries: every write leaves one."""
    with world.runtime.database.reading() as tx:
        return tx.connection.execute(select(func.count()).select_from(AuditEntry.__table__)).scalar_one()


def test_the_manager_next_door_reads_nothing(as_, theirs):
    neighbour = as_("neighbour")
    for path, query in READS:
        real = neighbour.get(filled(path, theirs), **filled(query, theirs))
        invented = neighbour.get(filled(path, nowhere(theirs)), **filled(query, nowhere(theirs)))

        assert (path, 404) == (path, real.status_code), real.text
        assert without_instance(invented.json()) == without_instance(real.json()), path


def test_the_manager_next_door_writes_nothing(as_, theirs, world):
    neighbour = as_("neighbour")
    before = audits(world)
    for path, item in WRITES:
        real = neighbour.one(path, **filled(item, theirs))
        invented = neighbour.one(path, **filled(item, nowhere(theirs)))

        assert (path, "refused") == (path, real["status"]), (item, real)
        assert real["id"] is None
        assert invented == real, path
    assert before == audits(world)


def test_a_volunteer_without_a_role_neither_manages_nor_reads_others(as_, theirs, world):
    volunteer = as_("volunteer")
    before = audits(world)
    for path, query in READS:
        if "{person}" in path or "{record}" in path or "{certificate}" in path:
            continue  # the volunteer's own
        answer = volunteer.get(filled(path, theirs), **filled(query, theirs))
        assert (path, 404) == (path, answer.status_code), answer.text
    names = {**theirs, "person": theirs["climber"]}
    own = ("/sign-ups/cancel", "/records/dispute")
    for path, item in WRITES:
        if path not in own:
            outcome = volunteer.one(path, **filled(item, names))
            assert (path, "refused") == (path, outcome["status"]), (item, outcome)
    assert before == audits(world)


def test_volunteers_see_and_do_what_is_their_own(as_, theirs, world):
    volunteer = as_("volunteer")
    for path in (
        "/people/{person}",
        "/people/{person}/sign-ups",
        "/people/{person}/records",
        "/records/{record}",
    ):
        assert volunteer.get(filled(path, theirs)).status_code == 200, path
    assert volunteer.get(f"/certificates/{theirs['certificate']}/pdf").content.startswith(b"%PDF")
    assert [row["id"] for row in volunteer.get("/certificates").json()["items"]] == [theirs["certificate"]]
    assert (
        volunteer.one("/records/dispute", record_id=theirs["confirmed"], reason="It was longer.")["status"]
        == "disputed"
    )
    claim = {**RECORD, "organization": "harbour-east", "person_id": theirs["person"], "source": "claim"}
    assert volunteer.one("/records", **claim)["status"] == "created"
    assert volunteer.one("/records", **{**claim, "organization": "mountain"})["status"] == "refused"
    assert volunteer.one("/sign-ups/cancel", sign_up_id=theirs["sign_up"])["status"] == "cancelled"


def test_a_role_above_reaches_down_and_one_below_does_not_reach_up(as_, theirs):
    assert as_("manager").get("/records", organization="harbour-east").status_code == 200
    assert as_("manager").get(f"/records/{theirs['record']}").status_code == 200
    assert as_("organizer").get("/records", organization="harbour").status_code == 404
    assert as_("organizer").get(f"/certificates/{theirs['certificate']}").status_code == 404


def test_a_role_that_does_not_carry_the_permission_is_told_so(as_, theirs):
    organizer = as_("organizer")
    outcome = organizer.one("/records/void", record_id=theirs["record"], reason="x")
    assert [issue["code"] for issue in outcome["issues"]] == ["commands.not_permitted"]
    assert organizer.get("/certificates", organization="harbour-east").status_code == 403


def test_public_activities_are_open_to_every_token_and_drafts_are_not(as_, theirs):
    climber = as_("climber")
    titles = [row["title"] for row in climber.get("/activities").json()["items"]]
    assert titles == ["Clean the quay"]
    assert climber.get(f"/activities/{theirs['activity']}").status_code == 200
    assert len(climber.get(f"/activities/{theirs['activity']}/shifts").json()["items"]) == 1
    assert climber.get("/activities", status="draft").json()["items"] == []
    assert climber.get(f"/shifts/{theirs['shift']}/sign-ups").status_code == 403
    assert climber.get(f"/shifts/{theirs['shift']}/check-in-code").status_code == 403


def test_an_activity_for_members_is_hidden_from_strangers_and_open_to_members(as_, world):
    organizer = as_("organizer")
    activity = organizer.one("/activities", organization="harbour-east", title="Members", audience="members")[
        "id"
    ]
    shift = organizer.one("/shifts", activity_id=activity, **SHIFT)["id"]
    organizer.one("/activities/publish", activity_id=activity)

    stranger = as_("climber").one("/sign-ups", shift_id=shift, person_id=str(world.people["climber"]))
    assert [issue["code"] for issue in stranger["issues"]] == ["sign_ups.unknown_shift"]
    beforehand = as_("climber").one("/sign-ups/check", shift_id=shift, person_id=str(world.people["climber"]))
    assert [issue["code"] for issue in beforehand["issues"]] == ["sign_ups.unknown_shift"]
    assert as_("climber").get(f"/shifts/{shift}").status_code == 404
    assert as_("volunteer").get(f"/shifts/{shift}").status_code == 200
    for _ in range(2):
        foreseen = as_("volunteer").one(
            "/sign-ups/check", shift_id=shift, person_id=str(world.people["volunteer"])
        )
        assert (foreseen["status"], foreseen["id"], foreseen["issues"]) == ("accepted", None, [])
    member = as_("volunteer").one("/sign-ups", shift_id=shift, person_id=str(world.people["volunteer"]))
    assert member["status"] == "accepted"


def test_who_came_to_us_by_themselves_is_known_to_us_from_then_on(as_, theirs, world):
    climber = str(world.people["climber"])
    organizer = as_("organizer")
    assert organizer.get(f"/people/{climber}").status_code == 404
    assert (
        as_("climber").one("/sign-ups", shift_id=theirs["shift"], person_id=climber)["status"] == "accepted"
    )
    assert organizer.get(f"/people/{climber}").status_code == 200
    rows = organizer.get(f"/people/{climber}/sign-ups").json()["items"]
    assert [row["shift_id"] for row in rows] == [theirs["shift"]]


def without_instance(answer: dict[str, Any]) -> dict[str, Any]:
    """Drop the number of the request."""
    return {name: value for name, value in answer.items() if name != "instance"}


def test_registering_somebody_who_resembles_a_stranger_does_not_tell_that_the_stranger_is_here(as_):
    person = {"name": "周小川", "phone": "13800138000"}
    ours = as_("manager").one("/people", organization="harbour", **person)
    theirs = as_("neighbour").one("/people", organization="mountain", **person)
    again = as_("manager").one("/people", organization="harbour-east", **person)

    assert ([], []) == (ours["issues"], theirs["issues"])
    assert [issue["code"] for issue in again["issues"]] == ["people.possible_duplicate"]
