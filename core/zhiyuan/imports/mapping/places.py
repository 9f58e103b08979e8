"""Converter of places written as ``street, city (latitude, longitude)``."""

import re
from typing import Any, Final

from zhiyuan.imports.mapping import words
from zhiyuan.imports.mapping.faults import CellFault
from zhiyuan.imports.readers import Cell

_NUMBER: Final = r"([+-]?[0-9]{1,3}(?:\.[0-9]+)?)"
_PAIR: Final = re.compile(rf"\(\s*{_NUMBER}\s*°?\s*[,;]\s*{_NUMBER}\s*°?\s*\)\s*$", re.ASCII)
_POINT: Final = re.compile(rf"^POINT\s*\(\s*{_NUMBER}\s+{_NUMBER}\s*\)$", re.ASCII | re.IGNORECASE)


def place(cell: Cell) -> dict[str, Any]:
    """Return ``place_text``, ``latitude`` and ``longitude``, those that the cell tells. Raises CellFault.

    Lines of the address are joined with commas. ``POINT (longitude latitude)`` is read too.
    """
    found = words.lines(cell)
    if not found:
        return {}
    if point := _POINT.match(found):
        return _coordinates(point[2], point[1])
    coordinates: dict[str, Any] = {}
    if pair := _PAIR.search(found):
        coordinates = _coordinates(pair[1], pair[2])
        found = found[: pair.start()]
    parts = [" ".join(line.split()).strip(", ") for line in found.splitlines()]
    address = ", ".join(part for part in parts if part)
    return {**({"place_text": address} if address else {}), **coordinates}


def _coordinates(latitude: str, longitude: str) -> dict[str, float]:
    north, east = float(latitude), float(longitude)
    if not (-90 <= north <= 90 and -180 <= east <= 180):
        raise CellFault("imports.coordinates_impossible")
    return {"latitude": north, "longitude": east}
