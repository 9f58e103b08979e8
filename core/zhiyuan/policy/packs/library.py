"""All packs of an installation together, as layers that the engine puts between the defaults and the site's own values.

Packs of one place that stand beside each other (``extends``) lie in strata, the extending one above: so each has its
own say in a union, and on a common date the later one speaks last. The law layer is the lowest stratum of all.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from zhiyuan.kernel.uow import Tx
from zhiyuan.policy.explanation import Explanation, Link
from zhiyuan.policy.keys import PlaceChain, RuleKey
from zhiyuan.policy.layers import Timelines, links_at
from zhiyuan.policy.merge import explained
from zhiyuan.policy.packs.format import Pack, PackValue, place_code

_HIGHEST = 30
_COUNTRY = "CN"


class PackLayer:
    """One stratum of packs, as the engine asks for it. Packs change only with the program, never with the data."""

    def __init__(self, name: str, timelines: Timelines) -> None:
        self.name = name
        self.timelines = timelines

    def load(self, tx: Tx, keys: Mapping[str, RuleKey[Any]]) -> Timelines:
        """Return every value of the stratum whose key is declared."""
        return {where: links for where, links in self.timelines.items() if where[0] in keys}


class Library:
    """Packs that fit together. Make one with :func:`~zhiyuan.policy.packs.checking.assemble`, which checks that."""

    def __init__(self, packs: Iterable[Pack]) -> None:
        given = sorted(packs, key=lambda pack: (pack.area, not pack.is_law, pack.effective_from, pack.id))
        by_id = {pack.id: pack for pack in given}
        ends = {pack.replaces: pack.effective_from for pack in given if pack.replaces}
        self.packs: tuple[Pack, ...] = tuple(_ended(pack, ends.get(pack.id)) for pack in given)
        strata: dict[int, dict[tuple[str, str], list[Link]]] = {}
        for pack in self.packs:
            timelines = strata.setdefault(stratum(pack, by_id), {})
            for value in pack.values:
                timelines.setdefault((value.key, pack.area), []).append(_link(pack, value))
        for timelines in strata.values():
            for links in timelines.values():
                links.sort(key=lambda link: link.effective_from or date.min)
        self.layers: tuple[PackLayer, ...] = tuple(
            PackLayer("law" if number < 0 else "packs", strata[number]) for number in sorted(strata)
        )
        self.digest = hashlib.sha256("".join(sorted(pack.digest for pack in given)).encode()).hexdigest()
        self._parents = {pack.area: _area_of(pack.parent) for pack in self.packs if pack.parent}

    def __iter__(self) -> Iterator[Pack]:
        """Go through the packs, by place, the law first."""
        return iter(self.packs)

    def get(self, pack_id: str) -> Pack | None:
        """Return the pack of that id, or None."""
        return next((pack for pack in self.packs if pack.id == pack_id), None)

    def in_force(self, area: str, on: date) -> tuple[Pack, ...]:
        """Return the packs of one place that hold on that day, the law first."""
        return tuple(
            pack
            for pack in self.packs
            if pack.area == area
            and pack.effective_from <= on
            and (pack.effective_to is None or on < pack.effective_to)
        )

    def chain(self, place: str) -> PlaceChain:
        """Return ``place`` and the places above it by the parents that packs name, else by the digits of its code.

        For looking at packs without a database; an installation knows the chain from its table of divisions.
        """
        code = place_code(place)
        found = [code]
        while len(found) < _HIGHEST and (above := self._parents.get(code) or _by_digits(code)) is not None:
            if above in found:
                break
            found.append(above)
            code = above
        return tuple(found)

    def explain(self, key: RuleKey[Any], places: PlaceChain, on: date) -> Explanation:
        """Return the value of ``key`` by packs and defaults alone, with the chain behind it. Needs no database."""
        return explained(key, links_at([layer.timelines for layer in self.layers], key, places, on), on)

    def resolve(self, key: RuleKey[Any], places: PlaceChain, on: date) -> Any:
        """Return the value of ``key`` by packs and defaults alone."""
        return self.explain(key, places, on).value


def stratum(pack: Pack, by_id: Mapping[str, Pack]) -> int:
    """Return how many packs ``pack`` extends, one through the other; -1 for the law, which lies below all."""
    if pack.is_law:
        return -1
    depth, seen = 0, {pack.id}
    while pack.extends is not None and pack.extends not in seen and pack.extends in by_id:
        pack = by_id[pack.extends]
        seen.add(pack.id)
        depth += 1
    return depth


def _ended(pack: Pack, end: date | None) -> Pack:
    """Return ``pack`` as it is when another one has replaced it from ``end`` on."""
    if end is None or (pack.effective_to is not None and pack.effective_to <= end):
        return pack
    kept = (
        replace(value, effective_to=min(filter(None, (value.effective_to, end))))
        for value in pack.values
        if value.effective_from < end
    )
    return replace(pack, effective_to=end, values=tuple(kept))


def _link(pack: Pack, value: PackValue) -> Link:
    return Link(
        layer=pack.id,
        place=pack.area,
        value=value.value,
        mark=value.mark,
        document=value.document,
        clause=value.clause,
        effective_from=value.effective_from,
        effective_to=value.effective_to,
    )


def _area_of(parent: str | None) -> str | None:
    if parent is None:
        return None
    country, _, rest = parent.partition("@")[0].partition("-")
    return place_code(rest) if rest else country.upper()


def _by_digits(code: str) -> str | None:
    """Return the place above a Chinese division code; None for every other word."""
    if not (code.isascii() and code.isdigit()):
        return None
    if len(code) <= 2:
        return _COUNTRY
    return place_code((code[:-2]).ljust(6, "0")) if len(code) <= 6 else place_code(code[:-3])
