"""JSON: an array of objects, or an object with one such array in it. Objects inside become ``outer.inner`` columns."""

import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from zhiyuan.imports.readers.encodings import encoding_of
from zhiyuan.imports.readers.tables import Cell, Limits, Table, table
from zhiyuan.imports.refusals import FileRefused

_WRAPPERS: Final = ("$oid", "$date", "$numberLong", "$numberInt", "$numberDouble")
_MAX_DEPTH: Final = 4
_LIST_SEPARATOR: Final = "; "


def open_objects(path: Path, limits: Limits) -> Table:
    """Return the table in the JSON file ``path``. Columns are all names that occur, in order. Raises FileRefused."""
    objects = _objects(_loaded(path))
    if len(objects) > limits.rows:
        raise FileRefused("imports.too_many_rows", maximum=limits.rows)
    flat = [dict(_flattened(entry, depth=0)) for entry in objects]
    columns = tuple(dict.fromkeys(name for entry in flat for name in entry))

    def records() -> Iterator[tuple[int, Sequence[Cell]]]:
        yield 1, columns
        for number, entry in enumerate(flat, start=2):
            yield number, [entry.get(column) for column in columns]

    return table(records, limits)


def _loaded(path: Path) -> Any:
    encoding = encoding_of(path)
    try:
        return json.loads(
            path.read_text(encoding), object_pairs_hook=_object, parse_constant=partial(_refuse_constant)
        )
    except RecursionError as error:
        raise FileRefused("imports.json_too_deep", maximum=_MAX_DEPTH) from error
    except json.JSONDecodeError as error:
        raise FileRefused("imports.json_broken", line=error.lineno, column=error.colno) from error
    except ValueError as error:  # A number of thousands of digits.
        raise FileRefused("imports.json_broken", line=0, column=0) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise FileRefused("imports.column_twice", column=name[:60])
        found[name] = value
    return found


def _refuse_constant(word: str) -> None:
    raise FileRefused("imports.json_constant", word=word)


def _objects(loaded: Any) -> list[dict[str, Any]]:
    if isinstance(loaded, dict):
        arrays = [value for value in loaded.values() if isinstance(value, list)]
        loaded = arrays[0] if len(arrays) == 1 else [loaded]
    if not loaded:
        raise FileRefused("imports.file_empty")
    for number, entry in enumerate(loaded, start=1):
        if not isinstance(entry, dict):
            raise FileRefused("imports.json_not_objects", number=number)
    return list(loaded)


def _flattened(entry: dict[str, Any], *, depth: int, prefix: str = "") -> Iterator[tuple[str, Cell]]:
    for name, value in entry.items():
        plain = _unwrapped(value)
        if isinstance(plain, dict):
            if depth >= _MAX_DEPTH:
                raise FileRefused("imports.json_too_deep", maximum=_MAX_DEPTH)
            yield from _flattened(plain, depth=depth + 1, prefix=f"{prefix}{name}.")
        elif isinstance(plain, list):
            yield f"{prefix}{name}", _joined(plain)
        else:
            yield f"{prefix}{name}", plain


def _unwrapped(value: Any) -> Any:
    while isinstance(value, dict) and len(value) == 1 and (name := next(iter(value))) in _WRAPPERS:
        value = value[name]
    return value


def _joined(values: list[Any]) -> str:
    """Return a list of plain values as one text; lists of objects have no place in a table and are left out."""
    return _LIST_SEPARATOR.join(
        str(plain)
        for value in values
        if not isinstance(plain := _unwrapped(value), dict | list) and plain is not None
    )
