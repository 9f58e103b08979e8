"""What the pages of the console have in common: their sections, and finding things of the organization in the path."""

from typing import Final
from uuid import UUID

from litestar import Response

from zhiyuan.accounts import permissions
from zhiyuan.activities import queries as activities
from zhiyuan.activities.schemas import ActivityView, ShiftView
from zhiyuan.kernel.errors import NotFound
from zhiyuan.kernel.i18n import gettext_noop
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations import queries as organizations
from zhiyuan.web.rendering import page
from zhiyuan.web.visit import Asked, Visit, visit_of

SECTIONS: Final = (
    ("", gettext_noop("Overview"), permissions.ORGANIZATIONS_VIEW),
    ("/activities", gettext_noop("Activities"), permissions.ACTIVITIES_VIEW),
    ("/records", gettext_noop("Confirm hours"), permissions.RECORDS_CONFIRM),
    ("/ledger", gettext_noop("Records"), permissions.RECORDS_VIEW),
    ("/certificates", gettext_noop("Certificates"), permissions.CERTIFICATES_ISSUE),
    ("/people", gettext_noop("People"), permissions.PEOPLE_VIEW),
    ("/organizations", gettext_noop("Organizations"), permissions.ORGANIZATIONS_VIEW),
    ("/audit", gettext_noop("Audit log"), permissions.AUDIT_VIEW),
)
"""Path below the organization, what it is called, and who sees it."""


def console_page(
    request: Asked, template: str, *, section: str, status: int = 200, **context: object
) -> Response[str]:
    """Return a page of the console; ``section`` is the path of the section it stands in."""
    visit = visit_of(request)
    return page(
        request,
        template,
        status=status,
        sections=[(path, name) for path, name, permission in SECTIONS if visit.may(permission)],
        section=section,
        here=visit.here,
        **context,
    )


def activity_here(tx: Tx, visit: Visit, activity_id: UUID) -> ActivityView:
    """Return an activity of the organization in the path or below it. Raises NotFound for all others."""
    view = activities.get(tx, activity_id)
    if view.organization_id not in organizations.below(tx, visit.here.id):
        raise NotFound("web.activity_unknown", gettext_noop("There is no such activity here."))
    return view


def shift_here(tx: Tx, visit: Visit, shift_id: UUID) -> tuple[ActivityView, ShiftView]:
    """Return a shift with its activity, as :func:`activity_here` does."""
    shift = activities.shifts(tx, [shift_id]).get(shift_id)
    if shift is None:
        raise NotFound("web.shift_unknown", gettext_noop("There is no such shift here."))
    return activity_here(tx, visit, shift.activity_id), shift
