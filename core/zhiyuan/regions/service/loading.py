"""Bringing whole tables in: from what was read to commands, and a summary of what became of them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.commands import CommandBus, Outcome
from zhiyuan.kernel.issues import Issue
from zhiyuan.regions.schemas import ImportPopulation, ImportRegion
from zhiyuan.regions.service import IMPORT_POPULATION, IMPORT_REGIONS
from zhiyuan.regions.tables import Row, Table

_ORDER = {"divisions": 0, "history": 1, "census": 2}
_LEFT_OUT = frozenset({"regions.code_missing"})


@dataclass(slots=True)
class Summary:
    """What became of one table. ``rows`` counts its lines; each is created, updated, unchanged, rejected or left out.

    ``left_out`` are lines that cannot be attributed (no code) or that only sum other lines. ``problems`` name the line
    (from 1, the header included) and why.
    """

    kind: str
    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    left_out: int = 0
    problems: list[tuple[int, Issue]] = field(default_factory=list)


def in_order(tables: Sequence[tuple[str, Table]]) -> list[tuple[str, Table]]:
    """Return named tables so that what stands above comes first: divisions by level, then histories, then censuses."""

    def rank(named: tuple[str, Table]) -> tuple[int, int]:
        table = named[1]
        return _ORDER[table.kind], max((len(row.code) for row in table.rows), default=0)

    return sorted(tables, key=rank)


def load(
    bus: CommandBus, actor: Actor, table: Table, *, source: str, year: int, valid_from: date | None = None
) -> Summary:
    """Bring ``table`` in. Repeating it changes nothing.

    ``valid_from`` says from when a table of divisions holds (None: it speaks of today). ``source`` (1..200 characters)
    and ``year`` are of head counts, where the table has no year of its own.
    """
    summary = Summary(table.kind, rows=len(table.rows) + len(table.problems) + table.subtotals)
    for line, issue in table.problems:
        if issue.code not in _LEFT_OUT:
            summary.rejected += 1
        summary.problems.append((line, issue))
    summary.left_out = table.subtotals + len(table.problems) - summary.rejected
    rows = sorted(table.rows, key=lambda row: (len(row.code), row.code))
    if table.kind == "census":
        _load_census(bus, actor, rows, summary, source=source, year=year)
    else:
        regions = [_region(actor, row, valid_from, is_history=table.kind == "history") for row in rows]
        for row, outcome in zip(rows, bus.submit(IMPORT_REGIONS, regions), strict=True):
            _count(summary, row, [outcome])
    return summary


def _region(actor: Actor, row: Row, valid_from: date | None, *, is_history: bool) -> ImportRegion:
    return ImportRegion(
        actor=actor,
        organization_id=None,
        code=row.code,
        name=row.name,
        level=row.level,
        parent_code=row.parent_code,
        valid_from=row.valid_from or valid_from,
        valid_to=row.valid_to,
        is_history=is_history,
        known_until=row.known_until,
    )


def _load_census(
    bus: CommandBus, actor: Actor, rows: Sequence[Row], summary: Summary, *, source: str, year: int
) -> None:
    counts = [
        ImportPopulation(
            actor=actor,
            organization_id=None,
            code=row.code,
            kind=kind,
            year=own_year or year,
            count=count,
            source=source,
        )
        for row in rows
        for kind, own_year, count in row.counts
    ]
    outcomes: Iterator[Outcome] = iter(bus.submit(IMPORT_POPULATION, counts))
    for row in rows:
        _count(summary, row, [next(outcomes) for _ in row.counts])


def _count(summary: Summary, row: Row, outcomes: Sequence[Outcome]) -> None:
    """Count a line once: rejected when anything of it was refused, else created, else updated, else unchanged."""
    statuses = Counter(outcome.status for outcome in outcomes)
    if any(not outcome.is_done for outcome in outcomes):
        summary.rejected += 1
        issues = [issue for outcome in outcomes if not outcome.is_done for issue in outcome.issues]
        summary.problems.extend((row.line, issue) for issue in issues)
    elif statuses["created"]:
        summary.created += 1
    elif statuses["updated"]:
        summary.updated += 1
    else:
        summary.unchanged += 1
