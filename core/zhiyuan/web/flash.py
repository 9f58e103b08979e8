"""One sentence about what was just done, carried over a redirect in a cookie.

The cookie holds a code and a number only, so nobody can put words on somebody's page.
"""

from dataclasses import dataclass
from typing import Final

from litestar.datastructures import Cookie
from litestar.response import Redirect

from zhiyuan.kernel.i18n import CORE_DOMAIN, active_translator, fill, gettext_noop
from zhiyuan.web.visit import Visit

FLASH_COOKIE: Final = "zhiyuan_said"
_SECONDS = 60
_LONGEST_NUMBER = 6

_ = gettext_noop
MESSAGES: Final[dict[str, str]] = {
    "signed_in": _("You are signed in."),
    "signed_out": _("You are signed out."),
    "sign_up.accepted": _("You have a place. See you there!"),
    "sign_up.waitlisted": _("You are on the waitlist. You move up when somebody cancels."),
    "sign_up.applied": _("You have applied. The organizer decides."),
    "sign_up.unchanged": _("You were signed up already."),
    "sign_up.cancelled": _("Your sign-up is cancelled. Thank you for making room."),
    "checked_in": _("Checked in. Have a good shift!"),
    "checked_out": _("Checked out. Thank you!"),
    "saved": _("Saved."),
    "unchanged": _("Nothing needed to change."),
    "activity.created": _("The draft is saved. Add shifts, then publish it."),
    "activity.published": _("The activity is published. Volunteers can find it now."),
    "activity.started": _("The activity is underway."),
    "activity.finished": _("The activity is finished. Make records from its attendance next."),
    "activity.settled": _("The activity is settled."),
    "activity.cancelled": _("The activity is cancelled."),
    "shift.created": _("The shift is added."),
    "records.made": _("%(count)s records wait for confirmation now."),
    "records.confirmed": _("%(count)s records are confirmed. Their hours count."),
    "record.corrected": _("The record is corrected. The old one stays readable."),
    "record.disputed": _("Thank you. The organization sees your report and answers here."),
    "record.upheld": _("The record stands. The volunteer reads your answer."),
    "record.voided": _("The record is void. It counts no more."),
    "certificate.issued": _("The certificate is issued."),
    "certificate.revoked": _("The certificate is revoked. Whoever checks it sees that."),
    "person.created": _("The person is registered."),
}


@dataclass(frozen=True, slots=True)
class Flash:
    """A sentence in the reader's language."""

    message: str


def redirect(visit: Visit, path: str, *, flash: str | None = None, count: int = 0) -> Redirect:
    """Return a redirect (303) to ``path`` of the site, with the message ``flash`` to be shown there once."""
    cookies = []
    if flash is not None:
        if flash not in MESSAGES:
            raise KeyError(flash)
        cookies.append(
            Cookie(
                key=FLASH_COOKIE,
                value=f"{flash}-{count}",
                path="/",
                max_age=_SECONDS,
                httponly=True,
                samesite="lax",
            )
        )
    return Redirect(visit.url(path), status_code=303, cookies=cookies)


def told_flash(cookie: str | None) -> Flash | None:
    """Return the sentence that a cookie stands for; anything unknown says nothing."""
    code, _, number = (cookie or "").partition("-")
    if code not in MESSAGES:
        return None
    count = int(number) if number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER else 0
    message = active_translator().translate(CORE_DOMAIN, MESSAGES[code])
    return Flash(fill(message, {"count": count}))
