"""Looking for an activity, reading about it, taking a place and giving it back."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter

from zhiyuan.activities import queries as activities
from zhiyuan.activities import service
from zhiyuan.activities.schemas import PUBLIC as PUBLIC_STATES
from zhiyuan.activities.schemas import ActivityFilter, ActivityView, PersonSignUpRow
from zhiyuan.activities.service import CancelSignUp, SignUpRequest
from zhiyuan.kernel.clock import local_date
from zhiyuan.kernel.errors import NotFound, RuleViolation
from zhiyuan.kernel.i18n import gettext_noop
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations import queries as organizations
from zhiyuan.web.flash import redirect
from zhiyuan.web.forms import Form
from zhiyuan.web.guards import PUBLIC, SIGNED_IN
from zhiyuan.web.portal import standing
from zhiyuan.web.rendering import page
from zhiyuan.web.threads import in_thread
from zhiyuan.web.visit import Asked, Installation, Visit, visit_of

_PAGE = 20
_LONGEST_SEARCH = 100
_MOST_PLACES = 200

Text = Annotated[str, QueryParameter(max_length=_LONGEST_SEARCH)]


@get("/activities", opt=PUBLIC, include_in_schema=False)
@in_thread
def activity_list(
    request: Asked,
    runtime: Installation,
    q: Text = "",
    place: Text = "",
    day_from: Annotated[str, QueryParameter(name="from", max_length=10)] = "",
    day_to: Annotated[str, QueryParameter(name="to", max_length=10)] = "",
    after: Text = "",
) -> Response[str]:
    """List what may be joined, soonest first; every filter stands in the address."""
    visit = visit_of(request)
    form = Form(shown={"q": q, "place": place, "from": day_from, "to": day_to})
    with runtime.database.reading() as tx:
        places = [
            entry
            for entry in organizations.tree(tx, visit.place.root_organization_id)
            if entry.id != visit.place.root_organization_id
        ][:_MOST_PLACES]
        chosen = next((entry.id for entry in places if entry.code == place), visit.place.root_organization_id)
        wanted = ActivityFilter(
            organization_id=chosen,
            statuses=("published", "underway"),
            from_on=_day(day_from) or local_date(tx.now, visit.place.time_zone),
            to_on=_day(day_to),
            search=q,
            audience="public",
        )
        found = activities.page(tx, wanted, after=after or None, limit=_PAGE)
        total = activities.count(tx, wanted)
    return page(
        request,
        "portal/activities.html",
        found=found,
        total=total,
        places=places,
        form=form,
        is_filtered=bool(q or place or day_from or day_to),
        is_continued=bool(after),
    )


@get("/activities/{activity_id:uuid}", opt=PUBLIC, include_in_schema=False)
@in_thread
def activity_page(request: Asked, runtime: Installation, activity_id: FromPath[UUID]) -> Response[str]:
    """Show one activity with its shifts, and to a volunteer how they stand with each."""
    return _shown(request, runtime, activity_id)


@post("/activities/{activity_id:uuid}/shifts/{shift_id:uuid}/sign-up", opt=SIGNED_IN, include_in_schema=False)
@in_thread
def sign_up(
    request: Asked, runtime: Installation, activity_id: FromPath[UUID], shift_id: FromPath[UUID]
) -> Response[str]:
    """Take a place, or wait for one, or show every reason why not."""
    visit = visit_of(request)
    if visit.person_id is None:
        return _shown(request, runtime, activity_id, {shift_id: (Issue("web.no_person"),)}, status=409)
    with runtime.database.reading() as tx:
        view = _public(tx, visit, activity_id)
    item = SignUpRequest(
        actor=visit.actor, organization_id=view.organization_id, shift_id=shift_id, person_id=visit.person_id
    )
    try:
        outcome = runtime.bus.submit_one(service.SIGN_UP, item)
    except RuleViolation as refusal:
        return _shown(request, runtime, activity_id, {shift_id: refusal.issues}, status=409)
    return redirect(visit, f"/activities/{activity_id}", flash=f"sign_up.{outcome.status}")


@get("/me/sign-ups/{sign_up_id:uuid}/cancel", opt=SIGNED_IN, include_in_schema=False)
@in_thread
def cancel_page(request: Asked, runtime: Installation, sign_up_id: FromPath[UUID]) -> Response[str]:
    """Ask whether the place should really be given up, and say what that does."""
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        return page(request, "portal/cancel.html", sign_up=own_sign_up(tx, visit, sign_up_id), form=Form())


@post("/me/sign-ups/{sign_up_id:uuid}/cancel", opt=SIGNED_IN, include_in_schema=False)
@in_thread
def cancel(request: Asked, runtime: Installation, sign_up_id: FromPath[UUID]) -> Response[str]:
    """Give the place up; whoever waits first moves up."""
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        mine = own_sign_up(tx, visit, sign_up_id)
    item = CancelSignUp(actor=visit.actor, organization_id=mine.organization_id, sign_up_id=sign_up_id)
    try:
        runtime.bus.submit_one(service.CANCEL_SIGN_UPS, item)
    except RuleViolation as refusal:
        form = Form()
        form.refuse(*refusal.issues)
        return page(request, "portal/cancel.html", status=409, sign_up=mine, form=form)
    return redirect(visit, "/me", flash="sign_up.cancelled")


def own_sign_up(tx: Tx, visit: Visit, sign_up_id: FromPath[UUID]) -> PersonSignUpRow:
    """Return the visitor's own sign-up. Raises NotFound for anybody else's."""
    if visit.person_id is not None:
        for mine in activities.sign_ups_of_person(tx, visit.person_id):
            if mine.id == sign_up_id:
                return mine
    raise NotFound("web.sign_up_unknown", gettext_noop("You have no such sign-up."))


def _shown(
    request: Asked,
    runtime: Installation,
    activity_id: FromPath[UUID],
    reasons: Mapping[UUID, Sequence[Issue]] | None = None,
    *,
    status: int = 200,
) -> Response[str]:
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        view = _public(tx, visit, activity_id)
        shifts = [shift for shift in activities.shifts_of(tx, activity_id) if shift.status != "cancelled"]
        held = activities.sign_ups_of_person(tx, visit.person_id) if visit.person_id else ()
        mine = {
            row.shift_id: row for row in held if row.activity_id == activity_id and row.status != "cancelled"
        }
        is_open = view.status in ("published", "underway")
        wanted = [shift for shift in shifts if is_open and shift.id not in mine and shift.starts_at > tx.now]
        now = tx.now
    return page(
        request,
        "portal/activity.html",
        status=status,
        activity=view,
        shifts=shifts,
        mine=mine,
        standings=standing.of(runtime.bus, visit, view.organization_id, [shift.id for shift in wanted]),
        reasons=reasons or {},
        is_open=is_open,
        now=now,
    )


def _public(tx: Tx, visit: Visit, activity_id: FromPath[UUID]) -> ActivityView:
    """Return an activity that this visitor may see on this site. Raises NotFound."""
    view = activities.get(tx, activity_id)
    is_shown = view.status in (*PUBLIC_STATES, "cancelled")
    is_open_to = view.audience == "public" or visit.account is not None
    if (
        is_shown
        and is_open_to
        and view.organization_id in organizations.below(tx, visit.place.root_organization_id)
    ):
        return view
    raise NotFound("web.activity_unknown", gettext_noop("There is no such activity here."))


def _day(value: str) -> date | None:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    return day if date(1900, 1, 1) < day < date(9999, 1, 1) - timedelta(days=1) else None


HANDLERS = [activity_list, activity_page, sign_up, cancel_page, cancel]
