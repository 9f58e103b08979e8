"""A plugin is on where the nearest switch up the tree says so, in every process at once, and off loses nothing."""

from uuid import UUID

import pytest
from sqlalchemy import select, update

from zhiyuan.host.lifecycle import ALLOW, DISABLE, ENABLE, AllowPlugin, SwitchPlugin
from zhiyuan.host.models import PluginScope, PluginState
from zhiyuan.kernel.actor import Actor, operator
from zhiyuan.kernel.commands import Outcome
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.models import AuditEntry
from zhiyuan.kernel.versions import raise_version
from zhiyuan.organizations.service import tree as organization_tree
from zhiyuan.runtime import Runtime, start
from zhiyuan.testing.plugins import made_up_plugin, running, switch_off, switch_on

REFUSAL = Issue("refusing.no")


@pytest.fixture
def refusing(runtime: Runtime):
    """A plugin that refuses every sign-up where it is on; allowed, and switched on nowhere yet."""
    plugin = made_up_plugin(
        "refusing", {"check_signups": lambda requests: {r.key: [REFUSAL] for r in requests}}
    )
    with running(runtime, plugin):
        runtime.bus.submit_one(
            ALLOW, AllowPlugin(actor=operator(), organization_id=None, plugin_id="refusing")
        )
        yield


def refused_at(runtime: Runtime, kit, tree) -> set[str]:
    places = {"county": tree.county, "town": tree.town, "team": tree.team, "other": tree.other}
    outcomes = runtime.bus.submit(kit.TRY, kit.tries(*places.values()))
    return {name for name, outcome in zip(places, outcomes, strict=True) if outcome.status == "refused"}


def move(
    runtime: Runtime, command, plugin_id: str, place: UUID | None, actor: Actor | None = None
) -> Outcome:
    item = SwitchPlugin(actor=actor or operator(), organization_id=place, plugin_id=plugin_id)
    return runtime.bus.submit(command, [item])[0]


def test_a_plugin_that_is_allowed_is_on_nowhere_until_it_is_switched(runtime, tree, kit, refusing) -> None:
    assert refused_at(runtime, kit, tree) == set()


def test_the_nearest_switch_up_the_tree_wins(runtime, tree, kit, refusing) -> None:
    switch_on(runtime, "refusing", organization_id=tree.county)
    assert refused_at(runtime, kit, tree) == {"county", "town", "team"}

    switch_off(runtime, "refusing", organization_id=tree.town)
    assert refused_at(runtime, kit, tree) == {"county"}

    switch_on(runtime, "refusing", organization_id=tree.team)
    assert refused_at(runtime, kit, tree) == {"county", "team"}

    switch_on(runtime, "refusing")
    assert refused_at(runtime, kit, tree) == {"county", "team", "other"}

    switch_off(runtime, "refusing")
    assert refused_at(runtime, kit, tree) == {"county", "team"}


def test_switching_twice_changes_nothing_and_is_audited_once(runtime, tree, refusing) -> None:
    statuses = [move(runtime, ENABLE, "refusing", tree.county).status for _ in range(2)]
    statuses += [move(runtime, DISABLE, "refusing", tree.county).status for _ in range(2)]

    assert statuses == ["enabled", "unchanged", "disabled", "unchanged"]
    with runtime.database.reading() as tx:
        actions = tx.connection.execute(
            select(AuditEntry.action).where(AuditEntry.organization_id == tree.county)
        ).scalars()
        assert sorted(actions) == ["plugins.disable", "plugins.enable"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"is_allowed": False}, "plugins.not_allowed"),
        ({"state": "quarantined"}, "plugins.not_running"),
        ({"state": "retired"}, "plugins.not_running"),
        ({"state": "found"}, "plugins.not_migrated"),
        ({"manifest": {"plugin": {"requires": ["another>=1"]}}}, "plugins.requirement_off"),
    ],
)
def test_a_plugin_that_cannot_run_is_not_switched_on(runtime, tree, refusing, changes, code) -> None:
    with runtime.database.uow(unaudited="test") as tx:
        tx.connection.execute(update(PluginState).values(changes))

    outcome = move(runtime, ENABLE, "refusing", tree.county)

    assert [issue.code for issue in outcome.issues] == [code]


def test_an_unknown_plugin_is_refused(runtime) -> None:
    assert [issue.code for issue in move(runtime, ENABLE, "nobody", None).issues] == ["plugins.unknown"]


def test_only_who_may_switch_switches(runtime, tree, refusing) -> None:
    outcome = move(runtime, ENABLE, "refusing", tree.county, actor=Actor(channel="web"))

    assert [issue.code for issue in outcome.issues] == ["commands.not_permitted"]


def test_withdrawing_switches_everything_off_and_allowing_again_brings_it_back(
    runtime, tree, kit, refusing
) -> None:
    switch_on(runtime, "refusing", organization_id=tree.county)

    withdraw = AllowPlugin(actor=operator(), organization_id=None, plugin_id="refusing", is_allowed=False)
    assert runtime.bus.submit_one(ALLOW, withdraw).status == "withdrawn"
    assert refused_at(runtime, kit, tree) == set()

    allow = AllowPlugin(actor=operator(), organization_id=None, plugin_id="refusing")
    assert runtime.bus.submit_one(ALLOW, allow).status == "allowed"
    assert refused_at(runtime, kit, tree) == {"county", "town", "team"}


def test_allowing_is_for_the_whole_installation(runtime, tree, refusing) -> None:
    item = AllowPlugin(actor=operator(), organization_id=tree.county, plugin_id="refusing", is_allowed=False)

    assert [issue.code for issue in runtime.bus.submit(ALLOW, [item])[0].issues] == [
        "plugins.whole_site_only"
    ]


def test_two_processes_see_a_switch_on_the_next_request(runtime, tree, kit, refusing, clock) -> None:
    """Each process has its own memory of the switches; only the generation number tells it to read anew."""
    plugins = runtime.database.hooks.plugins
    other = start(runtime.settings, clock=clock)
    with running(other, *plugins):
        assert refused_at(other, kit, tree) == set()
        switch_on(runtime, "refusing", organization_id=tree.county)
        assert refused_at(other, kit, tree) == {"county", "town", "team"}
        switch_off(other, "refusing", organization_id=tree.county)
        assert refused_at(runtime, kit, tree) == set()
    other.close()


def test_a_switch_between_check_and_write_makes_the_batch_ask_again(runtime, tree, kit) -> None:
    asked = []

    def check_signups(ctx, requests):
        asked.append(len(requests))
        if len(asked) == 1:  # another process moves a switch while this plugin thinks
            with runtime.database.uow(unaudited="test") as tx:
                raise_version(tx, "plugins")

    with running(runtime, made_up_plugin("slow_one", {"check_signups": check_signups})):
        switch_on(runtime, "slow_one")
        outcomes = runtime.bus.submit(kit.TRY, kit.tries(tree.county))

    assert [outcome.status for outcome in outcomes] == ["accepted"]
    assert asked == [1, 1]


def test_switches_are_read_once_per_generation(runtime, tree, kit, refusing, monkeypatch) -> None:
    from zhiyuan.host import switches

    reads = []
    monkeypatch.setattr(
        switches, "read_switches", lambda tx, n, real=switches.read_switches: reads.append(n) or real(tx, n)
    )
    switch_on(runtime, "refusing", organization_id=tree.county)
    for _ in range(5):
        refused_at(runtime, kit, tree)

    assert len(reads) == len(set(reads))


def test_an_organization_that_moves_takes_on_the_switches_above_it(runtime, tree, kit, refusing) -> None:
    switch_on(runtime, "refusing", organization_id=tree.county)
    assert "team" in refused_at(runtime, kit, tree)

    with runtime.database.uow(unaudited="test") as tx:
        organization_tree.move(tx, tree.team, None)

    assert "team" not in refused_at(runtime, kit, tree)


def test_switching_off_keeps_everything(runtime, tree, refusing) -> None:
    switch_on(runtime, "refusing", organization_id=tree.county)
    switch_off(runtime, "refusing", organization_id=tree.county)

    with runtime.database.reading() as tx:
        assert tx.connection.execute(select(PluginState.is_allowed)).scalars().all() == [True]
        assert tx.connection.execute(select(PluginScope.is_enabled)).scalars().all() == [False]
