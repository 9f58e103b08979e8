"""People of an organization and below: list, file, registering one."""

from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, QueryParameter

from zhiyuan.accounts.permissions import PEOPLE_MANAGE, PEOPLE_VIEW
from zhiyuan.activities import queries as activities
from zhiyuan.kernel.clock import local_date
from zhiyuan.kernel.errors import NotFound, RuleViolation
from zhiyuan.kernel.i18n import gettext_noop
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations import queries as organizations
from zhiyuan.organizations import service as organization_service
from zhiyuan.organizations.schemas import JoinOrganization
from zhiyuan.people import queries as people
from zhiyuan.people import service
from zhiyuan.people.schemas import PersonDetails, PersonView
from zhiyuan.people.service import RegisterPerson
from zhiyuan.records import certificates
from zhiyuan.records import queries as records
from zhiyuan.web.console.columns import plugin_columns
from zhiyuan.web.console.frame import console_page
from zhiyuan.web.flash import redirect
from zhiyuan.web.forms import Form, FormData
from zhiyuan.web.guards import needs
from zhiyuan.web.threads import in_thread
from zhiyuan.web.visit import Asked, Installation, Visit, visit_of

_PAGE = 50
_RECORDS = 20
_LONGEST_SEARCH = 100

Text = Annotated[str, QueryParameter(max_length=_LONGEST_SEARCH)]


@get("/o/{org_code:str}/people", opt=needs(PEOPLE_VIEW), include_in_schema=False)
@in_thread
def people_list(
    request: Asked, runtime: Installation, q: Text = "", after: FromQuery[UUID | None] = None
) -> Response[str]:
    """List people with their confirmed hours; protected fields are not on the page."""
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        rows = people.page(tx, visit.here.id, search=q, after=after, limit=_PAGE + 1)
        shown = rows[:_PAGE]
        minutes = records.minutes_of(tx, [row.id for row in shown])
        extra = plugin_columns(runtime, tx, "people", visit, [row.id for row in shown])
    return console_page(
        request,
        "console/people.html",
        section="/people",
        rows=shown,
        minutes=minutes,
        extra=extra,
        next_after=shown[-1].id if len(rows) > _PAGE else None,
        q=q,
        is_continued=after is not None,
    )


@get("/o/{org_code:str}/people/new", opt=needs(PEOPLE_MANAGE), include_in_schema=False)
@in_thread
def person_form(request: Asked) -> Response[str]:
    """Show the form for one new person."""
    return console_page(request, "console/person_new.html", section="/people", form=Form())


@post("/o/{org_code:str}/people/new", opt=needs(PEOPLE_MANAGE), include_in_schema=False)
@in_thread
def register(request: Asked, runtime: Installation, data: FormData) -> Response[str]:
    """Register one person and make them a volunteer of the organization."""
    visit = visit_of(request)
    form = Form(data)
    name = form.text("name", maximum=120, required=True)
    details = PersonDetails(
        name=name or "",
        phone=form.text("phone", maximum=40),
        email=form.text("email", maximum=200),
        birth_date=form.day("birth_date"),
        residence_text=form.text("residence_text", maximum=200),
    )
    if form.is_sound:
        item = RegisterPerson(actor=visit.actor, organization_id=visit.here.id, details=details)
        try:
            outcome = runtime.bus.submit_one(service.REGISTER, item)
            if outcome.id is not None:
                joining = JoinOrganization(
                    actor=visit.actor, organization_id=visit.here.id, person_id=outcome.id
                )
                runtime.bus.submit_one(organization_service.JOIN, joining)
        except RuleViolation as refusal:
            form.refuse(*refusal.issues)
        else:
            return redirect(visit, f"/o/{visit.here.code}/people/{outcome.id}", flash="person.created")
    return console_page(request, "console/person_new.html", section="/people", form=form, status=422)


@get("/o/{org_code:str}/people/{person_id:uuid}", opt=needs(PEOPLE_VIEW), include_in_schema=False)
@in_thread
def person_file(request: Asked, runtime: Installation, person_id: FromPath[UUID]) -> Response[str]:
    """Show one person, masked, with roles, sign-ups, records and certificates of this organization."""
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        person = person_here(tx, visit, person_id)
        today = local_date(tx.now, visit.here.time_zone)
        memberships = organizations.memberships_of(tx, person_id, today)
        names = organizations.views(tx, {entry.organization_id for entry in memberships})
        below = organizations.below(tx, visit.here.id)
        coming = [
            row
            for row in activities.sign_ups_of_person(tx, person_id, ending_after=tx.now)
            if row.organization_id in below
        ]
        ledger = records.page(tx, visit.here.id, person_id=person_id, limit=_RECORDS)
        minutes = records.minutes_of(tx, [person_id])[person_id]
        issued = [entry for entry in certificates.of_person(tx, person_id) if entry.organization_id in below]
    return console_page(
        request,
        "console/person.html",
        section="/people",
        person=person,
        memberships=memberships,
        names=names,
        coming=coming,
        ledger=ledger,
        minutes=minutes,
        issued=issued,
    )


def person_here(tx: Tx, visit: Visit, person_id: UUID) -> PersonView:
    """Return somebody who belongs to the organization in the path or below it. Raises NotFound for all others."""
    below = organizations.below(tx, visit.here.id)
    today = local_date(tx.now, "UTC")
    if any(entry.organization_id in below for entry in organizations.memberships_of(tx, person_id, today)):
        return people.get(tx, person_id)
    raise NotFound("web.person_unknown", gettext_noop("There is no such person here."))


HANDLERS = [people_list, person_form, register, person_file]
