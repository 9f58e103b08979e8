"""Service records: written down, confirmed, corrected, voided, and read."""

from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import structs

from zhiyuan.accounts.permissions import ATTENDANCE_MANAGE, RECORDS_CONFIRM, RECORDS_CORRECT, RECORDS_VIEW
from zhiyuan.api.calls import Batch, Call, Said, asking, problems, shown
from zhiyuan.api.paging import USUAL, After, Limit, part, usable_text
from zhiyuan.api.reach import nothing_here
from zhiyuan.api.schemas.base import Outcomes
from zhiyuan.api.schemas.records import (
    AttendedSignUp,
    AttendedSignUps,
    NamedRecord,
    NamedRecords,
    NewRecord,
    NewRecords,
    ReasonedRecord,
    ReasonedRecords,
    RecordCorrection,
    RecordCorrections,
    ShownHistory,
    ShownHistoryEntry,
    ShownRecord,
    ShownRecords,
    ShownTotal,
    ShownTotals,
)
from zhiyuan.kernel.commands import Command
from zhiyuan.kernel.issues import Issue
from zhiyuan.organizations import queries as organizations
from zhiyuan.records import queries, service
from zhiyuan.records.schemas import (
    ConfirmRecord,
    CorrectRecord,
    DisputeRecord,
    RecordAttendance,
    RecordChanges,
    RecordService,
    UpholdRecord,
    VoidRecord,
)
from zhiyuan.web.guards import needs
from zhiyuan.web.visit import Installation, visit_of

TAGS: Final = ["records"]
_UNKNOWN: Final = Issue("records.unknown_record", field="record_id")

OrganizationCode = Annotated[
    str, QueryParameter(max_length=59, description="Code: it and everything below it.")
]
Status = Annotated[str | None, QueryParameter(max_length=12, description="Only records in this state.")]
Year = Annotated[int | None, QueryParameter(ge=1, le=9999, description="Of the local service date.")]


@post(
    "/records", operation_id="records_record", tags=TAGS, opt=needs(RECORDS_CONFIRM), status_code=200,
    responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def record_by_hand(request: Call, runtime: Installation, data: JSONBody[NewRecords]) -> Outcomes:
    """Write service down by hand: `created` or `refused`. Volunteers may claim service at organizations of theirs."""
    batch = Batch(request, runtime, data.items)
    with batch.reaching() as reach:
        places = reach.organizations(item.organization for item in data.items)
        own = reach.own_organizations(item.organization for item in data.items if item.source == "claim")
        people = reach.people(item.person_id for item in data.items)
        activities = reach.activities(item.activity_id for item in data.items if item.activity_id is not None)
        zones = organizations.time_zones(reach.tx, {*places.values(), *own.values()})

    def plan(item: NewRecord, said: Said) -> RecordService | Issue:
        organization_id = places.get(item.organization)
        if organization_id is None and item.person_id == said.actor.person_id:
            organization_id = own.get(item.organization)
        if organization_id is None:
            return Issue("api.unknown_organization", field="organization")
        if item.person_id not in people:
            return Issue("records.unknown_person", field="person_id")
        if item.activity_id is not None and activities.get(item.activity_id) != organization_id:
            return Issue("activities.unknown_activity", field="activity_id")
        told = structs.asdict(item)
        told["time_zone"] = item.time_zone or zones[organization_id]
        del told["organization"], told["idempotency_key"]
        return RecordService(
            actor=said.actor, organization_id=organization_id, idempotency_key=said.key, **told
        )

    return batch.carry_out(service.RECORD, plan)


@post(
    "/records/from-attendance", operation_id="records_record_attendance", tags=TAGS, opt=needs(ATTENDANCE_MANAGE),
    status_code=200, responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def record_from_attendance(request: Call, runtime: Installation, data: JSONBody[AttendedSignUps]) -> Outcomes:
    """Make pending records of attendance, one per local day: `created`, `unchanged` or `refused`."""
    batch = Batch(request, runtime, data.items)
    with batch.reaching() as reach:
        known = reach.sign_ups(item.sign_up_id for item in data.items)

    def plan(item: AttendedSignUp, said: Said) -> RecordAttendance | Issue:
        if item.sign_up_id not in known:
            return Issue("records.unknown_sign_up", field="sign_up_id")
        return RecordAttendance(
            actor=said.actor,
            organization_id=known[item.sign_up_id],
            idempotency_key=said.key,
            sign_up_id=item.sign_up_id,
        )

    return batch.carry_out(service.RECORD_ATTENDANCE, plan)


@post(
    "/records/confirm", operation_id="records_confirm", tags=TAGS, opt=needs(RECORDS_CONFIRM), status_code=200,
    responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def confirm_records(request: Call, runtime: Installation, data: JSONBody[NamedRecords]) -> Outcomes:
    """Confirm pending records, so that their minutes count: `confirmed`, `unchanged` or `refused`."""
    batch, known = _known(request, runtime, data.items)

    def plan(item: NamedRecord, said: Said) -> ConfirmRecord | Issue:
        if item.record_id not in known:
            return _UNKNOWN
        return ConfirmRecord(
            actor=said.actor,
            organization_id=known[item.record_id],
            idempotency_key=said.key,
            record_id=item.record_id,
        )

    return batch.carry_out(service.CONFIRM, plan)


@post(
    "/records/correct", operation_id="records_correct", tags=TAGS, opt=needs(RECORDS_CORRECT), status_code=200,
    responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def correct_records(request: Call, runtime: Installation, data: JSONBody[RecordCorrections]) -> Outcomes:
    """Replace records by new ones that name them: `corrected` (the id is the new record) or `refused`."""
    batch, known = _known(request, runtime, data.items)

    def plan(item: RecordCorrection, said: Said) -> CorrectRecord | Issue:
        if item.record_id not in known:
            return _UNKNOWN
        return CorrectRecord(
            actor=said.actor,
            organization_id=known[item.record_id],
            idempotency_key=said.key,
            record_id=item.record_id,
            changes=RecordChanges(**structs.asdict(item.changes)),
            reason=item.reason,
        )

    return batch.carry_out(service.CORRECT, plan)


@post(
    "/records/void", operation_id="records_void", tags=TAGS, opt=needs(RECORDS_CORRECT), status_code=200,
    responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def void_records(request: Call, runtime: Installation, data: JSONBody[ReasonedRecords]) -> Outcomes:
    """Declare records void; they stay readable and count no more: `voided` or `refused`."""
    return _reasoned(request, runtime, data, service.VOID, VoidRecord)


@post(
    "/records/dispute", operation_id="records_dispute", tags=TAGS, opt=needs(RECORDS_VIEW), status_code=200,
    responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def dispute_records(request: Call, runtime: Installation, data: JSONBody[ReasonedRecords]) -> Outcomes:
    """Say that records of one's own are wrong: `disputed` or `refused`. They count until somebody decides."""
    return _reasoned(request, runtime, data, service.DISPUTE, DisputeRecord)


@post(
    "/records/uphold", operation_id="records_uphold", tags=TAGS, opt=needs(RECORDS_CORRECT), status_code=200,
    responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def uphold_records(request: Call, runtime: Installation, data: JSONBody[ReasonedRecords]) -> Outcomes:
    """Decide that disputed records stand: `upheld` or `refused`. The reason is the answer to the volunteer."""
    return _reasoned(request, runtime, data, service.UPHOLD, UpholdRecord)


@get(
    "/records", operation_id="records_list", tags=TAGS, opt=needs(RECORDS_VIEW), responses=problems(404),
    sync_to_thread=True,
)  # fmt: skip
def list_records(
    request: Call,
    runtime: Installation,
    organization: OrganizationCode,
    status: Status = None,
    person_id: FromQuery[UUID | None] = None,
    activity_id: FromQuery[UUID | None] = None,
    service_from: FromQuery[date | None] = None,
    service_to: FromQuery[date | None] = None,
    after: After = None,
    limit: Limit = USUAL,
) -> ShownRecords:
    """List records of an organization and everything below it, newest service date first. Dates are inclusive."""
    usable_text(organization=organization, status=status, after=after)
    with asking(request, runtime) as (tx, reach):
        place = reach.place(organization, RECORDS_VIEW)
        page = queries.page(
            tx,
            place.id,
            status=status,
            person_id=person_id,
            activity_id=activity_id,
            service_from=service_from,
            service_to=service_to,
            after=after,
            limit=limit,
        )
    return _page(page)


@get(
    "/records/awaiting-confirmation", operation_id="records_awaiting_confirmation", tags=TAGS,
    opt=needs(RECORDS_CONFIRM), responses=problems(404), sync_to_thread=True,
)  # fmt: skip
def records_awaiting_confirmation(
    request: Call,
    runtime: Installation,
    organization: OrganizationCode,
    after: After = None,
    limit: Limit = USUAL,
) -> ShownRecords:
    """List the records that somebody has yet to confirm, newest service date first."""
    usable_text(organization=organization, after=after)
    with asking(request, runtime) as (tx, reach):
        place = reach.place(organization, RECORDS_CONFIRM)
        page = queries.page(tx, place.id, status="pending", after=after, limit=limit)
    return _page(page)


@get(
    "/records/totals", operation_id="records_totals", tags=TAGS, opt=needs(RECORDS_VIEW), responses=problems(404),
    sync_to_thread=True,
)  # fmt: skip
def record_totals(
    request: Call,
    runtime: Installation,
    organization: OrganizationCode,
    year: Year = None,
    after: After = None,
    limit: Limit = USUAL,
) -> ShownTotals:
    """Sum up counting service by person at an organization and everything below it, by volunteer number."""
    usable_text(organization=organization)
    with asking(request, runtime) as (tx, reach):
        place = reach.place(organization, RECORDS_VIEW)
        rows, next_after = part(queries.totals(tx, place.id, year=year), after, limit, lambda row: row.number)
    return ShownTotals(items=[shown(ShownTotal, row) for row in rows], next_after=next_after)


@get(
    "/records/{record_id:uuid}", operation_id="records_get", tags=TAGS, opt=needs(RECORDS_VIEW),
    responses=problems(404), sync_to_thread=True,
)  # fmt: skip
def get_record(request: Call, runtime: Installation, record_id: FromPath[UUID]) -> ShownRecord:
    """Return one record: one's own, or of an organization one has a role in."""
    with asking(request, runtime) as (tx, reach):
        record = queries.get(tx, record_id) if reach.records([record_id]) else None
    if record is None:
        raise nothing_here()
    return shown(ShownRecord, record)


@get(
    "/records/{record_id:uuid}/history", operation_id="records_history", tags=TAGS, opt=needs(RECORDS_VIEW),
    responses=problems(404), sync_to_thread=True,
)  # fmt: skip
def record_history(request: Call, runtime: Installation, record_id: FromPath[UUID]) -> ShownHistory:
    """Return everything that happened to a record, in order, with its places in the hash chain."""
    with asking(request, runtime) as (tx, reach):
        if not reach.records([record_id]):
            raise nothing_here()
        entries = queries.history(tx, record_id)
    return ShownHistory(items=[shown(ShownHistoryEntry, entry) for entry in entries])


@get(
    "/people/{person_id:uuid}/records", operation_id="records_list_of_person", tags=TAGS, opt=needs(RECORDS_VIEW),
    responses=problems(404), sync_to_thread=True,
)  # fmt: skip
def records_of_person(
    request: Call,
    runtime: Installation,
    person_id: FromPath[UUID],
    organization: Annotated[
        str | None,
        QueryParameter(max_length=59, description="Code; needed for anybody's records but one's own."),
    ] = None,
    after: After = None,
    limit: Limit = USUAL,
) -> ShownRecords:
    """List one person's records: one's own everywhere, others' at an organization one has a role in and below it."""
    visit = visit_of(request)
    usable_text(organization=organization, after=after)
    with asking(request, runtime) as (tx, reach):
        if person_id == visit.person_id and organization is None:
            return _page(queries.of_person(tx, person_id, after=after, limit=limit))
        if organization is None and not reach.is_operator:
            raise nothing_here()
        place_id = reach.place(organization, RECORDS_VIEW).id if organization is not None else None
        if person_id not in reach.people([person_id]):
            raise nothing_here()
        return _page(queries.page(tx, place_id, person_id=person_id, after=after, limit=limit))


def _known(request: Call, runtime: Installation, items: list[Any]) -> tuple[Batch[Any], dict[UUID, UUID]]:
    batch = Batch(request, runtime, items)
    with batch.reaching() as reach:
        return batch, reach.records(item.record_id for item in items)


def _reasoned(
    request: Call, runtime: Installation, data: ReasonedRecords, command: Command[Any], kind: type[Any]
) -> Outcomes:
    batch, known = _known(request, runtime, data.items)

    def plan(item: ReasonedRecord, said: Said) -> Any:
        if item.record_id not in known:
            return _UNKNOWN
        return kind(
            actor=said.actor,
            organization_id=known[item.record_id],
            idempotency_key=said.key,
            record_id=item.record_id,
            reason=item.reason,
        )

    return batch.carry_out(command, plan)


def _page(page: Any) -> ShownRecords:
    return ShownRecords(items=[shown(ShownRecord, row) for row in page.rows], next_after=page.next_after)


HANDLERS = [
    record_by_hand,
    record_from_attendance,
    confirm_records,
    correct_records,
    void_records,
    dispute_records,
    uphold_records,
    list_records,
    records_awaiting_confirmation,
    record_totals,
    get_record,
    record_history,
    records_of_person,
]
