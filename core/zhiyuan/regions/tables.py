"""Tables of divisions and head counts as others publish them, recognized by their headers alone.

Three kinds are known: *divisions* (code, name and what stands above), *histories* (code, name, first and last revision
of the standard) and *censuses* (code and head counts). Column names may be Chinese or English, in any order and case;
codes may be padded. What a file is called never matters.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Final, Literal

from zhiyuan.kernel.errors import Invalid
from zhiyuan.kernel.issues import Issue
from zhiyuan.regions import codes

Kind = Literal["divisions", "history", "census"]

_CODE: Final = (
    "code",
    "regioncode",
    "divisioncode",
    "adcode",
    "gb2260",
    "代码",
    "区划代码",
    "行政区划代码",
    "统计用区划代码",
)
_NAME: Final = (
    "name",
    "regionname",
    "divisionname",
    "名称",
    "区划名称",
    "行政区划名称",
    "单位名称",
    "地区",
    "区县",
)
_LEVEL: Final = ("level", "levelname", "级别", "层级")
_PARENTS: Final = (
    ("parent", "parentcode", "parentid", "上级", "上级代码", "上级区划代码", "父级代码"),
    ("streetcode", "towncode", "街道代码", "乡镇代码"),
    ("areacode", "countycode", "districtcode", "区县代码", "县代码"),
    ("citycode", "prefecturecode", "市代码", "地市代码"),
    ("provincecode", "statecode", "省代码"),
)
"""Columns that may name what stands above, the nearest level first."""
_FROM: Final = ("validfrom", "effectivefrom", "生效日期", "启用日期")
_TO: Final = ("validto", "effectiveto", "失效日期", "停用日期")
_FIRST: Final = ("firstrevision", "firstversion", "首次版本", "起始版本")
_LAST: Final = ("lastrevision", "lastversion", "末次版本", "终止版本")
_YEAR: Final = ("year", "年份", "年度")
_COUNTS: Final = {
    "residents": (
        "residents",
        "population",
        "totalpopulation",
        "人口数合计",
        "常住人口",
        "总人口",
        "人口合计",
    ),
    "urban_residents": ("urbanresidents", "urbanpopulation", "urban", "城镇人口", "城镇常住人口"),
    "rural_residents": ("ruralresidents", "ruralpopulation", "rural", "乡村人口", "农村人口"),
    "households": ("households", "家庭户数", "户数"),
}
"""Head counts by kind. 城镇人口 is the census's *urban* population, the base of urban shares; 城区人口 beside it counts the
built-up core only, has no value for most counties, and is left out on purpose."""
_MISSING: Final = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "--", "—", "…", "..."})


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table that could be read. ``line`` counts from 1, the header included."""

    line: int
    code: str
    name: str
    level: str
    parent_code: str | None
    valid_from: date | None = None
    valid_to: date | None = None
    known_until: date | None = None
    counts: tuple[tuple[str, int | None, Decimal], ...] = ()


@dataclass(slots=True)
class Table:
    """What a table says. ``problems`` are lines left out with the reason; ``subtotals`` are lines that sum others."""

    kind: Kind
    rows: list[Row] = field(default_factory=list)
    problems: list[tuple[int, Issue]] = field(default_factory=list)
    subtotals: int = 0


def read_table(header: Sequence[str], lines: Iterable[Sequence[str]], *, country: str | None = None) -> Table:
    """Read a table by its ``header``. ``country`` (ISO 3166 letters) stands above what has nothing above it.

    Raises Invalid when the header has no code, no name, or a column twice: nothing of such a table can be trusted.
    """
    columns = _Columns(header)
    kind = columns.kind()
    table = Table(kind)
    cells = list(_cells(columns, lines, table))
    chinese = bool(cells) and all(codes.is_chinese(cell.code) for cell in cells) and _agree(cells)
    for cell in cells:
        _add(table, cell, chinese=chinese, country=country)
    if kind == "history":
        table.rows = _dated(table.rows)
    return table


@dataclass(frozen=True, slots=True)
class _Cell:
    line: int
    code: str
    name: str
    parent: str
    level: str
    first: date | None
    last: date | None
    counts: tuple[tuple[str, int | None, Decimal], ...]


class _Columns:
    """Where each thing stands in a line."""

    def __init__(self, header: Sequence[str]) -> None:
        self._names = [_bare(name) for name in header]
        self._header = header
        repeated = {name for name in self._names if name and self._names.count(name) > 1}
        if repeated:
            raise _unreadable("regions.header_twice", value=", ".join(sorted(repeated))[:80])
        self.code = self._find(_CODE)
        self.name = self._find(_NAME)
        self.parents = [where for names in _PARENTS if (where := self._find(names)) is not None]
        self.level = self._find(_LEVEL)
        self.first, self.last = self._find(_FIRST), self._find(_LAST)
        self.begin, self.end = self._find(_FROM), self._find(_TO)
        self.year = self._find(_YEAR)
        self.counts = {
            kind: where for kind, names in _COUNTS.items() if (where := self._find(names)) is not None
        }

    def kind(self) -> Kind:
        """Return what the header announces. Raises Invalid when that is nothing known."""
        if self.code is None or (self.name is None and not self.counts):
            shown = ", ".join(name.strip() for name in self._header)[:120]
            raise _unreadable("regions.header_unknown", value=shown)
        if self.counts:
            return "census"
        return "history" if self.first is not None and self.last is not None else "divisions"

    def _find(self, names: Sequence[str]) -> int | None:
        return next((self._names.index(name) for name in names if name in self._names), None)


def _bare(name: str) -> str:
    return re.sub(r"[\s_\-]+", "", name.strip().lstrip("\ufeff")).lower()


def _cells(columns: _Columns, lines: Iterable[Sequence[str]], table: Table) -> Iterator[_Cell]:
    for number, line in enumerate(lines, start=2):
        if not any(cell.strip() for cell in line):
            continue

        def at(where: int | None, line: Sequence[str] = line) -> str:
            return line[where].strip() if where is not None and where < len(line) else ""

        code = re.sub(r"\.0$", "", at(columns.code))
        name = at(columns.name)
        if codes.is_subtotal_name(name) and table.kind == "census":
            table.subtotals += 1
            continue
        if code.lower() in _MISSING:
            table.problems.append(
                (number, Issue("regions.code_missing", field="code", params={"name": name[:60]}))
            )
            continue
        try:
            yield _Cell(
                number,
                code,
                name,
                next((parent for where in columns.parents if (parent := re.sub(r"\.0$", "", at(where)))), ""),
                at(columns.level),
                _day(at(columns.first if table.kind == "history" else columns.begin)),
                _day(at(columns.last if table.kind == "history" else columns.end)),
                tuple(_counts(columns, at)),
            )
        except _Unreadable as error:
            table.problems.append((number, error.issue))


class _Unreadable(Exception):
    def __init__(self, issue: Issue) -> None:
        super().__init__(issue.code)
        self.issue = issue


def _counts(
    columns: _Columns, at: "Callable[[int | None], str]"
) -> Iterator[tuple[str, int | None, Decimal]]:
    year = at(columns.year)
    if year and not re.fullmatch(r"(1[89]|2[01])\d\d", year):
        raise _Unreadable(Issue("regions.bad_date", field="year", params={"value": year[:40]}))
    for kind, where in columns.counts.items():
        text = at(where).replace(",", "").replace("\u00a0", "")
        if text.lower() in _MISSING:
            continue
        try:
            count = Decimal(text)
        except InvalidOperation:
            count = Decimal(-1)
        if not count.is_finite() or not 0 <= count < 10**11:
            raise _Unreadable(Issue("regions.bad_count", field=kind, params={"value": text[:40]}))
        yield kind, int(year) if year else None, count


def _day(text: str) -> date | None:
    """Return the first day that ``text`` (``200312``, ``2003-12``, ``2003-12-01``, ``2003``) stands for."""
    if text.lower() in _MISSING:
        return None
    match = re.fullmatch(r"((?:19|20)\d\d)[-./年]?(\d\d?)?[-./月]?(\d\d?)?日?(\.0)?", text)
    try:
        if match is None:
            raise ValueError(text)
        return date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        raise _Unreadable(
            Issue("regions.bad_date", field="valid_from", params={"value": text[:40]})
        ) from None


def _agree(cells: Sequence[_Cell]) -> bool:
    """Tell whether what stands above each code is what the digits of a Chinese code say."""
    for cell in cells:
        above = codes.canonical(cell.parent)
        code = codes.canonical(cell.code)
        if above and above not in (code, codes.COUNTRY) and not code.startswith(above):
            return False
    return True


def _add(table: Table, cell: _Cell, *, chinese: bool, country: str | None) -> None:
    code = codes.canonical(cell.code) if chinese else cell.code
    parent: str | None = (codes.canonical(cell.parent) if chinese else cell.parent) or None
    if chinese and parent in (None, code):
        parent = codes.parent_of(code)
    level = codes.level_of(code, cell.name) if chinese else cell.level.lower() or "division"
    table.rows.append(
        Row(
            cell.line,
            code,
            cell.name,
            level,
            parent or country,
            valid_from=cell.first,
            valid_to=cell.last,
            counts=cell.counts,
        )
    )


def _dated(rows: Sequence[Row]) -> list[Row]:
    """Turn first and last revisions into dates without gaps.

    A revision says how things stood when it was printed, so a name holds from its first revision until the next thing
    that is known: the first revision of the code's next name, else the first revision in the table after its last one.
    What stands in the newest revision is still so.
    """
    revisions = sorted({day for row in rows for day in (row.valid_from, row.valid_to) if day is not None})
    by_code: dict[str, list[Row]] = {}
    for row in rows:
        by_code.setdefault(row.code, []).append(row)
    dated: list[Row] = []
    for same in by_code.values():
        ordered = sorted(same, key=lambda row: row.valid_from or date.min)
        ends = [following.valid_from for _, following in pairwise(ordered)]
        for row, end in zip(ordered, [*ends, None], strict=True):
            last = row.valid_to
            later = end or next((day for day in revisions if last is not None and day > last), None)
            dated.append(
                Row(
                    row.line, row.code, row.name, row.level, row.parent_code, row.valid_from, later,
                    known_until=_next_month(last) if last is not None else None,
                )
            )  # fmt: skip
    return sorted(dated, key=lambda row: row.line)


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _unreadable(code: str, *, value: str) -> Invalid:
    issue = Issue(code, field="header", params={"value": value})
    return Invalid(
        "regions.unreadable_table", "This table cannot be read: %(value)s", issues=[issue], value=value
    )
