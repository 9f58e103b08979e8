"""The first page: what this place is, what is coming up, what has been done so far."""

from litestar import Response, get

from zhiyuan.activities import queries as activities
from zhiyuan.activities.schemas import ActivityFilter
from zhiyuan.kernel.clock import local_date
from zhiyuan.organizations import queries as organizations
from zhiyuan.records import queries as records
from zhiyuan.web.guards import PUBLIC
from zhiyuan.web.rendering import page
from zhiyuan.web.threads import in_thread
from zhiyuan.web.visit import Asked, Installation, visit_of

_SHOWN = 6


@get("/", opt=PUBLIC, include_in_schema=False)
@in_thread
def home(request: Asked, runtime: Installation) -> Response[str]:
    """Show the first page of the site, or on an installation without one what to do next."""
    visit = visit_of(request)
    if visit.site is None:
        return page(request, "portal/no_site.html")
    root_id = visit.site.root_organization_id
    with runtime.database.reading() as tx:
        today = local_date(tx.now, visit.site.time_zone)
        root = organizations.get(tx, root_id)
        coming = activities.upcoming(tx, today, organization_id=root_id, limit=_SHOWN)
        coming_count = activities.count(
            tx,
            ActivityFilter(
                organization_id=root_id, statuses=("published", "underway"), from_on=today, audience="public"
            ),
        )
        minutes, people_count = records.minutes_and_people(tx, root_id)
        branch_count = len(organizations.below(tx, root_id))
    return page(
        request,
        "portal/home.html",
        root=root,
        coming=coming,
        coming_count=coming_count,
        minutes=minutes,
        people_count=people_count,
        branch_count=branch_count,
    )


@get("/-/health", opt=PUBLIC, include_in_schema=False)
@in_thread
def health(runtime: Installation) -> Response[dict[str, str]]:
    """Answer whether this process and its database are well. 503 when the database does not answer."""
    with runtime.database.reading() as tx:
        tx.connection.exec_driver_sql("SELECT 1")
    return Response({"status": "ok"}, headers={"Cache-Control": "no-store"})


HANDLERS = [home, health]
