"""Merging what a table says about divisions into what is known, without losing a date.

Each code has a timeline of names. A table without dates speaks of today; a table with one date speaks of that day and
what follows up to the next thing known; a history speaks of closed spans of the past.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.commands import Outcome, refused
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.text import clean_text
from zhiyuan.kernel.uow import Tx
from zhiyuan.regions import codes
from zhiyuan.regions.models import Region
from zhiyuan.regions.schemas import BEGINNING, ImportRegion

_SOUND_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,19}")
_HIGHEST_TREE = 30
_region = Region.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_COLUMNS = ("name", "level", "parent_code", "valid_from", "valid_to")
_UPDATE = update(_region).where(_region.c.id == bindparam("row_id")).values(
    {name: bindparam(f"new_{name}") for name in _COLUMNS}
)  # fmt: skip


def import_regions(tx: Tx, items: Sequence[ImportRegion]) -> list[Outcome]:
    """Merge each statement: ``created`` (a new row), ``updated`` (a row that was there changed), ``unchanged``.

    A handful of statements for the whole batch. What a row says of its dates is kept: see the module.
    """
    known = _Known(tx, items)
    outcomes = [_merged(item, known) for item in items]
    known.write(tx)
    written = [outcome for outcome in outcomes if outcome.status in ("created", "updated")]
    if written:
        detail = {"rows": len(written), "first": items[0].code}
        tx.audit(Audit(items[0].actor, "regions.import", "region", None, None, detail))
    return outcomes


@dataclass(slots=True)
class _Span:
    """One row of a timeline."""

    id: UUID
    name: str
    level: str
    parent_code: str | None
    valid_from: date
    valid_to: date | None

    def says(self, item: ImportRegion) -> bool:
        """Tell whether the row says the same about name and place as ``item``."""
        return (self.name, self.level, self.parent_code) == (item.name, item.level, item.parent_code)


class _Known:
    """The timelines of the codes of a batch, changed in memory first and written once."""

    def __init__(self, tx: Tx, items: Sequence[ImportRegion]) -> None:
        self.timelines: dict[str, list[_Span]] = {}
        self._before: dict[UUID, tuple[Any, ...]] = {}
        wanted = {item.code for item in items} | {item.parent_code for item in items if item.parent_code}
        for row in tx.connection.execute(select(_region).where(_region.c.code.in_(wanted))).mappings():
            span = _Span(row["id"], *(row[name] for name in _COLUMNS))
            self.timelines.setdefault(row["code"], []).append(span)
            self._before[span.id] = _values(span)
        self._above = _parents_above(tx, items)

    def of(self, code: str) -> list[_Span]:
        """Return the timeline of ``code``, the oldest span first."""
        spans = self.timelines.setdefault(code, [])
        spans.sort(key=lambda span: span.valid_from)
        return spans

    def name_of_today(self, code: str) -> str | None:
        """Return the newest name of ``code``, or None when nothing is known of it."""
        return self.of(code)[-1].name if self.timelines.get(code) else None

    def add(self, item: ImportRegion, begin: date, end: date | None) -> UUID:
        """Add a span that says what ``item`` says."""
        span = _Span(new_id(), item.name, item.level, item.parent_code, begin, end)
        self.of(item.code).append(span)
        return span.id

    def closes_cycle(self, item: ImportRegion) -> bool:
        """Tell whether ``item`` would stand below itself; remembers its place otherwise."""
        code, seen = item.parent_code, 0
        while code is not None and seen < _HIGHEST_TREE:
            if code == item.code:
                return True
            code, seen = self._above.get(code), seen + 1
        self._above[item.code] = item.parent_code
        return seen == _HIGHEST_TREE

    def write(self, tx: Tx) -> None:
        """Write what has changed: spans that moved first, so that a new one finds its date free."""
        changed, added = [], []
        for code in self.timelines:
            for span in _without_overlap(self.of(code)):
                before = self._before.get(span.id)
                if before is None:
                    added.append(
                        {"id": span.id, "code": code, **dict(zip(_COLUMNS, _values(span), strict=True))}
                    )
                elif before != _values(span):
                    values = {
                        f"new_{name}": value for name, value in zip(_COLUMNS, _values(span), strict=True)
                    }
                    changed.append({"row_id": span.id, **values})
        if changed:
            tx.connection.execute(_UPDATE, changed)
        if added:
            tx.connection.execute(insert(_region), added)


def _without_overlap(spans: list[_Span]) -> list[_Span]:
    """Let a name of which nobody said since when begin where the last dated name before it ends."""
    first = spans[0] if spans else None
    if first is not None and first.valid_from == BEGINNING and first.valid_to is None:
        ends = [span.valid_to for span in spans if span.valid_to is not None]
        if ends:
            first.valid_from = max(ends)
    return spans


def _values(span: _Span) -> tuple[Any, ...]:
    return (span.name, span.level, span.parent_code, span.valid_from, span.valid_to)


def _parents_above(tx: Tx, items: Sequence[ImportRegion]) -> dict[str, str | None]:
    """Return what stands above each parent that the items name, up to the top; nothing for codes whose digits tell."""
    above: dict[str, str | None] = {}
    frontier = {item.parent_code for item in items if item.parent_code and not codes.is_chinese(item.code)}
    for _ in range(_HIGHEST_TREE):
        if not frontier:
            break
        rows = tx.connection.execute(
            select(_region.c.code, _region.c.parent_code).where(
                _region.c.code.in_(frontier), _region.c.valid_to.is_(None)
            )
        )
        found = {row.code: row.parent_code for row in rows}
        above.update(found)
        frontier = {parent for parent in found.values() if parent is not None and parent not in above}
    return above


def _merged(item: ImportRegion, known: _Known) -> Outcome:
    issue = _issue(item)
    if issue is None and not codes.is_chinese(item.code) and known.closes_cycle(item):
        issue = Issue("regions.cycle", field="parent_code", params={"value": item.code})
    if issue is not None:
        return refused(issue)
    name = clean_text(item.name, field="name", maximum=120)
    if isinstance(name, Issue):
        return refused(name)
    item = _without_fake_level(replace(item, name=name), known)
    if item.is_history:
        return _merge_history(item, known)
    return _merge_today(item, known) if item.valid_from is None else _merge_from(item, item.valid_from, known)


def _issue(item: ImportRegion) -> Issue | None:
    if not _SOUND_CODE.fullmatch(item.code):
        return Issue("regions.bad_code", field="code", params={"value": item.code[:40]})
    if item.parent_code is not None and not _SOUND_CODE.fullmatch(item.parent_code):
        return Issue("regions.bad_code", field="parent_code", params={"value": item.parent_code[:40]})
    if not item.name.strip():
        return Issue("regions.name_missing", field="name", params={"value": item.code})
    if re.search("[<>]", item.name):
        return Issue("regions.markup_in_name", field="name")
    if item.valid_from and item.valid_to and item.valid_to <= item.valid_from:
        return Issue("regions.dates_out_of_order", field="valid_to")
    if len(item.level) > 20:
        return Issue("regions.bad_level", field="level", params={"value": item.level[:40]})
    return None


def _without_fake_level(item: ImportRegion, known: _Known) -> ImportRegion:
    """A county that bears its city's very name is the city again (嘉峪关市): a row that is never shown."""
    above = item.parent_code
    if item.level == "county" and above is not None and known.name_of_today(above) == item.name:
        return replace(item, level=codes.PSEUDO)
    return item


def _merge_today(item: ImportRegion, known: _Known) -> Outcome:
    spans = known.of(item.code)
    if not spans:
        return Outcome("created", known.add(item, BEGINNING, item.valid_to))
    last = spans[-1]
    if last.valid_to is not None and not last.says(item):
        return Outcome("created", known.add(item, last.valid_to, item.valid_to))
    if last.says(item):
        return Outcome("unchanged", last.id)
    if last.valid_from != BEGINNING and last.name != item.name:
        params = {"known": last.name, "value": item.name, "since": last.valid_from.isoformat()}
        return refused(Issue("regions.renamed_without_date", field="valid_from", params=params))
    last.name, last.level, last.parent_code = item.name, item.level, item.parent_code
    return Outcome("updated", last.id)


def _merge_from(item: ImportRegion, begin: date, known: _Known) -> Outcome:
    spans = known.of(item.code)
    covering = next(
        (s for s in spans if s.valid_from <= begin and (s.valid_to is None or begin < s.valid_to)), None
    )
    following = next((s for s in spans if s.valid_from > begin), None)
    if covering is not None and covering.says(item):
        return Outcome("unchanged", covering.id)
    if covering is not None and covering.valid_from == begin:
        covering.name, covering.level, covering.parent_code = item.name, item.level, item.parent_code
        return Outcome("updated", covering.id)
    if covering is not None:
        end, covering.valid_to = covering.valid_to, begin
        known.add(item, begin, end)
        return Outcome("updated", covering.id)
    if following is not None and following.says(item):
        following.valid_from = begin
        return Outcome("updated", following.id)
    return Outcome("created", known.add(item, begin, following.valid_from if following else item.valid_to))


def _merge_history(item: ImportRegion, known: _Known) -> Outcome:
    spans = known.of(item.code)
    begin = item.valid_from or BEGINNING
    undated = next((s for s in spans if s.valid_from == BEGINNING), None)
    if begin != BEGINNING and undated is not None and item.valid_to is None:
        # Today's name was known without a date: now it is known since when.
        undated.valid_from = begin if undated.name == item.name else item.known_until or begin
        if undated.name == item.name:
            return Outcome("updated", undated.id)
        known.add(item, begin, undated.valid_from)
        return Outcome("updated", undated.id)
    same = next((s for s in spans if s.valid_from == begin), None)
    following = next((s for s in spans if s.valid_from > begin), None)
    end = item.valid_to
    if following is not None and (end is None or following.valid_from < end):
        end = following.valid_from
    if same is None:
        return Outcome("created", known.add(item, begin, end))
    if same.says(item) and same.valid_to == end:
        return Outcome("unchanged", same.id)
    same.name, same.level, same.parent_code, same.valid_to = item.name, item.level, item.parent_code, end
    return Outcome("updated", same.id)
