"""Why a rule has the value it has: the chain behind it, from the most general link to the most specific."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from zhiyuan.policy.keys import Mark, MergeWord


@dataclass(frozen=True, slots=True)
class Link:
    """One value that some layer holds at some place, in force on the date asked about.

    ``layer`` is ``default``, ``site`` or the id of a pack; ``place`` is None for the default. ``effective_to`` is the
    first day on which it no longer holds.
    """

    layer: str
    place: str | None
    value: Any
    mark: Mark = "D"
    document: str | None = None
    clause: str | None = None
    effective_from: date | None = None
    effective_to: date | None = None


@dataclass(frozen=True, slots=True)
class ExplanationLink:
    """A link, and whether it was overridden: true when the value in force would be the same without it."""

    layer: str
    place: str | None
    value: Any
    mark: Mark
    document: str | None
    clause: str | None
    effective_from: date | None
    effective_to: date | None
    overridden: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """The value of ``key`` on a date, and every link that had a say, the most general first."""

    key: str
    value: Any
    unit: str | None
    merge: MergeWord
    on: date
    chain: tuple[ExplanationLink, ...]

    @property
    def decisive(self) -> ExplanationLink:
        """Return the most specific link that is not overridden: the one to cite in a refusal."""
        return next(link for link in reversed(self.chain) if not link.overridden)
