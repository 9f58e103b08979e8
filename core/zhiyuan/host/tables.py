"""Asking one plugin's ``extend_table`` for its cells: what fails or is too slow is left out of the page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from zhiyuan.host import dispatch
from zhiyuan.host.breaker import Breaker
from zhiyuan.host.columns import Cell, Column, PlacedColumn
from zhiyuan.host.dispatch import Failure, Implementation
from zhiyuan.host.lanes import Hanging, Lane, Ticket
from zhiyuan.host.snapshots import Snapshots

Cells = Mapping[UUID, Mapping[str, Cell]]


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one page of one table, and whose page it is."""

    table: str
    organization_id: UUID
    ids: tuple[UUID, ...]
    locale: str


PageTicket = Ticket[Page, Cells | Failure]


class ExtendedTables:
    """One plugin's implementation of ``extend_table`` and the columns it registered."""

    def __init__(
        self,
        implementation: Implementation,
        columns: Sequence[Column],
        snapshots: Snapshots,
        *,
        budget_seconds: float,
        now: Callable[[], datetime],
    ) -> None:
        self.implementation = implementation
        self._snapshots = snapshots
        self._columns: dict[str, list[Column]] = {}
        for column in columns:
            self._columns.setdefault(column.table, []).append(column)
        name = f"{implementation.plugin_id}.{implementation.hook}"
        self._breaker = Breaker(name, now)
        self._lane: Lane[Page, Cells | Failure] = Lane(name, self._answer, budget_seconds=budget_seconds)

    @property
    def plugin_id(self) -> str:
        """Return whose it is."""
        return self.implementation.plugin_id

    @property
    def is_left_out(self) -> bool:
        """True while the plugin is not asked after repeated failures."""
        return self._breaker.is_open

    def columns_of(self, table: str) -> tuple[PlacedColumn, ...]:
        """Return the columns of ``table`` as a page shows them."""
        return tuple(
            PlacedColumn(self.key_of(column.id), self.plugin_id, column.label)
            for column in self._columns.get(table, ())
        )

    def key_of(self, column_id: str) -> str:
        """Return the key under which a page finds the cells of a column."""
        return f"{self.plugin_id}.{column_id}"

    def hand_in(self, page: Page) -> PageTicket | None:
        """Put the question without waiting; ``None`` when the plugin is left out or an earlier call hangs."""
        if self._breaker.is_open:
            return None
        try:
            return self._lane.hand_in(page)
        except Hanging:
            return None

    def wait_for(self, ticket: PageTicket | None) -> Cells | None:
        """Return the cells by row and column key; ``None`` when the columns must be left out this time."""
        if ticket is None:
            return None
        try:
            answer = self._lane.wait_for(ticket)
        except Hanging:
            answer = Failure("no answer in time")
        if isinstance(answer, Failure):
            self._breaker.note_failure()
            return None
        return {
            row_id: {self.key_of(column_id): cell for column_id, cell in cells.items()}
            for row_id, cells in answer.items()
        }

    def _answer(self, pages: Sequence[Page]) -> Sequence[Cells | Failure]:
        return [self._ask(page) for page in pages]

    def _ask(self, page: Page) -> Cells | Failure:
        columns = frozenset(column.id for column in self._columns[page.table])
        return self._snapshots.call(
            self.plugin_id,
            page.organization_id,
            lambda context: dispatch.extend(self.implementation, context, page.table, page.ids, columns),
            locale=page.locale,
        )
