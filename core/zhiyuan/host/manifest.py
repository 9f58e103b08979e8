"""``plugin.toml``: what a plugin says about itself, read before a line of its code runs.

Every key is checked by itself, and all that is wrong is told at once. A key that nobody reads is refused rather than
ignored: it is a typing mistake, or a promise that this core does not keep.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, Specifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from zhiyuan import __version__ as core_version
from zhiyuan.hookspecs import HOOK_API
from zhiyuan.host.gates import GATES
from zhiyuan.kernel.issues import Issue, Parameter

FILE_NAME: Final = "plugin.toml"
RESERVED_IDS: Final = frozenset({"core", "site", "zhiyuan"})

ReadT = TypeVar("ReadT")

_ID = re.compile(r"[a-z](?:[a-z0-9]|_(?!_|$)){1,39}")


@dataclass(frozen=True, slots=True)
class Need:
    """Another plugin that must run, at a version in ``versions``."""

    plugin_id: str
    versions: SpecifierSet

    def __str__(self) -> str:
        return f"{self.plugin_id}{self.versions}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """A manifest that is as it should be.

    ``name`` is by locale, with ``en`` always there. ``order`` (0..1000) sorts plugins that do not need each other.
    ``gates`` are what stays shut while the plugin is switched on and does not run. ``warnings`` are remarks about a
    core newer than the plugin knows. ``raw`` is the file as read, which the installation keeps a copy of.
    """

    id: str
    name: Mapping[str, str]
    version: Version
    requires_core: SpecifierSet
    requires: tuple[Need, ...] = ()
    order: int = 100
    gates: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)


class BadManifest(Exception):
    """The manifest is refused; ``issues`` say each reason."""

    def __init__(self, issues: tuple[Issue, ...]) -> None:
        super().__init__(", ".join(issue.code for issue in issues))
        self.issues = issues


def read(folder: Path, *, entry_point: str) -> Manifest:
    """Read the manifest in ``folder`` of the package that ``entry_point`` names. Raises BadManifest."""
    path = folder / FILE_NAME
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadManifest((Issue("plugins.manifest_missing", params={"package": folder.name}),)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise BadManifest((Issue("plugins.manifest_unreadable", params={"problem": str(error)}),)) from error
    return parse(raw, entry_point=entry_point)


def parse(raw: Mapping[str, Any], *, entry_point: str) -> Manifest:
    """Check ``raw`` key by key. Raises BadManifest with every reason found."""
    reading = _Reading(raw)
    plugin_id = reading.text("id")
    names = reading.names()
    version = reading.read_as("version", Version, InvalidVersion, "plugins.manifest_bad_version")
    hook_api = reading.number("hook_api", low=1, high=1_000_000)
    requires_core = reading.read_as(
        "requires_core", SpecifierSet, InvalidSpecifier, "plugins.manifest_bad_specifier"
    )
    needs = [reading.need(text) for text in reading.texts("requires")]
    order = reading.number("order", low=0, high=1000, default=100)
    gates = reading.texts("gates")
    owners = reading.texts("owners")
    reading.refuse_unknown()

    if plugin_id is not None:
        reading.refuse_id(plugin_id, entry_point)
    if hook_api is not None and hook_api != HOOK_API:
        reading.refuse("plugins.hook_api_mismatch", "hook_api", wanted=hook_api, present=HOOK_API)
    for gate in gates:
        if gate not in GATES:
            reading.refuse(
                "plugins.manifest_unknown_gate", "gates", gate=gate, known=", ".join(sorted(GATES))
            )
    warnings: tuple[str, ...] = ()
    if requires_core is not None:
        warnings = reading.check_core(requires_core)
    if reading.issues:
        raise BadManifest(tuple(reading.issues))
    # What is missing has been refused above.
    assert plugin_id is not None
    assert version is not None
    assert requires_core is not None
    assert order is not None
    return Manifest(
        id=plugin_id,
        name=names,
        version=version,
        requires_core=requires_core,
        requires=tuple(need for need in needs if need is not None),
        order=order,
        gates=tuple(gates),
        owners=tuple(owners),
        warnings=warnings,
        raw=raw,
    )


class _Reading:
    """One pass over a manifest, collecting what is wrong with it."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.issues: list[Issue] = []
        self._known: set[str] = set()
        for key in raw:
            if key != "plugin":
                self.refuse("plugins.manifest_unknown_key", key, prefix="", key=key)
        table = raw.get("plugin")
        if table is None:
            self.refuse("plugins.manifest_key_missing", "plugin", prefix="", key="plugin")
        elif not isinstance(table, Mapping):
            self._wrong("plugin", "a table", prefix="")
        self._table: Mapping[str, Any] = table if isinstance(table, Mapping) else {}
        self._is_there = isinstance(table, Mapping)

    def refuse(self, code: str, at: str, /, *, prefix: str = "plugin.", **params: Parameter) -> None:
        self.issues.append(Issue(code, field=f"{prefix}{at}", params=params))

    def text(self, key: str) -> str | None:
        value = self._take(key, required=True)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip():
            self._wrong(key, "text")
            return None
        return value

    def number(self, key: str, *, low: int, high: int, default: int | None = None) -> int | None:
        value = self._take(key, required=default is None)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self._wrong(key, f"a whole number from {low} to {high}")
            return None
        return value

    def texts(self, key: str) -> list[str]:
        value = self._take(key, required=False)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(entry, str) and entry for entry in value):
            self._wrong(key, "a list of texts")
            return []
        return value

    def names(self) -> dict[str, str]:
        value = self._take("name", required=True)
        if value is None:
            return {}
        is_table = isinstance(value, Mapping) and all(
            isinstance(entry, str) and entry for entry in value.values()
        )
        if not is_table or not value.get("en"):
            self._wrong("name", "a table of texts by locale with the key en")
            return {}
        return dict(value)

    def read_as(
        self, key: str, kind: Callable[[str], ReadT], wrong: type[Exception], code: str
    ) -> ReadT | None:
        value = self.text(key)
        if value is None:
            return None
        try:
            return kind(value)
        except wrong:
            self.refuse(code, key, value=value)
            return None

    def need(self, text: str) -> Need | None:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            requirement = None
        if requirement is None or requirement.extras or requirement.url or requirement.marker:
            self.refuse("plugins.manifest_bad_requirement", "requires", value=text)
            return None
        return Need(requirement.name, requirement.specifier)

    def refuse_id(self, plugin_id: str, entry_point: str) -> None:
        if not _ID.fullmatch(plugin_id):
            self.refuse("plugins.manifest_bad_id", "id", id=plugin_id)
        elif plugin_id in RESERVED_IDS:
            self.refuse("plugins.manifest_reserved_id", "id", id=plugin_id)
        elif plugin_id != entry_point:
            self.refuse("plugins.manifest_other_id", "id", id=plugin_id, entry_point=entry_point)

    def check_core(self, wanted: SpecifierSet) -> tuple[str, ...]:
        """Refuse a core below the range; a core above it only earns a warning (upper bounds age badly)."""
        warnings = []
        for bound in wanted:
            lower = _lower_half(bound)
            if lower is not None and not lower.contains(core_version, prereleases=True):
                self.refuse("plugins.core_too_old", "requires_core", wanted=str(wanted), present=core_version)
            elif not bound.contains(core_version, prereleases=True):
                warnings.append(f"written for core {wanted}; this is {core_version}")
        return tuple(warnings)

    def refuse_unknown(self) -> None:
        for key in self._table:
            if key not in self._known:
                self.refuse("plugins.manifest_unknown_key", key, key=f"plugin.{key}")

    def _take(self, key: str, *, required: bool) -> Any:
        self._known.add(key)
        if key not in self._table and required and self._is_there:
            self.refuse("plugins.manifest_key_missing", key, key=f"plugin.{key}")
        return self._table.get(key)

    def _wrong(self, key: str, wanted: str, *, prefix: str = "plugin.") -> None:
        self.refuse("plugins.manifest_wrong_type", key, prefix=prefix, key=f"{prefix}{key}", wanted=wanted)


def _lower_half(bound: Specifier) -> SpecifierSet | None:
    if bound.operator in (">=", ">"):
        return SpecifierSet(str(bound))
    if bound.operator == "~=":
        return SpecifierSet(f">={bound.version}")
    return None
