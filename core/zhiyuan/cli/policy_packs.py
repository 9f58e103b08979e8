"""``zhiyuan policy lint``, ``diff`` and ``list --packs``: looking at packs of rules as files, without a database."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from zhiyuan.cli.context import loaded_settings
from zhiyuan.cli.failures import tell
from zhiyuan.cli.output import emit, fail, json_option
from zhiyuan.policy.packs import Assembly, Pack, PackProblem, PackValue, read, roots
from zhiyuan.policy.packs.cases import try_cases
from zhiyuan.policy.values import encode

_FOLDERS = click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
_IN = click.option(
    "--in",
    "folders",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with packs, beside those of this installation.",
)


@click.command()
@_FOLDERS
@json_option
def lint(folders: tuple[Path, ...], as_json: bool) -> None:
    """Check every pack of this installation, and those in FOLDERS with them, and try their cases."""
    assembly = _read(folders)
    library = assembly.library
    problems = [*assembly.problems, *(each for pack in library for each in try_cases(library, pack))]
    told = [_problem(problem) for problem in problems]
    data = {"packs": [pack.id for pack in library], "problems": told}
    if problems:
        lines = [
            f"{each['file']}:{each['line']}: {each['document'] or '-'}: {each['message']} {each['cure']}"
            for each in told
        ]
        fail(
            "\n".join([*lines, f"{len(told)} faults"]), {"error": "policy.packs_cannot_load", **data}, as_json
        )
    emit(f"{len(library.packs)} packs, no fault", data, as_json)


@click.command()
@click.argument("a")
@click.argument("b")
@_IN
@json_option
def diff(a: str, b: str, folders: tuple[Path, ...], as_json: bool) -> None:
    """Show what the pack B says otherwise than the pack A (ids such as cn@2014.1)."""
    library = _read(folders).library
    found: list[Pack] = []
    for pack_id in (a, b):
        pack = library.get(pack_id)
        if pack is None:
            known = ", ".join(each.id for each in library)
            message = f"There is no pack {pack_id}. Known here: {known or '-'}."
            fail(message, {"error": "policy.pack_unknown_pack", "message": message}, as_json)
        found.append(pack)
    before, after = (_by_key(pack) for pack in found)
    differing = [key for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key)]
    changes = [{"key": key, "a": before.get(key), "b": after.get(key)} for key in differing]
    lines = [f"{key}: {_side(before.get(key))} -> {_side(after.get(key))}" for key in differing]
    emit("\n".join(lines) or "no difference", {"a": a, "b": b, "changes": changes}, as_json)


def list_packs(*, as_json: bool) -> None:
    """Print every pack of this installation with its place and dates."""
    packs = [_pack(pack) for pack in _read(()).library]
    lines = [
        f"{each['id']:<24} {each['effective_from']} - {each['effective_to'] or '':<10}  "
        f"{each['values']:>3} values  {each['name']}{'  (stub)' if each['stub'] else ''}"
        for each in packs
    ]
    emit("\n".join(lines) or "no packs", {"packs": packs}, as_json)


def _read(folders: Sequence[Path]) -> Assembly:
    settings = loaded_settings().settings
    return read([*roots(settings.policy_packs, settings.data_dir), *folders])


def _problem(problem: PackProblem) -> dict[str, Any]:
    (told,) = tell([problem.issue])
    return {
        "file": str(problem.file),
        "line": problem.line,
        "key": problem.issue.rule,
        "document": problem.document,
        "code": told.code,
        "message": told.message,
        "cure": told.cure,
    }


def _pack(pack: Pack) -> dict[str, Any]:
    return {
        "id": pack.id,
        "name": pack.name,
        "place": pack.area,
        "effective_from": pack.effective_from,
        "effective_to": pack.effective_to,
        "law": pack.is_law,
        "stub": pack.is_stub,
        "extends": pack.extends,
        "replaces": pack.replaces,
        "cites": list(pack.cites),
        "documents": [document.name for document in pack.documents],
        "values": len(pack.values),
        "dormant": list(pack.dormant),
        "file": str(pack.file),
    }


def _by_key(pack: Pack) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for value in pack.values:
        found.setdefault(value.key, []).append(_value(value))
    return found


def _value(value: PackValue) -> dict[str, Any]:
    return {
        "value": encode(value.value),
        "mark": value.mark,
        "document": value.document,
        "clause": value.clause,
        "note": value.note,
    }


def _side(values: list[dict[str, Any]] | None) -> str:
    if values is None:
        return "-"
    return "; ".join(f"{each['value']} [{each['mark']}] {each['clause'] or ''}".rstrip() for each in values)
