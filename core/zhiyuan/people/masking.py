"""Masked spellings: enough to recognise what one knows already, too little to learn what one does not."""

from typing import Final

_MAINLAND: Final = "+86"


def name(full: str) -> str:
    """Return the first letter of each word, or the first character of a Chinese name: ``张*``, ``A*** L***``."""
    if not full:
        return ""
    if full.isascii() or " " in full:
        return " ".join(f"{word[0]}***" for word in full.split())
    return full[0] + "*" * min(len(full) - 1, 2)


def phone(number: str) -> str:
    """Return ``138****5678`` for a mainland mobile, the last two digits and the country code for others."""
    if number.startswith(_MAINLAND) and len(number) == 14:
        national = number[3:]
        return f"{national[:3]}****{national[-4:]}"
    lead = number[:3] if number.startswith("+") else ""
    return f"{lead}****{number[-2:]}" if len(number) > 6 else "****"


def document(number: str) -> str:
    """Return the first and last character with as many stars between as there were characters."""
    return number[0] + "*" * (len(number) - 2) + number[-1] if len(number) > 4 else "****"


def mail(address: str) -> str:
    """Return the first letter and the domain: ``a***@example.org``."""
    local, at, domain = address.rpartition("@")
    return f"{local[0]}***@{domain}" if at and local else "****"
