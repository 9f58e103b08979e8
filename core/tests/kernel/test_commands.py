"""The command bus answers every item by itself, whatever happens to its neighbours."""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import OperationalError

from zhiyuan.kernel import actor
from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.commands import MAX_BATCH, Command, Item, Outcome, refused
from zhiyuan.kernel.errors import AppError, Conflict, RuleViolation, Unavailable
from zhiyuan.kernel.hooks import NoHooks
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.models import AuditEntry, IdempotencyKey
from zhiyuan.kernel.uow import Database, Tx
from zhiyuan.people.models import NumberSeries
from zhiyuan.runtime import Runtime

_series = NumberSeries.__table__


@dataclass(frozen=True, kw_only=True, slots=True)
class Add(Item):
    """Add a row called ``row``; some names break on purpose."""

    row: str
    owner: UUID | None = None


def _write(tx: Tx, items: Sequence[Add]) -> Sequence[Outcome]:
    for item in items:
        tx.connection.execute(insert(_series).values(name=item.row, next_value=1))
        if item.row.startswith("poison"):
            raise ValueError(item.row)
        if item.row.startswith("conflict"):
            raise Conflict("tests.conflict", "Somebody was first.")
        if item.row.startswith("violation"):
            raise RuleViolation([Issue("tests.violated", field="row")])
    tx.audit(*(Audit(item.actor, "tests.add", "series", detail={"row": item.row}) for item in items))
    return [Outcome("created") for _ in items]


ADD = Command[Add]("tests.add", None, _write)


def _add(who: Actor, *rows: str, **more: Any) -> list[Add]:
    return [Add(actor=who, organization_id=None, row=row, **more) for row in rows]


def _rows(database: Database) -> set[str]:
    with database.reading() as tx:
        return set(tx.connection.execute(select(_series.c.name)).scalars())


def test_a_poisoned_item_stands_alone(runtime: Runtime, operator: Actor) -> None:
    rows = [f"row {number}" for number in range(11)]
    rows[7] = "poison"

    outcomes = runtime.bus.submit(ADD, _add(operator, *rows))

    assert [outcome.status for outcome in outcomes] == ["created"] * 7 + ["failed"] + ["created"] * 3
    assert outcomes[7].issues[0].code == "commands.internal_error"
    assert _rows(runtime.database) == set(rows) - {"poison"}
    with runtime.database.reading() as tx:
        audited = {entry["row"] for entry in tx.connection.execute(select(AuditEntry.detail)).scalars()}
    assert audited == set(rows) - {"poison"}


def test_an_expected_error_of_one_item_is_its_refusal(runtime: Runtime, operator: Actor) -> None:
    outcomes = runtime.bus.submit(ADD, _add(operator, "a", "conflict", "b", "violation"))

    assert [outcome.status for outcome in outcomes] == ["created", "refused", "created", "refused"]
    assert outcomes[1].issues[0].code == "commands.refused"
    assert outcomes[3].issues == (Issue("tests.violated", field="row"),)
    assert _rows(runtime.database) == {"a", "b"}


def test_more_items_than_a_batch_holds_are_carried_out_in_chunks(runtime: Runtime, operator: Actor) -> None:
    sizes: list[int] = []

    def write(tx: Tx, items: Sequence[Add]) -> Sequence[Outcome]:
        sizes.append(len(items))
        return _write(tx, items)

    outcomes = runtime.bus.submit(
        Command("tests.add", None, write),
        _add(operator, *(f"row {number}" for number in range(MAX_BATCH + 3))),
    )

    assert sizes == [MAX_BATCH, 3]
    assert {outcome.status for outcome in outcomes} == {"created"}


def test_no_items_are_no_outcomes(runtime: Runtime) -> None:
    assert runtime.bus.submit(ADD, []) == []


def test_one_item_that_is_refused_raises(runtime: Runtime, operator: Actor) -> None:
    with pytest.raises(RuleViolation) as caught:
        runtime.bus.submit_one(ADD, _add(operator, "violation")[0])
    assert caught.value.issues[0].code == "tests.violated"

    with pytest.raises(AppError) as broken:
        runtime.bus.submit_one(ADD, _add(operator, "poison")[0])
    assert broken.value.code == "internal.error"


def test_a_write_that_answers_too_few_is_a_defect_and_writes_nothing(
    runtime: Runtime, operator: Actor
) -> None:
    def write(tx: Tx, items: Sequence[Add]) -> Sequence[Outcome]:
        return _write(tx, items)[1:]

    outcomes = runtime.bus.submit(Command("tests.add", None, write), _add(operator, "a", "b"))

    assert [outcome.status for outcome in outcomes] == ["failed", "failed"]
    assert _rows(runtime.database) == set()


def test_an_item_that_breaks_while_it_is_checked_stands_alone_too(runtime: Runtime, operator: Actor) -> None:
    def requests(tx: Tx, items: Sequence[Add]) -> Sequence[Any]:
        if any(item.row == "unanswerable" for item in items):
            raise KeyError("unanswerable")
        return [None for _ in items]

    command = Command("tests.add", None, _write, hook="check_rows", requests=requests)

    outcomes = runtime.bus.submit(command, _add(operator, "a", "unanswerable", "b"))

    assert [outcome.status for outcome in outcomes] == ["created", "failed", "created"]


def test_a_busy_database_is_not_the_items_fault(runtime: Runtime, operator: Actor) -> None:
    tries: list[int] = []

    def write(tx: Tx, items: Sequence[Add]) -> Sequence[Outcome]:
        tries.append(len(items))
        raise Unavailable("database.busy", "Busy.")

    with pytest.raises(Unavailable):
        runtime.bus.submit(Command("tests.add", None, write), _add(operator, "a", "b", "c"))
    assert tries == [3]


# -- permissions


def test_an_actor_without_the_permission_is_refused_and_others_are_not(
    runtime: Runtime, operator: Actor
) -> None:
    command = Command[Add]("tests.add", "people.manage", _write)
    stranger = Actor(channel="web", account_id=new_id(), person_id=new_id())
    items = [*_add(stranger, "theirs"), *_add(operator, "ours")]

    outcomes = runtime.bus.submit(command, items)

    assert [outcome.status for outcome in outcomes] == ["refused", "created"]
    assert outcomes[0].issues == (Issue("commands.not_permitted", params={"permission": "people.manage"}),)
    assert _rows(runtime.database) == {"ours"}


def test_a_person_may_do_it_for_themselves_but_not_beyond_the_token(runtime: Runtime) -> None:
    command = Command[Add]("tests.add", "people.manage", _write, owner=lambda item: item.owner)
    me = new_id()
    myself = Actor(channel="web", account_id=new_id(), person_id=me)
    limited = Actor(channel="api", account_id=new_id(), person_id=me, scopes=frozenset({"records.view"}))

    outcomes = runtime.bus.submit(
        command,
        [
            *_add(myself, "mine", owner=me),
            *_add(myself, "yours", owner=new_id()),
            *_add(limited, "token", owner=me),
        ],
    )

    assert [outcome.status for outcome in outcomes] == ["created", "refused", "refused"]


def test_an_operators_token_is_limited_by_its_scopes(runtime: Runtime) -> None:
    command = Command[Add]("tests.add", "people.manage", _write)
    limited = Actor(channel="api", is_operator=True, scopes=frozenset({"records.view"}))

    assert runtime.bus.submit(command, _add(limited, "x"))[0].status == "refused"


# -- idempotency


def test_the_same_key_gets_the_same_answer_and_writes_once(runtime: Runtime, operator: Actor) -> None:
    wanted = new_id()

    def write(tx: Tx, items: Sequence[Add]) -> Sequence[Outcome]:
        _write(tx, items)
        return [Outcome("created", wanted) for _ in items]

    command = Command("tests.add", None, write)
    item = _add(operator, "once", idempotency_key="k1")

    first, second = (runtime.bus.submit(command, item)[0] for _ in range(2))

    assert first == second == Outcome("created", wanted)


def test_an_answer_without_a_change_is_remembered_without_an_audit_entry(
    runtime: Runtime, operator: Actor
) -> None:
    def nothing_to_do(tx: Tx, items: Sequence[Add]) -> Sequence[Outcome]:
        return [Outcome("unchanged") for _ in items]

    command = Command[Add]("tests.nothing", None, nothing_to_do)

    assert [Outcome("unchanged")] == runtime.bus.submit(command, _add(operator, "x", idempotency_key="k"))

    with runtime.database.reading() as tx:
        assert [] == tx.connection.execute(select(AuditEntry.id)).all()
        assert 1 == len(tx.connection.execute(select(IdempotencyKey.key_hash)).all())


def test_the_same_key_for_another_request_is_refused(runtime: Runtime, operator: Actor) -> None:
    runtime.bus.submit(ADD, _add(operator, "one", idempotency_key="k1"))

    outcome = runtime.bus.submit(ADD, _add(operator, "two", idempotency_key="k1"))[0]

    assert outcome == refused(Issue("commands.key_reused", field="idempotency_key"))
    assert _rows(runtime.database) == {"one"}


def test_a_key_twice_in_one_batch_is_refused(runtime: Runtime, operator: Actor) -> None:
    outcomes = runtime.bus.submit(ADD, _add(operator, "one", "two", idempotency_key="k1"))

    assert [outcome.status for outcome in outcomes] == ["created", "refused"]
    assert outcomes[1].issues[0].code == "commands.key_twice_in_batch"


def test_a_key_belongs_to_one_account_and_one_command(runtime: Runtime, operator: Actor) -> None:
    other = Actor(channel="api", account_id=new_id(), is_operator=True)
    runtime.bus.submit(ADD, _add(operator, "one", idempotency_key="k1"))

    assert runtime.bus.submit(ADD, _add(other, "two", idempotency_key="k1"))[0].status == "created"
    renamed = Command[Add]("tests.other", None, _write)
    assert runtime.bus.submit(renamed, _add(operator, "three", idempotency_key="k1"))[0].status == "created"


def test_a_refused_request_may_be_sent_again_under_its_key(runtime: Runtime, operator: Actor) -> None:
    item = _add(operator, "violation 1", idempotency_key="k1")
    assert runtime.bus.submit(ADD, item)[0].status == "refused"
    lenient = Command[Add](
        "tests.add",
        None,
        lambda tx, items: (tx.audit(Audit(operator, "t.a", "x")), [Outcome("created")] * len(items))[1],
    )

    assert runtime.bus.submit(lenient, item)[0].status == "created"


def test_neither_key_nor_request_is_kept_in_clear(runtime: Runtime, operator: Actor) -> None:
    runtime.bus.submit(ADD, _add(operator, "张三", idempotency_key="secret key"))

    with runtime.database.reading() as tx:
        (row,) = tx.connection.execute(select(IdempotencyKey.__table__)).all()
    assert len(row.key_hash) == len(row.request_hash) == 32
    assert "secret key" not in str(row)
    assert "张三" not in str(row)


def test_a_key_is_still_known_after_the_keyring_rotated(runtime: Runtime, operator: Actor) -> None:
    item = _add(operator, "once", idempotency_key="k1")
    runtime.bus.submit(ADD, item)
    runtime.keys.change(lambda held: held.rotated())

    assert runtime.bus.submit(ADD, item)[0].status == "created"
    changed = _add(operator, "twice", idempotency_key="k1")
    assert runtime.bus.submit(ADD, changed)[0].issues[0].code == "commands.key_reused"


@dataclass(frozen=True, kw_only=True, slots=True)
class Odd(Item):
    """An item with values of every kind that a request may hold."""

    digest: bytes = b"\xff"
    words: frozenset[str] = frozenset({"a", "b", "c", "d"})
    at: datetime = datetime(2026, 3, 2, tzinfo=UTC)
    inner: Issue = field(default_factory=lambda: Issue("x", params={"b": 1, "a": 2}))


def test_a_request_of_any_shape_is_recognized(runtime: Runtime, operator: Actor) -> None:
    def write(tx: Tx, items: Sequence[Odd]) -> Sequence[Outcome]:
        tx.audit(Audit(operator, "tests.odd", "x"))
        return [Outcome("created", new_id()) for _ in items]

    command = Command("tests.odd", None, write)
    item = Odd(actor=operator, organization_id=new_id(), idempotency_key="k1")

    assert runtime.bus.submit(command, [item]) == runtime.bus.submit(command, [replace(item)])
    changed = replace(item, digest=b"\xfe")
    assert runtime.bus.submit(command, [changed])[0].issues[0].code == "commands.key_reused"


def test_two_that_race_with_one_key_get_one_answer(runtime: Runtime, operator: Actor) -> None:
    barrier = threading.Barrier(2)
    ids: list[UUID] = []
    outcomes: list[Outcome] = []

    def write(tx: Tx, items: Sequence[Add]) -> Sequence[Outcome]:
        row = new_id()
        ids.append(row)
        tx.audit(Audit(operator, "tests.add", "series"))
        return [Outcome("created", row) for _ in items]

    def submit() -> None:
        barrier.wait()
        outcomes.extend(
            runtime.bus.submit(Command("tests.add", None, write), _add(operator, "x", idempotency_key="k"))
        )

    threads = [threading.Thread(target=submit) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {outcome.status for outcome in outcomes} == {"created"}
    assert len({outcome.id for outcome in outcomes}) == 1


# -- plugins


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to the tests' check hook."""

    key: str
    organization_id: UUID


class Objecting(NoHooks):
    """Objects to rows called ``bad``, warns about ``doubtful``, and switches plugins as often as it is told to."""

    def __init__(self) -> None:
        self.switches = 0
        self.number = 0

    def check(
        self, hook: str, requests: Sequence[Any], *, generation: int | None = None
    ) -> Mapping[str, Sequence[Issue]]:
        assert hook == "check_rows"
        if self.switches:
            self.switches -= 1
            self.number += 1
        told = {"bad": [Issue("tests.bad")], "doubtful": [Issue("tests.doubtful", severity="warn")]}
        return {request.key: told[request.key] for request in requests if request.key in told}

    def generation(self, tx: Tx) -> int:
        return self.number


@pytest.fixture
def objecting(database: Database) -> Objecting:
    """Installed instead of no plugins."""
    hooks = Objecting()
    database.hooks = hooks
    return hooks


def _checked() -> Command[Add]:
    place = new_id()

    def requests(tx: Tx, items: Sequence[Add]) -> Sequence[Asked | None]:
        return [None if item.row == "unasked" else Asked(item.row, place) for item in items]

    return Command("tests.add", None, _write, hook="check_rows", requests=requests)


def test_a_plugin_refuses_its_items_and_warns_about_others(
    runtime: Runtime, operator: Actor, objecting: Objecting
) -> None:
    outcomes = runtime.bus.submit(_checked(), _add(operator, "good", "bad", "doubtful", "unasked"))

    assert [outcome.status for outcome in outcomes] == ["created", "refused", "created", "created"]
    assert outcomes[1].issues == (Issue("tests.bad"),)
    assert outcomes[2].issues == (Issue("tests.doubtful", severity="warn"),)


def test_plugins_switched_between_check_and_write_are_asked_again(
    runtime: Runtime, operator: Actor, objecting: Objecting
) -> None:
    objecting.switches = 2

    assert runtime.bus.submit(_checked(), _add(operator, "good"))[0].status == "created"
    assert (objecting.number, objecting.switches) == (2, 0)


def test_plugins_that_are_switched_without_end_refuse_in_the_end(
    runtime: Runtime, operator: Actor, objecting: Objecting
) -> None:
    objecting.switches = 10**6

    assert (
        runtime.bus.submit(_checked(), _add(operator, "good"))[0].issues[0].code
        == "commands.plugins_switching"
    )
    assert _rows(runtime.database) == set()


# -- contention


class Deadlocking:
    """Locks two rows in the order of the item's name, waiting for the other one to hold its first."""

    def __init__(self) -> None:
        self.met = threading.Barrier(2)
        self.attempts = 0

    def __call__(self, tx: Tx, items: Sequence[Add]) -> Sequence[Outcome]:
        self.attempts += 1
        for number, row in enumerate(items[0].row.split(",")):
            tx.connection.execute(
                update(_series).where(_series.c.name == row).values(next_value=_series.c.next_value + 1)
            )
            if number == 0 and not self.met.broken:
                with suppress(threading.BrokenBarrierError):
                    self.met.wait(timeout=2)
        tx.audit(Audit(items[0].actor, "tests.lock", "series"))
        return [Outcome("locked")]


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_real_deadlock_is_tried_again(runtime: Runtime, operator: Actor) -> None:
    with runtime.database.uow(unaudited="test") as tx:
        tx.connection.execute(
            insert(_series), [{"name": "a", "next_value": 0}, {"name": "b", "next_value": 0}]
        )
    write = Deadlocking()
    outcomes: list[Outcome] = []

    def submit(rows: str) -> None:
        outcomes.extend(runtime.bus.submit(Command("tests.lock", None, write), _add(operator, rows)))
        write.met.abort()

    threads = [threading.Thread(target=submit, args=(rows,)) for rows in ("a,b", "b,a")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [outcome.status for outcome in outcomes] == ["locked", "locked"]
    assert write.attempts > 2, "nobody was a victim: the test proves nothing"
    with runtime.database.reading() as tx:
        assert tx.connection.execute(select(_series.c.next_value)).scalars().all() == [2, 2]


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("sqlstate", ["40001", "40P01", "55P03"])
def test_errors_that_pass_are_tried_again(runtime: Runtime, operator: Actor, sqlstate: str) -> None:
    tries: list[int] = []

    def write(tx: Tx, items: Sequence[Add]) -> Sequence[Outcome]:
        tries.append(1)
        if len(tries) < 3:
            tx.connection.execute(
                text(f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{sqlstate}'; END $$")
            )
        return _write(tx, items)

    assert runtime.bus.submit(Command("tests.add", None, write), _add(operator, "x"))[0].status == "created"
    assert len(tries) == 3


def test_an_error_of_the_database_that_does_not_pass_is_raised_to_the_edge(
    runtime: Runtime, operator: Actor, database: Database
) -> None:
    def write(tx: Tx, items: Sequence[Add]) -> Sequence[Outcome]:
        raise OperationalError("x", {}, Exception("the server is gone"))

    with pytest.raises(OperationalError):
        runtime.bus.submit(Command("tests.add", None, write), _add(operator, "x"))


def test_who_is_who() -> None:
    assert actor.anonymous().is_anonymous
    assert not actor.operator().is_anonymous
    check: Callable[[], Actor] = actor.operator
    assert check().is_operator
