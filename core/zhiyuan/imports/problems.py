"""What is wrong with single rows, as values that can be shown, counted and sent back."""

from dataclasses import dataclass
from typing import Final

from zhiyuan.kernel.issues import Issue

_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """One issue of one row. ``row`` counts as a spreadsheet does. ``value`` is the cell, shortened; empty if protected."""

    row: int
    column: str
    value: str
    issue: Issue

    @property
    def blocks(self) -> bool:
        """True when the row cannot be taken because of it."""
        return self.issue.blocks


def shown(value: object) -> str:
    """Return a cell as it may stand in a message: one line, at most 60 characters, nothing invisible."""
    line = "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}"
        for character in str(value)[: 2 * _SHOWN]
    )
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"
