"""Who came and went."""

from typing import Any, Final
from uuid import UUID

from litestar import post
from litestar.params import JSONBody

from zhiyuan.accounts.permissions import ATTENDANCE_MANAGE
from zhiyuan.activities import service
from zhiyuan.api.calls import Batch, Call, Said, problems
from zhiyuan.api.schemas.base import Outcomes
from zhiyuan.api.schemas.sign_ups import (
    Absence,
    Absences,
    CorrectedPresence,
    CorrectedPresences,
    Presence,
    Presences,
)
from zhiyuan.kernel.issues import Issue
from zhiyuan.web.guards import needs
from zhiyuan.web.visit import Installation

TAGS: Final = ["attendance"]
_UNKNOWN: Final = Issue("sign_ups.unknown_sign_up", field="sign_up_id")


@post(
    "/attendance/check-in", operation_id="attendance_check_in", tags=TAGS, opt=needs(ATTENDANCE_MANAGE),
    status_code=200, responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def check_in(request: Call, runtime: Installation, data: JSONBody[Presences]) -> Outcomes:
    """Write down that people came: `checked_in` (the id is the attendance), `unchanged` or `refused`."""
    batch, known = _known(request, runtime, data.items)

    def plan(item: Presence, said: Said) -> service.CheckIn | Issue:
        if item.sign_up_id not in known:
            return _UNKNOWN
        return service.CheckIn(**_presence(item, said, known[item.sign_up_id]))

    return batch.carry_out(service.CHECK_IN, plan)


@post(
    "/attendance/check-out", operation_id="attendance_check_out", tags=TAGS, opt=needs(ATTENDANCE_MANAGE),
    status_code=200, responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def check_out(request: Call, runtime: Installation, data: JSONBody[Presences]) -> Outcomes:
    """Write down that people left: `checked_out` (the id is the attendance), `unchanged` or `refused`."""
    batch, known = _known(request, runtime, data.items)

    def plan(item: Presence, said: Said) -> service.CheckOut | Issue:
        if item.sign_up_id not in known:
            return _UNKNOWN
        return service.CheckOut(**_presence(item, said, known[item.sign_up_id]))

    return batch.carry_out(service.CHECK_OUT, plan)


@post(
    "/attendance/no-show", operation_id="attendance_no_show", tags=TAGS, opt=needs(ATTENDANCE_MANAGE),
    status_code=200, responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def mark_no_shows(request: Call, runtime: Installation, data: JSONBody[Absences]) -> Outcomes:
    """Write down that people with a place did not come: `no_show`, `unchanged` or `refused`."""
    batch, known = _known(request, runtime, data.items)

    def plan(item: Absence, said: Said) -> service.MarkNoShow | Issue:
        if item.sign_up_id not in known:
            return _UNKNOWN
        return service.MarkNoShow(
            actor=said.actor,
            organization_id=known[item.sign_up_id],
            idempotency_key=said.key,
            sign_up_id=item.sign_up_id,
        )

    return batch.carry_out(service.NO_SHOW, plan)


@post(
    "/attendance/correct", operation_id="attendance_correct", tags=TAGS, opt=needs(ATTENDANCE_MANAGE),
    status_code=200, responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def correct_attendance(request: Call, runtime: Installation, data: JSONBody[CorrectedPresences]) -> Outcomes:
    """Set observed times right; the audit keeps the old ones. `corrected`, `unchanged` or `refused`."""
    batch, known = _known(request, runtime, data.items)

    def plan(item: CorrectedPresence, said: Said) -> service.CorrectAttendance | Issue:
        if item.sign_up_id not in known:
            return _UNKNOWN
        return service.CorrectAttendance(
            actor=said.actor,
            organization_id=known[item.sign_up_id],
            idempotency_key=said.key,
            sign_up_id=item.sign_up_id,
            checked_in_at=item.checked_in_at,
            checked_out_at=item.checked_out_at,
            reason=item.reason,
        )

    return batch.carry_out(service.CORRECT_ATTENDANCE, plan)


def _known(request: Call, runtime: Installation, items: list[Any]) -> tuple[Batch[Any], dict[UUID, UUID]]:
    batch = Batch(request, runtime, items)
    with batch.reaching() as reach:
        return batch, reach.sign_ups(item.sign_up_id for item in items)


def _presence(item: Presence, said: Said, organization_id: UUID) -> dict[str, Any]:
    return {
        "actor": said.actor,
        "organization_id": organization_id,
        "idempotency_key": said.key,
        "sign_up_id": item.sign_up_id,
        "method": item.method,
        "code": item.code,
        "at": item.at,
    }


HANDLERS = [check_in, check_out, mark_no_shows, correct_attendance]
