"""People: registered, listed, shown masked; and their roles at organizations."""

from typing import Annotated, Final
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import structs

from zhiyuan.accounts.permissions import ORGANIZATIONS_MANAGE, ORGANIZATIONS_VIEW, PEOPLE_MANAGE, PEOPLE_VIEW
from zhiyuan.api.calls import Batch, Call, Said, asking, problems, shown, shown_outcomes
from zhiyuan.api.paging import USUAL, After, Limit, begun, mark_of_full, usable_text
from zhiyuan.api.reach import nothing_here
from zhiyuan.api.schemas.base import Outcomes
from zhiyuan.api.schemas.people import (
    EndedMembership,
    EndedMemberships,
    NewMembership,
    NewMemberships,
    NewPeople,
    NewPerson,
    PersonLine,
    PersonLines,
    ShownMembership,
    ShownMemberships,
    ShownPerson,
)
from zhiyuan.kernel.clock import local_date
from zhiyuan.kernel.commands import Outcome
from zhiyuan.kernel.external_ids import ExternalId
from zhiyuan.kernel.issues import Issue
from zhiyuan.organizations import queries as organizations
from zhiyuan.organizations import service as membership
from zhiyuan.organizations.schemas import JoinOrganization, LeaveOrganization
from zhiyuan.people import queries
from zhiyuan.people.schemas import PersonDetails
from zhiyuan.people.service import REGISTER, RegisterPerson
from zhiyuan.sites.queries import place_chains
from zhiyuan.web.guards import needs
from zhiyuan.web.visit import Installation

TAGS: Final = ["people"]
_BESIDE_DETAILS: Final = ("organization", "idempotency_key", "external_scheme", "external_value")
_RESEMBLES_STRANGER: Final = "people.possible_duplicate_elsewhere"
_LISTS: Final = ("categories", "skills", "languages")

OrganizationCode = Annotated[
    str, QueryParameter(max_length=59, description="Code: it and everything below it.")
]
Search = Annotated[
    str,
    QueryParameter(
        max_length=100, description="Part of a name or volunteer number, or a whole phone number or the like."
    ),
]


@post(
    "/people", operation_id="people_register", tags=TAGS, opt=needs(PEOPLE_MANAGE), status_code=200,
    responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def register_people(request: Call, runtime: Installation, data: JSONBody[NewPeople]) -> Outcomes:
    """Register people as volunteers of an organization: `created`, `updated`, `unchanged` or `refused`."""
    batch = Batch(request, runtime, data.items)
    with batch.reaching() as reach:
        places = reach.organizations(item.organization for item in data.items)
        chains = place_chains(reach.tx, set(places.values()))

    def plan(item: NewPerson, said: Said) -> RegisterPerson | Issue:
        if item.organization not in places:
            return Issue("api.unknown_organization", field="organization")
        if (item.external_scheme is None) != (item.external_value is None):
            return Issue("activities.external_id_empty", field="external_value")
        told = {name: value for name, value in structs.asdict(item).items() if name not in _BESIDE_DETAILS}
        told.update({name: tuple(told[name]) for name in _LISTS})
        return RegisterPerson(
            actor=said.actor,
            organization_id=places[item.organization],
            idempotency_key=said.key,
            details=PersonDetails(**told),
            external_id=ExternalId(item.external_scheme, item.external_value)
            if item.external_scheme is not None and item.external_value is not None
            else None,
            places=chains[places[item.organization]],
        )

    outcomes = [_without_strangers(outcome) for outcome in batch.submitted(REGISTER, plan)]
    # A repeat under the same keys is answered from memory and takes people in who were not yet, after a crash between.
    admissions = [
        JoinOrganization(
            actor=batch.actor,
            organization_id=places[item.organization],
            person_id=outcome.id,
            role="volunteer",
        )
        if outcome.is_done and outcome.id is not None
        else None
        for item, outcome in zip(data.items, outcomes, strict=True)
    ]
    admitted = iter(runtime.bus.submit(membership.ADMIT, [item for item in admissions if item is not None]))
    return shown_outcomes(
        [
            outcome
            if item is None
            else Outcome(outcome.status, outcome.id, (*outcome.issues, *next(admitted).issues))
            for item, outcome in zip(admissions, outcomes, strict=True)
        ]
    )


@get(
    "/people", operation_id="people_list", tags=TAGS, opt=needs(PEOPLE_VIEW), responses=problems(404),
    sync_to_thread=True,
)  # fmt: skip
def list_people(
    request: Call,
    runtime: Installation,
    organization: OrganizationCode,
    search: Search = "",
    after: After = None,
    limit: Limit = USUAL,
) -> PersonLines:
    """List who belongs to an organization or anything below it, in the order in which they were registered."""
    usable_text(organization=organization, search=search, after=after)
    with asking(request, runtime) as (tx, reach):
        place = reach.place(organization, PEOPLE_VIEW)
        rows = queries.page(tx, place.id, search=search, after=begun(after), limit=limit)
    return PersonLines(
        items=[shown(PersonLine, row) for row in rows],
        next_after=mark_of_full(rows, limit, lambda row: row.id.hex),
    )


@get(
    "/people/{person_id:uuid}", operation_id="people_get", tags=TAGS, opt=needs(PEOPLE_VIEW), responses=problems(404),
    sync_to_thread=True,
)  # fmt: skip
def get_person(request: Call, runtime: Installation, person_id: FromPath[UUID]) -> ShownPerson:
    """Return one person, with protected fields masked: oneself, or somebody of an organization one has a role in."""
    with asking(request, runtime) as (tx, reach):
        if person_id not in reach.people([person_id]):
            raise nothing_here()
        return shown(ShownPerson, queries.get(tx, person_id))


@get(
    "/memberships", operation_id="memberships_list", tags=["memberships"], opt=needs(ORGANIZATIONS_VIEW),
    responses=problems(404), sync_to_thread=True,
)  # fmt: skip
def list_memberships(
    request: Call,
    runtime: Installation,
    organization: OrganizationCode,
    after: After = None,
    limit: Limit = USUAL,
) -> ShownMemberships:
    """List the roles in force today at an organization itself."""
    usable_text(organization=organization, after=after)
    with asking(request, runtime) as (tx, reach):
        place = reach.place(organization, ORGANIZATIONS_VIEW)
        today = local_date(tx.now, organizations.time_zones(tx, [place.id])[place.id])
        rows = organizations.members(tx, place.id, today, after=begun(after), limit=limit)
    return ShownMemberships(
        items=[shown(ShownMembership, row) for row in rows],
        next_after=mark_of_full(rows, limit, lambda row: row.id.hex),
    )


@post(
    "/memberships", operation_id="memberships_give", tags=["memberships"], opt=needs(ORGANIZATIONS_MANAGE),
    status_code=200, responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def give_roles(request: Call, runtime: Installation, data: JSONBody[NewMemberships]) -> Outcomes:
    """Give people roles at organizations: `created`, `updated` (it begins earlier now), `unchanged` or `refused`."""
    batch = Batch(request, runtime, data.items)
    with batch.reaching() as reach:
        places = reach.organizations(item.organization for item in data.items)
        people = reach.people(item.person_id for item in data.items)

    def plan(item: NewMembership, said: Said) -> JoinOrganization | Issue:
        if item.organization not in places:
            return Issue("api.unknown_organization", field="organization")
        if item.person_id not in people:
            return Issue("organizations.unknown_person", field="person_id")
        return JoinOrganization(
            actor=said.actor,
            organization_id=places[item.organization],
            idempotency_key=said.key,
            person_id=item.person_id,
            role=item.role,
            valid_from=item.valid_from,
        )

    return batch.carry_out(membership.JOIN, plan)


@post(
    "/memberships/end", operation_id="memberships_end", tags=["memberships"], opt=needs(ORGANIZATIONS_MANAGE),
    status_code=200, responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def end_roles(request: Call, runtime: Installation, data: JSONBody[EndedMemberships]) -> Outcomes:
    """End people's roles at organizations: `updated`, `unchanged` or `refused`."""
    batch = Batch(request, runtime, data.items)
    with batch.reaching() as reach:
        places = reach.organizations(item.organization for item in data.items)
        people = reach.people(item.person_id for item in data.items)

    def plan(item: EndedMembership, said: Said) -> LeaveOrganization | Issue:
        if item.organization not in places:
            return Issue("api.unknown_organization", field="organization")
        if item.person_id not in people:
            return Issue("organizations.unknown_person", field="person_id")
        return LeaveOrganization(
            actor=said.actor,
            organization_id=places[item.organization],
            idempotency_key=said.key,
            person_id=item.person_id,
            role=item.role,
            valid_to=item.valid_to,
        )

    return batch.carry_out(membership.LEAVE, plan)


def _without_strangers(outcome: Outcome) -> Outcome:
    """Drop the warning about a person whom the caller may not know: a program could try out who is kept here."""
    known = tuple(issue for issue in outcome.issues if issue.code != _RESEMBLES_STRANGER)
    return Outcome(outcome.status, outcome.id, known)


HANDLERS = [register_people, list_people, get_person, list_memberships, give_roles, end_roles]
