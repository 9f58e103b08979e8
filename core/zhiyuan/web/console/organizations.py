"""The tree below an organization."""

from litestar import Response, get

from zhiyuan.accounts.permissions import ORGANIZATIONS_VIEW
from zhiyuan.organizations import queries as organizations
from zhiyuan.web.console.frame import console_page
from zhiyuan.web.guards import needs
from zhiyuan.web.threads import in_thread
from zhiyuan.web.visit import Asked, Installation, visit_of


@get("/o/{org_code:str}/organizations", opt=needs(ORGANIZATIONS_VIEW), include_in_schema=False)
@in_thread
def organization_tree(request: Asked, runtime: Installation) -> Response[str]:
    """Show the organization in the path and everything below it, with a way into each console."""
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        tree = organizations.tree(tx, visit.here.id)
        above = organizations.above(tx, visit.here.id)[1:]
    return console_page(
        request, "console/organizations.html", section="/organizations", tree=tree, above=above
    )


HANDLERS = [organization_tree]
