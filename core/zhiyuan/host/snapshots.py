"""The read-only circumstances in which ``check_`` and ``extend_`` implementations are called."""

from collections.abc import Callable
from typing import Final, TypeVar
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from zhiyuan.host.context import HookContext
from zhiyuan.host.dispatch import Failure, ReadOnlyDatabase
from zhiyuan.host.traces import trace
from zhiyuan.kernel.uow import Database

log = structlog.get_logger(__name__)

AnswerT = TypeVar("AnswerT")

_LEFT_BROKEN: Final = "it left its snapshot broken"


class Snapshots:
    """Opens one read-only snapshot per call, in the calling thread, and survives what a plugin does to it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read_only = ReadOnlyDatabase(database)

    def call(
        self,
        plugin_id: str,
        organization_id: UUID,
        ask: Callable[[HookContext], AnswerT],
        *,
        locale: str = "en",
    ) -> AnswerT | Failure:
        """Return what ``ask`` returns, given the context. Raises what the database raises before the plugin runs."""
        answer: AnswerT | Failure | None = None
        try:
            with self._database.reading() as tx:
                tx.database = self._read_only
                context = HookContext(
                    plugin_id=plugin_id,
                    organization_id=organization_id,
                    now=tx.now,
                    locale=locale,
                    log=log.bind(plugin=plugin_id),
                    unit=tx,
                )
                answer = Failure(_LEFT_BROKEN)
                answer = ask(context)
        except SQLAlchemyError as error:
            if answer is None:
                raise
            log.error("plugin broke its snapshot", plugin=plugin_id, **trace(error))
            return Failure(_LEFT_BROKEN)
        return answer
