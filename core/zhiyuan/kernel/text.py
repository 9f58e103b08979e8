"""What a line of text from outside may contain. Called by every domain before it keeps something that people typed.

Text is brought to Unicode NFC and trimmed. Characters that would make a page lie are refused, not silently removed: what
is kept is then exactly what the sender saw.
"""

import re
import unicodedata
from typing import Final

from zhiyuan.kernel.issues import Issue, IssueText

_BIDI_OVERRIDES: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_CONTROLS_BUT_LINES: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def clean_text(value: str, *, field: str, maximum: int, multiline: bool = False) -> str | Issue:
    """Return ``value`` in NFC without surrounding blanks, or the issue that refuses it.

    ``maximum`` counts characters after trimming. Refused: control characters (with ``multiline`` tab and line breaks may
    stay; breaks become ``\\n``), marks that reverse the direction of text (U+202A-202E, U+2066-2069), lone surrogates,
    and text that is too long. An empty text is not refused here: whether it may be empty is the caller's rule.
    """
    text = value.strip()
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    if not text.isprintable():
        if multiline and "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        if _BIDI_OVERRIDES.search(text):
            return Issue("text.direction_override", field=field)
        found = (_CONTROLS_BUT_LINES if multiline else _CONTROLS).search(text)
        if found:
            return Issue(
                "text.control_character", field=field, params={"character": f"U+{ord(found[0]):04X}"}
            )
    if len(text) > maximum:
        return Issue("text.too_long", field=field, params={"maximum": maximum, "length": len(text)})
    return text


ISSUES: Final = (
    IssueText(
        "text.control_character",
        "The text holds an invisible control character (%(character)s).",
        "Type the text anew instead of copying it, or delete the character.",
    ),
    IssueText(
        "text.direction_override",
        "The text holds a mark that reverses the direction of writing, so it would read differently from what it is.",
        "Delete the mark; letters of right-to-left scripts need none.",
    ),
    IssueText(
        "text.too_long",
        "The text has %(length)s characters; at most %(maximum)s fit here.",
        "Shorten it to %(maximum)s characters.",
    ),
)
"""Texts of the issues raised here."""
