"""The merge words: pure functions from links (most general first, never empty) to the value in force.

Each answers the value and the indexes of the links that decide it. Strictness, union and locks reach down from marks S
and L; a default (D) or a borrowed practice (P) yields to any sourced value below it. A value without a source may
tighten what a source above it says, and never relax it.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, Final

from zhiyuan.policy.explanation import Explanation, ExplanationLink, Link
from zhiyuan.policy.keys import BINDING_MARKS, MergeWord, RuleKey

Merged = tuple[Any, frozenset[int]]


def merge(key: RuleKey[Any], links: Sequence[Link]) -> Merged:
    """Merge ``links`` by the word that ``key`` owns. The first link is the most general (the default)."""
    return _WORDS[key.merge](key, links)


def explained(key: RuleKey[Any], links: Sequence[Link], on: date) -> Explanation:
    """Return what :func:`merge` answers, with every link beside it and the overridden ones marked."""
    value, deciding = merge(key, links)
    chain = tuple(
        ExplanationLink(**asdict(link), overridden=index not in deciding) for index, link in enumerate(links)
    )
    return Explanation(key.id, value, key.unit, key.merge, on, chain)


def replace(key: RuleKey[Any], links: Sequence[Link]) -> Merged:
    """The most specific link wins, whatever its mark."""
    last = len(links) - 1
    return links[last].value, frozenset({last})


def per_level(key: RuleKey[Any], links: Sequence[Link]) -> Merged:
    """Each place keeps its own value, so the most specific one answers; those above stay in force beside it."""
    return links[-1].value, frozenset(range(len(links)))


def stricter(key: RuleKey[Any], links: Sequence[Link]) -> Merged:
    """The strictest of the sourced values is a floor; an unsourced value below them counts when it is stricter still."""
    floor: int | None = None
    winner = 0
    for index, link in enumerate(links):
        if link.mark in BINDING_MARKS:
            if floor is None or _is_stricter(key, link.value, links[floor].value):
                floor = index
            winner = floor
        elif floor is None or _is_stricter(key, link.value, links[floor].value):
            winner = index
        else:
            winner = floor
    return links[winner].value, frozenset({winner})


def union(key: RuleKey[Any], links: Sequence[Link]) -> Merged:
    """Every link adds its codes; none takes one away."""
    value: frozenset[str] = frozenset().union(*(link.value for link in links))
    adding: set[int] = set()
    seen: frozenset[str] = frozenset()
    for index, link in enumerate(links):
        if not link.value <= seen:
            adding.add(index)
            seen |= link.value
    return value, frozenset(adding or {0})


def locked(key: RuleKey[Any], links: Sequence[Link]) -> Merged:
    """The most general sourced value wins against everything below it; without one, the most specific wins."""
    for index, link in enumerate(links):
        if link.mark in BINDING_MARKS:
            return link.value, frozenset({index})
    return replace(key, links)


def _is_stricter(key: RuleKey[Any], value: Any, than: Any) -> bool:
    return bool(key.strictness(value) > key.strictness(than))


_WORDS: Final[dict[MergeWord, Callable[[RuleKey[Any], Sequence[Link]], Merged]]] = {
    "replace": replace,
    "per_level": per_level,
    "stricter": stricter,
    "union": union,
    "locked": locked,
}
