"""Planning activities: list, draft, change, shifts, publishing and the other steps of an activity's life."""

from typing import Annotated, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter

from zhiyuan.accounts.permissions import ACTIVITIES_MANAGE, ACTIVITIES_VIEW
from zhiyuan.activities import queries as activities
from zhiyuan.activities import service
from zhiyuan.activities.schemas import ActivityDetails, ActivityFilter, ActivityView
from zhiyuan.activities.service import AddShift, ChangeActivity, ChangeActivityState, CreateActivity
from zhiyuan.kernel.commands import Command
from zhiyuan.kernel.errors import NotFound, RuleViolation
from zhiyuan.kernel.i18n import gettext_noop
from zhiyuan.web.console.frame import activity_here, console_page
from zhiyuan.web.flash import redirect
from zhiyuan.web.forms import Form, FormData
from zhiyuan.web.guards import needs
from zhiyuan.web.threads import in_thread
from zhiyuan.web.visit import Asked, Installation, visit_of

_PAGE = 50
_MOST_PEOPLE = 1_000_000
_LONGEST_TEXT = 20_000
_LONGEST_SEARCH = 100
_SECTION = "/activities"

STEPS: Final[dict[str, tuple[Command[ChangeActivityState], str]]] = {
    "publish": (service.PUBLISH, "activity.published"),
    "start": (service.START, "activity.started"),
    "finish": (service.FINISH, "activity.finished"),
    "settle": (service.SETTLE, "activity.settled"),
    "cancel": (service.CANCEL, "activity.cancelled"),
}
"""Step in the address: the command behind it, and what is said afterwards."""

_NEXT_STEPS: Final = {
    "draft": ("publish",),
    "submitted": ("publish",),
    "published": ("start", "cancel"),
    "underway": ("finish", "cancel"),
    "finished": ("settle",),
}

Text = Annotated[str, QueryParameter(max_length=_LONGEST_SEARCH)]


@get("/o/{org_code:str}/activities", opt=needs(ACTIVITIES_VIEW), include_in_schema=False)
@in_thread
def activity_list(
    request: Asked, runtime: Installation, q: Text = "", status: Text = "", after: Text = ""
) -> Response[str]:
    """List activities in every state, the latest first."""
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        wanted = ActivityFilter(
            organization_id=visit.here.id, statuses=(status,) if status else (), search=q, order="latest"
        )
        found = activities.page(tx, wanted, after=after or None, limit=_PAGE)
    return console_page(
        request,
        "console/activities.html",
        section=_SECTION,
        found=found,
        form=Form(shown={"q": q, "status": status}),
        is_continued=bool(after),
    )


@get("/o/{org_code:str}/activities/new", opt=needs(ACTIVITIES_MANAGE), include_in_schema=False)
@in_thread
def new_activity(request: Asked) -> Response[str]:
    """Show the form for a new activity."""
    here = visit_of(request).here
    form = Form(
        shown={"mode": "onsite", "audience": "public", "approval": "instant", "time_zone": here.time_zone}
    )
    return console_page(request, "console/activity_form.html", section=_SECTION, form=form, activity=None)


@post("/o/{org_code:str}/activities/new", opt=needs(ACTIVITIES_MANAGE), include_in_schema=False)
@in_thread
def create_activity(request: Asked, runtime: Installation, data: FormData) -> Response[str]:
    """Keep a draft."""
    visit = visit_of(request)
    form = Form(data)
    details = _details(form)
    if form.is_sound:
        item = CreateActivity(actor=visit.actor, organization_id=visit.here.id, details=details)
        try:
            outcome = runtime.bus.submit_one(service.CREATE, item)
        except RuleViolation as refusal:
            form.refuse(*refusal.issues)
        else:
            return redirect(visit, f"/o/{visit.here.code}/activities/{outcome.id}", flash="activity.created")
    return console_page(
        request, "console/activity_form.html", section=_SECTION, form=form, activity=None, status=422
    )


@get("/o/{org_code:str}/activities/{activity_id:uuid}", opt=needs(ACTIVITIES_VIEW), include_in_schema=False)
@in_thread
def activity_page(request: Asked, runtime: Installation, activity_id: FromPath[UUID]) -> Response[str]:
    """Show one activity with its shifts and the steps that come next."""
    return _shown(request, runtime, activity_id, Form())


@get(
    "/o/{org_code:str}/activities/{activity_id:uuid}/edit",
    opt=needs(ACTIVITIES_MANAGE),
    include_in_schema=False,
)
@in_thread
def edit_activity(request: Asked, runtime: Installation, activity_id: FromPath[UUID]) -> Response[str]:
    """Show the form filled with what is kept."""
    with runtime.database.reading() as tx:
        view = activity_here(tx, visit_of(request), activity_id)
    return console_page(
        request,
        "console/activity_form.html",
        section=_SECTION,
        form=Form(shown=_shown_values(view)),
        activity=view,
    )


@post(
    "/o/{org_code:str}/activities/{activity_id:uuid}/edit",
    opt=needs(ACTIVITIES_MANAGE),
    include_in_schema=False,
)
@in_thread
def change_activity(
    request: Asked, runtime: Installation, activity_id: FromPath[UUID], data: FormData
) -> Response[str]:
    """Replace what is kept by what the form says; details that the form does not show stay."""
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        view = activity_here(tx, visit, activity_id)
    form = Form(data)
    details = _details(form, view)
    if form.is_sound:
        item = ChangeActivity(
            actor=visit.actor, organization_id=view.organization_id, activity_id=activity_id, details=details
        )
        try:
            runtime.bus.submit_one(service.CHANGE, item)
        except RuleViolation as refusal:
            form.refuse(*refusal.issues)
        else:
            return redirect(visit, f"/o/{visit.here.code}/activities/{activity_id}", flash="saved")
    return console_page(
        request, "console/activity_form.html", section=_SECTION, form=form, activity=view, status=422
    )


@post(
    "/o/{org_code:str}/activities/{activity_id:uuid}/shifts",
    opt=needs(ACTIVITIES_MANAGE),
    include_in_schema=False,
)
@in_thread
def add_shift(
    request: Asked, runtime: Installation, activity_id: FromPath[UUID], data: FormData
) -> Response[str]:
    """Add one shift."""
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        view = activity_here(tx, visit, activity_id)
    form = Form(data)
    starts_at = form.instant("starts_at", view.time_zone, required=True)
    ends_at = form.instant("ends_at", view.time_zone, required=True)
    position = form.text("position", maximum=120)
    place_text = form.text("place_text", maximum=300)
    capacity = form.whole("capacity", minimum=1, maximum=_MOST_PEOPLE)
    waitlist_limit = form.whole("waitlist_limit", minimum=0, maximum=_MOST_PEOPLE)
    if form.is_sound and starts_at is not None and ends_at is not None:
        item = AddShift(
            actor=visit.actor,
            organization_id=view.organization_id,
            activity_id=activity_id,
            starts_at=starts_at,
            ends_at=ends_at,
            position=position,
            place_text=place_text,
            capacity=capacity,
            waitlist_limit=waitlist_limit,
        )
        try:
            runtime.bus.submit_one(service.ADD_SHIFTS, item)
        except RuleViolation as refusal:
            form.refuse(*refusal.issues)
        else:
            return redirect(visit, f"/o/{visit.here.code}/activities/{activity_id}", flash="shift.created")
    return _shown(request, runtime, activity_id, form, status=422)


@get(
    "/o/{org_code:str}/activities/{activity_id:uuid}/steps/{step:str}",
    opt=needs(ACTIVITIES_MANAGE),
    include_in_schema=False,
)
@in_thread
def step_page(
    request: Asked, runtime: Installation, activity_id: FromPath[UUID], step: FromPath[str]
) -> Response[str]:
    """Say what a step does before it is taken."""
    with runtime.database.reading() as tx:
        view = activity_here(tx, visit_of(request), activity_id)
    return _step_page(request, view, step, Form())


@post(
    "/o/{org_code:str}/activities/{activity_id:uuid}/steps/{step:str}",
    opt=needs(ACTIVITIES_MANAGE),
    include_in_schema=False,
)
@in_thread
def take_step(
    request: Asked, runtime: Installation, activity_id: FromPath[UUID], step: FromPath[str], data: FormData
) -> Response[str]:
    """Take a step, or show why not."""
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        view = activity_here(tx, visit, activity_id)
    form = Form(data)
    command, flash = _step(step)
    item = ChangeActivityState(
        actor=visit.actor,
        organization_id=view.organization_id,
        activity_id=activity_id,
        reason=form.text("reason", maximum=500),
    )
    if form.is_sound:
        try:
            runtime.bus.submit_one(command, item)
        except RuleViolation as refusal:
            form.refuse(*refusal.issues)
        else:
            return redirect(visit, f"/o/{visit.here.code}/activities/{activity_id}", flash=flash)
    return _step_page(request, view, step, form, status=409)


def _shown(
    request: Asked, runtime: Installation, activity_id: UUID, form: Form, *, status: int = 200
) -> Response[str]:
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        view = activity_here(tx, visit, activity_id)
        shifts = activities.shifts_of(tx, activity_id)
    return console_page(
        request,
        "console/activity.html",
        section=_SECTION,
        status=status,
        activity=view,
        shifts=shifts,
        form=form,
        steps=_NEXT_STEPS.get(view.status, ()) if visit.may(ACTIVITIES_MANAGE) else (),
        may_manage=visit.may(ACTIVITIES_MANAGE),
    )


def _step(step: str) -> tuple[Command[ChangeActivityState], str]:
    if step not in STEPS:
        raise NotFound("web.page_unknown", gettext_noop("There is no such page."))
    return STEPS[step]


def _step_page(
    request: Asked, view: ActivityView, step: str, form: Form, *, status: int = 200
) -> Response[str]:
    _step(step)
    return console_page(
        request,
        "console/activity_step.html",
        section=_SECTION,
        activity=view,
        step=step,
        form=form,
        status=status,
    )


def _details(form: Form, known: ActivityView | None = None) -> ActivityDetails:
    """Read the form; what it does not ask for is taken from what is ``known``."""
    return ActivityDetails(
        title=form.text("title", maximum=200, required=True) or "",
        summary=form.text("summary", maximum=500) or "",
        description=form.text("description", maximum=_LONGEST_TEXT, multiline=True) or "",
        guaranteeing_organization_id=known.guaranteeing_organization_id if known else None,
        service_kind=known.service_kind if known else None,
        recipient_category=known.recipient_category if known else None,
        mode=form.choice("mode", ("onsite", "remote", "hybrid"), default="onsite") or "onsite",
        place_text=form.text("place_text", maximum=300),
        region_code=known.region_code if known else None,
        latitude=known.latitude if known else None,
        longitude=known.longitude if known else None,
        time_zone=known.time_zone if known else None,
        starts_on=form.day("starts_on"),
        ends_on=form.day("ends_on"),
        wanted_count=known.wanted_count if known else None,
        leader_name=form.text("leader_name", maximum=120),
        recorder_name=form.text("recorder_name", maximum=120),
        is_volunteer_service=known.is_volunteer_service if known else True,
        is_hazardous=form.yes("is_hazardous"),
        is_emergency=known.is_emergency if known else False,
        risks=form.text("risks", maximum=_LONGEST_TEXT, multiline=True) or "",
        guarantees=form.text("guarantees", maximum=_LONGEST_TEXT, multiline=True) or "",
        recruit_from=known.recruit_from if known else None,
        recruit_to=known.recruit_to if known else None,
        audience=form.choice("audience", ("public", "members"), default="public") or "public",
        approval=form.choice("approval", ("instant", "reviewed"), default="instant") or "instant",
        extra=known.extra if known else {},
    )


def _shown_values(view: ActivityView) -> dict[str, object]:
    names = (
        "title", "summary", "description", "mode", "place_text", "starts_on", "ends_on", "leader_name",
        "recorder_name", "is_hazardous", "risks", "guarantees", "audience", "approval",
    )  # fmt: skip
    return {name: getattr(view, name) for name in names}


HANDLERS = [
    activity_list, new_activity, create_activity, activity_page, edit_activity, change_activity, add_shift, step_page,
    take_step,
]  # fmt: skip
