"""Numbers and check codes of certificates.

The number is public and counts up; its last digit catches a slip of the pen. The check code is random: it keeps people
from reading other people's certificates by counting.
"""

import hmac
import secrets
from typing import Final

_ALPHABET: Final = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Without 0, O, 1, I and L, which look alike."""

_CODE_CHARACTERS: Final = 10
_SERIAL_DIGITS: Final = 6


def series(year: int) -> str:
    """Return the name of the number series of one year."""
    return f"certificate:{year}"


def number(prefix: str, year: int, serial: int) -> str:
    """Return the certificate number, for example ``ZY-2026-000123-4``; the last digit checks the others (Luhn)."""
    digits = f"{year:04d}{serial:0{_SERIAL_DIGITS}d}"
    return f"{prefix}-{year:04d}-{serial:0{_SERIAL_DIGITS}d}-{_check_digit(digits)}"


def is_well_formed(text: str) -> bool:
    """Tell whether ``text`` can be a number of ours: four parts, and the last digit fits."""
    parts = text.split("-")
    if len(parts) < 4 or not all(part.isascii() and part.isdigit() for part in parts[-3:]):
        return False
    return parts[-1] == _check_digit(parts[-3] + parts[-2])


def normalized(text: str) -> str:
    """Return a number or code as typed, without blanks and in capitals."""
    return "".join(text.split()).upper()


def new_check_code() -> str:
    """Return a random check code of characters that cannot be mistaken for one another."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_CHARACTERS))


def codes_match(kept: str, given: str) -> bool:
    """Compare two check codes in constant time."""
    return hmac.compare_digest(kept.encode(), normalized(given).encode())


def _check_digit(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)
