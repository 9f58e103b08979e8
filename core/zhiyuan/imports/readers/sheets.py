"""Spreadsheets, XLSX and ODS. They are packed: how large they grow is found out before they are opened."""

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from python_calamine import CalamineError, CalamineWorkbook

from zhiyuan.imports.readers.sheet_extent import check_extent
from zhiyuan.imports.readers.tables import Cell, Hints, Limits, Table, table
from zhiyuan.imports.refusals import FileRefused, MappingRefused

_CHUNK_BYTES: Final = 2**20
_SMALL_BYTES: Final = 2**20


def open_sheet(path: Path, limits: Limits, hints: Hints) -> Table:
    """Return the first sheet of ``path``, or the one that the mapping names. Raises FileRefused."""
    _check_packing(path, limits)
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        names = workbook.sheet_names
        if not names:
            raise FileRefused("imports.file_empty")
        if hints.sheet and hints.sheet not in names:
            raise MappingRefused("imports.sheet_missing", sheet=hints.sheet, sheets=", ".join(names)[:200])
        sheet = workbook.get_sheet_by_name(hints.sheet or names[0])
        records: Sequence[Sequence[Cell]] = sheet.to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError) as error:
        raise FileRefused("imports.spreadsheet_broken") from error

    def numbered() -> Iterator[tuple[int, Sequence[Cell]]]:
        yield from enumerate(records, start=1)

    return table(numbered, limits)


def _check_packing(path: Path, limits: Limits) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            total = sum(entry.file_size for entry in entries)
            if total > limits.unpacked_bytes or any(_swells(entry, limits) for entry in entries):
                raise FileRefused("imports.zip_bomb", maximum=limits.unpacked_bytes, ratio=limits.ratio)
            for entry in entries:
                if entry.flag_bits & 1:
                    raise FileRefused("imports.spreadsheet_locked")
                # Reading all of it once proves the sizes told above: a lie ends in a wrong checksum.
                with archive.open(entry) as part:
                    while part.read(_CHUNK_BYTES):
                        pass
            check_extent(archive, limits)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, RuntimeError) as error:
        raise FileRefused("imports.spreadsheet_broken") from error
    except zipfile.zlib.error as error:  # type: ignore[attr-defined]  # the module that zipfile unpacks with
        raise FileRefused("imports.spreadsheet_broken") from error


def _swells(entry: zipfile.ZipInfo, limits: Limits) -> bool:
    return entry.file_size > _SMALL_BYTES and entry.file_size > limits.ratio * max(entry.compress_size, 1)
