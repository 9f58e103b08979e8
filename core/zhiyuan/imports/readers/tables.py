"""What every reader gives: a header and rows, whatever the file was."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from zhiyuan.imports.refusals import FileRefused, MappingRefused

Cell = str | int | float | bool | datetime | date | time | timedelta | None
"""What stands in a cell. Readers of text give ``str``; spreadsheets and JSON keep the types they have."""

_NOT_WORD: Final = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is read at all. These protect the machine; they are no rules of service.

    ``bytes`` of the file as it lies on disk; ``unpacked_bytes`` and ``ratio`` of what a packed file grows to; ``rows``
    and ``columns`` of one table; ``cells`` of one sheet, empty ones counted; ``cell`` is the most characters of one cell.
    """

    bytes: int
    unpacked_bytes: int = 512 * 2**20
    ratio: int = 250
    rows: int = 2_000_000
    columns: int = 1_000
    cells: int = 20_000_000
    cell: int = 10_000


@dataclass(frozen=True, slots=True)
class Hints:
    """What the writer of a mapping knows about the file; empty means "find out"."""

    encoding: str = ""
    separator: str = ""
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row. ``number`` counts as a spreadsheet does: the header is 1, blank rows count.

    ``cells`` stand in the order of the table's columns; a short row is filled with ``None``. ``surplus`` tells that
    there was something to the right of the last column.
    """

    number: int
    cells: Sequence[Cell]
    surplus: bool = False


@dataclass(frozen=True)
class Table:
    """A header, and rows that can be read again and again; every reading opens the file anew."""

    columns: tuple[str, ...]
    read: Callable[[], Iterator[Row]]
    positions: dict[str, int] = field(default_factory=dict)

    def rows(self) -> Iterator[Row]:
        """Yield the rows below the header that are not blank. Raises FileRefused when the file goes wrong midway."""
        return self.read()

    def position(self, column: str) -> int | None:
        """Return where ``column`` stands, or ``None`` when there is none.

        Upper and lower case, blanks and punctuation do not matter, unless two columns differ in nothing else. Raises
        MappingRefused then.
        """
        if column in self.positions:
            return self.positions[column]
        wanted = folded(column)
        found = [name for name in self.positions if folded(name) == wanted]
        if len(found) > 1:
            raise MappingRefused("imports.column_ambiguous", column=column, columns=", ".join(found))
        return self.positions[found[0]] if found else None


def folded(column: str) -> str:
    """Return ``column`` as it is compared: small letters, single blanks, no punctuation."""
    return _NOT_WORD.sub(" ", column).strip().casefold() or column


def table(records: Callable[[], Iterator[tuple[int, Sequence[Cell]]]], limits: Limits) -> Table:
    """Make a table of ``records`` (number, cells): the first that is not blank is the header.

    Raises FileRefused for an empty file, a column that stands twice, too many columns or rows, and content below a
    column without a name.
    """
    header_number, header = next(_filled(records()), (0, ()))
    names = _header_names(header, limits)
    named = [(position, name) for position, name in enumerate(names) if name]
    unnamed = [position for position, name in enumerate(names) if not name]
    positions = {name: index for index, (_, name) in enumerate(named)}
    is_plain = not unnamed
    width = len(named)

    def read() -> Iterator[Row]:
        for count, (number, cells) in enumerate(_filled(records(), after=header_number), start=1):
            if count > limits.rows:
                raise FileRefused("imports.too_many_rows", maximum=limits.rows)
            _check_unnamed(number, cells, unnamed)
            surplus = len(cells) > len(names) and any(not _is_blank(cell) for cell in cells[len(names) :])
            if is_plain and len(cells) == width:
                yield Row(number, cells, surplus)
                continue
            yield Row(number, [cells[at] if at < len(cells) else None for at, _ in named], surplus)

    return Table(tuple(positions), read, positions)


def _header_names(header: Sequence[Cell], limits: Limits) -> list[str]:
    names = [" ".join(str(cell).split()) if cell is not None else "" for cell in header]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise FileRefused("imports.file_empty")
    if len(names) > limits.columns:
        raise FileRefused("imports.too_many_columns", maximum=limits.columns, found=len(names))
    seen: dict[str, str] = {}
    for name in filter(None, names):
        if len(name) > limits.cell:
            raise FileRefused("imports.header_too_long", maximum=limits.cell)
        if name.casefold() in seen:
            raise FileRefused("imports.column_twice", column=_shortened(name))
        seen[name.casefold()] = name
    return names


def _filled(
    records: Iterable[tuple[int, Sequence[Cell]]], *, after: int = 0
) -> Iterator[tuple[int, Sequence[Cell]]]:
    for number, cells in records:
        if number > after and any(not _is_blank(cell) for cell in cells):
            yield number, cells


def _check_unnamed(number: int, cells: Sequence[Cell], unnamed: Sequence[int]) -> None:
    for position in unnamed:
        if position < len(cells) and not _is_blank(cells[position]):
            raise FileRefused("imports.column_without_name", column=position + 1, row=number)


def _is_blank(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
