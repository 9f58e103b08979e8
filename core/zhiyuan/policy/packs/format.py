"""What a pack is once it is read: plain values, each with its origin, its clause and its line in the file."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

from zhiyuan.kernel.issues import Issue
from zhiyuan.policy.keys import Mark

PACK_FILE: Final = "pack.toml"
CASES_FILE: Final = "cases.toml"

PackMark = Literal["S", "L", "P", "D", "I"]
"""A mark as files write it. I says that the place has the value of those above it, and adds no value of its own."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document that a pack rests on. ``key`` is the short name that values cite it by."""

    key: str
    title: str
    issuer: str | None = None
    number: str | None = None
    dated: date | None = None

    @property
    def name(self) -> str:
        """Return how explanations name it: title and number."""
        return f"{self.title} {self.number}" if self.number else self.title


@dataclass(frozen=True, slots=True)
class PackValue:
    """One value of one key, in force on ``[effective_from, effective_to)``."""

    key: str
    value: Any
    mark: Mark
    document: str | None
    clause: str | None
    note: str | None
    effective_from: date
    effective_to: date | None
    line: int

    def holds_during(self, begin: date, end: date | None) -> bool:
        """Tell whether it is in force on some day of ``[begin, end)``."""
        return (end is None or self.effective_from < end) and (
            self.effective_to is None or begin < self.effective_to
        )


@dataclass(frozen=True, slots=True)
class Pack:
    """One dated set of rules of one place.

    ``id`` is place code and version (``cn-530802@2015.1``). ``area`` is the place as chains write it. The interval is
    half open. A pack that ``extends`` another stands beside it and speaks after it; one that ``replaces`` another ends
    it. ``is_law`` puts it into the locked layer below all other packs of the same place. ``is_stub`` says that the
    document exists and its text is not held. ``inherited`` are the keys marked I; ``dormant`` the values of keys whose
    plugin is absent, as written.
    """

    id: str
    area: str
    name: str
    effective_from: date
    effective_to: date | None
    file: Path
    line: int = 1
    parent: str | None = None
    extends: str | None = None
    replaces: str | None = None
    cites: tuple[str, ...] = ()
    is_law: bool = False
    is_stub: bool = False
    documents: tuple[Document, ...] = ()
    values: tuple[PackValue, ...] = ()
    inherited: tuple[tuple[str, int], ...] = ()
    dormant: tuple[str, ...] = ()
    digest: str = ""

    @property
    def place(self) -> str:
        """Return the id without its version: what ``parent`` of another pack names."""
        return self.id.partition("@")[0]


@dataclass(frozen=True, slots=True)
class PackProblem:
    """One reason why a pack cannot be used: what is wrong, in which file and line, under which document."""

    issue: Issue
    file: Path
    line: int
    document: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of one file: the pack, or the problems. A pack with problems is not used."""

    pack: Pack | None
    problems: tuple[PackProblem, ...] = field(default=())


def place_code(code: str) -> str:
    """Return a place code as chains write it: Chinese codes without padding (530800 is 5308), others as they are."""
    if code.isascii() and code.isdigit() and len(code) == 6:
        while len(code) > 2 and code.endswith("00"):
            code = code[:-2]
    return code


def id_of_place(area: str, *, is_law: bool) -> str:
    """Return what the id of a pack of ``area`` begins with: ``cn-530802``, ``cn`` for a country, ``cn-law``."""
    word = f"cn-{area}" if area.isdigit() else area.lower()
    return f"{word}-law" if is_law else word
