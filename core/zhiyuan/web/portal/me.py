"""The volunteer's own pages: what comes next, checking in and out, hours and certificates."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from zhiyuan.activities import queries as activities
from zhiyuan.activities import service
from zhiyuan.activities.schemas import PersonSignUpRow
from zhiyuan.activities.service import CheckIn, CheckOut
from zhiyuan.kernel.errors import NotFound, RuleViolation
from zhiyuan.kernel.i18n import gettext_noop
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Tx
from zhiyuan.records import certificates
from zhiyuan.records import queries as records
from zhiyuan.records import service as record_service
from zhiyuan.records.schemas import DisputeRecord, RecordView
from zhiyuan.web.downloads import pdf_response
from zhiyuan.web.flash import redirect
from zhiyuan.web.forms import Form, FormData
from zhiyuan.web.guards import SIGNED_IN
from zhiyuan.web.portal.activities import own_sign_up
from zhiyuan.web.rendering import page
from zhiyuan.web.threads import in_thread
from zhiyuan.web.visit import Asked, Installation, Visit, visit_of

_RECORDS = 50
_LOOK_BACK = timedelta(hours=18)  # so that a shift that has just ended can still be checked out of
_LOOK_AHEAD = timedelta(hours=36)
_CODE_LENGTH = 12
_REASON = 300


@get("/me", opt=SIGNED_IN, include_in_schema=False)
@in_thread
def me(request: Asked, runtime: Installation, after: FromQuery[str] = "") -> Response[str]:
    """Show what the volunteer has to do next, their sign-ups, hours and certificates."""
    visit = visit_of(request)
    person_id = _person(visit)
    with runtime.database.reading() as tx:
        coming = activities.sign_ups_of_person(tx, person_id, ending_after=tx.now)
        minutes = records.minutes_of(tx, [person_id]).get(person_id, 0)
        ledger = records.of_person(tx, person_id, after=after or None, limit=_RECORDS)
        issued = certificates.of_person(tx, person_id)
    return page(
        request,
        "portal/me.html",
        coming=[row for row in coming if row.status not in ("cancelled", "declined")],
        minutes=minutes,
        ledger=ledger,
        issued=issued,
        is_continued=bool(after),
    )


@get("/me/check-in", opt=SIGNED_IN, include_in_schema=False)
@in_thread
def check_in_page(request: Asked, runtime: Installation) -> Response[str]:
    """Show the shifts of these hours, each with a field for the code on show there."""
    return _check_in_page(request, runtime)


@post("/me/sign-ups/{sign_up_id:uuid}/check-in", opt=SIGNED_IN, include_in_schema=False)
@in_thread
def check_in(
    request: Asked, runtime: Installation, sign_up_id: FromPath[UUID], data: FormData
) -> Response[str]:
    """Check in with the code."""
    visit = visit_of(request)
    mine = _mine(runtime, visit, sign_up_id)
    item = CheckIn(
        actor=visit.actor,
        organization_id=mine.organization_id,
        sign_up_id=sign_up_id,
        method="code",
        code=_code(data),
    )
    try:
        runtime.bus.submit_one(service.CHECK_IN, item)
    except RuleViolation as refusal:
        return _check_in_page(request, runtime, {sign_up_id: refusal.issues})
    return redirect(visit, "/me/check-in", flash="checked_in")


@post("/me/sign-ups/{sign_up_id:uuid}/check-out", opt=SIGNED_IN, include_in_schema=False)
@in_thread
def check_out(
    request: Asked, runtime: Installation, sign_up_id: FromPath[UUID], data: FormData
) -> Response[str]:
    """Check out with the code."""
    visit = visit_of(request)
    mine = _mine(runtime, visit, sign_up_id)
    item = CheckOut(
        actor=visit.actor,
        organization_id=mine.organization_id,
        sign_up_id=sign_up_id,
        method="code",
        code=_code(data),
    )
    try:
        runtime.bus.submit_one(service.CHECK_OUT, item)
    except RuleViolation as refusal:
        return _check_in_page(request, runtime, {sign_up_id: refusal.issues})
    return redirect(visit, "/me", flash="checked_out")


@get(
    "/me/certificates/{certificate_id:uuid}.pdf",
    opt=SIGNED_IN,
    include_in_schema=False,
    media_type="application/pdf",
)
@in_thread
def my_certificate(request: Asked, runtime: Installation, certificate_id: FromPath[UUID]) -> Response[bytes]:
    """Answer one of the volunteer's certificates as a PDF."""
    person_id = _person(visit_of(request))
    with runtime.database.reading() as tx:
        mine = next(
            (entry for entry in certificates.of_person(tx, person_id) if entry.id == certificate_id), None
        )
        if mine is None:
            raise NotFound("web.certificate_unknown", gettext_noop("There is no such certificate here."))
        return pdf_response(
            certificates.pdf(tx, certificate_id, public_url=runtime.settings.public_url), mine.number
        )


@get("/me/records/{record_id:uuid}", opt=SIGNED_IN, include_in_schema=False)
@in_thread
def my_record(request: Asked, runtime: Installation, record_id: FromPath[UUID]) -> Response[str]:
    """Show one of the volunteer's records: how it came about, what was said about it, and how to report an error."""
    return _my_record(request, runtime, record_id, Form())


@post("/me/records/{record_id:uuid}/dispute", opt=SIGNED_IN, include_in_schema=False)
@in_thread
def dispute(
    request: Asked, runtime: Installation, record_id: FromPath[UUID], data: FormData
) -> Response[str]:
    """Report that a confirmed record is wrong; it goes on counting until somebody decides."""
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        row = _own_record(tx, visit, record_id)
    form = Form(data)
    reason = form.text("reason", maximum=_REASON, required=True)
    if form.is_sound and reason is not None:
        item = DisputeRecord(
            actor=visit.actor, organization_id=row.organization_id, record_id=record_id, reason=reason
        )
        try:
            runtime.bus.submit_one(record_service.DISPUTE, item)
        except RuleViolation as refusal:
            form.refuse(*refusal.issues)
        else:
            return redirect(visit, f"/me/records/{record_id}", flash="record.disputed")
    return _my_record(request, runtime, record_id, form, status=422)


def _my_record(
    request: Asked, runtime: Installation, record_id: UUID, form: Form, *, status: int = 200
) -> Response[str]:
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        row = _own_record(tx, visit, record_id)
        history = records.history(tx, record_id)
    return page(request, "portal/record.html", status=status, record=row, history=history, form=form)


def _own_record(tx: Tx, visit: Visit, record_id: UUID) -> RecordView:
    """Return one of the visitor's own records. Raises NotFound for anybody else's."""
    row = records.get(tx, record_id)
    if row is None or visit.person_id is None or row.person_id != visit.person_id:
        raise NotFound("web.record_unknown", gettext_noop("There is no such record here."))
    return row


def _check_in_page(
    request: Asked,
    runtime: Installation,
    reasons: dict[UUID, tuple[Issue, ...]] | None = None,
) -> Response[str]:
    visit = visit_of(request)
    person_id = _person(visit)
    with runtime.database.reading() as tx:
        rows = activities.sign_ups_of_person(tx, person_id, ending_after=tx.now - _LOOK_BACK)
        due = [
            row
            for row in rows
            if row.status in ("accepted", "attended")
            and row.starts_at < tx.now + _LOOK_AHEAD
            and row.checked_out_at is None
        ]
    return page(
        request,
        "portal/check_in.html",
        status=409 if reasons else 200,
        due=due,
        reasons=reasons or {},
        form=Form(),
    )


def _mine(runtime: Installation, visit: Visit, sign_up_id: FromPath[UUID]) -> PersonSignUpRow:
    with runtime.database.reading() as tx:
        return own_sign_up(tx, visit, sign_up_id)


def _person(visit: Visit) -> UUID:
    if visit.person_id is None:
        raise NotFound("web.no_person", gettext_noop("This account stands for no person."))
    return visit.person_id


def _code(data: dict[str, Any]) -> str:
    return "".join(Form(data).raw("code").split())[:_CODE_LENGTH]


HANDLERS = [me, check_in_page, check_in, check_out, my_certificate, my_record, dispute]
