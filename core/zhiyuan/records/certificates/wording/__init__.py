"""What certificates say in each language. A new language is a new file; these words are a document's, not a screen's."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Final

LOCALES: Final = ("en", "zh-Hans")


@cache
def words(locale: str) -> dict[str, str]:
    """Return the words of ``locale`` (one of ``LOCALES``)."""
    return tomllib.loads((files(__name__) / f"{locale}.toml").read_text(encoding="utf-8"))
