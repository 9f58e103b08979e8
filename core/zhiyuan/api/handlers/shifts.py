"""Shifts of activities, and the code on show at each."""

from typing import Any, Final
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody
from msgspec import structs

from zhiyuan.accounts.permissions import ACTIVITIES_MANAGE, ACTIVITIES_VIEW, ATTENDANCE_MANAGE
from zhiyuan.activities import queries, service
from zhiyuan.api.calls import Batch, Call, Said, asking, problems, shown
from zhiyuan.api.paging import USUAL, After, Limit, part
from zhiyuan.api.reach import nothing_here
from zhiyuan.api.schemas.activities import (
    ChangedShift,
    ChangedShifts,
    NewShift,
    NewShifts,
    ShiftFields,
    ShownCode,
    ShownShift,
    ShownShifts,
)
from zhiyuan.api.schemas.base import Outcomes
from zhiyuan.kernel.issues import Issue
from zhiyuan.web.guards import needs
from zhiyuan.web.visit import Installation

TAGS: Final = ["shifts"]


@post(
    "/shifts", operation_id="shifts_add", tags=TAGS, opt=needs(ACTIVITIES_MANAGE), status_code=200,
    responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def add_shifts(request: Call, runtime: Installation, data: JSONBody[NewShifts]) -> Outcomes:
    """Add shifts, or bring known ones up to date: `created`, `updated`, `unchanged` or `refused`."""
    batch = Batch(request, runtime, data.items)
    with batch.reaching() as reach:
        known = reach.activities(item.activity_id for item in data.items)

    def plan(item: NewShift, said: Said) -> service.AddShift | Issue:
        if item.activity_id not in known:
            return Issue("activities.unknown_activity", field="activity_id")
        return service.AddShift(
            actor=said.actor,
            organization_id=known[item.activity_id],
            idempotency_key=said.key,
            **_fields(item),
        )

    return batch.carry_out(service.ADD_SHIFTS, plan)


@post(
    "/shifts/change", operation_id="shifts_change", tags=TAGS, opt=needs(ACTIVITIES_MANAGE), status_code=200,
    responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def change_shifts(request: Call, runtime: Installation, data: JSONBody[ChangedShifts]) -> Outcomes:
    """Say everything about shifts anew: `updated`, `unchanged` or `refused`. Places given are never taken away."""
    batch = Batch(request, runtime, data.items)
    with batch.reaching() as reach:
        known = reach.shifts(item.shift_id for item in data.items)

    def plan(item: ChangedShift, said: Said) -> service.ChangeShift | Issue:
        if item.shift_id not in known:
            return Issue("shifts.unknown_shift", field="shift_id")
        return service.ChangeShift(
            actor=said.actor, organization_id=known[item.shift_id], idempotency_key=said.key, **_fields(item)
        )

    return batch.carry_out(service.CHANGE_SHIFTS, plan)


@get(
    "/activities/{activity_id:uuid}/shifts", operation_id="shifts_list", tags=TAGS, opt=needs(ACTIVITIES_VIEW),
    responses=problems(404), sync_to_thread=True,
)  # fmt: skip
def list_shifts(
    request: Call,
    runtime: Installation,
    activity_id: FromPath[UUID],
    after: After = None,
    limit: Limit = USUAL,
) -> ShownShifts:
    """List the shifts of an activity by time, cancelled ones included."""
    with asking(request, runtime) as (tx, reach):
        if not reach.activities([activity_id]):
            raise nothing_here()
        rows, next_after = part(queries.shifts_of(tx, activity_id), after, limit, lambda row: row.id.hex)
    return ShownShifts(items=[shown(ShownShift, row) for row in rows], next_after=next_after)


@get(
    "/shifts/{shift_id:uuid}", operation_id="shifts_get", tags=TAGS, opt=needs(ACTIVITIES_VIEW),
    responses=problems(404), sync_to_thread=True,
)  # fmt: skip
def get_shift(request: Call, runtime: Installation, shift_id: FromPath[UUID]) -> ShownShift:
    """Return one shift, with how many places are left."""
    with asking(request, runtime) as (tx, reach):
        if not reach.shifts([shift_id]):
            raise nothing_here()
        return shown(ShownShift, queries.shifts(tx, [shift_id])[shift_id])


@get(
    "/shifts/{shift_id:uuid}/check-in-code", operation_id="shifts_check_in_code", tags=TAGS,
    opt=needs(ATTENDANCE_MANAGE), responses=problems(404), sync_to_thread=True,
)  # fmt: skip
def check_in_code(request: Call, runtime: Installation, shift_id: FromPath[UUID]) -> ShownCode:
    """Return the code to show at a shift now. It changes every 30 seconds."""
    with asking(request, runtime) as (tx, reach):
        organization_id = reach.shifts([shift_id]).get(shift_id)
        if organization_id is None:
            raise nothing_here()
        reach.require(ATTENDANCE_MANAGE, organization_id)
        return shown(ShownCode, queries.code_on_display(tx, shift_id))


def _fields(item: ShiftFields) -> dict[str, Any]:
    told = structs.asdict(item)
    del told["idempotency_key"]
    return told


HANDLERS = [add_shifts, change_shifts, list_shifts, get_shift, check_in_code]
