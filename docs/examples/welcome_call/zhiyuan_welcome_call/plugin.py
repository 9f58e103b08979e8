"""The hooks of the plugin, and nothing else: each hands over to the module that knows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from zhiyuan.sdk import Cell, Column, HookContext, Issue, IssueText, RecordsConfirmed, SignUpCheck, hookimpl
from zhiyuan_welcome_call import issues, service
from zhiyuan_welcome_call.columns import COLUMNS, cells
from zhiyuan_welcome_call.queries import waiting_for_a_call


@hookimpl
def register_issues() -> Sequence[IssueText]:
    """Declare the sentence behind a refusal."""
    return issues.ISSUES


@hookimpl
def register_columns() -> Sequence[Column]:
    """Declare the column in the list of sign-ups."""
    return COLUMNS


@hookimpl
def check_signups(ctx: HookContext, requests: Sequence[SignUpCheck]) -> Mapping[str, Sequence[Issue]]:
    """Refuse newcomers whom nobody has called."""
    waiting = waiting_for_a_call(ctx.tx, {request.person_id for request in requests})
    return {r.key: [Issue(issues.NOT_CALLED, field="person_id")] for r in requests if r.person_id in waiting}


@hookimpl
def extend_table(ctx: HookContext, table: str, ids: Sequence[UUID]) -> Mapping[UUID, Mapping[str, Cell]]:
    """Show who was called, and how much they have served since."""
    return cells(ctx.tx, ids)


@hookimpl
def on_records_confirmed(ctx: HookContext, event: RecordsConfirmed) -> None:
    """Count what people served after their call."""
    minutes: Counter[UUID] = Counter()
    for record in event.items:
        minutes[record.person_id] += record.minutes
    service.count_minutes(ctx.tx, ctx.event_id, minutes)
