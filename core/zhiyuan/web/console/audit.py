"""Who did what here, newest first."""

from uuid import UUID

from litestar import Response, get
from litestar.params import FromQuery

from zhiyuan.accounts.permissions import AUDIT_VIEW
from zhiyuan.accounts.queries import audit_entries
from zhiyuan.web.console.frame import console_page
from zhiyuan.web.guards import needs
from zhiyuan.web.threads import in_thread
from zhiyuan.web.visit import Asked, Installation, visit_of

_PAGE = 100


@get("/o/{org_code:str}/audit", opt=needs(AUDIT_VIEW), include_in_schema=False)
@in_thread
def audit_log(request: Asked, runtime: Installation, before: FromQuery[UUID | None] = None) -> Response[str]:
    """List audit entries of the organization and everything below it."""
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        rows = audit_entries(tx, visit.here.id, before=before, limit=_PAGE + 1)
    return console_page(
        request,
        "console/audit.html",
        section="/audit",
        rows=rows[:_PAGE],
        next_before=rows[_PAGE - 1].id if len(rows) > _PAGE else None,
    )


HANDLERS = [audit_log]
