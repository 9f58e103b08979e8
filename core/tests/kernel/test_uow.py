"""Units of work keep their promises on both databases."""

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError

from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.models import AuditEntry
from zhiyuan.kernel.uow import Database, UnauditedWrite
from zhiyuan.people.models import NumberSeries


def test_a_write_without_an_audit_entry_is_refused(database: Database) -> None:
    with pytest.raises(UnauditedWrite), database.uow() as tx:
        tx.connection.execute(insert(NumberSeries).values(name="x", next_value=1))

    with database.reading() as tx:
        assert tx.connection.execute(select(NumberSeries.name)).all() == []


def test_a_write_and_its_audit_entry_are_committed_together(database: Database, operator: Actor) -> None:
    with database.uow() as tx:
        tx.session.add(NumberSeries(name="x", next_value=1))
        tx.audit(Audit(operator, "tests.write", "number_series"))

    with database.reading() as tx:
        assert tx.connection.execute(select(NumberSeries.name)).scalars().all() == ["x"]
        assert tx.connection.execute(select(AuditEntry.action)).scalars().all() == ["tests.write"]


def test_an_exception_rolls_everything_back(database: Database, operator: Actor) -> None:
    with pytest.raises(RuntimeError, match="boom"), database.uow() as tx:
        tx.session.add(NumberSeries(name="x", next_value=1))
        tx.audit(Audit(operator, "tests.write", "number_series"))
        tx.session.flush()
        raise RuntimeError("boom")

    with database.reading() as tx:
        assert tx.connection.execute(select(NumberSeries.name)).all() == []
        assert tx.connection.execute(select(AuditEntry.action)).all() == []


def test_an_outer_rollback_undoes_a_released_savepoint(database: Database) -> None:
    with pytest.raises(RuntimeError, match="boom"), database.uow(unaudited="test") as tx:
        with tx.connection.begin_nested():
            tx.connection.execute(insert(NumberSeries).values(name="x", next_value=1))
        raise RuntimeError("boom")

    with database.reading() as tx:
        assert tx.connection.execute(select(NumberSeries.name)).all() == []


def test_a_reading_unit_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError), database.reading() as tx:
        tx.connection.execute(insert(NumberSeries).values(name="x", next_value=1))


def test_a_snapshot_does_not_see_what_is_written_beside_it(database: Database) -> None:
    with database.reading() as before:
        before.connection.execute(select(NumberSeries.name)).all()
        with database.uow(unaudited="test") as tx:
            tx.connection.execute(insert(NumberSeries).values(name="x", next_value=1))

        assert before.connection.execute(select(NumberSeries.name)).all() == []
