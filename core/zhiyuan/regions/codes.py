"""Codes of administrative divisions: the shape of the Chinese ones, and how much padding they may come with.

GB/T 2260 gives provinces 2, prefectures 4 and counties 6 digits; the statistics bureau gives townships 9 and villages 12.
Tables often pad them with zeros (530800 for 5308). One rule takes the padding off, and with it disappears what is no
level at all: Zhongshan has no counties, and its "county" 442000 is the city 4420 again.
"""

import re
from typing import Final

COUNTRY: Final = "CN"
"""What stands above every Chinese province."""

PSEUDO: Final = "pseudo"
"""Level of rows that exist in the tables only (市辖区, 县, 省直辖县级行政区划): never chosen, never shown."""

_PROVINCES: Final = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
    ]
)
_LEVELS: Final = {2: "province", 4: "city", 6: "county", 9: "town", 12: "village"}
_SHORTER: Final = {12: 9, 9: 6, 6: 4, 4: 2}
_PSEUDO_NAME = re.compile(r"市辖区|市辖县|县|.*直辖县级行政(区划|单位)|.*直辖行政单位")


def is_chinese(code: str) -> bool:
    """Tell whether ``code`` has the shape of a Chinese division code, padded or not."""
    return len(code) in _LEVELS and code.isascii() and code.isdigit() and code[:2] in _PROVINCES


def canonical(code: str) -> str:
    """Return a Chinese ``code`` without padding (530800 -> 5308, 442000 -> 4420); any other code as it is."""
    if not is_chinese(code):
        return code
    while len(code) > 2 and set(code[_SHORTER[len(code)] :]) == {"0"}:
        code = code[: _SHORTER[len(code)]]
    return code


def parent_of(code: str) -> str | None:
    """Return the code above a canonical Chinese ``code`` by its digits; None for any other code."""
    if not is_chinese(code):
        return None
    return COUNTRY if len(code) == 2 else canonical(code[: _SHORTER[len(code)]])


def level_of(code: str, name: str) -> str:
    """Return the level of a canonical Chinese ``code``: the standard's, or ``pseudo`` where the name is no place."""
    if len(code) in (4, 6) and _PSEUDO_NAME.fullmatch(name):
        return PSEUDO
    return _LEVELS[len(code)]


def is_subtotal_name(name: str) -> bool:
    """Tell whether a row of a census under this ``name`` sums other rows instead of standing for a place."""
    return _PSEUDO_NAME.fullmatch(name) is not None


def prefixes(code: str) -> list[str]:
    """Return the codes above a Chinese ``code`` that its digits contain, the nearest first."""
    above = []
    while (parent := parent_of(code)) is not None and parent != COUNTRY:
        above.append(parent)
        code = parent
    return above
