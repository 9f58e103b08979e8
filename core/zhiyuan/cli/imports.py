"""``zhiyuan import``: tables from elsewhere come in."""

from pathlib import Path
from typing import Any, cast

import click

from zhiyuan.cli.context import open_runtime
from zhiyuan.cli.output import emit, fail, json_option
from zhiyuan.imports import ImportSummary, MappingRefused, Problem, run
from zhiyuan.imports.mapping import KINDS, Kind
from zhiyuan.imports.telling import told

_LISTED = 20


@click.command(name="import")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--mapping", required=True, type=click.Path(path_type=Path), help="Which column means what (TOML)."
)
@click.option("--organization", "organization_code", help="Code of the organization that the rows belong to.")
@click.option("--dry-run", is_flag=True, help="Write nothing and say what would become of every row.")
@click.option("--skip-bad-rows", is_flag=True, help="Take the good rows although others are rejected.")
@click.option(
    "--errors", "errors_path", type=click.Path(path_type=Path), help="Write rejected rows here (.xlsx)."
)
@json_option
def imports(
    kind: str,
    file: Path,
    mapping: Path,
    organization_code: str | None,
    dry_run: bool,
    skip_bad_rows: bool,
    errors_path: Path | None,
    as_json: bool,
) -> None:
    """Bring in people, organizations, activities or records from FILE (CSV, XLSX, ODS or JSON).

    One rejected row refuses the whole file unless --skip-bad-rows is given. The same file again changes nothing.
    """
    with open_runtime() as runtime:
        try:
            summary = run(
                runtime,
                cast(Kind, kind),
                file,
                mapping,
                organization_code=organization_code,
                dry_run=dry_run,
                skip_bad_rows=skip_bad_rows,
                errors_path=errors_path,
            )
        except MappingRefused as error:
            sentence = told(error.issue)
            data = {"error": error.issue.code, "message": sentence.message, "cure": sentence.cure}
            fail(f"{sentence.message} {sentence.cure}", data, as_json, code=2)
    text = _text(summary, dry_run=dry_run)
    if summary.rejected and not skip_bad_rows:
        fail(text, _data(summary, dry_run=dry_run), as_json)
    emit(text, _data(summary, dry_run=dry_run), as_json)


def _text(summary: ImportSummary, *, dry_run: bool) -> str:
    head = (
        f"created {summary.created}, updated {summary.updated}, "
        f"unchanged {summary.unchanged}, rejected {summary.rejected}"
    )
    lines = [head]
    lines.extend(
        f"{kind}: " + ", ".join(f"{status} {count}" for status, count in sorted(counts.items()))
        for kind, counts in summary.others.items()
    )
    if summary.is_refused and not dry_run:
        lines.append("Nothing was written. Correct the rows below, or take the others with --skip-bad-rows.")
    elif dry_run:
        lines.append("Nothing was written: this was a dry run.")
    lines.extend(_line(problem) for problem in summary.problems[:_LISTED])
    left = summary.problem_count + summary.warning_count - min(len(summary.problems), _LISTED)
    if left > 0:
        lines.append(f"... and {left} more")
    return "\n".join(lines)


def _line(problem: Problem) -> str:
    sentence = told(problem.issue)
    where = f"row {problem.row}" + (f", {problem.column}" if problem.column else "")
    value = f" [{problem.value}]" if problem.value else ""
    kind = "" if problem.blocks else "warning: "
    return f"{where}{value}: {kind}{sentence.message} {sentence.cure}".rstrip()


def _data(summary: ImportSummary, *, dry_run: bool) -> dict[str, Any]:
    return {
        "created": summary.created,
        "updated": summary.updated,
        "unchanged": summary.unchanged,
        "rejected": summary.rejected,
        "dry_run": dry_run,
        "written": summary.is_written,
        "warnings": summary.warning_count,
        **({"others": summary.others} if summary.others else {}),
        "problems": [_plain(problem) for problem in summary.problems],
    }


def _plain(problem: Problem) -> dict[str, Any]:
    sentence = told(problem.issue)
    return {
        "row": problem.row,
        "column": problem.column,
        "field": problem.issue.field,
        "value": problem.value,
        "code": problem.issue.code,
        "severity": problem.issue.severity,
        "rule": problem.issue.rule,
        "message": sentence.message,
        "cure": sentence.cure,
    }
