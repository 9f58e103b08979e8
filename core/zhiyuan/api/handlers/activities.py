"""Activities: made, changed, brought through their states, and read."""

from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import structs

from zhiyuan.accounts.permissions import ACTIVITIES_MANAGE, ACTIVITIES_VIEW
from zhiyuan.activities import queries, service
from zhiyuan.activities.schemas import PUBLIC, ActivityDetails, ActivityFilter
from zhiyuan.api.calls import Batch, Call, Said, asking, problems, shown
from zhiyuan.api.paging import USUAL, After, Limit, usable_text
from zhiyuan.api.reach import nothing_here
from zhiyuan.api.schemas.activities import (
    ActivityFields,
    ActivityLine,
    ActivityLines,
    ActivityStep,
    ActivitySteps,
    ChangedActivities,
    ChangedActivity,
    NewActivities,
    NewActivity,
    ShownActivity,
)
from zhiyuan.api.schemas.base import Outcomes
from zhiyuan.kernel.commands import Command
from zhiyuan.kernel.external_ids import ExternalId
from zhiyuan.kernel.issues import Issue
from zhiyuan.web.guards import needs
from zhiyuan.web.visit import Installation, visit_of

TAGS: Final = ["activities"]
_BESIDE_DETAILS: Final = (
    "idempotency_key", "activity_id", "organization", "external_scheme", "external_value", "guaranteeing_organization",
)  # fmt: skip


@post(
    "/activities", operation_id="activities_create", tags=TAGS, opt=needs(ACTIVITIES_MANAGE), status_code=200,
    responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def create_activities(request: Call, runtime: Installation, data: JSONBody[NewActivities]) -> Outcomes:
    """Make activities, or bring known ones up to date: `created`, `updated`, `unchanged` or `refused`."""
    batch = Batch(request, runtime, data.items)
    with batch.reaching() as reach:
        places = reach.organizations(
            [*(item.organization for item in data.items), *_guaranteeing(data.items)]
        )

    def plan(item: NewActivity, said: Said) -> service.CreateActivity | Issue:
        if item.organization not in places:
            return Issue("api.unknown_organization", field="organization")
        if item.guaranteeing_organization is not None and item.guaranteeing_organization not in places:
            return Issue("api.unknown_organization", field="guaranteeing_organization")
        if (item.external_scheme is None) != (item.external_value is None):
            return Issue("activities.external_id_empty", field="external_value")
        return service.CreateActivity(
            actor=said.actor,
            organization_id=places[item.organization],
            idempotency_key=said.key,
            details=_details(item, places),
            external_id=ExternalId(item.external_scheme, item.external_value)
            if item.external_scheme is not None and item.external_value is not None
            else None,
        )

    return batch.carry_out(service.CREATE, plan)


@post(
    "/activities/change", operation_id="activities_change", tags=TAGS, opt=needs(ACTIVITIES_MANAGE), status_code=200,
    responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def change_activities(request: Call, runtime: Installation, data: JSONBody[ChangedActivities]) -> Outcomes:
    """Say everything about activities anew: `updated`, `unchanged` or `refused`."""
    batch = Batch(request, runtime, data.items)
    with batch.reaching() as reach:
        known = reach.activities(item.activity_id for item in data.items)
        places = reach.organizations(_guaranteeing(data.items))

    def plan(item: ChangedActivity, said: Said) -> service.ChangeActivity | Issue:
        if item.activity_id not in known:
            return Issue("activities.unknown_activity", field="activity_id")
        if item.guaranteeing_organization is not None and item.guaranteeing_organization not in places:
            return Issue("api.unknown_organization", field="guaranteeing_organization")
        return service.ChangeActivity(
            actor=said.actor,
            organization_id=known[item.activity_id],
            idempotency_key=said.key,
            activity_id=item.activity_id,
            details=_details(item, places),
        )

    return batch.carry_out(service.CHANGE, plan)


@post(
    "/activities/submit", operation_id="activities_submit", tags=TAGS, opt=needs(ACTIVITIES_MANAGE), status_code=200,
    responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def submit_activities(request: Call, runtime: Installation, data: JSONBody[ActivitySteps]) -> Outcomes:
    """Hand drafts in for publication: `submitted`, `unchanged` or `refused`."""
    return _step(request, runtime, data, service.SUBMIT)


@post(
    "/activities/publish", operation_id="activities_publish", tags=TAGS, opt=needs(ACTIVITIES_MANAGE), status_code=200,
    responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def publish_activities(request: Call, runtime: Installation, data: JSONBody[ActivitySteps]) -> Outcomes:
    """Show activities to people and open sign-up: `published`, `unchanged` or `refused`."""
    return _step(request, runtime, data, service.PUBLISH)


@post(
    "/activities/start", operation_id="activities_start", tags=TAGS, opt=needs(ACTIVITIES_MANAGE), status_code=200,
    responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def start_activities(request: Call, runtime: Installation, data: JSONBody[ActivitySteps]) -> Outcomes:
    """Say that activities have begun: `underway`, `unchanged` or `refused`."""
    return _step(request, runtime, data, service.START)


@post(
    "/activities/finish", operation_id="activities_finish", tags=TAGS, opt=needs(ACTIVITIES_MANAGE), status_code=200,
    responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def finish_activities(request: Call, runtime: Installation, data: JSONBody[ActivitySteps]) -> Outcomes:
    """Say that activities are over: `finished`, `unchanged` or `refused`."""
    return _step(request, runtime, data, service.FINISH)


@post(
    "/activities/settle", operation_id="activities_settle", tags=TAGS, opt=needs(ACTIVITIES_MANAGE), status_code=200,
    responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def settle_activities(request: Call, runtime: Installation, data: JSONBody[ActivitySteps]) -> Outcomes:
    """Close finished activities for good: `settled`, `unchanged` or `refused`."""
    return _step(request, runtime, data, service.SETTLE)


@post(
    "/activities/cancel", operation_id="activities_cancel", tags=TAGS, opt=needs(ACTIVITIES_MANAGE), status_code=200,
    responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def cancel_activities(request: Call, runtime: Installation, data: JSONBody[ActivitySteps]) -> Outcomes:
    """Call activities off and set everybody free: `cancelled`, `unchanged` or `refused`."""
    return _step(request, runtime, data, service.CANCEL)


@get(
    "/activities", operation_id="activities_list", tags=TAGS, opt=needs(ACTIVITIES_VIEW), responses=problems(404),
    sync_to_thread=True,
)  # fmt: skip
def list_activities(
    request: Call,
    runtime: Installation,
    organization: Annotated[
        str | None,
        QueryParameter(max_length=59, description="Code: it and everything below; needs a role there."),
    ] = None,
    status: Annotated[
        str | None, QueryParameter(max_length=12, description="Only activities in this state.")
    ] = None,
    region: Annotated[
        str | None, QueryParameter(max_length=20, description="Only activities of this region.")
    ] = None,
    from_on: FromQuery[date | None] = None,
    to_on: FromQuery[date | None] = None,
    search: Annotated[
        str, QueryParameter(max_length=100, description="Words of title, summary or place.")
    ] = "",
    after: After = None,
    limit: Limit = USUAL,
) -> ActivityLines:
    """List activities by date: with an organization all of them, without one those that are public on this site."""
    visit = visit_of(request)
    usable_text(organization=organization, status=status, region=region, search=search, after=after)
    with asking(request, runtime) as (tx, reach):
        place_id: UUID | None = None
        statuses: tuple[str, ...] = ()
        audience: str | None = None
        if organization is not None:
            place_id = reach.place(organization, ACTIVITIES_VIEW).id
        elif not reach.is_operator or visit.site is not None:
            place_id, statuses, audience = visit.place.root_organization_id, PUBLIC, "public"
        if status is not None and statuses and status not in statuses:
            return ActivityLines(items=[], next_after=None)
        if status is not None:
            statuses = (status,)
        wanted = ActivityFilter(
            organization_id=place_id,
            statuses=statuses,
            region_codes=(region,) if region else (),
            from_on=from_on,
            to_on=to_on,
            search=search,
            audience=audience,
        )
        page = queries.page(tx, wanted, after=after, limit=limit)
    return ActivityLines(items=[shown(ActivityLine, row) for row in page.rows], next_after=page.next_after)


@get(
    "/activities/{activity_id:uuid}", operation_id="activities_get", tags=TAGS, opt=needs(ACTIVITIES_VIEW),
    responses=problems(404), sync_to_thread=True,
)  # fmt: skip
def get_activity(request: Call, runtime: Installation, activity_id: FromPath[UUID]) -> ShownActivity:
    """Return one activity: one that is public, or of an organization one has a role in."""
    with asking(request, runtime) as (tx, reach):
        if not reach.activities([activity_id]):
            raise nothing_here()
        return shown(ShownActivity, queries.get(tx, activity_id))


def _step(
    request: Call, runtime: Installation, data: ActivitySteps, command: Command[service.ChangeActivityState]
) -> Outcomes:
    batch = Batch(request, runtime, data.items)
    with batch.reaching() as reach:
        known = reach.activities(item.activity_id for item in data.items)

    def plan(item: ActivityStep, said: Said) -> service.ChangeActivityState | Issue:
        if item.activity_id not in known:
            return Issue("activities.unknown_activity", field="activity_id")
        return service.ChangeActivityState(
            actor=said.actor,
            organization_id=known[item.activity_id],
            idempotency_key=said.key,
            activity_id=item.activity_id,
            reason=item.reason,
        )

    return batch.carry_out(command, plan)


def _guaranteeing(items: Any) -> list[str]:
    return [item.guaranteeing_organization for item in items if item.guaranteeing_organization is not None]


def _details(item: ActivityFields, places: dict[str, UUID]) -> ActivityDetails:
    told = {name: value for name, value in structs.asdict(item).items() if name not in _BESIDE_DETAILS}
    vouching = item.guaranteeing_organization
    return ActivityDetails(
        **told, guaranteeing_organization_id=places[vouching] if vouching is not None else None
    )


HANDLERS = [
    create_activities,
    change_activities,
    submit_activities,
    publish_activities,
    start_activities,
    finish_activities,
    settle_activities,
    cancel_activities,
    list_activities,
    get_activity,
]
