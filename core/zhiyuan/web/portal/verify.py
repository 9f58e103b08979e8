"""Checking a certificate: for a stranger with its number and check code, or with the link of its QR code.

Nothing is told without the right check code, and then only what stands on the paper, with the name masked.
"""

from typing import Annotated

from litestar import Response, get
from litestar.params import FromPath, QueryParameter

from zhiyuan.people import masking
from zhiyuan.records import certificates
from zhiyuan.web.forms import Form
from zhiyuan.web.guards import PUBLIC
from zhiyuan.web.limits import Brake
from zhiyuan.web.rendering import page
from zhiyuan.web.threads import in_thread
from zhiyuan.web.visit import Asked, Installation, visit_of

_LOOK_UPS_PER_MINUTE = 60
_LONGEST = 60

Short = Annotated[str, QueryParameter(max_length=_LONGEST)]

_brake = Brake(_LOOK_UPS_PER_MINUTE)


@get("/-/verify", opt=PUBLIC, include_in_schema=False)
@in_thread
def verify_page(request: Asked, runtime: Installation, number: Short = "", code: Short = "") -> Response[str]:
    """Show the form, or what it says about a certificate."""
    return _answer(request, runtime, number, code)


@get("/-/verify/{number:str}", opt=PUBLIC, include_in_schema=False)
@in_thread
def verify_link(
    request: Asked, runtime: Installation, number: FromPath[str], code: Short = ""
) -> Response[str]:
    """Answer the link of a QR code."""
    return _answer(request, runtime, number[:_LONGEST], code)


def _answer(request: Asked, runtime: Installation, number: FromPath[str], code: str) -> Response[str]:
    form = Form(shown={"number": number, "code": code})
    if not number or not code:
        return page(request, "portal/verify.html", form=form, is_asked=False, found=None, masked_name="")
    visit = visit_of(request)
    _brake.pass_or_refuse(visit.actor.address, visit.now)
    with runtime.database.reading() as tx:
        found = certificates.look_up(tx, number.strip(), code.strip())
    return page(
        request,
        "portal/verify.html",
        status=200 if found else 404,
        form=form,
        is_asked=True,
        found=found,
        masked_name=masking.name(found.person_name) if found else "",
    )


HANDLERS = [verify_page, verify_link]
