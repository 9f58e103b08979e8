"""The public portal and the volunteer's own pages."""

import re
from datetime import timedelta

import pytest

from zhiyuan.activities import queries, service
from zhiyuan.activities.schemas import ActivityDetails
from zhiyuan.activities.service import AddShift, ChangeActivityState, CreateActivity, SignUpRequest


class Planner:
    """Plans published activities through the commands."""

    def __init__(self, runtime, operator, place, clock) -> None:
        self.runtime, self.operator, self.place, self.clock = runtime, operator, place, clock

    def activity(
        self, title="Beach cleaning", *, capacity=1, waitlist=1, where=None, is_public=True, begins=None
    ):
        """Return ids of an activity and its one shift, which begins in half an hour unless told otherwise."""
        where = where or self.place.branch
        begins = begins or self.clock.now() + timedelta(minutes=30)
        made = self._do(
            service.CREATE,
            CreateActivity(
                actor=self.operator,
                organization_id=where,
                details=ActivityDetails(title=title, starts_on=begins.date(), ends_on=begins.date()),
            ),
        )
        shift = self._do(
            service.ADD_SHIFTS,
            AddShift(
                actor=self.operator,
                organization_id=where,
                activity_id=made,
                starts_at=begins,
                ends_at=begins + timedelta(hours=3),
                capacity=capacity,
                waitlist_limit=waitlist,
            ),
        )
        if is_public:
            self._do(
                service.PUBLISH,
                ChangeActivityState(actor=self.operator, organization_id=where, activity_id=made),
            )
        return made, shift

    def sign_up(self, shift, person, where=None):
        """Sign a person up."""
        return self._do(
            service.SIGN_UP,
            SignUpRequest(
                actor=self.operator,
                organization_id=where or self.place.branch,
                shift_id=shift,
                person_id=person,
            ),
        )

    def _do(self, command, item):
        return self.runtime.bus.submit_one(command, item).id


@pytest.fixture
def planner(runtime, operator, place, clock):
    """A planner of activities."""
    return Planner(runtime, operator, place, clock)


def test_the_first_page_shows_what_is_coming_and_the_numbers(browser, planner):
    planner.activity("Beach cleaning")

    answer = browser.get("/")

    assert answer.status_code == 200
    assert "Beach cleaning" in answer.text
    assert "1 place left" in answer.text


def test_drafts_and_what_belongs_to_another_site_are_not_found(browser, planner, place):
    draft, _ = planner.activity("Secret draft", is_public=False)
    foreign, _ = planner.activity("Mountain walk", where=place.elsewhere)

    assert "Secret draft" not in browser.get("/activities").text
    assert browser.get(f"/activities/{draft}").status_code == 404
    assert browser.get(f"/activities/{foreign}").status_code == 404
    assert browser.get(f"/else/activities/{foreign}").status_code == 200
    assert "Mountain walk" in browser.get("/else/activities").text


def test_filters_stay_in_the_address_and_an_empty_list_says_what_to_do(browser, planner):
    planner.activity("梅子湖植树")

    assert "梅子湖植树" in browser.get("/activities", params={"q": "植树"}).text
    empty = browser.get("/activities", params={"q": "nothing like it"})
    assert "Nothing fits these filters" in empty.text
    assert "Show everything" in empty.text
    assert 'value="nothing like it"' in empty.text
    assert "lang=zh-Hans" in empty.text
    assert "q=nothing+like+it" in empty.text


def test_what_somebody_typed_is_never_markup(browser, planner):
    planner.activity("Bread & 'butter'")

    assert "Bread &amp; &#39;butter&#39;" in browser.get("/activities").text
    assert "<script>" not in browser.get("/activities", params={"q": "<script>"}).text


def test_a_volunteer_signs_up_sees_it_and_gives_the_place_back(browser, planner, database):
    activity, shift = planner.activity()
    browser.sign_in("xiaoming")

    answer = browser.post(f"/activities/{activity}/shifts/{shift}/sign-up")
    assert answer.headers["location"] == f"/activities/{activity}"
    shown = browser.get(f"/activities/{activity}").text
    assert "You have a place" in shown
    assert "has a place" in shown
    me = browser.get("/me").text
    assert "Beach cleaning" in me
    cancel = re.search(r"/me/sign-ups/[0-9a-f-]+/cancel", me).group()
    assert "Your place goes to whoever waits first" in browser.get(cancel).text
    assert browser.post(cancel).status_code == 303
    with database.reading() as tx:
        assert [row.status for row in queries.sign_ups_of(tx, [shift])] == ["cancelled"]


def test_a_refusal_names_every_reason_with_its_cure(browser, planner, place):
    activity, shift = planner.activity(waitlist=0)
    planner.sign_up(shift, place.organizer)
    browser.sign_in("xiaoming")

    answer = browser.post(f"/activities/{activity}/shifts/{shift}/sign-up")

    assert answer.status_code == 409
    assert "You could not be signed up" in answer.text
    assert "Why not:" in answer.text
    reasons = re.search(r'<ul class="reasons">(.*?)</ul>', answer.text, re.DOTALL).group(1)
    assert re.search(r"<strong>[^<]+</strong> \w+", reasons)


def test_an_overlap_is_told_before_the_button_is_pressed(browser, planner, place):
    _, first = planner.activity("Beach cleaning")
    second, _ = planner.activity("Tea for elders")
    planner.sign_up(first, place.volunteer)
    browser.sign_in("xiaoming")

    shown = browser.get(f"/activities/{second}").text

    assert "You cannot take a place here at present" in shown
    assert "Beach cleaning" in shown
    assert "/sign-up" not in shown


def test_the_button_says_what_pressing_it_leads_to(browser, planner, place):
    open_one, _ = planner.activity("Open")
    full_one, full_shift = planner.activity("Full", begins=planner.clock.now() + timedelta(days=2))
    planner.sign_up(full_shift, place.organizer)
    browser.sign_in("xiaoming")

    assert "You meet everything that is asked for here." in browser.get(f"/activities/{open_one}").text
    assert "Sign up</button>" in browser.get(f"/activities/{open_one}").text
    assert "Join the waitlist</button>" in browser.get(f"/activities/{full_one}").text


def test_a_full_shift_without_a_waitlist_shows_the_reason_in_place_of_the_button(browser, planner, place):
    activity, shift = planner.activity(waitlist=0)
    planner.sign_up(shift, place.organizer)
    browser.sign_in("xiaoming")

    shown = browser.get(f"/activities/{activity}").text

    assert "You cannot take a place here at present" in shown
    assert "/sign-up" not in shown


def test_checking_in_and_out_takes_the_code_on_show(browser, planner, place, clock, database):
    _activity, shift = planner.activity()
    sign_up = planner.sign_up(shift, place.volunteer)
    browser.sign_in("xiaoming")
    clock.move(minutes=30)
    with database.reading() as tx:
        code = queries.code_on_display(tx, shift).code
    wrong = "000000" if code != "000000" else "111111"

    assert browser.post(f"/me/sign-ups/{sign_up}/check-in", {"code": wrong}).status_code == 409
    assert browser.post(f"/me/sign-ups/{sign_up}/check-in", {"code": code}).status_code == 303
    clock.move(hours=3)
    with database.reading() as tx:
        code = queries.code_on_display(tx, shift).code
    assert browser.post(f"/me/sign-ups/{sign_up}/check-out", {"code": code}).status_code == 303


def test_nobody_acts_on_a_sign_up_of_somebody_else(browser, planner, place):
    _, shift = planner.activity()
    sign_up = planner.sign_up(shift, place.organizer)
    browser.sign_in("xiaoming")

    assert browser.get(f"/me/sign-ups/{sign_up}/cancel").status_code == 404
    assert browser.post(f"/me/sign-ups/{sign_up}/cancel").status_code == 404
    assert browser.post(f"/me/sign-ups/{sign_up}/check-in", {"code": "123456"}).status_code == 404


def test_pages_of_ones_own_ask_to_sign_in_and_come_back(browser, place):
    answer = browser.get("/me?after=x")

    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Fme%3Fafter%3Dx"


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/activities/01a20000-0000-7000-8000-000000000000",
        "/activities/not-an-id",
        "/else/nowhere",
    ],
)
def test_what_is_not_there_is_told_kindly_with_a_number_to_quote(browser, place, path):
    answer = browser.get(path)

    assert answer.status_code == 404
    assert answer.headers["x-correlation-id"] in answer.text
    assert "Traceback" not in answer.text


def test_a_defect_shows_no_traceback(browser, place, monkeypatch):
    monkeypatch.setattr("zhiyuan.activities.queries.upcoming", lambda *_, **__: 1 / 0)

    answer = browser.get("/")

    assert answer.status_code == 500
    assert "ZeroDivisionError" not in answer.text
    assert answer.headers["x-correlation-id"] in answer.text


def test_a_database_that_does_not_answer_is_503(browser, place, monkeypatch):
    from sqlalchemy.exc import OperationalError

    def down(*_, **__):
        raise OperationalError("SELECT 1", {}, Exception("connection refused"))

    monkeypatch.setattr("zhiyuan.sites.queries.site_for", down)

    assert browser.get("/").status_code == 503
    assert browser.get("/api/v1/people", params={"organization": "x"}).json()["code"] == "web.database_down"


def test_a_wrong_method_is_405(client, place):
    assert client.delete("/activities").status_code == 405


def test_every_answer_carries_the_security_headers(browser, place):
    for path in ("/", "/nowhere", "/static/core/x/y", "/schema/openapi.json"):
        headers = browser.get(path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe-inline" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_style_sheets_never_change_under_their_address(browser, place):
    address = re.search(r'href="(/static/core/[^"]+\.css)"', browser.get("/").text).group(1)

    answer = browser.get(address)

    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/css")


def test_the_language_follows_the_address_then_the_cookie_then_the_browser(browser, place):
    def spoken(answer) -> str:
        return re.search(r'<html lang="([^"]+)"', answer.text).group(1)

    chinese = {"accept-language": "zh-CN,zh;q=0.9"}
    assert spoken(browser.get("/", headers=chinese)) == "zh-Hans"
    assert spoken(browser.get("/?lang=en", headers=chinese)) == "en"
    assert spoken(browser.get("/", headers=chinese)) == "en"


def test_an_empty_installation_says_how_to_go_on(runtime, client):
    answer = client.get("/")

    assert answer.status_code == 200
    assert "zhiyuan demo" in answer.text


def test_a_form_that_is_too_large_is_413(browser, place):
    browser.get("/sign-in")

    assert browser.post("/sign-in", {"login": "x" * 3_000_000, "password": "y"}).status_code == 413


def test_health_answers(client, place):
    assert client.get("/-/health").json() == {"status": "ok"}


def test_the_interface_describes_itself_on_a_page_of_its_own(browser, place):
    shown = browser.get("/schema")

    assert shown.status_code == 200
    assert "/api/v1/sign-ups/check" in shown.text
    assert 'href="/schema/openapi.json"' in shown.text
    assert browser.get("/schema/openapi.yaml").status_code == 200
    assert not re.findall(r'(?:src|href)="https?://', shown.text)
