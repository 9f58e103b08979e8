"""A mapping bound to one file: for every field a function from the cells of a row to its value."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from zhiyuan.imports.mapping import places, times, words
from zhiyuan.imports.mapping.faults import CellFault
from zhiyuan.imports.mapping.model import As, FieldSpec, IdSpec
from zhiyuan.imports.mapping.times import Years
from zhiyuan.imports.readers import Cell, Table
from zhiyuan.imports.refusals import MappingRefused
from zhiyuan.kernel.issues import Issue

HIDDEN: Final = "(hidden)"
"""What stands in an error sheet for a protected cell. It never comes in as a value."""

_NAMED: Final = re.compile(r"\{([^{}]+)\}")
_ID_SEPARATOR: Final = "|"

Reader = Callable[[Sequence[Cell], list[Issue]], Any]


@dataclass(frozen=True, slots=True)
class CompiledField:
    """One field: its name, the columns it is read from (empty for a constant), and how."""

    name: str
    columns: tuple[str, ...]
    positions: tuple[int, ...]
    read: Reader


@dataclass(frozen=True, slots=True)
class Context:
    """What reading depends on besides the cells."""

    zone: ZoneInfo
    years: Years


@dataclass(frozen=True)
class Compiled:
    """The fields of one part of a mapping."""

    fields: tuple[CompiledField, ...]

    def values(self, cells: Sequence[Cell], warnings: list[Issue], faults: list[Issue]) -> dict[str, Any]:
        """Return the told values of a row by field; what is empty is left out. Faults and warnings name the field."""
        told: dict[str, Any] = {}
        for field in self.fields:
            before = len(warnings)
            try:
                value = field.read(cells, warnings)
            except CellFault as fault:
                faults.append(_named(fault.issue, field.name))
                continue
            warnings[before:] = [_named(warning, field.name) for warning in warnings[before:]]
            if isinstance(value, dict):
                for name, part in value.items():
                    told.setdefault(name, part)
            elif not _is_nothing(value):
                told[field.name] = value
        return told

    def columns_of(self, name: str) -> tuple[str, ...]:
        """Return the columns that ``name`` is read from."""
        return next((field.columns for field in self.fields if field.name == name), ())


def compile_fields(
    specs: Mapping[str, FieldSpec], targets: Mapping[str, As], table: Table, context: Context
) -> Compiled:
    """Bind ``specs`` to the columns of ``table``. Raises MappingRefused for a column that the file does not have."""
    compiled = [
        _field(name, spec, spec.read_as or targets.get(name, "text"), table, context)
        for name, spec in specs.items()
    ]
    return Compiled(tuple(field for field in compiled if field is not None))


def compile_id(spec: IdSpec, table: Table) -> CompiledField:
    """Bind an external id to the columns of ``table``: several columns are joined, an empty one makes the id empty."""
    names = spec.columns if spec.columns is not None else [_found(spec.column or [], table)]
    positions = tuple(_position(name, table) for name in names)

    def read(cells: Sequence[Cell], _: list[Issue]) -> str:
        parts = [words.code(cells[position]) for position in positions]
        return _ID_SEPARATOR.join(parts) if any(parts) else ""

    return CompiledField("external_id", tuple(names), positions, read)


def _field(name: str, spec: FieldSpec, read_as: As, table: Table, context: Context) -> CompiledField | None:
    if spec.constant is not None:
        constant = spec.constant
        return CompiledField(name, (), (), lambda _cells, _warnings: constant)
    if spec.template is not None:
        return _template(name, spec.template, table)
    names = spec.columns
    if names is None:
        wanted = [spec.column] if isinstance(spec.column, str) else list(spec.column or [])
        present = [column for column in wanted if table.position(column) is not None]
        if not present and spec.optional:
            return None
        names = present[:1] or wanted[:1]
    elif spec.optional and any(table.position(column) is None for column in names):
        return None
    positions = tuple(_position(column, table) for column in names)
    convert = _converter(name, spec, read_as, len(positions), context)

    def read(cells: Sequence[Cell], warnings: list[Issue]) -> Any:
        value = convert([cells[position] for position in positions], warnings)
        if _is_nothing(value):
            if spec.default is not None:
                return spec.default
            if spec.required:
                raise CellFault("imports.cell_empty")
        return value

    return CompiledField(name, tuple(names), positions, read)


def _template(name: str, template: str, table: Table) -> CompiledField:
    names = tuple(_NAMED.findall(template))
    positions = tuple(_position(column, table) for column in names)
    at = dict(zip(names, positions, strict=True))

    def read(cells: Sequence[Cell], _: list[Issue]) -> str:
        return _NAMED.sub(lambda found: words.code(cells[at[found[1]]]), template)

    return CompiledField(name, names, positions, read)


Convert = Callable[[Sequence[Cell], list[Issue]], Any]


def _converter(name: str, spec: FieldSpec, read_as: As, width: int, context: Context) -> Convert:
    convert = _plain_converter(name, spec, read_as, width, context)
    empty = frozenset(word.strip().casefold() for word in spec.empty)
    values = {key.strip().casefold(): value for key, value in (spec.values or {}).items()}

    def read(cells: Sequence[Cell], warnings: list[Issue]) -> Any:
        first = cells[0]
        if isinstance(first, str):
            if first == HIDDEN:
                raise CellFault("imports.cell_hidden")
            if empty and first.strip().casefold() in empty:
                return None
        if values:
            word = words.code(first)
            if word.casefold() in values:
                return values[word.casefold()]
            if word and not spec.keep_unmatched:
                known = ", ".join(list(spec.values or {})[:20])
                raise CellFault("imports.value_unknown", known=known)
        return convert(cells, warnings)

    return read


def _plain_converter(name: str, spec: FieldSpec, read_as: As, width: int, context: Context) -> Convert:
    formats = tuple(spec.formats)
    years = Years(*spec.years, rule="years") if spec.years else context.years
    zone = context.zone
    match read_as:
        case "local_time" if width > 1:
            return lambda cells, warnings: times.instant(cells[0], cells[1], formats, years, zone, warnings)
        case "local_time":
            return lambda cells, warnings: times.instant_of_one(cells[0], formats, years, zone, warnings)
        case "hours":
            return lambda cells, warnings: words.hours(cells[0], warnings)
        case "date":
            return lambda cells, _: times.local_day(cells[0], formats, years)
        case "list":
            return lambda cells, _: words.entries(cells[0], spec.separators)
        case "text" if width > 1:
            return lambda cells, _: " ".join(filter(None, (words.text(cell) for cell in cells)))
        case _:
            single = _SINGLE.get(read_as)
            if single is None or width > 1:
                raise MappingRefused("imports.mapping_wrong", key=name, reason=f"{read_as} reads one column")
            return lambda cells, _: single(cells[0])


_SINGLE: Final[dict[str, Callable[[Cell], Any]]] = {
    "text": words.text,
    "lines": words.lines,
    "code": words.code,
    "integer": words.integer,
    "number": words.number,
    "minutes": words.count_of_minutes,
    "boolean": words.boolean,
    "place": places.place,
}


def _is_nothing(value: Any) -> bool:
    return value is None or value in ("", ())


def _found(column: str | list[str], table: Table) -> str:
    wanted = [column] if isinstance(column, str) else column
    return next((name for name in wanted if table.position(name) is not None), wanted[0])


def _position(column: str, table: Table) -> int:
    position = table.position(column)
    if position is None:
        raise MappingRefused("imports.column_missing", column=column, columns=", ".join(table.columns)[:300])
    return position


def _named(issue: Issue, field: str) -> Issue:
    return issue if issue.field else Issue(issue.code, issue.severity, issue.params, field, issue.rule)


def overnight(
    start: datetime | None,
    end: datetime | None,
    spec: FieldSpec | None,
    zone: ZoneInfo,
    warnings: list[Issue],
) -> datetime | None:
    """Return ``end``, a day later when it lies before ``start`` and the mapping allows that. Raises CellFault."""
    if start is None or end is None or end >= start:
        return end
    if spec is not None and spec.overnight:
        return times.next_day(end, zone, warnings)
    raise CellFault("imports.end_before_start")
