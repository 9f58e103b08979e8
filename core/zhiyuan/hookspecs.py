"""Every hook of the core: what a plugin can be asked, told, or asked for.

The prefix of a name fixes the contract: ``register_`` collects data once at start, ``check_`` may refuse, ``extend_``
adds to what is shown, ``on_`` hears what happened. Plugin authors read this beside ``docs/reference/hooks.md``; the
surprise is that nothing here is called through pluggy: ``zhiyuan.host`` calls each implementation by itself, inside
walls, so that one plugin's failure stays its own.

Every hook takes ``ctx`` first. An implementation names only the arguments it needs. A hook enters together with its
first user and a test called ``test_hook_<name>``.
"""

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from zhiyuan.activities.schemas import SignUpCheck
    from zhiyuan.host.columns import Cell, Column
    from zhiyuan.host.context import HookContext
    from zhiyuan.kernel.issues import Issue, IssueText
    from zhiyuan.records.events import RecordsConfirmed

HOOK_API = 1
"""Level of this contract. A plugin states the one it was written for; another one is not loaded."""

hookspec = pluggy.HookspecMarker("zhiyuan")
hookimpl = pluggy.HookimplMarker("zhiyuan")


# ------------------------------------------------------------------------------------------ register: once, at start


@hookspec
def register_issues(ctx: "HookContext") -> "Sequence[IssueText]":  # type: ignore[empty-body]
    """Return the sentences behind the plugin's reasons to refuse or to warn.

    Called once per process at start, without a transaction (``ctx.tx`` raises): the database must not be touched.
    Plugins are asked in plugin order. Every code begins with the plugin's id and a point. ``None`` means none.
    A failure keeps the plugin out of this process. Since hook API 1.

    Example: ``return (IssueText("my_plugin.too_early", "It is too early.", "Come back after %(date)s."),)``
    """


@hookspec
def register_columns(ctx: "HookContext") -> "Sequence[Column]":  # type: ignore[empty-body]
    """Return the columns that the plugin adds to tables of the core; ``extend_table`` fills them.

    Called once per process at start, without a transaction (``ctx.tx`` raises): the database must not be touched.
    Columns stand in plugin order, then in the order given here. ``None`` means none.
    A failure keeps the plugin out of this process. Since hook API 1.

    Example: ``return (Column(table="sign_ups", id="call", label="Welcome call"),)``
    """


# --------------------------------------------------------------------------------- check: before a command, may refuse


@hookspec
def check_signups(  # type: ignore[empty-body]
    ctx: "HookContext", requests: "Sequence[SignUpCheck]"
) -> "Mapping[str, Sequence[Issue]]":
    """Return reasons against sign-ups, by ``request.key``; a key left out, or ``None``, is consent.

    Called before people get a place: sign-up, promotion from a waitlist, import. Once per organization that has the
    plugin switched on, with all its requests of the batch (1..500), in one read-only snapshot (``ctx.tx``) that is not
    the transaction of the write. All plugins are asked; answers are joined in plugin order.
    An implementation that raises, answers with something else, or thinks longer than ``check_budget_seconds`` refuses
    exactly the requests it was asked about, with ``plugin.error``. It is asked again for later batches, but not while
    an earlier call has not come back. Issue codes begin with the plugin's id and a point. Since hook API 1.

    Example: ``return {r.key: [Issue("my_plugin.too_early")] for r in requests if r.starts_at < ctx.now}``
    """


# ---------------------------------------------------------------------------------------- extend: while a page is built


@hookspec
def extend_table(  # type: ignore[empty-body]
    ctx: "HookContext", table: str, ids: "Sequence[UUID]"
) -> "Mapping[UUID, Mapping[str, Cell]]":
    """Return the cells of the plugin's columns of ``table``, by row id and column id; what is left out stays empty.

    Called once per page of a list of an organization that has the plugin switched on, for tables it registered columns
    for, with the ids of the rows shown, in one read-only snapshot (``ctx.tx``). ``None`` means no cells.
    An implementation that raises, answers with something else or is too slow loses its columns on this page; after
    five such failures in five minutes it is not asked for ten. The page itself always appears. Since hook API 1.

    Example: ``return {id: {"call": Cell("done", tone="good")} for id in called(ctx.tx, ids)}``
    """


# -------------------------------------------------------------------------------------- on: after the commit, by worker


@hookspec
def on_records_confirmed(ctx: "HookContext", event: "RecordsConfirmed") -> None:
    """Hear that service records began to count.

    Called by the worker after the change is committed, once per event and plugin that was switched on for the
    organization then, in a unit of work of the plugin's own (``ctx.tx``) that commits when the handler returns. The
    order between plugins is not fixed, and between events not guaranteed. The result is ignored.
    A handler that raises is rolled back and told again later; it may also be told twice after a crash, so it must be
    idempotent on ``ctx.event_id``. It writes its own tables only. Since hook API 1.

    Example: ``add_minutes(ctx.tx, ctx.event_id, {i.person_id: i.minutes for i in event.items})``
    """
