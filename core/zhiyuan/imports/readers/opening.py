"""Which reader a file gets: decided by its first bytes, never by its name."""

from pathlib import Path
from typing import Final

from zhiyuan.imports.readers import delimited, json_objects, sheets
from zhiyuan.imports.readers.tables import Hints, Limits, Table
from zhiyuan.imports.refusals import FileRefused

_ZIP: Final = b"PK\x03\x04"
_OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PDF: Final = b"%PDF-"
_MARKS_AND_ZEROS: Final = b"\xef\xbb\xbf\xff\xfe\x00"


def open_table(path: Path, limits: Limits, hints: Hints | None = None) -> Table:
    """Return the table in ``path``: text with separators, XLSX, ODS, or JSON (an array of flat objects).

    Raises FileRefused with the reason and the cure. A file that is too large is refused before a byte of it is read.
    """
    wanted = hints or Hints()
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise FileRefused("imports.not_a_file", path=path.name)
        if size > limits.bytes:
            raise FileRefused("imports.file_too_large", size=size, maximum=limits.bytes)
        with path.open("rb") as file:
            start = file.read(512)
    except OSError as error:
        raise FileRefused("imports.file_unreadable", path=path.name, reason=error.strerror or "") from error
    if not start:
        raise FileRefused("imports.file_empty")
    if start.startswith(_ZIP):
        return sheets.open_sheet(path, limits, wanted)
    if start.startswith(_OLD_OFFICE):
        raise FileRefused("imports.old_spreadsheet")
    if start.startswith(_PDF):
        raise FileRefused("imports.not_a_table")
    # Without marks and zeros, UTF-16 begins with the same bytes as UTF-8.
    if start.translate(None, _MARKS_AND_ZEROS).lstrip()[:1] in (b"[", b"{"):
        return json_objects.open_objects(path, limits)
    return delimited.open_delimited(path, limits, wanted)
