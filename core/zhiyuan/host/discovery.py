"""Which plugins are there: entry points that distributions offer, and the list that the site allows.

Both must name a plugin before a line of it runs. The package is located without being imported, so a manifest can be
read, shown and refused while its code stays asleep.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from zhiyuan.host.manifest import BadManifest, Manifest, read
from zhiyuan.kernel.issues import Issue

GROUP: Final = "zhiyuan.plugins"
EVERYTHING: Final = "*"


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A plugin that was found or asked for.

    ``is_listed`` says whether the site's settings name it. ``issues`` are the reasons to refuse it so far; without any,
    ``manifest`` and ``folder`` (its package on disk) are there.
    """

    id: str
    is_listed: bool
    package: str
    folder: Path | None = None
    manifest: Manifest | None = None
    issues: tuple[Issue, ...] = ()


def installed() -> Sequence[EntryPoint]:
    """Return the entry points of every plugin distribution on this machine, in no order that means anything."""
    return tuple(entry_points(group=GROUP))


def find(listed: Iterable[str], entries: Sequence[EntryPoint]) -> list[Candidate]:
    """Return a candidate for every entry point and every listed id, by id. Imports nothing.

    ``listed`` are ids; ``*`` lists whatever is installed.
    """
    wanted = set(listed)
    takes_all = EVERYTHING in wanted
    wanted.discard(EVERYTHING)
    offered = Counter(entry.name for entry in entries)
    by_id = {entry.name: entry for entry in entries}
    found = []
    for plugin_id in sorted(wanted | by_id.keys()):
        is_listed = takes_all or plugin_id in wanted
        entry = by_id.get(plugin_id)
        if entry is None:
            missing = Issue("plugins.not_installed", params={"plugin": plugin_id})
            found.append(Candidate(id=plugin_id, is_listed=is_listed, package="", issues=(missing,)))
        elif offered[plugin_id] > 1:
            twice = Issue("plugins.twice", params={"plugin": plugin_id})
            found.append(Candidate(id=plugin_id, is_listed=is_listed, package=entry.module, issues=(twice,)))
        else:
            found.append(_look_at(entry, is_listed=is_listed))
    return found


def package_name(plugin_id: str) -> str:
    """Return the import name that the package of ``plugin_id`` must have."""
    return f"zhiyuan_{plugin_id}"


def _look_at(entry: EntryPoint, *, is_listed: bool) -> Candidate:
    def refuse(*issues: Issue) -> Candidate:
        return Candidate(id=entry.name, is_listed=is_listed, package=entry.value, issues=issues)

    if entry.value != package_name(entry.name):
        params = {"package": entry.value, "wanted": package_name(entry.name)}
        return refuse(Issue("plugins.wrong_package", params=params))
    spec = find_spec(entry.value)  # a top-level name: located, not imported
    if spec is None or not spec.submodule_search_locations:
        return refuse(Issue("plugins.package_missing", params={"package": entry.value}))
    folder = Path(next(iter(spec.submodule_search_locations)))
    try:
        manifest = read(folder, entry_point=entry.name)
    except BadManifest as error:
        return refuse(*error.issues)
    return Candidate(
        id=entry.name, is_listed=is_listed, package=entry.value, folder=folder, manifest=manifest
    )
