"""Events reach plugins after the commit, one lane each, again and again until they are heard or given up."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest
from sqlalchemy import select, update

from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.events import Event
from zhiyuan.kernel.hooks import Delivery, NoHooks
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.models import OutboxDelivery
from zhiyuan.kernel.outbox.delivery import deliver_due, plugins_due, release_withheld, replay_parked
from zhiyuan.kernel.uow import Database, Tx
from zhiyuan.testing.plugin import FrozenClock

_delivery = OutboxDelivery.__table__
ORGANIZATION = new_id()


@dataclass(frozen=True, kw_only=True, slots=True)
class ThingHappened(Event):
    """An event of the tests."""

    name: ClassVar[str] = "thing_happened"
    number: int

    def payload(self) -> dict[str, Any]:
        return {"number": self.number}


@dataclass
class Plugins(NoHooks):
    """Plugins that hear, fail or are off, as the test says."""

    listening: tuple[str, ...] = ("good",)
    failing: set[str] = field(default_factory=set)
    off: set[str] = field(default_factory=set)
    heard: list[tuple[str, int]] = field(default_factory=list)
    event_ids: list[UUID] = field(default_factory=list)

    def subscribers(self, tx: Tx, event: Event) -> tuple[str, ...]:
        return self.listening

    def deliver(
        self,
        plugin_id: str,
        name: str,
        event_id: UUID,
        organization_id: UUID | None,
        payload: Mapping[str, Any],
    ) -> Delivery:
        assert (name, organization_id) == ("thing_happened", ORGANIZATION)
        if plugin_id in self.off:
            return "withheld"
        self.event_ids.append(event_id)
        if plugin_id in self.failing:
            raise ValueError("Zhang San, 13800000000")
        self.heard.append((plugin_id, payload["number"]))
        return "delivered"


@pytest.fixture
def plugins(database: Database) -> Plugins:
    """The plugins of this test, installed."""
    installed = Plugins()
    database.hooks = installed
    return installed


def _happen(database: Database, operator: Actor, *numbers: int) -> None:
    with database.uow() as tx:
        tx.emit(*(ThingHappened(organization_id=ORGANIZATION, number=number) for number in numbers))
        tx.audit(Audit(operator, "tests.happen", "thing"))


def _states(database: Database) -> list[tuple[str, str, int]]:
    with database.reading() as tx:
        rows = tx.connection.execute(
            select(_delivery.c.plugin_id, _delivery.c.state, _delivery.c.attempts).order_by(
                _delivery.c.plugin_id
            )
        )
        return [tuple(row) for row in rows]


def test_an_event_is_delivered_once_in_order(database: Database, operator: Actor, plugins: Plugins) -> None:
    _happen(database, operator, 1, 2, 3)

    assert plugins_due(database) == ["good"]
    assert deliver_due(database, "good", worker="w") == 3
    assert deliver_due(database, "good", worker="w") == 0
    assert plugins.heard == [("good", 1), ("good", 2), ("good", 3)]
    assert plugins_due(database) == []
    assert {state for _, state, _ in _states(database)} == {"delivered"}


def test_a_rolled_back_change_is_never_told(database: Database, operator: Actor, plugins: Plugins) -> None:
    with pytest.raises(RuntimeError), database.uow() as tx:
        tx.emit(ThingHappened(organization_id=ORGANIZATION, number=1))
        tx.audit(Audit(operator, "tests.happen", "thing"))
        raise RuntimeError

    assert plugins_due(database) == []


def test_a_failing_plugin_delays_nobody_else_and_is_parked_in_the_end(
    database: Database, operator: Actor, plugins: Plugins, clock: FrozenClock
) -> None:
    plugins.listening = ("bad", "good")
    plugins.failing = {"bad"}
    _happen(database, operator, 1)
    waits = [
        timedelta(minutes=1),
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=3),
        timedelta(hours=12),
    ]

    assert deliver_due(database, "bad", worker="w") == 1
    assert deliver_due(database, "good", worker="w") == 1
    for wait in waits:
        clock.instant += wait - timedelta(seconds=1)
        assert plugins_due(database) == []
        clock.instant += timedelta(seconds=1)
        assert deliver_due(database, "bad", worker="w") == 1

    assert plugins.heard == [("good", 1)]
    assert _states(database) == [("bad", "parked", 6), ("good", "delivered", 1)]
    assert len(set(plugins.event_ids)) == 1, "an event keeps its id however often it is told"
    with database.reading() as tx:
        errors = tx.connection.execute(select(_delivery.c.last_error)).scalars().all()
    assert set(errors) == {"ValueError", None}, "the text of an error may quote a person"

    plugins.failing = set()
    with database.uow(unaudited="test") as tx:
        assert replay_parked(tx, "bad") == 1
    deliver_due(database, "bad", worker="w")
    assert ("bad", 1) in plugins.heard


def test_events_for_a_plugin_that_is_off_are_kept_for_later(
    database: Database, operator: Actor, plugins: Plugins, clock: FrozenClock
) -> None:
    plugins.off = {"good"}
    _happen(database, operator, 1)
    deliver_due(database, "good", worker="w")
    assert _states(database) == [("good", "withheld", 0)]
    clock.move(days=1)
    assert plugins_due(database) == []

    plugins.off = set()
    with database.uow(unaudited="test") as tx:
        assert release_withheld(tx, "good", organization_ids=[new_id()]) == 0
        assert release_withheld(tx, "good", organization_ids=[ORGANIZATION]) == 1
    deliver_due(database, "good", worker="w")

    assert plugins.heard == [("good", 1)]


def test_what_a_dead_worker_had_claimed_is_delivered_by_another(
    database: Database, operator: Actor, plugins: Plugins, clock: FrozenClock
) -> None:
    class Killed(BaseException):
        """Stands for the end of the process: nothing is caught, nothing is written down."""

    _happen(database, operator, 1)
    plugins.deliver = lambda *_: (_ for _ in ()).throw(Killed)  # type: ignore[method-assign,assignment]
    with pytest.raises(Killed):
        deliver_due(database, "good", worker="dead")
    del plugins.deliver

    assert deliver_due(database, "good", worker="heir") == 0, "the lease of the dead still runs"
    clock.move(minutes=3)
    assert deliver_due(database, "good", worker="heir") == 1
    assert plugins.heard == [("good", 1)]


def test_a_worker_that_comes_too_late_does_not_overwrite_the_answer(
    database: Database, operator: Actor, plugins: Plugins, clock: FrozenClock
) -> None:
    _happen(database, operator, 1)
    hear = plugins.deliver

    def slow(*arguments: Any) -> Delivery:
        plugins.deliver = hear  # type: ignore[method-assign]
        clock.move(minutes=3)
        deliver_due(database, "good", worker="quick")
        raise ValueError

    plugins.deliver = slow  # type: ignore[method-assign]
    deliver_due(database, "good", worker="slow")

    assert _states(database) == [("good", "delivered", 2)]


def test_a_stopping_worker_finishes_the_event_in_hand_only(
    database: Database, operator: Actor, plugins: Plugins
) -> None:
    _happen(database, operator, 1, 2, 3)

    deliver_due(database, "good", worker="w", is_stopping=lambda: bool(plugins.heard))

    assert plugins.heard == [("good", 1)]
    assert plugins_due(database) == ["good"]


def test_a_plugin_that_hangs_for_good_is_parked_without_being_called_again(
    database: Database, operator: Actor, plugins: Plugins
) -> None:
    _happen(database, operator, 1)
    with database.uow(unaudited="test") as tx:
        tx.connection.execute(update(_delivery).values(attempts=6))

    deliver_due(database, "good", worker="w")

    assert (plugins.heard, _states(database)) == ([], [("good", "parked", 7)])
