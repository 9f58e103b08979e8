"""The tree of organizations: made, changed, moved, brought through their states, and read."""

from collections.abc import Callable
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, structs

from zhiyuan.accounts import queries as accounts
from zhiyuan.accounts.permissions import ORGANIZATIONS_MANAGE, ORGANIZATIONS_VIEW
from zhiyuan.api.calls import Batch, Call, Said, asking, problems, shown
from zhiyuan.api.paging import USUAL, After, Limit, begun, mark_of_full, part, usable_text
from zhiyuan.api.reach import Reach
from zhiyuan.api.schemas.base import Outcomes
from zhiyuan.api.schemas.organizations import (
    ChangedOrganization,
    ChangedOrganizations,
    MovedOrganization,
    MovedOrganizations,
    NewOrganization,
    NewOrganizations,
    OrganizationStep,
    OrganizationSteps,
    ShownOrganization,
    ShownOrganizations,
)
from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.issues import Issue
from zhiyuan.organizations import queries, service
from zhiyuan.organizations.schemas import (
    ChangeOrganization,
    ChangeOrganizationState,
    CreateOrganization,
    MoveOrganization,
    OrganizationView,
)
from zhiyuan.web.guards import needs
from zhiyuan.web.visit import Installation

TAGS: Final = ["organizations"]
_BESIDE_DETAILS: Final = ("organization", "parent", "idempotency_key")


@post(
    "/organizations", operation_id="organizations_create", tags=TAGS, opt=needs(ORGANIZATIONS_MANAGE),
    status_code=200, responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def create_organizations(request: Call, runtime: Installation, data: JSONBody[NewOrganizations]) -> Outcomes:
    """Put organizations into the tree, or bring known ones up to date: `created`, `updated`, `unchanged`, `refused`.

    Only operators make roots. Below an organization its managers may; a parent that stands in the same request needs an
    operator too.
    """
    batch = Batch(request, runtime, data.items)
    with batch.reaching() as reach:
        places = reach.organizations(item.parent for item in data.items if item.parent is not None)
        is_operator = reach.is_operator

    def plan(item: NewOrganization, said: Said) -> CreateOrganization | Issue:
        if item.parent is not None and item.parent not in places and not is_operator:
            return Issue("api.unknown_organization", field="parent")
        told = {name: value for name, value in structs.asdict(item).items() if name not in _BESIDE_DETAILS}
        return CreateOrganization(
            actor=said.actor,
            organization_id=places.get(item.parent) if item.parent is not None and not is_operator else None,
            idempotency_key=said.key,
            parent_code=item.parent,
            **told,
        )

    return batch.carry_out(service.CREATE, plan)


@post(
    "/organizations/change", operation_id="organizations_change", tags=TAGS, opt=needs(ORGANIZATIONS_MANAGE),
    status_code=200, responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def change_organizations(
    request: Call, runtime: Installation, data: JSONBody[ChangedOrganizations]
) -> Outcomes:
    """Give organizations new details: `updated`, `unchanged` or `refused`."""
    batch = Batch(request, runtime, data.items)
    with batch.reaching() as reach:
        places = reach.organizations(item.organization for item in data.items)

    def plan(item: ChangedOrganization, said: Said) -> ChangeOrganization | Issue:
        if item.organization not in places:
            return Issue("api.unknown_organization", field="organization")
        told = {
            name: value
            for name, value in structs.asdict(item).items()
            if name not in _BESIDE_DETAILS and value is not UNSET
        }
        return ChangeOrganization(
            actor=said.actor,
            organization_id=places[item.organization],
            idempotency_key=said.key,
            details=told,
        )

    return batch.carry_out(service.CHANGE, plan)


@post(
    "/organizations/move", operation_id="organizations_move", tags=TAGS, opt=needs(ORGANIZATIONS_MANAGE),
    status_code=200, responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def move_organizations(request: Call, runtime: Installation, data: JSONBody[MovedOrganizations]) -> Outcomes:
    """Hang organizations, with everything below them, elsewhere in the tree: `updated`, `unchanged` or `refused`.

    Needs the role at an organization above both ends.
    """
    batch = Batch(request, runtime, data.items)
    with batch.reaching() as reach:
        codes = [code for item in data.items for code in (item.organization, item.parent) if code is not None]
        places = reach.organizations(codes)
        common = _common(reach, batch.actor, places)

    def plan(item: MovedOrganization, said: Said) -> MoveOrganization | Issue:
        subject_id = places.get(item.organization)
        parent_id = places.get(item.parent) if item.parent is not None else None
        if subject_id is None:
            return Issue("api.unknown_organization", field="organization")
        if item.parent is not None and parent_id is None:
            return Issue("api.unknown_organization", field="parent")
        scope = common(subject_id, parent_id)
        return MoveOrganization(
            actor=said.actor,
            organization_id=scope,
            idempotency_key=said.key,
            subject_id=subject_id,
            parent_id=parent_id,
        )

    return batch.carry_out(service.MOVE, plan)


@post(
    "/organizations/change-state", operation_id="organizations_change_state", tags=TAGS,
    opt=needs(ORGANIZATIONS_MANAGE), status_code=200, responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def change_states(request: Call, runtime: Installation, data: JSONBody[OrganizationSteps]) -> Outcomes:
    """Bring organizations into other states: the state, `unchanged` or `refused`."""
    batch = Batch(request, runtime, data.items)
    with batch.reaching() as reach:
        places = reach.organizations(item.organization for item in data.items)

    def plan(item: OrganizationStep, said: Said) -> ChangeOrganizationState | Issue:
        if item.organization not in places:
            return Issue("api.unknown_organization", field="organization")
        return ChangeOrganizationState(
            actor=said.actor,
            organization_id=places[item.organization],
            idempotency_key=said.key,
            status=item.status,
            reason=item.reason,
        )

    return batch.carry_out(service.CHANGE_STATE, plan)


@get(
    "/organizations", operation_id="organizations_list", tags=TAGS, opt=needs(ORGANIZATIONS_VIEW),
    responses=problems(404), sync_to_thread=True,
)  # fmt: skip
def list_organizations(
    request: Call,
    runtime: Installation,
    below: Annotated[
        str | None, QueryParameter(max_length=59, description="Code: it and everything below it.")
    ] = None,
    search: Annotated[str, QueryParameter(max_length=100, description="Part of a name or code.")] = "",
    after: After = None,
    limit: Limit = USUAL,
) -> ShownOrganizations:
    """List an organization and everything below it; without one, the organizations where one's roles begin.

    For an operator those are the roots.
    """
    usable_text(below=below, search=search, after=after)
    with asking(request, runtime) as (tx, reach):
        if below is not None:
            place = reach.place(below, ORGANIZATIONS_VIEW)
            rows = queries.page(tx, place.id, search=search, after=begun(after), limit=limit)
            return _listed(rows, mark_of_full(rows, limit, lambda row: row.id.hex))
        begin = queries.roots(tx) if reach.is_operator else list(queries.views(tx, reach.offices).values())
        words = search.strip().lower()
        found = sorted(
            (row for row in begin if words in row.name.lower() or words in row.code), key=lambda row: row.id
        )
        rows, next_after = part(found, after, limit, lambda row: row.id.hex)  # type: ignore[assignment]  # both sequences
        return _listed(rows, next_after)


@get(
    "/organizations/{code:str}", operation_id="organizations_get", tags=TAGS, opt=needs(ORGANIZATIONS_VIEW),
    responses=problems(404), sync_to_thread=True,
)  # fmt: skip
def get_organization(request: Call, runtime: Installation, code: FromPath[str]) -> ShownOrganization:
    """Return one organization by its code."""
    usable_text(code=code)
    with asking(request, runtime) as (tx, reach):
        place = reach.place(code, ORGANIZATIONS_VIEW)
        return shown(ShownOrganization, queries.get(tx, place.id))


def _common(
    reach: Reach, actor: Actor, places: dict[str, UUID]
) -> Callable[[UUID, UUID | None], UUID | None]:
    """Return what finds the nearest organization above both ends of a move where the actor may move things."""
    lines = queries.ancestor_ids(reach.tx, list(places.values()))
    allowed = {
        node
        for node in {node for line in lines.values() for node in line}
        if not actor.is_operator and ORGANIZATIONS_MANAGE in accounts.permissions_at(reach.tx, actor, node)
    }

    def common(subject_id: UUID, parent_id: UUID | None) -> UUID | None:
        if actor.is_operator or parent_id is None:
            return None
        above = [node for node in lines[subject_id] if node in lines[parent_id] and node != subject_id]
        return next((node for node in above if node in allowed), above[0] if above else subject_id)

    return common


def _listed(rows: Any, next_after: str | None) -> ShownOrganizations:
    views: list[OrganizationView] = list(rows)
    return ShownOrganizations(items=[shown(ShownOrganization, row) for row in views], next_after=next_after)


HANDLERS = [
    create_organizations,
    change_organizations,
    move_organizations,
    change_states,
    list_organizations,
    get_organization,
]
