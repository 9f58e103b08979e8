"""Where values come from: layers, in the order in which they speak about one place.

The defaults of the keys come before every place. Then, from the most general place to the most specific, each layer in
turn may hold a value there; a later layer stands nearer to the reader. Packs are layers before the site layer.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, Protocol

from sqlalchemy import select

from zhiyuan.kernel.uow import Tx
from zhiyuan.policy.explanation import Link
from zhiyuan.policy.keys import PlaceChain, RuleKey
from zhiyuan.policy.models import RuleValue
from zhiyuan.policy.values import decode

Timelines = Mapping[tuple[str, str], Sequence[Link]]
"""Links by (key id, place), the one that wins on a common date last."""

_rules = RuleValue.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_ALL_VALUES = select(_rules).order_by(_rules.c.effective_from, _rules.c.set_at, _rules.c.id)


class Layer(Protocol):
    """One source of values."""

    @property
    def name(self) -> str:
        """Return how explanations call this layer."""
        ...

    def load(self, tx: Tx, keys: Mapping[str, RuleKey[Any]]) -> Timelines:
        """Return every value held for ``keys``, with all its dates. Called once per version of the rules."""
        ...


class SiteLayer:
    """Values that people of this installation have set (``SET_RULE_VALUES``)."""

    name: Final = "site"

    def load(self, tx: Tx, keys: Mapping[str, RuleKey[Any]]) -> Timelines:
        """Return every value set for ``keys``. Values of keys that nobody declares lie dormant and are left out."""
        timelines: dict[tuple[str, str], list[Link]] = {}
        for row in tx.connection.execute(_ALL_VALUES):
            key = keys.get(row.key)
            if key is None:
                continue
            timelines.setdefault((row.key, row.place), []).append(
                Link(
                    layer=self.name,
                    place=row.place,
                    value=decode(key, row.value),
                    mark=row.mark,
                    document=row.document,
                    clause=row.clause,
                    effective_from=row.effective_from,
                    effective_to=row.effective_to,
                )
            )
        return timelines


def default_link(key: RuleKey[Any]) -> Link:
    """Return the default of ``key`` as the most general link."""
    return Link("default", None, key.default, key.mark, key.document, key.clause)


def in_force(timeline: Sequence[Link], on: date) -> Link | None:
    """Return the link of ``timeline`` that holds ``on`` that day: the one begun last, among equals the one set last."""
    for link in reversed(timeline):
        begun = link.effective_from is None or link.effective_from <= on
        if begun and (link.effective_to is None or on < link.effective_to):
            return link
    return None


def links_at(layers: Sequence[Timelines], key: RuleKey[Any], places: PlaceChain, on: date) -> list[Link]:
    """Return every link that has a say about ``key`` at ``places`` on ``on``, the most general first, never none."""
    links = [default_link(key)]
    for place in reversed(places):
        for timelines in layers:
            link = in_force(timelines.get((key.id, place), ()), on)
            if link is not None:
                links.append(link)
    return links
