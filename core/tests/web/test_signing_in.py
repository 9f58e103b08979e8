"""Signing in and out with a browser."""

import dataclasses
from uuid import UUID

import pytest
from litestar.testing import TestClient
from sqlalchemy import select

from zhiyuan.accounts.models import Account, AccountSession
from zhiyuan.accounts.tokens import digest
from zhiyuan.web.app import create_app


def test_the_right_password_opens_a_session_that_only_its_hash_is_kept_of(place, browser, database):
    answer = browser.sign_in("XiaoMing")

    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"]
    assert "zhiyuan_session=" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    with database.reading() as tx:
        kept = tx.connection.execute(select(AccountSession.__table__.c.token_hash)).scalar_one()
    assert kept == digest(browser.client.cookies["zhiyuan_session"])
    assert "Sign out" in browser.get("/").text


def test_a_wrong_password_and_an_unknown_login_are_told_the_same(place, browser):
    wrong = browser.sign_in("xiaoming", "not this one")
    unknown = browser.sign_in("nobody-here", "not this one")

    assert (wrong.status_code, unknown.status_code) == (422, 422)
    reason = "The login name or the password is not right"
    assert reason in wrong.text
    assert reason in unknown.text
    assert "zhiyuan_session" not in browser.client.cookies


def test_an_account_rests_after_too_many_wrong_tries_and_works_again_later(place, browser, clock):
    for _ in range(5):
        browser.sign_in("xiaoming", "wrong wrong wrong")

    assert browser.sign_in("xiaoming").status_code == 422
    clock.move(minutes=16)
    assert browser.sign_in("xiaoming").status_code == 303


def test_what_was_typed_is_shown_again_but_never_the_password(place, browser):
    answer = browser.sign_in("<script>", "S3cret-S3cret")

    assert "&lt;script&gt;" in answer.text
    assert "S3cret-S3cret" not in answer.text


def test_a_session_ends_by_signing_out_and_its_cookie_opens_nothing_any_more(place, browser):
    browser.sign_in("xiaoming")
    cookie = browser.client.cookies["zhiyuan_session"]

    assert browser.post("/sign-out").status_code == 303
    browser.client.cookies.set("zhiyuan_session", cookie)

    assert "Sign out" not in browser.get("/").text


def test_a_session_expires(place, browser, clock):
    browser.sign_in("xiaoming")
    clock.move(hours=25)

    assert "Sign out" not in browser.get("/").text


def test_signing_in_goes_on_to_a_page_of_this_site_only(place, browser):
    form = {"login": "xiaoming", "password": "correct horse battery"}

    assert browser.post("/sign-in", {**form, "next": "//evil.example"}).headers["location"] == "/"
    browser.client.cookies.delete("zhiyuan_session")
    assert (
        browser.post("/sign-in", {**form, "next": "/activities?q=x"}).headers["location"] == "/activities?q=x"
    )


def test_a_form_without_its_token_is_refused(place, client):
    answer = client.post("/sign-in", data={"login": "xiaoming", "password": "x"}, follow_redirects=False)

    assert answer.status_code == 403
    assert "reload" in answer.text


def test_a_closed_account_cannot_sign_in(place, browser, database):
    with database.uow(unaudited="test") as tx:
        tx.connection.execute(Account.__table__.update().values(status="closed"))

    assert browser.sign_in("xiaoming").status_code == 422


def test_every_try_is_audited_without_the_login_or_password(place, browser, database):
    from zhiyuan.kernel.models import AuditEntry

    browser.sign_in("xiaoming", "wrong wrong wrong")
    browser.sign_in("xiaoming")

    with database.reading() as tx:
        rows = tx.connection.execute(select(AuditEntry.__table__).order_by(AuditEntry.__table__.c.id)).all()
    assert [row.action for row in rows] == ["accounts.sign_in_failed", "accounts.signed_in"]
    assert all(isinstance(row.account_id, UUID) and "wrong" not in str(row.detail) for row in rows)


@pytest.mark.parametrize("signing", [False, True])
def test_a_form_outlives_a_rotation_of_keys_and_a_restart(browser, place, runtime, signing):
    browser.get("/sign-in")
    runtime.keys.change(lambda held: held.rotated().with_new_signing_key() if signing else held.rotated())

    with TestClient(create_app(runtime), raise_server_exceptions=False) as restarted:
        restarted.cookies.update(browser.client.cookies)
        answer = restarted.post(
            "/sign-in",
            data={
                "_csrf_token": browser.client.cookies["zhiyuan_form"],
                "login": "xiaoming",
                "password": "correct horse battery",
            },
            follow_redirects=False,
        )

    assert answer.status_code == 303


@pytest.mark.settings(secret_key="of this installation alone")
def test_a_form_of_another_secret_is_not_taken(browser, place, runtime):
    browser.get("/sign-in")
    other = dataclasses.replace(runtime, settings=runtime.settings.model_copy(update={"secret_key": None}))

    with TestClient(create_app(other), raise_server_exceptions=False) as client:
        client.cookies.update(browser.client.cookies)
        answer = client.post("/sign-in", data={"_csrf_token": client.cookies["zhiyuan_form"]})

    assert answer.status_code == 403
