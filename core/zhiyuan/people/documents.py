"""Identity documents: which numbers can be told right from wrong without asking anybody.

18-character numbers (GB 11643, MOD 11-2) are checked by length, digits, date and check digit only. The place code in
front is a hint: numbers of residents from Hong Kong, Macao and Taiwan (81, 82, 83) and of foreign permanent residents
(9) are as good as any, and so are numbers registered late under a code that came after the birth.
"""

import re
from datetime import date
from typing import Final

from zhiyuan.people.schemas import DocumentKind

CHECKED_KINDS: Final[frozenset[str]] = frozenset(
    {"identity_card", "residence_permit_hmt", "foreign_permanent_resident"}
)
"""Kinds of document that carry an 18-character number with a check digit."""

KINDS: Final[frozenset[str]] = CHECKED_KINDS | {
    "passport", "travel_permit_hk_macao", "travel_permit_taiwan", "other",
}  # fmt: skip

_SHAPE: Final = re.compile(r"[0-9]{17}[0-9X]", re.ASCII)
_PUNCTUATION: Final = re.compile(r"[\s\-·]+")


def normalized(number: str) -> str:
    """Return ``number`` in capitals without blanks and hyphens, as it is compared and kept."""
    return _PUNCTUATION.sub("", number).upper()


def looks_like_identity_number(number: str) -> bool:
    """True when a normalized ``number`` has the shape of an 18-character identity number."""
    return _SHAPE.fullmatch(number) is not None


def kind_of(number: str) -> DocumentKind:
    """Return the kind that a normalized ``number`` shows by its shape; ``other`` when it shows none."""
    if not looks_like_identity_number(number):
        return "other"
    if number[:2] in ("81", "82", "83"):
        return "residence_permit_hmt"
    return "foreign_permanent_resident" if number[0] == "9" else "identity_card"


def fault(number: str, *, today: date) -> str | None:
    """Return what is wrong with a normalized 18-character number, or ``None``.

    One of ``length``, ``characters``, ``date`` (no such day, or after ``today``), ``check_digit``.
    """
    if len(number) != 18:
        return "length"
    if not looks_like_identity_number(number):
        return "characters"
    born = birth_date(number)
    if born is None or born > today:
        return "date"
    return None if check_digit(number) == number[17] else "check_digit"


def birth_date(number: str) -> date | None:
    """Return the birth date inside a normalized 18-character number, or ``None`` when there is no such day."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def check_digit(number: str) -> str:
    """Return the check character that belongs to the first 17 digits of ``number``."""
    remainder = (1 - 2 * int(number[:17], 13)) % 11
    return "X" if remainder == 10 else str(remainder)
