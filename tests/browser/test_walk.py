"""A volunteer, an organizer and a stranger go their ways on a phone, without JavaScript, in two languages."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

# Both ways are gone by the same volunteer, who cannot be in two places: the shifts follow one another, and both are near
# enough to check in.
WAYS = [
    pytest.param("en", "", "harbour", "America/New_York", "Harbour clean-up", 30, id="en"),
    pytest.param("zh-Hans", "/simao", "simao", "Asia/Shanghai", "茶园采摘帮扶", 52, id="zh-Hans"),
]


@pytest.mark.parametrize(("language", "prefix", "code", "zone", "title", "minutes"), WAYS)
def test_from_a_plan_to_a_certificate_that_a_stranger_checks(
    reader: Callable[[str], object],
    language: str,
    prefix: str,
    code: str,
    zone: str,
    title: str,
    minutes: int,
) -> None:
    organizer = reader(language)
    organizer.sign_in("manager", prefix)
    organizer.go(f"{prefix}/o/{code}")
    organizer.go(f"{prefix}/o/{code}/activities/new")
    begins = datetime.now(ZoneInfo(zone)) + timedelta(minutes=minutes)
    organizer.page.fill("#field-title", title)
    organizer.page.fill("#field-starts_on", f"{begins:%Y-%m-%d}")
    organizer.press("main form.card button[type=submit]")
    organizer.page.fill("#field-starts_at", f"{begins:%Y-%m-%dT%H:%M}")
    organizer.page.fill("#field-ends_at", f"{begins + timedelta(minutes=20):%Y-%m-%dT%H:%M}")
    organizer.page.fill("#field-capacity", "5")
    organizer.press("main form.card button[type=submit]")
    organizer.press("a[href$='/steps/publish']")
    organizer.press("main form button[type=submit]")
    console = organizer.page.url

    volunteer = reader(language)
    volunteer.go(f"{prefix}/")
    volunteer.go(f"{prefix}/activities")
    volunteer.page.fill("#q", title)
    volunteer.press("main form[role=search] button")
    volunteer.press(".cards a")
    volunteer.press("main .note a")
    volunteer.page.fill("#field-login", "volunteer")
    volunteer.page.fill("#field-password", "demo-only-zhiyuan")
    volunteer.press("main button[type=submit]")
    assert volunteer.page.inner_text("h1") == title
    volunteer.press("article form button")
    volunteer.go(f"{prefix}/me")
    assert title in volunteer.page.inner_text("main")

    organizer.page.goto(console)
    organizer.press("a[href$='/code']")
    digits = re.sub(r"\s", "", organizer.page.inner_text(".code"))
    volunteer.go(f"{prefix}/me/check-in")
    volunteer.page.fill("article input[name=code]", digits)
    volunteer.press("article button")
    assert volunteer.complaints == []
    organizer.page.goto(console)
    organizer.press("a[href$='/roster']")
    organizer.press("tbody form[action$='/check-out'] button")

    organizer.go(f"{prefix}/o/{code}/records")
    organizer.press("main form button[type=submit]")
    organizer.go(f"{prefix}/o/{code}/ledger?status=confirmed")
    organizer.press("tbody a")
    organizer.go(f"{prefix}/o/{code}/people")
    organizer.page.fill("#q", "王小明")
    organizer.press("main form[role=search] button")
    organizer.press("tbody a")
    organizer.press("a[href*='/certificates?person=']")
    organizer.press("main form.card button[type=submit]")
    row = organizer.page.inner_text("tbody tr >> nth=0")
    number, check_code = _number_and_code(row)
    for section in ("activities", "organizations"):
        organizer.go(f"{prefix}/o/{code}/{section}")

    volunteer.go(f"{prefix}/me")
    assert number in volunteer.page.inner_text("main")

    stranger = reader(language)
    stranger.go(f"{prefix}/-/verify")
    stranger.page.fill("#number", number)
    stranger.page.fill("#code", check_code)
    stranger.press("main form button")
    assert stranger.page.locator(".note.good").count() == 1
    assert "王小明" not in stranger.page.inner_text("main")


def test_the_keyboard_alone_reaches_the_content_first(reader: Callable[[str], object]) -> None:
    visitor = reader("en")
    visitor.go("/activities")

    visitor.page.keyboard.press("Tab")
    focused: str = visitor.page.evaluate("document.activeElement.getAttribute('href')")

    assert focused == "#content"
    assert _is_visible(visitor.page)


def _is_visible(page: Page) -> bool:
    return bool(page.evaluate("document.activeElement.getBoundingClientRect().left >= 0"))


def _number_and_code(row: str) -> tuple[str, str]:
    number = re.search(r"ZY-\d{4}-\d+-\w", row)
    check_code = re.search(r"\b(?=[A-Z0-9]*\d?)[A-Z0-9]{10}\b", row)
    assert number is not None, row
    assert check_code is not None, row
    return number.group(), check_code.group()
