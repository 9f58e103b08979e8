"""In which order plugins are asked: one rule, in one place.

A plugin comes after all that it requires; among those that are free, the smaller ``order`` of the manifest first, then
the smaller id. The order of entry points on disk never matters.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from zhiyuan.host.manifest import Manifest
from zhiyuan.kernel.issues import Issue


@dataclass(frozen=True, slots=True)
class Order:
    """The plugins that may run, in order, and the reasons why others may not."""

    plugins: tuple[Manifest, ...]
    refused: dict[str, Issue] = field(default_factory=dict)


def put_in_order(manifests: Iterable[Manifest]) -> Order:
    """Return ``manifests`` in the order they are asked; what misses a requirement or stands in a circle is refused.

    A plugin that needs a refused one is refused too.
    """
    waiting = {manifest.id: manifest for manifest in manifests}
    refused: dict[str, Issue] = {}
    while unmet := _first_unmet(waiting):
        plugin_id, issue = unmet
        refused[plugin_id] = issue
        del waiting[plugin_id]
    ordered: list[Manifest] = []
    done: set[str] = set()
    while waiting:
        free = [m for m in waiting.values() if all(need.plugin_id in done for need in m.requires)]
        if not free:
            in_circle = _circle(waiting)
            circle = Issue("plugins.cycle", params={"circle": " → ".join([*in_circle, in_circle[0]])})
            refused.update(dict.fromkeys(in_circle, circle))
            rest = put_in_order([m for m in waiting.values() if m.id not in in_circle] + ordered)
            return Order(rest.plugins, {**refused, **rest.refused})
        following = min(free, key=lambda manifest: (manifest.order, manifest.id))
        ordered.append(following)
        done.add(following.id)
        del waiting[following.id]
    return Order(tuple(ordered), refused)


def _first_unmet(waiting: dict[str, Manifest]) -> tuple[str, Issue] | None:
    for plugin_id in sorted(waiting):
        for need in waiting[plugin_id].requires:
            other = waiting.get(need.plugin_id)
            if other is None:
                return plugin_id, Issue("plugins.requirement_missing", params={"wanted": str(need)})
            if not need.versions.contains(other.version, prereleases=True):
                params = {"wanted": str(need), "present": str(other.version)}
                return plugin_id, Issue("plugins.requirement_too_old", params=params)
    return None


def _circle(waiting: dict[str, Manifest]) -> Sequence[str]:
    """Return one circle; every waiting plugin needs a waiting one, so walking on must come round."""
    trail = [min(waiting)]
    while True:
        following = min(need.plugin_id for need in waiting[trail[-1]].requires if need.plugin_id in waiting)
        if following in trail:
            return trail[trail.index(following) :]
        trail.append(following)
