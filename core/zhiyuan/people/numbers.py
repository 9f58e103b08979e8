"""Numbers given out in sequence: volunteer numbers, certificate numbers. Gaps may appear, repeats never."""

from typing import Final

from sqlalchemy import Executable, bindparam
from sqlalchemy.dialects import postgresql, sqlite

from zhiyuan.kernel.uow import Tx
from zhiyuan.people.models import NumberSeries

_series = NumberSeries.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__

_FIRST: Final = 1


def next_numbers(tx: Tx, series: str, count: int) -> range:
    """Take ``count`` (0 or more) numbers from ``series``, which begins at 1 on first use. One statement.

    The row of the series stays locked until the unit of work ends, so takers of one series wait for one another.
    """
    if count == 0:
        return range(_FIRST, _FIRST)
    statement = _TAKE_SQLITE if tx.is_sqlite else _TAKE_POSTGRESQL
    after = tx.connection.execute(
        statement, {"series": series, "after_first": _FIRST + count, "count": count}
    ).scalar_one()
    return range(after - count, after)


def _take(insert: type[sqlite.Insert] | type[postgresql.Insert]) -> Executable:
    return (
        insert(_series)
        .values(name=bindparam("series"), next_value=bindparam("after_first"))
        .on_conflict_do_update(
            index_elements=[_series.c.name], set_={"next_value": _series.c.next_value + bindparam("count")}
        )
        .returning(_series.c.next_value)
    )


_TAKE_SQLITE: Final = _take(sqlite.Insert)
_TAKE_POSTGRESQL: Final = _take(postgresql.Insert)
