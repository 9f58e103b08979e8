"""Which rule keys exist, and who owns each. Filled while the program is put together, read-only afterwards."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from zhiyuan.policy.catalogue import OWNER as CATALOGUE
from zhiyuan.policy.keys import RuleKey

_keys: dict[str, RuleKey[Any]] = {}
_owners: dict[str, str] = {}


def declare(owner: str, keys: Iterable[RuleKey[Any]]) -> None:
    """Add ``keys`` under ``owner`` (``zhiyuan`` for the core, else a plugin id).

    Declaring the very same key again is harmless. A key of the catalogue gives way to whoever builds the part that
    asks for it. Raises ValueError when the id is taken by another owner or key.
    """
    for key in keys:
        if owner == CATALOGUE and _owners.get(key.id, owner) != owner:
            continue
        if _owners.get(key.id) == CATALOGUE:
            del _keys[key.id], _owners[key.id]
        if key.id in _keys and (_keys[key.id] != key or _owners[key.id] != owner):
            raise ValueError(f"rule key {key.id!r} is declared by {_owners[key.id]!r} already")
        _keys[key.id] = key
        _owners[key.id] = owner


def declared() -> Mapping[str, RuleKey[Any]]:
    """Return every declared key by id, as a view that cannot be changed."""
    return MappingProxyType(_keys)


def declared_key(key_id: str) -> RuleKey[Any] | None:
    """Return the key of that id, or None when nobody has declared one."""
    return _keys.get(key_id)


def owner_of(key_id: str) -> str | None:
    """Return who declared the key of that id, or None."""
    return _owners.get(key_id)
