"""The rejected rows with the reasons, as a spreadsheet to put right. Nothing in it can run.

Every cell is written as text, so a formula that came in stays a row of characters. Cells of protected fields are left
out; in their place stands a word that an import refuses.
"""

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from types import TracebackType

from xlsxwriter import Workbook

from zhiyuan.imports.mapping.compiling import HIDDEN
from zhiyuan.imports.mapping.words import plain
from zhiyuan.imports.problems import Problem
from zhiyuan.imports.readers import Row
from zhiyuan.imports.telling import told
from zhiyuan.kernel.i18n import gettext_noop

_HEADER = (gettext_noop("Row"), gettext_noop("What is wrong"), gettext_noop("What helps"))
_MOST_ROWS = 1_048_000
_MOST_CHARACTERS = 32_000


class ErrorSheet:
    """Written row by row into ``path``, readable by its owner only; no file appears when no row is rejected."""

    def __init__(self, path: Path, columns: Sequence[str], hidden: Collection[str]) -> None:
        self._path = path
        self._columns = tuple(columns)
        self._hidden = frozenset(hidden)
        self._workbook: Workbook | None = None
        self._rows = 0

    def __enter__(self) -> "ErrorSheet":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._workbook is not None:
            self._workbook.close()

    def write(self, row: Row, problems: Sequence[Problem]) -> None:
        """Add one rejected row with everything that stands against it."""
        if self._workbook is None:
            self._open()
        if self._rows >= _MOST_ROWS:
            return
        sentences = [told(problem.issue) for problem in problems if problem.blocks]
        messages = " ".join(
            f"{problem.column}: {sentence.message}" if problem.column else sentence.message
            for problem, sentence in zip([each for each in problems if each.blocks], sentences, strict=True)
        )
        cures = " ".join(dict.fromkeys(sentence.cure for sentence in sentences if sentence.cure))
        cells = [
            HIDDEN if column in self._hidden and plain(cell).strip() else plain(cell)
            for column, cell in zip(self._columns, row.cells, strict=True)
        ]
        self._put([*cells, str(row.number), messages, cures])

    def _open(self) -> None:
        # Made with its final permissions: the rows are about people.
        os.close(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._workbook = Workbook(str(self._path), options)
        self._sheet = self._workbook.add_worksheet()
        taken = {column.casefold() for column in self._columns}
        header = [name if name.casefold() not in taken else f"{name} (import)" for name in _HEADER]
        self._put([*self._columns, *header])

    def _put(self, texts: Sequence[str]) -> None:
        for position, text in enumerate(texts):
            self._sheet.write_string(self._rows, position, text[:_MOST_CHARACTERS])
        self._rows += 1
