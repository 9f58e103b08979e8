"""The organization console: who gets in, and the work done there."""

import re

import pytest

from zhiyuan.records import queries as records

SECTIONS = ("", "/activities", "/activities/new", "/records", "/ledger", "/certificates", "/people", "/people/new",
            "/organizations")  # fmt: skip


@pytest.mark.parametrize("section", SECTIONS)
def test_each_page_opens_for_a_manager_and_is_not_there_for_others(browser, place, section):
    browser.sign_in("jing")
    answer = browser.get(f"/o/branch{section}")
    assert answer.status_code == 200, answer.text
    assert "<h1>" in answer.text
    browser.post("/sign-out")

    browser.sign_in("lei")
    assert browser.get(f"/o/branch{section}").status_code == 404
    browser.post("/sign-out")

    browser.sign_in("xiaoming")
    assert browser.get(f"/o/branch{section}").status_code == 404
    browser.post("/sign-out")

    assert browser.get(f"/o/branch{section}").headers["location"].startswith("/sign-in?next=")


def test_an_organization_of_another_site_is_not_shown_even_to_its_manager(browser, place):
    browser.sign_in("lei")

    assert browser.get("/o/else").status_code == 404
    assert browser.get("/else/o/else").status_code == 200


def test_a_role_without_the_permission_is_told_so(browser, place):
    browser.sign_in("hua")

    assert browser.get("/o/branch/certificates").status_code == 403
    assert browser.get("/o/branch/audit").status_code == 403


def test_the_operator_reads_the_audit(browser, place):
    browser.sign_in("root")

    assert browser.get("/o/root/audit").status_code == 200
    assert browser.get("/o").headers["location"] == "/o/root"


def test_an_hour_is_planned_served_confirmed_corrected_and_certified(browser, place, clock, database):
    browser.sign_in("jing")
    wrong = browser.post("/o/branch/activities/new", {"title": "", "summary": "Kept as typed"})
    assert wrong.status_code == 422
    assert 'href="#field-title"' in wrong.text
    assert 'aria-invalid="true"' in wrong.text
    assert "Kept as typed" in wrong.text

    made = browser.post(
        "/o/branch/activities/new",
        {
            "title": "Beach cleaning",
            "starts_on": "2026-03-02",
            "ends_on": "2026-03-02",
            "recorder_name": "Chen Jing",
        },
    )
    activity = made.headers["location"]
    late = browser.post(
        f"{activity}/shifts", {"starts_at": "2026-03-02T23:30", "ends_at": "2026-03-02T20:30"}
    )
    assert late.status_code == 422
    shift = {"starts_at": "2026-03-02T20:30", "ends_at": "2026-03-02T23:30", "capacity": "2"}
    assert browser.post(f"{activity}/shifts", shift).status_code == 303
    assert "can find it and sign up" in browser.get(f"{activity}/steps/publish").text
    assert browser.post(f"{activity}/steps/publish").status_code == 303
    roster = re.search(r"/o/branch/shifts/[0-9a-f-]+/roster", browser.get(activity).text).group()
    browser.post("/sign-out")

    browser.sign_in("xiaoming")
    public = activity.replace("/o/branch", "")
    sign_up = re.search(rf"{public}/shifts/[0-9a-f-]+/sign-up", browser.get(public).text).group()
    assert browser.post(sign_up).status_code == 303
    browser.post("/sign-out")

    browser.sign_in("jing")
    clock.move(minutes=30)
    code = browser.get(roster.replace("/roster", "/code")).text
    assert 'http-equiv="refresh"' in code
    assert re.search(r"\d{3}.{1,8}\d{3}", code)
    check_in = re.search(rf"{roster}/[0-9a-f-]+/check-in", browser.get(roster).text).group()
    assert browser.post(check_in).status_code == 303
    clock.move(hours=3)
    assert browser.post(check_in.replace("check-in", "check-out")).status_code == 303
    for step in ("start", "finish"):
        assert browser.post(f"{activity}/steps/{step}").status_code == 303
    assert browser.post(f"{activity}/records").headers["location"] == "/o/branch/records"

    queue = browser.get("/o/branch/records").text
    assert "Wang Xiaoming" in queue
    assert browser.post("/o/branch/records").status_code == 409
    record = re.search(r'name="record" value="([0-9a-f-]+)"', queue).group(1)
    assert browser.post("/o/branch/records", {"record": record}).status_code == 303
    with database.reading() as tx:
        assert records.minutes_of(tx, [place.volunteer]) == {place.volunteer: 180}

    page = f"/o/branch/ledger/{record}"
    assert browser.post(f"{page}/correct", {"minutes": "-5", "reason": ""}).status_code == 422
    corrected = browser.post(f"{page}/correct", {"minutes": "150", "reason": "Left early."})
    assert corrected.status_code == 303
    with database.reading() as tx:
        assert records.minutes_of(tx, [place.volunteer]) == {place.volunteer: 150}

    issued = browser.post("/o/branch/certificates", {"number": "V000001", "locale": "en"})
    assert issued.status_code == 303
    listed = browser.get("/o/branch/certificates").text
    file = re.search(r"/o/branch/certificates/[0-9a-f-]+/file", listed).group()
    assert browser.get(file).content.startswith(b"%PDF-")

    page = corrected.headers["location"]
    assert "loses 2.5 of 2.5 confirmed hours" in browser.get(page).text
    assert browser.post(f"{page}/void", {"void_reason": "Wrong person."}).status_code == 422
    assert (
        browser.post(f"{page}/void", {"void_reason": "Wrong person.", "understood": "1"}).status_code == 303
    )
    assert "revoked" in browser.get("/o/branch/certificates").text


def test_a_person_is_registered_and_shown_masked(browser, place):
    browser.sign_in("jing")
    form = {"name": "Sun Ying", "phone": "13800138000", "birth_date": "1995-02-03"}

    made = browser.post("/o/branch/people/new", form)

    assert made.status_code == 303, made.text
    page = browser.get(made.headers["location"]).text
    assert "Sun Ying" in page
    assert "13800138000" not in page
    assert "Sun Ying" in browser.get("/o/root/people", params={"q": "Sun"}).text


def test_things_of_another_organization_are_not_found_by_their_id(browser, place, runtime, operator):
    from datetime import date

    from zhiyuan.records import service
    from zhiyuan.records.schemas import RecordService

    item = RecordService(
        actor=operator, organization_id=place.elsewhere, person_id=place.stranger, title="Elsewhere",
        service_date=date(2026, 2, 1), time_zone="UTC", minutes=60, source="paper", recorder_name="Somebody",
    )  # fmt: skip
    record = runtime.bus.submit_one(service.RECORD, item).id
    browser.sign_in("jing")

    assert browser.get(f"/o/root/ledger/{record}").status_code == 404
    assert (
        browser.post(f"/o/root/ledger/{record}/void", {"void_reason": "x", "understood": "1"}).status_code
        == 404
    )
    assert browser.get(f"/o/root/people/{place.stranger}").status_code == 404
