"""The ledger: what waits for confirmation, what stands in it, and setting things right."""

from typing import Annotated, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter

from zhiyuan.accounts.permissions import RECORDS_CONFIRM, RECORDS_CORRECT, RECORDS_VIEW
from zhiyuan.kernel.errors import NotFound, RuleViolation
from zhiyuan.kernel.i18n import gettext_noop
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations import queries as organizations
from zhiyuan.records import queries as records
from zhiyuan.records import service
from zhiyuan.records.schemas import (
    ConfirmRecord,
    CorrectRecord,
    RecordChanges,
    RecordView,
    UpholdRecord,
    VoidRecord,
)
from zhiyuan.records.statuses import DISPUTED
from zhiyuan.web.console.frame import console_page
from zhiyuan.web.flash import redirect
from zhiyuan.web.forms import Form, FormData
from zhiyuan.web.guards import needs
from zhiyuan.web.threads import in_thread
from zhiyuan.web.visit import Asked, Installation, Visit, visit_of

_PAGE: Final = 50
_QUEUE: Final = 200
_MOST_MINUTES: Final = 10_000_000
_REASON: Final = 300

Text = Annotated[str, QueryParameter(max_length=200)]


@get("/o/{org_code:str}/records", opt=needs(RECORDS_CONFIRM), include_in_schema=False)
@in_thread
def confirm_queue(request: Asked, runtime: Installation) -> Response[str]:
    """Show what waits for confirmation, the oldest first."""
    return _queue(request, runtime, {})


@post("/o/{org_code:str}/records", opt=needs(RECORDS_CONFIRM), include_in_schema=False)
@in_thread
def confirm(request: Asked, runtime: Installation, data: FormData) -> Response[str]:
    """Confirm the ticked records in one go; each that cannot be confirmed keeps its reasons beside it."""
    visit = visit_of(request)
    ids = Form(data).ids("record", maximum=_QUEUE)
    if not ids:
        return _queue(request, runtime, {}, Issue("web.nothing_selected"))
    with runtime.database.reading() as tx:
        here = {row.id: row for row in records.awaiting_confirmation(tx, visit.here.id)}
    items = [
        ConfirmRecord(actor=visit.actor, organization_id=here[record_id].organization_id, record_id=record_id)
        for record_id in ids
        if record_id in here
    ]
    outcomes = runtime.bus.submit(service.CONFIRM, items)
    refused = {
        item.record_id: outcome.issues
        for item, outcome in zip(items, outcomes, strict=True)
        if not outcome.is_done
    }
    if refused:
        return _queue(request, runtime, refused)
    return redirect(visit, f"/o/{visit.here.code}/records", flash="records.confirmed", count=len(items))


@get("/o/{org_code:str}/ledger", opt=needs(RECORDS_VIEW), include_in_schema=False)
@in_thread
def ledger(request: Asked, runtime: Installation, status: Text = "", after: Text = "") -> Response[str]:
    """List every record here and below, newest service date first."""
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        found = records.page(tx, visit.here.id, status=status or None, after=after or None, limit=_PAGE)
    return console_page(
        request,
        "console/ledger.html",
        section="/ledger",
        found=found,
        form=Form(shown={"status": status}),
        is_continued=bool(after),
    )


@get("/o/{org_code:str}/ledger/{record_id:uuid}", opt=needs(RECORDS_VIEW), include_in_schema=False)
@in_thread
def record_page(request: Asked, runtime: Installation, record_id: FromPath[UUID]) -> Response[str]:
    """Show one record with its history and, to those who may, the ways to set it right."""
    return _record(request, runtime, record_id, Form())


@post(
    "/o/{org_code:str}/ledger/{record_id:uuid}/correct", opt=needs(RECORDS_CORRECT), include_in_schema=False
)
@in_thread
def correct(
    request: Asked, runtime: Installation, record_id: FromPath[UUID], data: FormData
) -> Response[str]:
    """Write a corrected record that names the old one."""
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        row = record_here(tx, visit, record_id)
    form = Form(data)
    minutes = form.whole("minutes", minimum=0, maximum=_MOST_MINUTES, required=True)
    reason = form.text("reason", maximum=_REASON, required=True)
    if form.is_sound and reason is not None:
        item = CorrectRecord(
            actor=visit.actor,
            organization_id=row.organization_id,
            record_id=record_id,
            changes=RecordChanges(minutes=minutes),
            reason=reason,
        )
        try:
            outcome = runtime.bus.submit_one(service.CORRECT, item)
        except RuleViolation as refusal:
            form.refuse(*refusal.issues)
        else:
            target = outcome.id or record_id
            return redirect(visit, f"/o/{visit.here.code}/ledger/{target}", flash="record.corrected")
    return _record(request, runtime, record_id, form, status=422)


@post("/o/{org_code:str}/ledger/{record_id:uuid}/uphold", opt=needs(RECORDS_CORRECT), include_in_schema=False)
@in_thread
def uphold(request: Asked, runtime: Installation, record_id: FromPath[UUID], data: FormData) -> Response[str]:
    """Decide that a disputed record stands, with an answer to the volunteer."""
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        row = record_here(tx, visit, record_id)
    form = Form(data)
    answer = form.text("answer", maximum=_REASON, required=True)
    if form.is_sound and answer is not None:
        item = UpholdRecord(
            actor=visit.actor, organization_id=row.organization_id, record_id=record_id, reason=answer
        )
        try:
            runtime.bus.submit_one(service.UPHOLD, item)
        except RuleViolation as refusal:
            form.refuse(*refusal.issues)
        else:
            return redirect(visit, f"/o/{visit.here.code}/ledger/{record_id}", flash="record.upheld")
    return _record(request, runtime, record_id, form, status=422)


@post("/o/{org_code:str}/ledger/{record_id:uuid}/void", opt=needs(RECORDS_CORRECT), include_in_schema=False)
@in_thread
def void(request: Asked, runtime: Installation, record_id: FromPath[UUID], data: FormData) -> Response[str]:
    """Declare a record void; the form has said before what that does."""
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        row = record_here(tx, visit, record_id)
    form = Form(data)
    reason = form.text("void_reason", maximum=_REASON, required=True)
    if not form.yes("understood"):
        form.refuse(Issue("web.field_required", field="understood"))
    if form.is_sound and reason is not None:
        item = VoidRecord(
            actor=visit.actor, organization_id=row.organization_id, record_id=record_id, reason=reason
        )
        try:
            runtime.bus.submit_one(service.VOID, item)
        except RuleViolation as refusal:
            form.refuse(*refusal.issues)
        else:
            return redirect(visit, f"/o/{visit.here.code}/ledger/{record_id}", flash="record.voided")
    return _record(request, runtime, record_id, form, status=422)


def record_here(tx: Tx, visit: Visit, record_id: UUID) -> RecordView:
    """Return a record of the organization in the path or below it. Raises NotFound for all others."""
    row = records.get(tx, record_id)
    if row is None or row.organization_id not in organizations.below(tx, visit.here.id):
        raise NotFound("web.record_unknown", gettext_noop("There is no such record here."))
    return row


def _queue(
    request: Asked, runtime: Installation, reasons: dict[UUID, tuple[Issue, ...]], *complaints: Issue
) -> Response[str]:
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        rows = records.awaiting_confirmation(tx, visit.here.id, limit=_QUEUE)
        total = records.status_counts(tx, visit.here.id).get("pending", 0)
        now = tx.now
    form = Form()
    form.refuse(*complaints)
    return console_page(
        request,
        "console/queue.html",
        section="/records",
        status=409 if reasons or complaints else 200,
        rows=rows,
        total=total,
        reasons=reasons,
        form=form,
        now=now,
    )


def _record(
    request: Asked, runtime: Installation, record_id: UUID, form: Form, *, status: int = 200
) -> Response[str]:
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        row = record_here(tx, visit, record_id)
        history = records.history(tx, record_id)
        total = records.minutes_of(tx, [row.person_id])[row.person_id]
    return console_page(
        request,
        "console/record.html",
        section="/ledger",
        status=status,
        record=row,
        history=history,
        complaint=next((entry.reason for entry in reversed(history) if entry.kind == DISPUTED), None),
        total=total,
        form=form,
        may_correct=visit.may(RECORDS_CORRECT) and row.status in ("pending", "confirmed", "disputed"),
    )


HANDLERS = [confirm_queue, confirm, ledger, record_page, correct, uphold, void]
