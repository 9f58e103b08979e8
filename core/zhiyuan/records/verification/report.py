"""What a verification found."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

MOST_LISTED: Final = 1000
"""Problems listed in full; further ones are only counted."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it must be. ``code`` is stable; ``where`` holds ids and numbers, never personal values."""

    code: str
    where: dict[str, Any]


@dataclass(slots=True)
class Report:
    """The result: how much was looked at, and what is wrong. An empty list of problems means that all of it holds."""

    organizations: int = 0
    links: int = 0
    entries: int = 0
    records: int = 0
    erased: int = 0
    totals: int = 0
    certificates: int = 0
    signed_heads: int = 0
    kept_heads: int = 0
    problems: list[Problem] = field(default_factory=list)
    problem_counts: Counter[str] = field(default_factory=Counter)

    @property
    def is_whole(self) -> bool:
        """True when nothing is wrong."""
        return not self.problem_counts

    def found(self, code: str, **where: Any) -> None:
        """Note one problem."""
        self.problem_counts[code] += 1
        if len(self.problems) < MOST_LISTED:
            self.problems.append(Problem(code, {name: _told(value) for name, value in where.items()}))

    def told(self) -> dict[str, Any]:
        """Return the report as plain JSON."""
        return {
            "ok": self.is_whole,
            "checked": {
                name: getattr(self, name)
                for name in (
                    "organizations",
                    "links",
                    "entries",
                    "records",
                    "erased",
                    "totals",
                    "certificates",
                    "signed_heads",
                    "kept_heads",
                )
            },
            "problem_counts": dict(sorted(self.problem_counts.items())),
            "problems": [{"code": problem.code, **problem.where} for problem in self.problems],
        }


def _told(value: Any) -> Any:
    return value if isinstance(value, int | str | list | None) else str(value)
