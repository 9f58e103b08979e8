"""Every hook, shown by its first user and by plugins made up for the purpose."""

import inspect
import re
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from zhiyuan import hookspecs
from zhiyuan.host import load
from zhiyuan.host.columns import Cell, Column
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.issues import Issue, IssueTexts
from zhiyuan.kernel.models import OutboxDelivery
from zhiyuan.people.models import NumberSeries
from zhiyuan.records.events import ConfirmedRecord, RecordsConfirmed
from zhiyuan.testing.plugins import broken_plugin, made_up_plugin, running, switch_off, switch_on

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "hooks.md"
HOOKS = sorted(name for name, value in vars(hookspecs).items() if hasattr(value, "zhiyuan_spec"))


def confirmed(place) -> RecordsConfirmed:
    return RecordsConfirmed(
        organization_id=place, items=(ConfirmedRecord(new_id(), new_id(), None, date(2026, 3, 1), 90),)
    )


def deliver(runtime, event, plugin_id="hearing", event_id=None):
    return runtime.database.hooks.deliver(
        plugin_id, event.name, event_id or new_id(), event.organization_id, event.payload()
    )


@pytest.mark.parametrize("hook", HOOKS)
def test_the_reference_has_every_hook_with_its_exact_arguments(hook) -> None:
    arguments = ", ".join(inspect.signature(getattr(hookspecs, hook)).parameters)

    assert f"`{hook}({arguments})`" in REFERENCE.read_text(encoding="utf-8")


@pytest.mark.parametrize("hook", HOOKS)
def test_the_docstring_of_every_hook_says_when_how_and_since(hook) -> None:
    text = inspect.getdoc(getattr(hookspecs, hook)) or ""

    assert re.search(r"Called .*(once|before|by the worker)", text, re.DOTALL)
    assert "Since hook API 1" in text
    assert "Example:" in text


@pytest.mark.plugins("welcome_call")
def test_hook_register_issues(runtime) -> None:
    texts = IssueTexts()
    runtime.plugins.declare_texts(texts)

    told = texts.tell(Issue("welcome_call.not_called"), lambda domain, message: f"{domain}: {message}")

    assert told.message.startswith("welcome_call: Before a first shift")


@pytest.mark.plugins("welcome_call")
def test_hook_register_columns(runtime, tree) -> None:
    switch_on(runtime, "welcome_call")
    with runtime.database.reading() as tx:
        extra = runtime.plugins.extend_table(tx, "sign_ups", tree.county, [])

    assert [(column.key, column.label) for column in extra.columns] == [("welcome_call.call", "Welcome call")]


@pytest.mark.plugins("welcome_call")
def test_hook_check_signups(runtime, tree, kit) -> None:
    switch_on(runtime, "welcome_call", organization_id=tree.county)

    inside, outside = runtime.bus.submit(kit.TRY, kit.tries(tree.team, tree.other))

    assert kit.codes(inside) == ["welcome_call.not_called"]
    assert outside.status == "accepted"


def test_hook_extend_table(runtime, tree) -> None:
    row = new_id()
    plugin = made_up_plugin(
        "adding",
        {
            "extend_table": lambda table, ids: {row_id: {"x": Cell(table)} for row_id in ids},
            "register_columns": lambda ctx: [Column("people", "x", "X")],
        },
    )
    with running(runtime, plugin):
        switch_on(runtime, "adding")
        with runtime.database.reading() as tx:
            extra = runtime.database.hooks.extend_table(tx, "people", tree.county, [row])

    assert extra.cells == {row: {"adding.x": Cell("people")}}


def test_hook_on_records_confirmed(runtime, tree) -> None:
    heard = []

    def on_records_confirmed(ctx, event):
        heard.append((ctx.event_id, event))
        ctx.tx.connection.execute(insert(NumberSeries).values(name=str(ctx.event_id), next_value=1))

    event, event_id = confirmed(tree.county), new_id()
    with running(runtime, made_up_plugin("hearing", {"on_records_confirmed": on_records_confirmed})):
        switch_on(runtime, "hearing")
        assert deliver(runtime, event, event_id=event_id) == "delivered"

    assert heard == [(event_id, event)]
    with runtime.database.reading() as tx:
        assert tx.connection.execute(select(NumberSeries.name)).scalar() == str(event_id)


def test_a_handler_that_raises_is_rolled_back_and_may_be_told_again(runtime, tree) -> None:
    tells = []

    def on_records_confirmed(ctx, event):
        tells.append(ctx.event_id)
        ctx.tx.connection.execute(insert(NumberSeries).values(name="kept", next_value=1))
        if len(tells) == 1:
            raise RuntimeError("not now")

    event, event_id = confirmed(tree.county), new_id()
    with running(runtime, made_up_plugin("hearing", {"on_records_confirmed": on_records_confirmed})):
        switch_on(runtime, "hearing")
        with pytest.raises(RuntimeError, match="not now"):
            deliver(runtime, event, event_id=event_id)
        assert deliver(runtime, event, event_id=event_id) == "delivered"

    assert tells == [event_id, event_id]


def test_events_wait_for_a_plugin_that_is_off_gone_or_not_listening(runtime, tree) -> None:
    event = confirmed(tree.county)
    with running(runtime, made_up_plugin("hearing", {"on_records_confirmed": lambda event: None})):
        switch_on(runtime, "hearing", organization_id=tree.other)
        assert deliver(runtime, event) == "withheld"
        assert deliver(runtime, event, plugin_id="nobody") == "withheld"

    assert deliver(runtime, event) == "withheld"


def addressed(runtime, event) -> list[str]:
    with runtime.database.uow(unaudited="test") as tx:
        tx.emit(event)
    with runtime.database.reading() as tx:
        return sorted(tx.connection.execute(select(OutboxDelivery.plugin_id)).scalars())


def test_an_event_is_kept_for_plugins_that_are_on_and_listen_even_while_they_do_not_run(
    runtime, tree
) -> None:
    listening = made_up_plugin("hearing", {"on_records_confirmed": lambda event: None})
    deaf = made_up_plugin("deaf", {"check_signups": lambda requests: {}})
    with running(runtime, listening, deaf):
        switch_on(runtime, "hearing", organization_id=tree.county)
        switch_on(runtime, "deaf")

        assert addressed(runtime, confirmed(tree.other)) == []
        assert addressed(runtime, confirmed(tree.town)) == ["hearing"]

    runtime.database.hooks = load(runtime.settings, runtime.database, entries=())
    assert addressed(runtime, confirmed(tree.town)) == ["hearing", "hearing"]


def test_a_handler_that_fails_leaves_checks_of_the_same_plugin_alone(runtime, tree, kit) -> None:
    with broken_plugin(runtime, "on_records_confirmed", how="raise") as broken:
        with pytest.raises(RuntimeError):
            deliver(runtime, confirmed(tree.county), plugin_id=broken.id)
        assert runtime.bus.submit(kit.TRY, kit.tries(tree.county))[0].status == "accepted"


def test_switching_on_makes_withheld_events_due_again(runtime, tree) -> None:
    with running(runtime, made_up_plugin("hearing", {"on_records_confirmed": lambda event: None})):
        switch_on(runtime, "hearing", organization_id=tree.county)
        addressed(runtime, confirmed(tree.county))
        switch_off(runtime, "hearing", organization_id=tree.county)
        with runtime.database.uow(unaudited="test") as tx:
            tx.connection.execute(OutboxDelivery.__table__.update().values(state="withheld"))
        switch_on(runtime, "hearing", organization_id=tree.county)

    with runtime.database.reading() as tx:
        assert tx.connection.execute(select(OutboxDelivery.state)).scalar() == "waiting"
