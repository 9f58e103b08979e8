"""Converters of texts, numbers and yes-or-no: one cell in, one value out, or a CellFault that says what is wrong."""

import re
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from zhiyuan.imports.mapping.faults import CellFault
from zhiyuan.imports.readers import Cell
from zhiyuan.kernel.issues import Issue

_YES: Final = frozenset(
    [
        "1",
        "y",
        "yes",
        "true",
        "t",
        "x",
        "on",
        "ja",
        "j",
        "oui",
        "o",
        "si",
        "sí",
        "sim",
        "da",
        "是",
        "有",
        "对",
        "真",
        "√",
        "✓",
        "✔",
    ]
)
_NO: Final = frozenset(
    [
        "0",
        "n",
        "no",
        "false",
        "f",
        "off",
        "nein",
        "non",
        "nao",
        "não",
        "net",
        "否",
        "无",
        "無",
        "没有",
        "不",
        "假",
        "×",
        "✗",
    ]
)
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}(?:\.0+)?", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,30})?", re.ASCII)
_COMMA_DECIMAL: Final = re.compile(r"[+-]?[0-9]{1,18},[0-9]{1,30}", re.ASCII)
_COMMA_THOUSANDS: Final = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+", re.ASCII)
_CLOCK: Final = re.compile(r"([0-9]{1,6}):([0-5][0-9])(?::00)?", re.ASCII)
_WHOLE_FLOAT: Final = re.compile(r"([0-9]+)\.0+", re.ASCII)
_GROUPED: Final = re.compile(r"(?<=[0-9])[\u00a0\u202f ](?=[0-9]{3}(?:[^0-9]|$))", re.ASCII)
_LARGEST: Final = 2**31 - 1
_MINUTE_TOLERANCE: Final = Decimal("0.001")


def text(cell: Cell) -> str:
    """Return the cell as one line: blanks and line breaks inside become single blanks."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return " ".join(cell.split()) if not cell.isalnum() else cell
    return plain(cell)


def lines(cell: Cell) -> str:
    """Return the cell with its line breaks."""
    return cell.strip() if isinstance(cell, str) else plain(cell)


def plain(cell: Cell) -> str:
    """Return a cell that is no text as people would type it: 3.0 is ``3``, a date is ``2018-02-16``."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 10**15:
        return str(int(cell))
    if isinstance(cell, datetime) and (cell.hour, cell.minute, cell.second, cell.microsecond) == (0, 0, 0, 0):
        return cell.date().isoformat()
    if isinstance(cell, date | datetime):
        return cell.isoformat(sep=" ") if isinstance(cell, datetime) else cell.isoformat()
    return str(cell)


def code(cell: Cell) -> str:
    """Return a name made of digits and letters: ``10010.0``, as spreadsheets spoil it, is ``10010``."""
    found = text(cell)
    whole = _WHOLE_FLOAT.fullmatch(found)
    return whole[1] if whole else found


def integer(cell: Cell) -> int | None:
    """Return a whole number; ``12.0`` is 12."""
    found = text(cell)
    if not found:
        return None
    grouped = found.replace(",", "") if _COMMA_THOUSANDS.fullmatch(found) else _GROUPED.sub("", found)
    if not _INTEGER.fullmatch(grouped):
        raise CellFault("imports.not_an_integer")
    value = int(grouped.split(".")[0])
    if abs(value) > _LARGEST:
        raise CellFault("imports.number_too_large", maximum=_LARGEST)
    return value


def number(cell: Cell) -> float | None:
    """Return a number with or without a fraction."""
    value = _decimal(cell)
    return None if value is None else float(value)


def count_of_minutes(cell: Cell) -> int | None:
    """Return whole minutes, not negative."""
    value = integer(cell)
    if value is not None and value < 0:
        raise CellFault("imports.minutes_negative")
    return value


def hours(cell: Cell, warnings: list[Issue]) -> int | None:
    """Return the minutes of a duration in hours: ``2.5``, ``2,5`` and ``2:30`` are 150.

    A third of an hour is written 0.3333: what lies within a thousandth of a whole minute is that minute. Anything else
    is rounded, halves up, with a warning.
    """
    clock = _CLOCK.fullmatch(cell.strip()) if isinstance(cell, str) else None
    value = Decimal(clock[1]) + Decimal(clock[2]) / 60 if clock else _decimal(cell)
    if value is None:
        return None
    if value < 0:
        raise CellFault("imports.minutes_negative")
    exact = value * 60
    minutes = exact.quantize(Decimal(1), rounding=ROUND_HALF_UP)
    if minutes > _LARGEST:
        raise CellFault("imports.number_too_large", maximum=_LARGEST)
    if abs(exact - minutes) > _MINUTE_TOLERANCE:
        warnings.append(Issue("imports.hours_rounded", severity="warn", params={"minutes": int(minutes)}))
    return int(minutes)


def boolean(cell: Cell) -> bool | None:
    """Return yes or no from the words of several languages."""
    if isinstance(cell, bool):
        return cell
    found = code(cell).casefold()
    if not found:
        return None
    if found in _YES:
        return True
    if found in _NO:
        return False
    raise CellFault("imports.not_a_boolean")


def entries(cell: Cell, separators: str) -> tuple[str, ...]:
    """Return the entries of a list, without empty ones."""
    found = lines(cell)
    for separator in separators + "\n":
        found = found.replace(separator, "\0")
    return tuple(entry for part in found.split("\0") if (entry := " ".join(part.split())))


def _decimal(cell: Cell) -> Decimal | None:
    found = text(cell) if isinstance(cell, str) else plain(cell)
    if not found:
        return None
    if isinstance(cell, float):
        found = format(Decimal(repr(cell)), "f") if cell == cell and abs(cell) < 10**15 else found  # noqa: PLR0124
    found = _GROUPED.sub("", found)
    if _COMMA_THOUSANDS.fullmatch(found):
        raise CellFault("imports.comma_ambiguous")
    if _COMMA_DECIMAL.fullmatch(found):
        found = found.replace(",", ".")
    if not _NUMBER.fullmatch(found):
        raise CellFault("imports.not_a_number")
    return Decimal(found)
