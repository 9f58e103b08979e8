"""What others ask about divisions: chains, names by date, children, head counts.

A division is found on a date. When its table does not reach back to that date, the row nearest in time speaks: a record
of 1995 under a code of 2003 still finds its place. Pseudo-divisions are passed over: children of 市辖区 are children of
the city above it.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import or_, select

from zhiyuan.kernel.uow import Tx
from zhiyuan.regions import codes
from zhiyuan.regions.models import Region, RegionPopulation
from zhiyuan.regions.schemas import BEGINNING, PopulationFigure, PopulationShare, RegionView

_region = Region.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_population = RegionPopulation.__table__  # type: ignore[attr-defined]  # likewise
_SHOWN = (
    _region.c.code, _region.c.name, _region.c.level, _region.c.parent_code, _region.c.valid_from, _region.c.valid_to
)  # fmt: skip
_PUBLISHED = (
    _population.c.code, _population.c.year, _population.c["count"].label("heads"), _population.c.source
)  # fmt: skip
_HIGHEST_TREE = 30


def region_chain(tx: Tx, code: str, on: date) -> tuple[str, ...]:
    """Return ``code`` and its ancestors on the local date ``on``, the country last.

    A Chinese code that no table has brought in is placed by its digits; any other unknown code stands alone.
    """
    return region_chains(tx, [code], on)[code]


def region_chains(tx: Tx, wanted: Collection[str], on: date) -> dict[str, tuple[str, ...]]:
    """Return the chain of each of ``wanted``, as :func:`region_chain` does; a few queries for all of them."""
    starts = _starts(tx, wanted)
    rows: dict[str, RegionView | None] = {}
    frontier = set(starts.values())
    for _ in range(_HIGHEST_TREE):
        missing = frontier - set(rows)
        if not missing:
            break
        found = _on(tx, missing, on)
        rows.update({code: found.get(code) for code in missing})
        frontier = {parent for code in missing if (parent := _parent(code, rows[code])) is not None}
    return {code: _chain(start, rows) for code, start in starts.items()}


def canonical_codes(tx: Tx, wanted: Collection[str]) -> dict[str, str]:
    """Return, for each of ``wanted`` that is known, the code as it is kept (530800 may be kept as 5308)."""
    if not wanted:
        return {}
    candidates = {code for given in wanted for code in (given, codes.canonical(given))}
    known: set[str] = set()
    for piece in _pieces(candidates):
        known.update(tx.connection.execute(select(_region.c.code).where(_region.c.code.in_(piece))).scalars())
    answers = {given: given if given in known else codes.canonical(given) for given in wanted}
    return {given: code for given, code in answers.items() if code in known}


def get(tx: Tx, code: str, on: date) -> RegionView | None:
    """Return the division with that code (padded or not) as it was on ``on``, or None when nothing is known of it."""
    known = canonical_codes(tx, [code])
    return _on(tx, known.values(), on).get(known[code]) if known else None


def name_of(tx: Tx, code: str, on: date) -> str | None:
    """Return the name that the division had on ``on``, or None when nothing is known of it."""
    view = get(tx, code, on)
    return view.name if view is not None else None


def names_of(tx: Tx, wanted: Collection[str], on: date) -> dict[str, str]:
    """Return the names that those divisions of ``wanted`` which are known had on ``on``."""
    known = canonical_codes(tx, wanted)
    rows = _on(tx, set(known.values()), on)
    return {given: rows[code].name for given, code in known.items()}


def history(tx: Tx, code: str) -> list[RegionView]:
    """Return every name the code has had, the oldest first."""
    known = canonical_codes(tx, [code])
    if not known:
        return []
    query = select(*_SHOWN).where(_region.c.code == known[code]).order_by(_region.c.valid_from)
    return [_view(row) for row in tx.connection.execute(query)]


def by_name(tx: Tx, name: str, on: date) -> list[RegionView]:
    """Return every division that had exactly this name on ``on``, by code: names repeat (鼓楼区 stands in four cities)."""
    query = (
        _in_force(on).where(_region.c.name == name, _region.c.level != codes.PSEUDO).order_by(_region.c.code)
    )
    return [_view(row) for row in tx.connection.execute(query)]


def children(tx: Tx, code: str, on: date) -> list[RegionView]:
    """Return the divisions directly below ``code`` on ``on``, by code; those of a pseudo-division count as its own."""
    parents = {canonical_codes(tx, [code]).get(code, codes.canonical(code))}
    found: list[RegionView] = []
    for _ in range(_HIGHEST_TREE):
        rows = [
            _view(row)
            for row in tx.connection.execute(_in_force(on).where(_region.c.parent_code.in_(parents)))
        ]
        found.extend(row for row in rows if row.level != codes.PSEUDO)
        parents = {row.code for row in rows if row.level == codes.PSEUDO}
        if not parents:
            break
    return sorted(found, key=lambda view: view.code)


def population(tx: Tx, code: str, kind: str, on: date) -> PopulationFigure | None:
    """Return the latest head count of ``kind`` published for a year up to that of ``on``, or None.

    A division without a row of its own is the sum of the highest rows below it: none is counted again in a row above
    it, so subtotals never count twice, and a city without counties counts once.
    """
    code = canonical_codes(tx, [code]).get(code, codes.canonical(code))
    rows = _published(tx, _at_or_below(tx, code, on), kind, on.year)
    if not rows:
        return None
    own = [row.year for row in rows if row.code == code]
    year = max(own or [row.year for row in rows])
    counts = {row.code: row for row in rows if row.year == year}
    top = [counts[code]] if own else _highest(tx, counts, on)
    return PopulationFigure(
        code=code,
        kind=kind,
        year=year,
        count=sum((row.heads for row in top), Decimal(0)),
        rows=len(top),
        sources=tuple(sorted({row.source for row in top})),
    )


def share_of_population(tx: Tx, code: str, kind: str, percent: Decimal, on: date) -> PopulationShare | None:
    """Return ``percent`` (12 means twelve in a hundred) of the head count, exactly, or None when there is no count."""
    figure = population(tx, code, kind, on)
    if figure is None:
        return None
    return PopulationShare(figure, percent, figure.count * percent / 100)


def unknown_parents(tx: Tx) -> list[str]:
    """Return the codes that divisions stand below and of which nothing is known, countries left out."""
    above = _region.alias("above")
    query = (
        select(_region.c.parent_code)
        .distinct()
        .outerjoin(above, above.c.code == _region.c.parent_code)
        .where(_region.c.parent_code.is_not(None), above.c.code.is_(None))
        .order_by(_region.c.parent_code)
    )
    found = tx.connection.execute(query).scalars()
    return [code for code in found if not (len(code) == 2 and code.isalpha())]


def _starts(tx: Tx, wanted: Collection[str]) -> dict[str, str]:
    known = canonical_codes(tx, wanted)
    return {code: known.get(code, codes.canonical(code)) for code in wanted}


def _chain(start: str, rows: dict[str, RegionView | None]) -> tuple[str, ...]:
    chain = [start]
    code: str | None = _parent(start, rows.get(start))
    while code is not None and code not in chain and len(chain) < _HIGHEST_TREE:
        row = rows.get(code)
        if row is None or row.level != codes.PSEUDO:
            chain.append(code)
        code = _parent(code, row)
    return tuple(chain)


def _parent(code: str, row: RegionView | None) -> str | None:
    return row.parent_code if row is not None else codes.parent_of(code)


def _in_force(on: date) -> Any:
    return select(*_SHOWN).where(
        _region.c.valid_from <= on, or_(_region.c.valid_to.is_(None), _region.c.valid_to > on)
    )


def _on(tx: Tx, wanted: Collection[str], on: date) -> dict[str, RegionView]:
    nearest: dict[str, tuple[timedelta, Any]] = {}
    for piece in _pieces(set(wanted)):
        for row in tx.connection.execute(select(*_SHOWN).where(_region.c.code.in_(piece))):
            distance = _distance(row, on)
            if row.code not in nearest or distance < nearest[row.code][0]:
                nearest[row.code] = (distance, row)
    return {code: _view(row) for code, (_, row) in nearest.items()}


def _distance(row: Any, on: date) -> timedelta:
    if on < row.valid_from:
        return row.valid_from - on  # type: ignore[no-any-return]  # columns of a row are Any
    if row.valid_to is not None and on >= row.valid_to:
        return on - row.valid_to + timedelta(days=1)  # type: ignore[no-any-return]  # likewise
    return timedelta(0)


def _view(row: Any) -> RegionView:
    begun = None if row.valid_from == BEGINNING else row.valid_from
    return RegionView(row.code, row.name, row.level, row.parent_code, begun, row.valid_to)


def _at_or_below(tx: Tx, code: str, on: date) -> set[str] | str:
    """Return the codes at or below ``code``; a text that all of them begin with, where their digits tell."""
    if code == codes.COUNTRY:
        return ""
    if codes.is_chinese(code):
        return code
    found, frontier = {code}, {code}
    for _ in range(_HIGHEST_TREE):
        query = select(_region.c.code).where(_region.c.parent_code.in_(frontier))
        frontier = set(tx.connection.execute(query).scalars()) - found
        if not frontier:
            break
        found |= frontier
    return found


def _published(tx: Tx, where: set[str] | str, kind: str, until: int) -> list[Any]:
    query = select(*_PUBLISHED).where(_population.c.kind == kind, _population.c.year <= until)
    if isinstance(where, str):
        rows = tx.connection.execute(query.where(_population.c.code.startswith(where)))
        return [row for row in rows if codes.is_chinese(row.code)]
    found: list[Any] = []
    for piece in _pieces(where):
        found.extend(tx.connection.execute(query.where(_population.c.code.in_(piece))))
    return found


def _highest(tx: Tx, counts: dict[str, Any], on: date) -> list[Any]:
    """Return the rows that no other row stands above."""
    if all(codes.is_chinese(code) for code in counts):
        return [
            row for code, row in counts.items() if not any(above in counts for above in codes.prefixes(code))
        ]
    chains = region_chains(tx, counts, on)
    return [row for code, row in counts.items() if not any(above in counts for above in chains[code][1:])]


def _pieces(wanted: Iterable[str]) -> list[Sequence[str]]:
    """Cut ``wanted`` into pieces that fit a statement."""
    ordered = sorted(wanted)
    return [ordered[start : start + 500] for start in range(0, len(ordered), 500)]
