"""How many cells a spreadsheet's table spans. A few bytes can name a cell in row 1,048,576 or repeat one a million times."""

import re
import zipfile
from typing import Final
from xml.parsers import expat

from zhiyuan.imports.readers.tables import Limits
from zhiyuan.imports.refusals import FileRefused

_REFERENCE: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_CHUNK_BYTES: Final = 2**18
_CELL_VALUE: Final = ("office:value-type", "calcext:value-type")


def check_extent(archive: zipfile.ZipFile, limits: Limits) -> None:
    """Read the XML of every sheet once and refuse what spans more than ``limits.cells``. Raises FileRefused."""
    for name in archive.namelist():
        if name.startswith("xl/worksheets/") and name.endswith(".xml"):
            _parse(archive, name, _XlsxExtent(limits))
        elif name == "content.xml":
            _parse(archive, name, _OdsExtent(limits))


class _XlsxExtent:
    """Follows the references of cells (``BC17``) and rows."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._rows = self._columns = 1

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name not in ("c", "row"):
            return
        reference = attributes.get("r", "")
        found = _REFERENCE.fullmatch(reference)
        if found:
            self._columns = max(self._columns, _column_number(found[1]))
            self._rows = max(self._rows, int(found[2]))
        elif reference.isdecimal():
            self._rows = max(self._rows, int(reference[:9]))
        if self._rows * self._columns > self._limits.cells:
            raise FileRefused("imports.sheet_too_wide", maximum=self._limits.cells)


class _OdsExtent:
    """Adds up repeated cells and rows that hold something; empty repeats at the ends are how the format is written."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._row_repeat = 1
        self._rows = self._pending_rows = self._width = self._pending = 0
        self._columns = 1

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table:table":
            self._rows = self._pending_rows = 0
            self._columns = 1
        elif name == "table:table-row":
            self._row_repeat = _count(attributes.get("table:number-rows-repeated"))
            self._pending_rows += self._row_repeat
            self._width = self._pending = 0
        elif name in ("table:table-cell", "table:covered-table-cell"):
            self._pending += _count(attributes.get("table:number-columns-repeated"))
            if any(mark in attributes for mark in _CELL_VALUE):
                self._width += self._pending
                self._pending = 0
                self._rows += self._pending_rows
                self._pending_rows = 0
                self._columns = max(self._columns, self._width)
                if self._rows * self._columns > self._limits.cells:
                    raise FileRefused("imports.sheet_too_wide", maximum=self._limits.cells)


def _parse(archive: zipfile.ZipFile, name: str, extent: _XlsxExtent | _OdsExtent) -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler = extent.start
    parser.EntityDeclHandler = _refuse_entities
    try:
        with archive.open(name) as part:
            while chunk := part.read(_CHUNK_BYTES):
                parser.Parse(chunk, False)  # expat takes "is this the end" by position only
            parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise FileRefused("imports.spreadsheet_broken") from error


def _refuse_entities(*_: object) -> None:
    raise FileRefused("imports.spreadsheet_broken")


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _count(text: str | None) -> int:
    return int(text[:9]) if text and text.isdecimal() else 1
