"""In the field: who is expected at a shift, who came and went, the code on show, and records from what was seen."""

from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from zhiyuan.accounts.permissions import ATTENDANCE_MANAGE, RECORDS_CONFIRM, SIGN_UPS_MANAGE
from zhiyuan.activities import queries as activities
from zhiyuan.activities import service
from zhiyuan.activities.service import CancelSignUp, CheckIn, CheckOut, DecideSignUp, MarkNoShow
from zhiyuan.kernel.commands import Command
from zhiyuan.kernel.errors import NotFound, RuleViolation
from zhiyuan.kernel.i18n import gettext_noop
from zhiyuan.kernel.issues import Issue
from zhiyuan.records import service as records
from zhiyuan.records.schemas import RecordAttendance
from zhiyuan.web.console.columns import plugin_columns
from zhiyuan.web.console.frame import activity_here, console_page, shift_here
from zhiyuan.web.flash import redirect
from zhiyuan.web.forms import Form, FormData
from zhiyuan.web.guards import needs
from zhiyuan.web.threads import in_thread
from zhiyuan.web.visit import Asked, Installation, visit_of

_SECTION: Final = "/activities"
_EXPECTED: Final = ("accepted", "offered", "attended", "no_show", "applied", "waitlisted")


@get("/o/{org_code:str}/shifts/{shift_id:uuid}/roster", opt=needs(ATTENDANCE_MANAGE), include_in_schema=False)
@in_thread
def roster(request: Asked, runtime: Installation, shift_id: FromPath[UUID]) -> Response[str]:
    """Show everybody who is expected, with what can be done about each."""
    return _roster(request, runtime, shift_id, {})


@post(
    "/o/{org_code:str}/shifts/{shift_id:uuid}/roster/{sign_up_id:uuid}/{act:str}",
    opt=needs(ATTENDANCE_MANAGE),
    include_in_schema=False,
)
@in_thread
def act_on_sign_up(
    request: Asked,
    runtime: Installation,
    shift_id: FromPath[UUID],
    sign_up_id: FromPath[UUID],
    act: FromPath[str],
) -> Response[str]:
    """Check somebody in or out by hand, accept or decline an application, or note that they did not come."""
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        view, _ = shift_here(tx, visit, shift_id)
    actor, here = visit.actor, view.organization_id
    try:
        match act:
            case "check-in":
                runtime.bus.submit_one(
                    service.CHECK_IN,
                    CheckIn(actor=actor, organization_id=here, sign_up_id=sign_up_id, method="hand"),
                )
            case "check-out":
                runtime.bus.submit_one(
                    service.CHECK_OUT,
                    CheckOut(actor=actor, organization_id=here, sign_up_id=sign_up_id, method="hand"),
                )
            case "no-show":
                runtime.bus.submit_one(
                    service.NO_SHOW, MarkNoShow(actor=actor, organization_id=here, sign_up_id=sign_up_id)
                )
            case "accept" | "decline":
                command: Command[DecideSignUp] = service.ACCEPT if act == "accept" else service.DECLINE
                runtime.bus.submit_one(
                    command, DecideSignUp(actor=actor, organization_id=here, sign_up_id=sign_up_id)
                )
            case "cancel" if visit.may(SIGN_UPS_MANAGE):
                runtime.bus.submit_one(
                    service.CANCEL_SIGN_UPS,
                    CancelSignUp(actor=actor, organization_id=here, sign_up_id=sign_up_id),
                )
            case _:
                raise NotFound("web.page_unknown", gettext_noop("There is no such page."))
    except RuleViolation as refusal:
        return _roster(request, runtime, shift_id, {sign_up_id: refusal.issues})
    return redirect(visit, f"/o/{visit.here.code}/shifts/{shift_id}/roster", flash="saved")


@get("/o/{org_code:str}/shifts/{shift_id:uuid}/code", opt=needs(ATTENDANCE_MANAGE), include_in_schema=False)
@in_thread
def code_page(request: Asked, runtime: Installation, shift_id: FromPath[UUID]) -> Response[str]:
    """Show the code of now in large digits; the page loads itself again when the next one is due."""
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        view, shift = shift_here(tx, visit, shift_id)
        shown = activities.code_on_display(tx, shift_id)
        seconds = max(1, int((shown.valid_until - tx.now).total_seconds()) + 1)
    return console_page(
        request,
        "console/code.html",
        section=_SECTION,
        activity=view,
        shift=shift,
        code=shown.code,
        seconds=seconds,
    )


@post(
    "/o/{org_code:str}/activities/{activity_id:uuid}/records",
    opt=needs(RECORDS_CONFIRM),
    include_in_schema=False,
)
@in_thread
def make_records(
    request: Asked, runtime: Installation, activity_id: FromPath[UUID], data: FormData
) -> Response[str]:
    """Make pending records from the attendance of the whole activity; what was recorded before stays as it is."""
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        view = activity_here(tx, visit, activity_id)
        shift_ids = [shift.id for shift in activities.shifts_of(tx, activity_id)]
        attended = [row for row in activities.sign_ups_of(tx, shift_ids) if row.checked_out_at is not None]
    items = [
        RecordAttendance(actor=visit.actor, organization_id=view.organization_id, sign_up_id=row.id)
        for row in attended
    ]
    outcomes = runtime.bus.submit(records.RECORD_ATTENDANCE, items)
    refused = [issue for outcome in outcomes if not outcome.is_done for issue in outcome.issues]
    if refused:
        raise RuleViolation(refused)
    made = sum(outcome.status == "created" for outcome in outcomes)
    if not made:
        return redirect(visit, f"/o/{visit.here.code}/activities/{activity_id}", flash="unchanged")
    return redirect(visit, f"/o/{visit.here.code}/records", flash="records.made", count=made)


def _roster(
    request: Asked, runtime: Installation, shift_id: UUID, reasons: dict[UUID, tuple[Issue, ...]]
) -> Response[str]:
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        view, shift = shift_here(tx, visit, shift_id)
        rows = [row for row in activities.sign_ups_of(tx, [shift_id]) if row.status in _EXPECTED]
        extra = plugin_columns(runtime, tx, "sign_ups", visit, [row.id for row in rows])
        now = tx.now
    return console_page(
        request,
        "console/roster.html",
        section=_SECTION,
        status=409 if reasons else 200,
        activity=view,
        shift=shift,
        rows=rows,
        extra=extra,
        reasons=reasons,
        form=Form(),
        now=now,
    )


HANDLERS = [roster, act_on_sign_up, code_page, make_records]
