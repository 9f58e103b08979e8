"""Where in a TOML file a key stands: the standard reader tells values, and a person needs the line."""

import re
from collections.abc import Iterable
from typing import Final

_HEADER = re.compile(r"\s*\[{1,2}\s*([^\[\]]+?)\s*\]{1,2}\s*(#.*)?$")
_KEY = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)\s*=""")
_TEXT_MARKS: Final = ('"' * 3, "'" * 3)

Lines = dict[tuple[str, str], int]
"""Line numbers, from 1, by (section, key); the section itself stands under an empty key. The first one counts."""


def lines_of(text: str) -> Lines:
    """Return where every section and every key of a section begins in the TOML ``text``."""
    found: Lines = {}
    section = ""
    closing: str | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if closing is not None:
            closing = None if closing in line else closing
            continue
        if header := _HEADER.match(line):
            section = _bare(header[1])
            found.setdefault((section, ""), number)
        elif key := _KEY.match(line):
            found.setdefault((section, _bare(key[1])), number)
        closing = next((mark for mark in _TEXT_MARKS if line.count(mark) % 2), None)
    return found


def nearest(lines: Lines, wanted: Iterable[tuple[str, str]]) -> int:
    """Return the line of the first of ``wanted`` that is known; 1 when none is."""
    return next((lines[where] for where in wanted if where in lines), 1)


def _bare(word: str) -> str:
    return word.strip().strip("\"'")
