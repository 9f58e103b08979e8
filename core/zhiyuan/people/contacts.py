"""Phone numbers and mail addresses: one spelling for each, so that the same contact is found again."""

import re
from dataclasses import dataclass
from typing import Final

import phonenumbers

_MAINLAND_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}", re.ASCII)
_MAIL: Final = re.compile(r"[^@\s<>]+@[^@\s<>.]+(?:\.[^@\s<>.]+)+")
_BLANKS: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact as it is kept. ``is_understood`` is false when it is kept just as written."""

    text: str
    is_understood: bool


def phone(written: str, *, region: str) -> Contact:
    """Return ``written`` in the form +8613812345678 when it can be a number.

    ``region`` (two letters, for example ``CN``) stands in for a missing country code. What cannot be read as a number
    is kept with single blanks.
    """
    if region == "CN" and _MAINLAND_MOBILE.fullmatch(written):
        return Contact(f"+86{written}", is_understood=True)  # The common case, spared the library's price.
    try:
        parsed = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return Contact(_BLANKS.sub(" ", written), is_understood=False)
    if not phonenumbers.is_possible_number(parsed):
        return Contact(_BLANKS.sub(" ", written), is_understood=False)
    text = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return Contact(f"{text};ext={parsed.extension}" if parsed.extension else text, is_understood=True)


def phone_key(text: str) -> str:
    """Return what two spellings of one phone number have in common: for the keyed hash."""
    return text if text.startswith("+") else _BLANKS.sub("", text).casefold()


def mail(written: str) -> Contact:
    """Return a mail address with its domain in small letters, or ``written`` when it is none."""
    if not _MAIL.fullmatch(written):
        return Contact(written, is_understood=False)
    local, _, domain = written.rpartition("@")
    return Contact(f"{local}@{domain.lower()}", is_understood=True)


def mail_key(text: str) -> str:
    """Return what two spellings of one mail address have in common: for the keyed hash."""
    return text.casefold()
