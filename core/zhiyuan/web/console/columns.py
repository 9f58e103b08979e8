"""Columns that plugins add to the core's tables, as text in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from zhiyuan.host.columns import Cell, CellParameter
from zhiyuan.kernel.formats import Formats
from zhiyuan.kernel.i18n import active_translator
from zhiyuan.kernel.uow import Tx
from zhiyuan.runtime import Runtime
from zhiyuan.web.visit import Visit


@dataclass(frozen=True, slots=True)
class ShownCell:
    """What one row says in one column; ``tone`` is ``neutral``, ``good``, ``warning`` or ``bad``."""

    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class ShownColumns:
    """Labels by column key, in order, and cells by row and column key; ``missing`` names plugins that did not answer."""

    labels: Mapping[str, str] = field(default_factory=dict)
    cells: Mapping[UUID, Mapping[str, ShownCell]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


def plugin_columns(runtime: Runtime, tx: Tx, table: str, visit: Visit, ids: Sequence[UUID]) -> ShownColumns:
    """Return what plugins add to a page of ``table`` with the rows ``ids``; nothing without plugins."""
    added = runtime.plugins.extend_table(tx, table, visit.here.id, ids, locale=visit.language)
    show, zone = Formats(visit.language), visit.here.time_zone
    translate = active_translator().translate
    owners = {column.key: column.plugin_id for column in added.columns}

    def written(value: CellParameter) -> str:
        if isinstance(value, datetime):
            return show.moment(value, zone)
        return show.day(value) if isinstance(value, date) else str(value)

    def told(key: str, cell: Cell) -> ShownCell:
        return ShownCell(cell.told(lambda text: translate(owners[key], text), written), cell.tone)

    return ShownColumns(
        labels={column.key: translate(column.plugin_id, column.label) for column in added.columns},
        cells={
            row: {key: told(key, cell) for key, cell in cells.items()} for row, cells in added.cells.items()
        },
        missing=tuple(added.missing),
    )
