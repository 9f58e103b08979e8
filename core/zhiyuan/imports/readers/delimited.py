"""Text with separators: comma, semicolon, tab or bar; quoted line breaks; flat memory whatever the length."""

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from zhiyuan.imports.readers.encodings import encoding_of
from zhiyuan.imports.readers.tables import Cell, Hints, Limits, Table, table
from zhiyuan.imports.refusals import FileRefused, MappingRefused

SEPARATORS: Final = (",", ";", "\t", "|")

_SAMPLE_ROWS: Final = 30


def open_delimited(path: Path, limits: Limits, hints: Hints) -> Table:
    """Return the table in the text file ``path``. Raises FileRefused."""
    encoding = encoding_of(path, hints.encoding)
    if hints.separator and hints.separator not in SEPARATORS:
        raise MappingRefused("imports.separator_unknown", separator=hints.separator)
    separator = hints.separator or _separator_of(path, encoding)
    return table(lambda: _records(path, encoding, separator), limits)


def _separator_of(path: Path, encoding: str) -> str:
    """Return the separator under which the first rows have the most columns and agree on their number."""

    def score(separator: str) -> tuple[float, int]:
        try:
            widths = [
                len(cells) for _, cells in islice(_records(path, encoding, separator), _SAMPLE_ROWS) if cells
            ]
        except FileRefused:
            return (0.0, 0)
        if not widths or widths[0] < 2:
            return (0.0, 0)
        agreeing = sum(width == widths[0] for width in widths) / len(widths)
        return (agreeing, widths[0])

    best = max(SEPARATORS, key=score)
    return best if score(best) > (0.0, 0) else ","


def _records(path: Path, encoding: str, separator: str) -> Iterator[tuple[int, list[Cell]]]:
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=separator)
        number = 0
        while True:
            number += 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise FileRefused("imports.broken_quotes", line=reader.line_num) from error
            if cells is None:
                return
            yield number, cells  # type: ignore[misc]  # list is invariant; a list of str holds cells
