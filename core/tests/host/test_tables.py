"""Columns of plugins appear on a page, or are left out; the page itself always comes."""

import time

import pytest

from zhiyuan.host.columns import Cell, Column
from zhiyuan.kernel.ids import new_id
from zhiyuan.testing.plugins import broken_plugin, made_up_plugin, running, switch_on

BUDGET = 0.3
COLUMN = Column("people", "shirt", "Shirt size")


def shirts(answer, calls=None):
    def extend_table(ctx, table, ids):
        if calls is not None:
            calls.append((ctx.organization_id, ctx.locale, table, tuple(ids)))
        return answer(ids)

    return made_up_plugin("shirts", {"extend_table": extend_table, "register_columns": lambda ctx: [COLUMN]})


def page(runtime, place, ids=(), table="people"):
    with runtime.database.reading() as tx:
        return runtime.database.hooks.extend_table(tx, table, place, ids, locale="zh-Hans")


def test_cells_stand_under_the_plugins_column_by_row(runtime, tree) -> None:
    first, second = new_id(), new_id()
    calls: list = []
    with running(runtime, shirts(lambda ids: {first: {"shirt": Cell("%(size)s", {"size": "XL"})}}, calls)):
        switch_on(runtime, "shirts", organization_id=tree.county)
        extra = page(runtime, tree.town, [first, second])

    assert [(column.key, column.plugin_id, column.label) for column in extra.columns] == [
        ("shirts.shirt", "shirts", "Shirt size")
    ]
    assert extra.cells[first]["shirts.shirt"].told(lambda text: text) == "XL"
    assert extra.cells[second] == {}
    assert calls == [(tree.town, "zh-Hans", "people", (first, second))]


def test_a_plugin_that_is_off_or_has_no_column_there_is_not_asked(runtime, tree) -> None:
    calls: list = []
    with running(runtime, shirts(lambda ids: {}, calls)):
        switch_on(runtime, "shirts", organization_id=tree.county)

        assert page(runtime, tree.other).columns == ()
        assert page(runtime, tree.county, table="sign_ups").columns == ()
    assert calls == []


@pytest.mark.parametrize(
    "answer",
    [
        42,
        [],
        {"not an id": {}},
        {"row": 3},
        {"row": {"trousers": Cell("x")}},
        {"row": {"shirt": "XL"}},
        {"row": {"shirt": Cell("%(size)s")}},
        {"row": {"shirt": Cell("x", tone="loud")}},  # type: ignore[arg-type]
    ],
)
def test_a_wrong_answer_leaves_the_column_out(runtime, tree, answer) -> None:
    row = new_id()
    if isinstance(answer, dict) and "row" in answer:
        answer = {row: answer["row"]}
    with running(runtime, shirts(lambda ids: answer)):
        switch_on(runtime, "shirts")
        extra = page(runtime, tree.county, [row])

    assert (extra.columns, extra.missing) == ((), ("shirts",))


@pytest.mark.settings(check_budget_seconds=BUDGET)
@pytest.mark.parametrize("how", ["raise", "wrong_type", "hang"])
def test_a_broken_plugin_costs_its_own_columns_only(runtime, tree, how) -> None:
    row = new_id()
    good = shirts(lambda ids: {row: {"shirt": Cell("M")}})
    with running(runtime, good), broken_plugin_beside(runtime, good, how):
        started = time.monotonic()
        extra = page(runtime, tree.county, [row])
        seconds = time.monotonic() - started

    assert [column.key for column in extra.columns] == ["shirts.shirt"]
    assert extra.missing == ("broken",)
    assert seconds < BUDGET + 1.0


def broken_plugin_beside(runtime, good, how):
    from contextlib import contextmanager

    from zhiyuan.testing.plugins import BrokenPlugin

    @contextmanager
    def beside():
        broken = BrokenPlugin("extend_table", how)
        with running(runtime, good, broken.plugin):
            switch_on(runtime, "shirts")
            switch_on(runtime, "broken")
            yield broken
            broken.release()

    return beside()


def test_after_five_failures_in_five_minutes_it_rests_for_ten(runtime, tree, clock) -> None:
    with broken_plugin(runtime, "extend_table", how="raise") as broken:
        for _ in range(7):
            assert page(runtime, tree.county).missing == ("broken",)
        assert broken.calls == 5
        assert runtime.database.hooks.troubles() == [
            "broken: extend_table is left out after repeated failures"
        ]

        broken.repair()
        clock.move(minutes=9)
        assert page(runtime, tree.county).missing == ("broken",)
        clock.move(minutes=2)
        assert page(runtime, tree.county).missing == ()


def test_failures_far_apart_do_not_open_the_circuit(runtime, tree, clock) -> None:
    with broken_plugin(runtime, "extend_table", how="raise") as broken:
        for _ in range(8):
            page(runtime, tree.county)
            clock.move(minutes=2)

    assert broken.calls == 8
