"""The fonts of certificates, and what to print for a character that they do not have.

A person's name is printed with the person's characters, however rare; where the font has none, with the number of the
character in Unicode, never with an empty box that could be anybody.
"""

import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

import pylopdf_fonts_zh_cn
from fontTools.ttLib import TTFont

SANS: Final = "Noto Sans SC"
SERIF: Final = "Noto Serif SC"


def font_folder() -> Path:
    """Return the folder that holds the packaged fonts."""
    return Path(pylopdf_fonts_zh_cn.sans_path()).parent


def printable(text: str) -> str:
    """Return ``text`` with every character that the fonts lack written as its Unicode number, for example ``[U+1F600]``."""
    held = _characters()
    if all(ord(character) in held for character in text):
        return text
    return "".join(_shown(character, held) for character in text)


def missing(text: str) -> list[str]:
    """Return the characters of ``text`` that the fonts lack, as Unicode numbers, in order."""
    held = _characters()
    return [
        f"U+{ord(character):04X}"
        for character in text
        if ord(character) not in held and not character.isspace()
    ]


def _shown(character: str, held: frozenset[int]) -> str:
    if ord(character) in held:
        return character
    if character.isspace():
        return " "
    if unicodedata.category(character) == "Cf":
        return ""  # Joiners and selectors have no shape of their own.
    return f"[U+{ord(character):04X}]"


@cache
def _characters() -> frozenset[int]:
    with (
        TTFont(pylopdf_fonts_zh_cn.sans_path(), lazy=True) as sans,
        TTFont(pylopdf_fonts_zh_cn.serif_path(), lazy=True) as serif,
    ):
        return frozenset(sans.getBestCmap()) & frozenset(serif.getBestCmap())
