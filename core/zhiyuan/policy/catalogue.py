"""Keys of rules that documents decide before any part of the program asks for them, kept as data in one file.

So a pack can carry everything that its documents say. Whoever builds a part declares its keys in code, and the
declaration takes the place of the entry here.
"""

import tomllib
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Final

from zhiyuan.policy.keys import RuleKey

OWNER: Final = "catalogue"
"""Who owns the keys of this file until somebody else declares them."""

_KINDS: Final[dict[str, tuple[type, Any]]] = {
    "flag": (bool, None),
    "number": (int, 0),
    "ratio": (Decimal, "0"),
    "word": (str, None),
    "date": (date, None),
    "codes": (frozenset, ()),
}
_CONVERTED: Final[dict[str, Callable[[Any], Any]]] = {
    "ratio": lambda value: Decimal(str(value)),
    "codes": frozenset,
}


@cache
def catalogue() -> tuple[RuleKey[Any], ...]:
    """Return every key of the file. Raises ValueError for an entry that does not hold together: a defect of the file."""
    data = tomllib.loads(files("zhiyuan.policy").joinpath("catalogue.toml").read_text(encoding="utf-8"))
    return tuple(
        _key(f"{section}.{name}", dict(entry))
        for section, entries in data.items()
        for name, entry in entries.items()
    )


def _key(key_id: str, entry: dict[str, Any]) -> RuleKey[Any]:
    word = entry.pop("kind")
    kind, default = _KINDS[word]
    entry.setdefault("default", default)
    if word == "number":
        entry.setdefault("minimum", 0)
    if word == "ratio":
        entry.setdefault("unit", "ratio")
    convert = _CONVERTED.get(word, lambda value: value)
    for name in ("default", "minimum", "maximum"):
        if name in entry:
            entry[name] = convert(entry[name])
    if "choices" in entry:
        entry["choices"] = tuple(entry["choices"])
    return RuleKey(id=key_id, kind=kind, **entry)
