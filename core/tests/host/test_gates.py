"""A gate stays shut while the plugin that guards it does not run, until somebody lifts it with an end date."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from zhiyuan.host import load
from zhiyuan.host.lifecycle import LIFT_GATES, LiftGates
from zhiyuan.host.models import PluginState
from zhiyuan.kernel.actor import operator
from zhiyuan.kernel.models import AuditEntry
from zhiyuan.kernel.settings import Settings
from zhiyuan.runtime import Runtime
from zhiyuan.testing.plugins import broken_plugin, made_up_plugin, running, switch_off, switch_on

GATES = ("activities.sign_up",)


def guard(plugin_id: str = "guarding", gates=GATES):
    return made_up_plugin(plugin_id, {"check_signups": lambda requests: {}}, gates=gates)


@pytest.fixture
def orphaned(runtime: Runtime, tree):
    """A county that had a guarding plugin switched on; this process runs without it."""
    with running(runtime, guard()):
        switch_on(runtime, "guarding", organization_id=tree.county)
    runtime.database.hooks = load(runtime.settings, runtime.database, entries=())


def lift(runtime: Runtime, until):
    item = LiftGates(actor=operator(), organization_id=None, plugin_id="guarding", until=until)
    return runtime.bus.submit(LIFT_GATES, [item])[0]


def submit(runtime: Runtime, kit, *places):
    return runtime.bus.submit(kit.TRY, kit.tries(*places))


def test_a_missing_plugin_blocks_where_it_is_on_and_nowhere_else(runtime, tree, kit, orphaned) -> None:
    inside, outside = submit(runtime, kit, tree.team, tree.other)

    assert (inside.status, kit.codes(inside)) == ("refused", ["plugin.unavailable"])
    assert inside.issues[0].params == {"plugin": "guarding"}
    assert outside.status == "accepted"


def test_it_is_retired_and_its_manifest_is_kept(runtime, orphaned) -> None:
    with runtime.database.reading() as tx:
        row = tx.connection.execute(select(PluginState)).one()

    assert (row.state, row.gates) == ("retired", list(GATES))
    assert row.manifest["plugin"]["id"] == "guarding"
    assert row.manifest["implemented_hooks"] == ["check_signups"]


def test_a_plugin_without_gates_blocks_nothing_when_it_is_gone(runtime, tree, kit) -> None:
    with running(runtime, guard("helpful", gates=())):
        switch_on(runtime, "helpful")
    runtime.database.hooks = load(runtime.settings, runtime.database, entries=())

    assert submit(runtime, kit, tree.county)[0].status == "accepted"


def test_a_plugin_whose_code_breaks_blocks_as_one_that_is_gone(runtime, tree, kit, write_plugin) -> None:
    with running(runtime, guard()):
        switch_on(runtime, "guarding")
    broken = write_plugin("guarding", "raise OSError")
    settings = Settings(data_dir=runtime.settings.data_dir, plugins=("guarding",))
    runtime.database.hooks = load(settings, runtime.database, entries=[broken])

    assert kit.codes(submit(runtime, kit, tree.county)[0]) == ["plugin.unavailable"]
    with runtime.database.reading() as tx:
        row = tx.connection.execute(select(PluginState.state, PluginState.reason)).one()
    assert row.state == "quarantined"
    assert "OSError" in row.reason


def test_switching_it_off_opens_its_gates(runtime, tree, kit, orphaned) -> None:
    switch_off(runtime, "guarding", organization_id=tree.county)

    assert submit(runtime, kit, tree.county)[0].status == "accepted"


def test_a_lifted_gate_only_warns_until_its_end(runtime, tree, kit, orphaned, clock) -> None:
    assert lift(runtime, clock.now() + timedelta(days=2)).status == "lifted"

    outcome = submit(runtime, kit, tree.county)[0]
    assert (outcome.status, kit.codes(outcome)) == ("accepted", ["plugin.unavailable"])
    assert outcome.issues[0].severity == "warn"

    clock.move(days=2)
    assert submit(runtime, kit, tree.county)[0].status == "refused"


def test_lifting_needs_an_end_to_come_and_is_audited(runtime, orphaned, clock) -> None:
    assert [issue.code for issue in lift(runtime, clock.now()).issues] == ["plugins.lift_needs_end"]

    until = clock.now() + timedelta(days=1)
    assert [lift(runtime, until).status for _ in range(2)] == ["lifted", "unchanged"]
    assert lift(runtime, None).status == "shut"
    with runtime.database.reading() as tx:
        actions = tx.connection.execute(select(AuditEntry.action).order_by(AuditEntry.id)).scalars().all()
    assert actions[-2:] == ["plugins.lift_gates", "plugins.shut_gates"]


def test_a_lifted_gate_turns_the_failures_of_a_running_plugin_into_warnings(
    runtime, tree, kit, clock
) -> None:
    with broken_plugin(runtime, "check_signups", how="raise", gates=GATES) as broken:
        item = LiftGates(
            actor=operator(), organization_id=None, plugin_id=broken.id, until=clock.now() + timedelta(days=1)
        )
        runtime.bus.submit_one(LIFT_GATES, item)
        outcome = submit(runtime, kit, tree.county)[0]

    assert (outcome.status, kit.codes(outcome)) == ("accepted", ["plugin.error"])


def test_a_plugin_that_comes_back_decides_again(runtime, tree, kit, orphaned) -> None:
    with running(runtime, guard()):
        assert submit(runtime, kit, tree.county)[0].status == "accepted"
        with runtime.database.reading() as tx:
            assert tx.connection.execute(select(PluginState.state)).scalar() == "installed"
