"""The numbers by which every process learns that something it remembers has changed."""

from typing import Literal

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite

from zhiyuan.kernel.models import VersionCounter
from zhiyuan.kernel.uow import Tx

Counter = Literal["content", "plugins", "policy", "theme"]

_counters = VersionCounter.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__


def raise_version(tx: Tx, counter: Counter) -> None:
    """Raise one number inside the caller's unit of work; seen by others when it commits.

    ``plugins`` is raised by every switch of a plugin and by every move of an organization in the tree, because a switch
    reaches whatever lies below it.
    """
    insert = sqlite.insert if tx.is_sqlite else postgresql.insert
    first = insert(_counters).values(id=1, content=0, plugins=0, policy=0, theme=0)
    tx.connection.execute(first.on_conflict_do_nothing())
    column = _counters.c[counter]
    tx.connection.execute(update(_counters).where(_counters.c.id == 1).values({counter: column + 1}))
