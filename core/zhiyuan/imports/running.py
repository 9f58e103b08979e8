"""One import from beginning to end, in two passes over the file.

The first pass reads, converts and tries out every row in units of work that are undone; the second writes, in chunks,
each in a unit of work of its own. A process that dies in between has written whole chunks: run again, the import finds
those rows unchanged and goes on.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.exc import DataError, IntegrityError

from zhiyuan import policy
from zhiyuan.imports.error_sheet import ErrorSheet
from zhiyuan.imports.mapping import Kind, load_mapping
from zhiyuan.imports.mapping import Mapping as ColumnMapping
from zhiyuan.imports.mapping.compiling import Context
from zhiyuan.imports.mapping.targets import PROTECTED, UNSHOWN
from zhiyuan.imports.mapping.times import Years
from zhiyuan.imports.mapping.words import plain
from zhiyuan.imports.plans import Fate, Plan, Ready, Setting, plan_for
from zhiyuan.imports.policy import EARLIEST_YEAR, YEARS_AHEAD
from zhiyuan.imports.problems import Problem, shown
from zhiyuan.imports.readers import Hints, Limits, Row, Table, open_table
from zhiyuan.imports.refusals import FileRefused, MappingRefused
from zhiyuan.kernel.actor import Actor, operator
from zhiyuan.kernel.clock import local_date
from zhiyuan.kernel.commands import CommandBus
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.settings import Settings
from zhiyuan.kernel.uow import Database
from zhiyuan.organizations import queries as organizations
from zhiyuan.sites.queries import place_chain

CHUNK: Final = 500
"""Rows that are written together."""

_PROBLEMS_KEPT: Final = 500
_STATUSES: Final = ("created", "updated", "unchanged", "rejected")


class Installation(Protocol):
    """What an import needs of a running installation."""

    @property
    def settings(self) -> Settings:
        """Return the settings in force."""
        ...

    @property
    def database(self) -> Database:
        """Return the database."""
        ...

    @property
    def bus(self) -> CommandBus:
        """Return the road to commands."""
        ...


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What became of the rows of a file. Counts are of rows; with ``is_written`` false they say what would have become.

    ``problems`` are the first 500, warnings among them; ``problem_count`` and ``warning_count`` count all. ``others``
    counts things that are not rows, by kind and status: activities made of several shifts, organizations named.
    """

    created: int
    updated: int
    unchanged: int
    rejected: int
    is_written: bool
    problems: tuple[Problem, ...] = ()
    problem_count: int = 0
    warning_count: int = 0
    others: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def is_refused(self) -> bool:
        """True when nothing was written because of rejected rows."""
        return self.rejected > 0 and not self.is_written


def run(
    installation: Installation,
    kind: Kind,
    path: Path,
    mapping: Path | ColumnMapping,
    *,
    organization_code: str | None = None,
    dry_run: bool = False,
    skip_bad_rows: bool = False,
    errors_path: Path | None = None,
    actor: Actor | None = None,
) -> ImportSummary:
    """Import the rows of ``path`` as ``mapping`` says. One bad row refuses all, unless ``skip_bad_rows``.

    ``dry_run`` writes nothing and counts the same. ``errors_path`` (.xlsx) receives the rejected rows with the reasons.
    ``actor`` is the operator unless somebody else is named, who then needs the permissions of the commands. Raises
    FileRefused and MappingRefused before anything is written, and Unavailable when the database stays busy: what was
    written until then stays, and the same call again completes it.
    """
    columns = load_mapping(mapping, kind) if isinstance(mapping, Path) else mapping
    hints = Hints(columns.file.encoding, columns.file.separator, columns.file.sheet)
    table = open_table(path, Limits(bytes=installation.settings.max_upload_bytes), hints)
    stamp = _stamp(path)
    setting = _setting(installation, columns, table, organization_code, actor or operator())
    with ExitStack() as open_files:
        sheet = None
        if errors_path is not None:
            sheet = open_files.enter_context(ErrorSheet(errors_path, table.columns, _hidden(setting)))
        first = _Pass(kind, setting, sheet)
        for chunk in first.chunks(skipping=frozenset()):
            first.settle(chunk, _rehearsed(installation, first.plan, chunk))
    is_refused = bool(first.rejected) and not skip_bad_rows
    if dry_run or is_refused:
        return first.summary(is_written=False, is_refused=is_refused)
    if _stamp(path) != stamp:
        raise FileRefused("imports.file_changed")
    second = _Pass(kind, setting, None)
    for chunk in second.chunks(skipping=frozenset(first.rejected)):
        with installation.database.reading() as tx:
            second.settle(chunk, second.plan.carry_out(tx, installation.bus.submit, chunk))
    second.take_over(first)
    return second.summary(is_written=True, is_refused=False)


class _Pass:
    """One reading of the file, with what became of its rows."""

    def __init__(self, kind: Kind, setting: Setting, sheet: ErrorSheet | None) -> None:
        self.plan = plan_for(kind, setting)
        self.rejected: set[int] = set()
        self._setting = setting
        self._sheet = sheet
        self._unshown = UNSHOWN if kind == "people" else frozenset()
        self._counts: Counter[str] = Counter()
        self._problems: list[Problem] = []
        self._problem_count = 0
        self._warning_count = 0

    def chunks(self, *, skipping: frozenset[int]) -> Iterator[list[Ready]]:
        """Yield rows that can be carried out, some hundred at a time; the others are rejected on the way."""
        rows = self._setting.table.rows()
        while batch := list(islice(rows, CHUNK)):
            chunk: list[Ready] = []
            for row in batch:
                ready = self._converted(row)
                if row.number in skipping:
                    continue
                if ready.refusals:
                    self._reject(row, (*ready.refusals, *ready.warnings))
                else:
                    chunk.append(ready)
            if chunk:
                yield chunk

    def settle(self, chunk: Sequence[Ready], fates: Sequence[Fate]) -> None:
        """Count what became of the rows of ``chunk``."""
        for ready, fate in zip(chunk, fates, strict=True):
            if fate.status == "rejected":
                self._reject(ready.row, fate.issues)
                continue
            self._counts[fate.status] += 1
            self._note([self._problem(ready.row, issue) for issue in fate.issues])

    def take_over(self, first: "_Pass") -> None:
        """Add the rows that an earlier pass rejected, with their problems."""
        self.rejected |= first.rejected
        self._counts["rejected"] += first._counts["rejected"]  # noqa: SLF001  # of the same class
        blocking = [problem for problem in first._problems if problem.blocks]  # noqa: SLF001  # likewise
        self._problems = sorted([*self._problems, *blocking], key=lambda problem: problem.row)[
            :_PROBLEMS_KEPT
        ]
        self._problem_count += first._problem_count  # noqa: SLF001  # likewise

    def summary(self, *, is_written: bool, is_refused: bool) -> ImportSummary:
        """Return the counts. In a refused import nothing is created or updated, whatever else stood in the file."""
        counts = {status: self._counts[status] for status in _STATUSES}
        if is_refused:
            counts["created"] = counts["updated"] = 0
        return ImportSummary(
            **counts,
            is_written=is_written,
            problems=tuple(self._problems),
            problem_count=self._problem_count,
            warning_count=self._warning_count,
            others={} if is_refused else self.plan.counts(),
        )

    def _converted(self, row: Row) -> Ready:
        longest = self._setting.limits.cell
        for position, cell in enumerate(row.cells):
            if isinstance(cell, str) and len(cell) > longest:
                column = self._setting.table.columns[position]
                params: dict[str, str | int] = {"column": column, "maximum": longest, "length": len(cell)}
                return Ready(row, {}, refusals=[Issue("imports.cell_too_long", params=params)])
        return self.plan.convert(row)

    def _reject(self, row: Row, issues: Sequence[Issue]) -> None:
        problems = [self._problem(row, issue) for issue in issues]
        self.rejected.add(row.number)
        self._counts["rejected"] += 1
        self._note(problems)
        if self._sheet is not None:
            self._sheet.write(row, problems)

    def _note(self, problems: Sequence[Problem]) -> None:
        for problem in problems:
            if problem.blocks:
                self._problem_count += 1
            else:
                self._warning_count += 1
            if len(self._problems) < _PROBLEMS_KEPT:
                self._problems.append(problem)

    def _problem(self, row: Row, issue: Issue) -> Problem:
        columns = self.plan.columns_of(issue.field) if issue.field else ()
        value = ""
        if issue.field not in self._unshown:
            table = self._setting.table
            cells = (
                row.cells[position] for name in columns if (position := table.position(name)) is not None
            )
            value = " ".join(filter(None, (shown(plain(cell)) for cell in cells)))
        return Problem(row.number, ", ".join(columns), value, issue)


def _rehearsed(installation: Installation, plan: Plan, chunk: Sequence[Ready]) -> list[Fate]:
    """Return what would become of ``chunk``; rows that the database itself cannot take are found by halving."""
    warnings = [list(ready.warnings) for ready in chunk]
    try:
        with installation.bus.rehearsing() as rehearsal:
            return plan.carry_out(rehearsal.tx, rehearsal.submit, chunk)
    except (DataError, IntegrityError):
        for ready, kept in zip(chunk, warnings, strict=True):
            ready.warnings[:] = kept
        if len(chunk) == 1:
            return [Fate("rejected", (Issue("imports.database_refused"),))]
        middle = len(chunk) // 2
        return [
            *_rehearsed(installation, plan, chunk[:middle]),
            *_rehearsed(installation, plan, chunk[middle:]),
        ]


def _setting(
    installation: Installation, mapping: ColumnMapping, table: Table, code: str | None, actor: Actor
) -> Setting:
    with installation.database.reading() as tx:
        organization_id: UUID | None = None
        zone = mapping.time_zone or "UTC"
        if code is not None:
            organization_id = organizations.by_codes(tx, [code]).get(code)
            if organization_id is None:
                raise MappingRefused("imports.organization_unknown", organization=shown(code))
            zone = mapping.time_zone or organizations.time_zones(tx, [organization_id])[organization_id]
        places = place_chain(tx, organization_id) if organization_id is not None else ()
        today = local_date(tx.now, zone)
        first = policy.resolve(tx, EARLIEST_YEAR, places, today)
        last = today.year + policy.resolve(tx, YEARS_AHEAD, places, today)
    return Setting(
        mapping=mapping,
        table=table,
        context=Context(ZoneInfo(zone), Years(first, last)),
        actor=actor,
        organization_id=organization_id,
        organization_code=code,
        places=places,
        limits=Limits(bytes=installation.settings.max_upload_bytes),
    )


def _hidden(setting: Setting) -> set[str]:
    """Return the columns that hold protected fields."""
    if setting.mapping.kind != "people":
        return set()
    columns: set[str] = set()
    for name, spec in setting.mapping.fields.items():
        if name in PROTECTED:
            told = (
                [spec.column]
                if isinstance(spec.column, str)
                else [*(spec.column or []), *(spec.columns or [])]
            )
            columns.update(told)
    positions = {setting.table.position(column) for column in columns}
    return {setting.table.columns[position] for position in positions if position is not None}


def _stamp(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_size, state.st_mtime_ns
