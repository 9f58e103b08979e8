"""Columns that plugins add to tables shown by the core, and the cells in them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final, Literal, get_args
from uuid import UUID

Tone = Literal["neutral", "good", "warning", "bad"]
CellParameter = str | int | date | datetime

TABLES: Final = ("people", "sign_ups")
"""Tables that take columns, with what their rows are: ``people`` persons by id, ``sign_ups`` sign-ups by id."""

TONES: Final = get_args(Tone)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the plugin. ``id`` is unique in plugin and table; ``label`` is an English message id."""

    table: str
    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Cell:
    """What one row says in one column.

    ``text`` is an English message id with ``%(name)s`` places, translated with the plugin's own catalogue and filled
    from ``params``; dates and instants among them are written the reader's way. It is text, never markup.
    """

    text: str
    params: Mapping[str, CellParameter] = field(default_factory=dict)
    tone: Tone = "neutral"

    def told(self, translate: Callable[[str], str], write: Callable[[CellParameter], str] = str) -> str:
        """Return the cell as a reader sees it; ``translate`` knows the plugin's catalogue, ``write`` the locale."""
        return translate(self.text) % {name: write(value) for name, value in self.params.items()}


@dataclass(frozen=True, slots=True)
class PlacedColumn:
    """A column as a page shows it. ``key`` is unique on the page; ``plugin_id`` is the gettext domain of ``label``."""

    key: str
    plugin_id: str
    label: str


@dataclass(frozen=True, slots=True)
class ExtraColumns:
    """What plugins add to one page of a table: columns in order, and cells by row id and column key.

    ``missing`` are the ids of plugins whose columns had to be left out this time.
    """

    columns: tuple[PlacedColumn, ...] = ()
    cells: Mapping[UUID, Mapping[str, Cell]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    def joined(
        self,
        plugin_id: str,
        columns: tuple[PlacedColumn, ...],
        cells: Mapping[UUID, Mapping[str, Cell]] | None,
    ) -> "ExtraColumns":
        """Return this with one plugin's part added; without ``cells`` the plugin is ``missing``."""
        if cells is None:
            return replace(self, missing=(*self.missing, plugin_id))
        rows = {row_id: {**there, **cells.get(row_id, {})} for row_id, there in self.cells.items()}
        return replace(self, columns=(*self.columns, *columns), cells=rows)


NO_COLUMNS: Final = ExtraColumns()
