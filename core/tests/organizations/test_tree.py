"""The closure table agrees with the tree, whatever happens to the tree."""

import threading
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.commands import Outcome
from zhiyuan.kernel.uow import Database
from zhiyuan.organizations import queries
from zhiyuan.organizations.models import Organization, OrganizationPath
from zhiyuan.organizations.schemas import CreateOrganization, MoveOrganization
from zhiyuan.organizations.service import CREATE, MOVE, tree
from zhiyuan.runtime import Runtime

_organization = Organization.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_path = OrganizationPath.__table__  # type: ignore[attr-defined]  # likewise


def create(runtime: Runtime, actor: Actor, *items: dict[str, Any]) -> list[UUID]:
    """Create nodes and return their ids."""
    outcomes = runtime.bus.submit(
        CREATE, [CreateOrganization(actor=actor, organization_id=None, **item) for item in items]
    )
    return [outcome.id for outcome in outcomes if outcome.id is not None]


def move(
    runtime: Runtime, actor: Actor, node: UUID, parent: UUID | None, scope: UUID | None = None
) -> Outcome:
    """Move one node."""
    item = MoveOrganization(actor=actor, organization_id=scope, subject_id=node, parent_id=parent)
    return runtime.bus.submit(MOVE, [item])[0]


def closure(database: Database) -> tuple[set[tuple[UUID, UUID, int]], set[tuple[UUID, UUID, int]]]:
    """Return the paths as kept, and as they follow from the parents."""
    with database.reading() as tx:
        kept = {tuple(row) for row in tx.connection.execute(select(_path))}
        parents = {row.id: row.parent_id for row in tx.connection.execute(select(_organization))}
    computed = set()
    for node in parents:
        above, depth = node, 0
        while above is not None:
            computed.add((above, node, depth))
            above, depth = parents[above], depth + 1
    return kept, computed  # type: ignore[return-value]  # rows are tuples of three


MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("create"), st.integers(-1, 9), st.just(0)),
        st.tuples(st.just("move"), st.integers(0, 9), st.integers(-1, 9)),
    ),
    min_size=4,
    max_size=14,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=MOVES)
def test_the_closure_equals_the_tree_after_any_moves(
    runtime: Runtime, operator: Actor, steps: Sequence[tuple[str, int, int]]
) -> None:
    _empty(runtime)
    nodes: list[UUID] = []
    for verb, first, second in steps:
        if verb == "create" or not nodes:
            parent = nodes[first % len(nodes)] if nodes and first >= 0 else None
            nodes += create(runtime, operator, {"name": f"node {len(nodes)}", "parent_id": parent})
        else:
            target = None if second < 0 else nodes[second % len(nodes)]
            move(runtime, operator, nodes[first % len(nodes)], target)

    kept, computed = closure(runtime.database)

    assert computed == kept
    assert len(nodes) == len({node for _, node, depth in kept if depth == 0})


def test_a_subtree_moves_with_everything_below_it(runtime: Runtime, operator: Actor) -> None:
    create(
        runtime, operator,
        {"name": "A", "code": "aa"}, {"name": "B", "code": "bb", "parent_code": "aa"},
        {"name": "C", "code": "cc", "parent_code": "bb"}, {"name": "D", "code": "dd"},
    )  # fmt: skip
    with runtime.database.reading() as tx:
        nodes = queries.by_codes(tx, ["aa", "bb", "cc", "dd"])

    outcome = move(runtime, operator, nodes["bb"], nodes["dd"])

    assert outcome.status == "updated"
    with runtime.database.reading() as tx:
        assert {nodes["bb"], nodes["cc"], nodes["dd"]} == queries.below(tx, nodes["dd"])
        assert {nodes["aa"]} == queries.below(tx, nodes["aa"])
        assert nodes["dd"] == queries.get(tx, nodes["bb"]).parent_id


@pytest.mark.parametrize("target", ["itself", "child", "grandchild"])
def test_a_cycle_is_refused_by_the_field_parent(runtime: Runtime, operator: Actor, target: str) -> None:
    create(
        runtime, operator,
        {"name": "A", "code": "itself"}, {"name": "B", "code": "child", "parent_code": "itself"},
        {"name": "C", "code": "grandchild", "parent_code": "child"},
    )  # fmt: skip
    with runtime.database.reading() as tx:
        nodes = queries.by_codes(tx, ["itself", "child", "grandchild"])

    outcome = move(runtime, operator, nodes["itself"], nodes[target])

    assert [("organizations.cycle", "parent_id")] == [(issue.code, issue.field) for issue in outcome.issues]
    kept, computed = closure(runtime.database)
    assert computed == kept


def test_moving_where_it_stands_changes_nothing(runtime: Runtime, operator: Actor) -> None:
    node = create(runtime, operator, {"name": "A"})[0]

    assert move(runtime, operator, node, None).status == "unchanged"


def test_a_manager_moves_only_within_the_own_part_of_the_tree(runtime: Runtime, operator: Actor) -> None:
    create(
        runtime, operator,
        {"name": "A", "code": "aa"}, {"name": "B", "code": "bb", "parent_code": "aa"},
        {"name": "C", "code": "cc", "parent_code": "aa"}, {"name": "X", "code": "xx"},
    )  # fmt: skip
    with runtime.database.reading() as tx:
        nodes = queries.by_codes(tx, ["aa", "bb", "cc", "xx"])

    attempts = [("xx", "bb"), ("bb", "xx"), ("bb", None), ("aa", "bb"), ("bb", "cc")]
    outcomes = [move(runtime, operator, nodes[a], nodes[b] if b else None, nodes["aa"]) for a, b in attempts]

    assert ["refused"] * 4 + ["updated"] == [outcome.status for outcome in outcomes]


def test_opposite_moves_at_the_same_time_cannot_close_a_cycle(runtime: Runtime, operator: Actor) -> None:
    """A goes below a child of B while B goes below a child of A: the two share no row."""
    for attempt in range(6):
        codes = [f"{name}-{attempt}" for name in ("left", "left-child", "right", "right-child")]
        create(
            runtime, operator,
            {"name": "L", "code": codes[0]}, {"name": "l", "code": codes[1], "parent_code": codes[0]},
            {"name": "R", "code": codes[2]}, {"name": "r", "code": codes[3], "parent_code": codes[2]},
        )  # fmt: skip
        with runtime.database.reading() as tx:
            left, left_child, right, right_child = (queries.by_codes(tx, codes)[code] for code in codes)
        start = threading.Barrier(2)
        statuses: list[str] = []

        def go(
            node: UUID, parent: UUID, start: threading.Barrier = start, told: list[str] = statuses
        ) -> None:
            start.wait()
            told.append(move(runtime, operator, node, parent).status)

        threads = [
            threading.Thread(target=go, args=arguments)
            for arguments in ((left, right_child), (right, left_child))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)

        assert ["refused", "updated"] == sorted(statuses)
    kept, computed = closure(runtime.database)
    assert computed == kept


def test_a_node_made_while_its_parent_moves_gets_the_new_ancestors(runtime: Runtime, operator: Actor) -> None:
    root, other, parent = create(runtime, operator, {"name": "Root"}, {"name": "Other"}, {"name": "Parent"})
    start = threading.Barrier(2)

    def go(act: Any) -> None:
        start.wait()
        act()

    for round_number in range(4):
        target = (root, other)[round_number % 2]
        threads = [
            threading.Thread(
                target=go, args=(lambda target=target: move(runtime, operator, parent, target),)
            ),
            threading.Thread(
                target=go,
                args=(lambda: create(runtime, operator, *[{"name": "New", "parent_id": parent}] * 3),),
            ),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)

    kept, computed = closure(runtime.database)
    assert computed == kept


def test_pairs_below_answers_exactly_the_pairs_asked(runtime: Runtime, operator: Actor) -> None:
    top, other = create(runtime, operator, {"name": "Top"}, {"name": "Other"})
    child = create(runtime, operator, {"name": "Child", "parent_id": top})[0]

    with runtime.database.reading() as tx:
        found = tree.pairs_below(tx, [(child, top), (child, other), (top, child), (other, other)])

    assert {(child, top), (other, other)} == found


def _empty(runtime: Runtime) -> None:
    with runtime.database.uow(unaudited="test") as tx:
        tx.connection.execute(delete(_path))
        tx.connection.execute(_organization.update().values(parent_id=None))
        tx.connection.execute(delete(_organization))
