"""Resolving and explaining rules.

Called on hot paths, thousands of times per batch: the values of all places are kept per process, and one cheap read of
the version counter per unit of work says whether they still hold. What a unit of work has changed itself it sees at
once, and nobody else does before the commit.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import date
from typing import Any, Final, TypeVar, cast
from weakref import WeakKeyDictionary

from sqlalchemy import select

from zhiyuan.kernel.models import VersionCounter
from zhiyuan.kernel.uow import Database, Tx
from zhiyuan.policy.explanation import Explanation
from zhiyuan.policy.keys import PlaceChain, RuleKey
from zhiyuan.policy.layers import Layer, SiteLayer, Timelines, links_at
from zhiyuan.policy.merge import explained, merge
from zhiyuan.policy.registry import declared
from zhiyuan.policy.values import encode

LAYERS: Final[list[Layer]] = [SiteLayer()]
"""Layers in the order in which they speak about one place, the last one nearest to the reader."""

_MEMO: Final = "policy.snapshot"
_MOST_ANSWERS = 20_000
_versions = VersionCounter.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_READ_VERSION = select(_versions.c.policy).where(_versions.c.id == 1)

T = TypeVar("T")


class _Snapshot:
    """Every value of one version of the rules, and the answers given from it so far."""

    def __init__(self, version: int, key_count: int, layers: tuple[Timelines, ...]) -> None:
        self.version = version
        self.key_count = key_count
        self.layers = layers
        self.answers: dict[tuple[str, PlaceChain, date], Any] = {}
        self.set_keys = frozenset(key_id for timelines in layers for key_id, _ in timelines)


_snapshots: WeakKeyDictionary[Database, _Snapshot] = WeakKeyDictionary()


def resolve(tx: Tx, key: RuleKey[T], places: PlaceChain, on: date) -> T:
    """Return the value of ``key`` in force at ``places`` (most specific first, may be empty) on the local date ``on``."""
    snapshot: _Snapshot = tx.memo.get(_MEMO) or _snapshot(tx)
    question = (key.id, places, on)
    try:
        return cast(T, snapshot.answers[question])
    except KeyError:
        value, _ = merge(key, links_at(snapshot.layers, key, places, on))
        if len(snapshot.answers) >= _MOST_ANSWERS:
            snapshot.answers.clear()
        snapshot.answers[question] = value
        return cast(T, value)


def is_set_anywhere(tx: Tx, key: RuleKey[Any]) -> bool:
    """Tell whether some place has ever set ``key``: if not, its default holds everywhere, whatever the places."""
    snapshot: _Snapshot = tx.memo.get(_MEMO) or _snapshot(tx)
    return key.id in snapshot.set_keys


def explain(tx: Tx, key: RuleKey[Any], places: PlaceChain, on: date) -> Explanation:
    """Return the value of ``key`` at ``places`` on ``on`` with every link of the chain, the overridden ones marked."""
    snapshot: _Snapshot = tx.memo.get(_MEMO) or _snapshot(tx)
    return explained(key, links_at(snapshot.layers, key, places, on), on)


def fingerprint(tx: Tx, keys: Iterable[RuleKey[Any]], places: PlaceChain, on: date) -> str:
    """Return a digest (hex SHA-256) of the values of ``keys`` in force: equal digests mean equal rules.

    Kept on records, so that it can be shown later which rules a record was made under. The order of ``keys`` is no
    matter.
    """
    values = {key.id: encode(resolve(tx, key, places, on)) for key in keys}
    text = json.dumps(values, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def forget(tx: Tx) -> None:
    """Make the rest of ``tx`` read the rules anew. Called after ``tx`` itself has changed them."""
    tx.memo[_MEMO] = _load(tx)


def forget_everything() -> None:
    """Make every later unit of work of this process read the rules anew. Called when the layers themselves change."""
    _snapshots.clear()


def _snapshot(tx: Tx) -> _Snapshot:
    version = _version(tx)
    known = _snapshots.get(tx.database)
    if known is None or known.version != version or known.key_count != len(declared()):
        known = _load(tx)
        # An older read snapshot must not push out what newer ones use.
        if version >= getattr(_snapshots.get(tx.database), "version", 0):
            _snapshots[tx.database] = known
    tx.memo[_MEMO] = known
    return known


def _load(tx: Tx) -> _Snapshot:
    while True:
        before = _version(tx)
        keys = declared()
        layers = tuple(layer.load(tx, keys) for layer in LAYERS)
        # Under READ COMMITTED somebody may have set a rule between the statements.
        if _version(tx) == before:
            return _Snapshot(before, len(keys), layers)


def _version(tx: Tx) -> int:
    return tx.connection.execute(_READ_VERSION).scalar() or 0
