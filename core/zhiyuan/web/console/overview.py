"""Where the console begins: what waits, and the ways on."""

from litestar import Response, get

from zhiyuan.accounts.permissions import ORGANIZATIONS_VIEW
from zhiyuan.activities import queries as activities
from zhiyuan.activities.schemas import ActivityFilter
from zhiyuan.kernel.clock import local_date
from zhiyuan.organizations import queries as organizations
from zhiyuan.records import queries as records
from zhiyuan.web.console.frame import console_page
from zhiyuan.web.console.target import target_of
from zhiyuan.web.flash import redirect
from zhiyuan.web.guards import SIGNED_IN, needs
from zhiyuan.web.rendering import page
from zhiyuan.web.threads import in_thread
from zhiyuan.web.visit import Asked, Installation, visit_of

_SHOWN = 6


@get("/o", opt=SIGNED_IN, include_in_schema=False)
@in_thread
def offices(request: Asked, runtime: Installation) -> Response[str]:
    """Show the organizations whose console the visitor may enter; with only one, go there."""
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        if visit.actor.is_operator:
            codes = [organizations.get(tx, visit.place.root_organization_id)]
        else:
            below = organizations.below(tx, visit.place.root_organization_id)
            found = organizations.views(tx, {office.organization_id for office in visit.offices} & below)
            codes = sorted(found.values(), key=lambda view: view.code)
    if len(codes) == 1:
        return redirect(visit, f"/o/{codes[0].code}")
    return page(request, "console/offices.html", offices=codes)


@get("/o/{org_code:str}", opt=needs(ORGANIZATIONS_VIEW), include_in_schema=False)
@in_thread
def overview(request: Asked, runtime: Installation) -> Response[str]:
    """Show what waits for somebody at this organization."""
    visit = visit_of(request)
    here = visit.here
    with runtime.database.reading() as tx:
        today = local_date(tx.now, here.time_zone)
        waiting = records.awaiting_confirmation(tx, here.id)
        counts = records.status_counts(tx, here.id)
        minutes, people_count = records.minutes_and_people(tx, here.id)
        coming = activities.upcoming(tx, today, organization_id=here.id, audience=None, limit=_SHOWN)
        drafts = activities.count(
            tx, ActivityFilter(organization_id=here.id, statuses=("draft", "submitted"))
        )
        finished = activities.count(tx, ActivityFilter(organization_id=here.id, statuses=("finished",)))
        target = target_of(tx, here, today)
        now = tx.now
    return console_page(
        request,
        "console/overview.html",
        section="",
        target=target,
        oldest=waiting[0] if waiting else None,
        waiting_count=counts.get("pending", 0),
        disputed_count=counts.get("disputed", 0),
        minutes=minutes,
        people_count=people_count,
        coming=coming,
        draft_count=drafts,
        finished_count=finished,
        now=now,
    )


HANDLERS = [offices, overview]
