"""Reading a table from a file of comma, semicolon or tab separated text, whatever its encoding."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from zhiyuan.kernel.errors import Invalid
from zhiyuan.kernel.issues import Issue
from zhiyuan.regions.tables import Table, read_table

_ENCODINGS = ("utf-8-sig", "gb18030")
_LONGEST_CELL = 10_000


def read_file(path: Path, *, maximum_bytes: int, country: str | None = None) -> Table:
    """Return what the table in ``path`` says. Raises Invalid when it is too large, no text, or no known table."""
    size = path.stat().st_size
    if size > maximum_bytes:
        issue = Issue("regions.file_too_large", params={"bytes": size, "maximum": maximum_bytes})
        raise Invalid("regions.file_too_large", "The file is too large.", issues=[issue])
    lines = _lines(_decoded(path.read_bytes()))
    header = next(lines, None)
    if header is None:
        issue = Issue("regions.file_empty")
        raise Invalid("regions.file_empty", "The file is empty.", issues=[issue])
    return read_table(header, lines, country=country)


def _decoded(data: bytes) -> str:
    encodings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else _ENCODINGS
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    issue = Issue("regions.file_not_text")
    raise Invalid("regions.file_not_text", "The file is not text in a known encoding.", issues=[issue])


def _lines(text: str) -> Iterator[list[str]]:
    first = text.lstrip("\ufeff\r\n ").partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    limit = csv.field_size_limit(_LONGEST_CELL)
    try:
        for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if line:
                yield line
    except csv.Error as error:
        issue = Issue("regions.file_broken", params={"reason": str(error)[:80]})
        raise Invalid("regions.file_broken", "The file breaks off.", issues=[issue]) from error
    finally:
        csv.field_size_limit(limit)
