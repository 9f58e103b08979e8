"""A volunteer reports an error in a record, and somebody else decides."""

from datetime import date

import pytest

from zhiyuan.records import queries as records
from zhiyuan.records import service
from zhiyuan.records.schemas import RecordService


@pytest.fixture
def record(runtime, operator, place):
    """Return the id of a confirmed record of the volunteer."""
    item = RecordService(
        actor=operator, organization_id=place.branch, person_id=place.volunteer, title="Beach cleaning",
        service_date=date(2026, 2, 20), time_zone="Asia/Shanghai", minutes=90, source="import", status="confirmed",
    )  # fmt: skip
    return runtime.bus.submit_one(service.RECORD, item).id


def status(database, record):
    with database.reading() as tx:
        return records.get(tx, record).status


def test_an_error_is_reported_seen_and_answered(browser, record, database):
    browser.sign_in("xiaoming")
    assert f"/me/records/{record}" in browser.get("/me").text
    assert browser.post(f"/me/records/{record}/dispute", {"reason": ""}).status_code == 422
    answer = browser.post(f"/me/records/{record}/dispute", {"reason": "It was two hours."})
    assert (answer.status_code, status(database, record)) == (303, "disputed")
    shown = browser.get(f"/me/records/{record}").text
    assert "It was two hours." in shown
    assert "these hours go on counting" in shown
    assert browser.post(f"/me/records/{record}/dispute", {"reason": "Again."}).status_code == 422
    browser.post("/sign-out")

    browser.sign_in("jing")
    assert "It was two hours." in browser.get(f"/o/root/ledger/{record}").text
    assert browser.post(f"/o/root/ledger/{record}/uphold", {"answer": ""}).status_code == 422
    answer = browser.post(f"/o/root/ledger/{record}/uphold", {"answer": "The list of that day says 90."})
    assert (answer.status_code, status(database, record)) == (303, "confirmed")
    browser.post("/sign-out")

    browser.sign_in("xiaoming")
    assert "The list of that day says 90." in browser.get(f"/me/records/{record}").text


def test_a_reported_error_can_be_put_right(browser, record, database):
    browser.sign_in("xiaoming")
    browser.post(f"/me/records/{record}/dispute", {"reason": "It was two hours."})
    browser.post("/sign-out")
    browser.sign_in("jing")

    answer = browser.post(f"/o/root/ledger/{record}/correct", {"minutes": "120", "reason": "Right, 120."})

    assert (answer.status_code, status(database, record)) == (303, "corrected")


def test_nobody_sees_or_reports_on_the_record_of_somebody_else(browser, record, database):
    browser.sign_in("hua")

    assert browser.get(f"/me/records/{record}").status_code == 404
    assert browser.post(f"/me/records/{record}/dispute", {"reason": "Mine?"}).status_code == 404
    assert status(database, record) == "confirmed"
