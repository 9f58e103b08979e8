"""Signing up, giving up, deciding; and the lists of who comes."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody

from zhiyuan.accounts.permissions import PEOPLE_VIEW, SIGN_UPS_MANAGE
from zhiyuan.activities import queries, service
from zhiyuan.api.calls import Batch, Call, Said, asking, problems, shown
from zhiyuan.api.paging import USUAL, After, Limit, part
from zhiyuan.api.reach import nothing_here
from zhiyuan.api.schemas.base import Outcomes
from zhiyuan.api.schemas.sign_ups import (
    NamedSignUp,
    NamedSignUps,
    NewSignUp,
    NewSignUps,
    ShownPersonSignUp,
    ShownPersonSignUps,
    ShownSignUp,
    ShownSignUps,
)
from zhiyuan.kernel.commands import Command
from zhiyuan.kernel.issues import Issue
from zhiyuan.web.guards import needs
from zhiyuan.web.visit import Installation, visit_of

TAGS: Final = ["sign-ups"]
_MOST_OF_A_PERSON: Final = 10_000


@post(
    "/sign-ups", operation_id="sign_ups_request", tags=TAGS, opt=needs(SIGN_UPS_MANAGE), status_code=200,
    responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def request_sign_ups(request: Call, runtime: Installation, data: JSONBody[NewSignUps]) -> Outcomes:
    """Sign people up for shifts: `accepted`, `waitlisted`, `applied`, `unchanged` or `refused`.

    Everybody may sign themselves up; others need the role at the organization of the activity, and may know the person.
    """
    batch, plan = _wishes(request, runtime, data)
    return batch.carry_out(service.SIGN_UP, plan)


@post(
    "/sign-ups/check", operation_id="sign_ups_check", tags=TAGS, opt=needs(SIGN_UPS_MANAGE), status_code=200,
    responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def check_sign_ups(request: Call, runtime: Installation, data: JSONBody[NewSignUps]) -> Outcomes:
    """Ask what would become of wishes, without signing anybody up: nothing is written, no place is held.

    Each item is answered as if it alone were sent to `/sign-ups` now, with every reason and its cure; `id` is empty
    unless there is a sign-up already. The answer may be outdated a moment later. Idempotency keys have no effect.
    """
    batch, plan = _wishes(request, runtime, data)
    return batch.foresee(service.SIGN_UP, plan)


@post(
    "/sign-ups/cancel", operation_id="sign_ups_cancel", tags=TAGS, opt=needs(SIGN_UPS_MANAGE), status_code=200,
    responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def cancel_sign_ups(request: Call, runtime: Installation, data: JSONBody[NamedSignUps]) -> Outcomes:
    """Give up places, applications and waits: `cancelled`, `unchanged` or `refused`. Who waits moves up at once."""
    batch = Batch(request, runtime, data.items)
    with batch.reaching() as reach:
        known = reach.sign_ups(item.sign_up_id for item in data.items)

    def plan(item: NamedSignUp, said: Said) -> service.CancelSignUp | Issue:
        if item.sign_up_id not in known:
            return Issue("sign_ups.unknown_sign_up", field="sign_up_id")
        return service.CancelSignUp(
            actor=said.actor,
            organization_id=known[item.sign_up_id],
            idempotency_key=said.key,
            sign_up_id=item.sign_up_id,
            reason=item.reason,
        )

    return batch.carry_out(service.CANCEL_SIGN_UPS, plan)


@post(
    "/sign-ups/accept", operation_id="sign_ups_accept", tags=TAGS, opt=needs(SIGN_UPS_MANAGE), status_code=200,
    responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def accept_sign_ups(request: Call, runtime: Installation, data: JSONBody[NamedSignUps]) -> Outcomes:
    """Accept applications, or pick from the waitlist: `accepted`, `unchanged` or `refused`."""
    return _decide(request, runtime, data, service.ACCEPT)


@post(
    "/sign-ups/decline", operation_id="sign_ups_decline", tags=TAGS, opt=needs(SIGN_UPS_MANAGE), status_code=200,
    responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def decline_sign_ups(request: Call, runtime: Installation, data: JSONBody[NamedSignUps]) -> Outcomes:
    """Decline applications and waits: `declined`, `unchanged` or `refused`."""
    return _decide(request, runtime, data, service.DECLINE)


@get(
    "/shifts/{shift_id:uuid}/sign-ups", operation_id="sign_ups_list_of_shift", tags=TAGS, opt=needs(SIGN_UPS_MANAGE),
    responses=problems(404), sync_to_thread=True,
)  # fmt: skip
def sign_ups_of_shift(
    request: Call, runtime: Installation, shift_id: FromPath[UUID], after: After = None, limit: Limit = USUAL
) -> ShownSignUps:
    """List everybody who signed up for a shift, in order of arrival, with names and attendance."""
    with asking(request, runtime) as (tx, reach):
        organization_id = reach.shifts([shift_id]).get(shift_id)
        if organization_id is None:
            raise nothing_here()
        reach.require(SIGN_UPS_MANAGE, organization_id)
        rows, next_after = part(queries.sign_ups_of(tx, [shift_id]), after, limit, lambda row: row.id.hex)
    return ShownSignUps(items=[shown(ShownSignUp, row) for row in rows], next_after=next_after)


@get(
    "/people/{person_id:uuid}/sign-ups", operation_id="sign_ups_list_of_person", tags=TAGS, opt=needs(PEOPLE_VIEW),
    responses=problems(404), sync_to_thread=True,
)  # fmt: skip
def sign_ups_of_person(
    request: Call, runtime: Installation, person_id: FromPath[UUID], after: After = None, limit: Limit = USUAL
) -> ShownPersonSignUps:
    """List a person's sign-ups, latest first: all of one's own, of others those at organizations one has a role in."""
    visit = visit_of(request)
    with asking(request, runtime) as (tx, reach):
        if person_id not in reach.people([person_id]):
            raise nothing_here()
        found = queries.sign_ups_of_person(tx, person_id, limit=_MOST_OF_A_PERSON)
        if person_id != visit.person_id:
            known = reach.among({row.organization_id for row in found})
            found = tuple(row for row in found if row.organization_id in known)
        rows, next_after = part(found, after, limit, lambda row: row.id.hex)
    return ShownPersonSignUps(items=[shown(ShownPersonSignUp, row) for row in rows], next_after=next_after)


def _wishes(
    request: Call, runtime: Installation, data: NewSignUps
) -> tuple[Batch[NewSignUp], Callable[[NewSignUp, Said], service.SignUpRequest | Issue]]:
    """Return the batch, and what makes a wish of each of its items as far as the caller may know of it."""
    batch = Batch(request, runtime, data.items)
    with batch.reaching() as reach:
        shifts = reach.shifts(item.shift_id for item in data.items)
        people = reach.people(item.person_id for item in data.items)

    def plan(item: NewSignUp, said: Said) -> service.SignUpRequest | Issue:
        if item.shift_id not in shifts:
            return Issue("sign_ups.unknown_shift", field="shift_id")
        if item.person_id not in people:
            return Issue("sign_ups.unknown_person", field="person_id")
        return service.SignUpRequest(
            actor=said.actor,
            organization_id=shifts[item.shift_id],
            idempotency_key=said.key,
            shift_id=item.shift_id,
            person_id=item.person_id,
            accept_waitlist=item.accept_waitlist,
        )

    return batch, plan


def _decide(
    request: Call, runtime: Installation, data: NamedSignUps, command: Command[service.DecideSignUp]
) -> Outcomes:
    batch = Batch(request, runtime, data.items)
    with batch.reaching() as reach:
        known = reach.sign_ups(item.sign_up_id for item in data.items)

    def plan(item: NamedSignUp, said: Said) -> service.DecideSignUp | Issue:
        if item.sign_up_id not in known:
            return Issue("sign_ups.unknown_sign_up", field="sign_up_id")
        return service.DecideSignUp(
            actor=said.actor,
            organization_id=known[item.sign_up_id],
            idempotency_key=said.key,
            sign_up_id=item.sign_up_id,
            reason=item.reason,
        )

    return batch.carry_out(command, plan)


HANDLERS = [
    request_sign_ups,
    check_sign_ups,
    cancel_sign_ups,
    accept_sign_ups,
    decline_sign_ups,
    sign_ups_of_shift,
    sign_ups_of_person,
]
