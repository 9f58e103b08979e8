"""``zhiyuan regions``: administrative divisions, their names over time, their head counts."""

from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NoReturn

import click

from zhiyuan.cli.context import open_runtime
from zhiyuan.cli.failures import tell
from zhiyuan.cli.output import emit, fail, json_option
from zhiyuan.kernel.actor import operator
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Tx
from zhiyuan.regions import queries
from zhiyuan.regions.files import read_file
from zhiyuan.regions.schemas import RegionView
from zhiyuan.regions.service import loading
from zhiyuan.regions.service.loading import Summary
from zhiyuan.runtime import Runtime

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_DATE = click.DateTime(["%Y-%m-%d"])
_MOST_SHOWN = 20


@click.group()
def regions() -> None:
    """Administrative divisions: bring tables in, look codes up, compute shares of head counts."""


@regions.command("import")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option(
    "--valid-from", type=_DATE, help="From when on the tables hold, for codes that changed their name."
)
@click.option("--country", help="Letters of the country that stands above a table without Chinese codes.")
@click.option("--year", type=int, help="Year of head counts, where a census table has none of its own.")
@click.option("--source", help="Who published the head counts. Default: the name of the file.")
@json_option
def import_(
    files: tuple[Path, ...],
    valid_from: datetime | None,
    country: str | None,
    year: int | None,
    source: str | None,
    as_json: bool,
) -> None:
    """Bring in FILES: tables of divisions, histories of names, censuses, told apart by their columns."""
    _load(files, valid_from.date() if valid_from else None, country, year, source, as_json=as_json)


@regions.command()
@click.argument("file", type=_FILE)
@click.option(
    "--year", type=int, help="Year of the counts. Default: the table's own, else the last year ending in 0."
)
@click.option("--source", help="Who published them. Default: the name of the file.")
@json_option
def population(file: Path, year: int | None, source: str | None, as_json: bool) -> None:
    """Bring in the head counts of a census table."""
    _load((file,), None, None, year, source, as_json=as_json, only_census=True)


@regions.command()
@click.argument("code")
@click.option("--on", type=_DATE, help="The day to look at. Default: today.")
@json_option
def show(code: str, on: datetime | None, as_json: bool) -> None:
    """Show the division CODE (or of that very name): what stands above and below it, its names, its head counts."""
    with open_runtime() as runtime, runtime.database.reading() as tx:
        day = on.date() if on else tx.now.date()
        view = _found(tx, code, day, as_json=as_json)
        chain = queries.region_chain(tx, view.code, day)
        names = queries.names_of(tx, chain, day)
        below = queries.children(tx, view.code, day)
        history = queries.history(tx, view.code)
        figures = [
            figure
            for kind in ("residents", "urban_residents", "rural_residents", "households")
            if (figure := queries.population(tx, view.code, kind, day)) is not None
        ]
    data = {
        **asdict(view),
        "on": day,
        "chain": [{"code": place, "name": names.get(place)} for place in chain],
        "children": [{"code": child.code, "name": child.name, "level": child.level} for child in below],
        "history": [asdict(named) for named in history],
        "population": {
            figure.kind: {"year": figure.year, "count": _number(figure.count), "rows": figure.rows}
            for figure in figures
        },
    }
    lines = [
        f"{view.code}  {view.name}  ({view.level}, {day})",
        "above: " + " < ".join(f"{names.get(place, '')} {place}".strip() for place in chain[1:]),
        f"below: {len(below)}" + "".join(f"\n  {child.code}  {child.name}" for child in below[:_MOST_SHOWN]),
        *(
            f"name: {named.name}  {named.valid_from or '...'} to {named.valid_to or '...'}"
            for named in history
        ),
        *(f"{figure.kind} {figure.year}: {_number(figure.count):,}" for figure in figures),
    ]
    emit("\n".join(lines), data, as_json)


@regions.command()
@click.argument("code")
@click.option(
    "--kind", default="residents", show_default=True, help="Kind of head count, such as urban_residents."
)
@click.option("--percent", required=True, help="How many in a hundred, for example 12.")
@click.option(
    "--on", type=_DATE, help="The day to look at: the last count before it is taken. Default: today."
)
@json_option
def share(code: str, kind: str, percent: str, on: datetime | None, as_json: bool) -> None:
    """Compute a share of the head count of the division CODE, exactly."""
    try:
        wanted = Decimal(percent.strip().removesuffix("%").strip())
    except InvalidOperation as error:
        raise click.BadParameter(f"{percent!r} is no number", param_hint="--percent") from error
    if not wanted.is_finite() or wanted < 0:
        raise click.BadParameter(f"{percent!r} is no share", param_hint="--percent")
    with open_runtime() as runtime, runtime.database.reading() as tx:
        day = on.date() if on else tx.now.date()
        view = _found(tx, code, day, as_json=as_json)
        answer = queries.share_of_population(tx, view.code, kind, wanted, day)
    if answer is None:
        _refuse(Issue("regions.no_figures", params={"kind": kind, "value": view.code}), as_json=as_json)
    figure = answer.figure
    data = {
        "code": view.code,
        "name": view.name,
        "kind": kind,
        "year": figure.year,
        "count": _number(figure.count),
        "percent": _number(wanted),
        "share": _number(answer.share),
        "people": answer.people,
        "rows": figure.rows,
        "sources": list(figure.sources),
    }
    summary = (
        f"{_number(wanted)} % of {_number(figure.count):,} {kind} of {view.name} ({figure.year}) "
        f"= {_number(answer.share):,}; {answer.people:,} people reach it"
    )
    emit(summary, data, as_json)


def _load(
    files: tuple[Path, ...],
    valid_from: date | None,
    country: str | None,
    year: int | None,
    source: str | None,
    *,
    as_json: bool,
    only_census: bool = False,
) -> None:
    with open_runtime() as runtime:
        limit = runtime.settings.max_upload_bytes
        tables = [(file.name, read_file(file, maximum_bytes=limit, country=country)) for file in files]
        if only_census and any(table.kind != "census" for _, table in tables):
            _refuse(Issue("regions.not_a_census"), as_json=as_json)
        # Histories keep whole timelines together, so their codes go in one sorted run; see loading.
        summaries = [
            (
                name,
                loading.load(
                    runtime.bus,
                    operator(),
                    table,
                    source=source or name,
                    year=year or _last_census_year(runtime),
                    valid_from=valid_from,
                ),
            )
            for name, table in loading.in_order(tables)
        ]
        with runtime.database.reading() as tx:
            missing = queries.unknown_parents(tx)
    _report(summaries, missing, as_json=as_json)


def _last_census_year(runtime: Runtime) -> int:
    """Return the last year that ended in 0 and is over: the year of the last census in most countries, China too."""
    return (runtime.database.clock.now().year - 1) // 10 * 10


def _report(summaries: list[tuple[str, Summary]], missing: list[str], *, as_json: bool) -> None:
    counted = ("rows", "created", "updated", "unchanged", "rejected", "left_out")
    totals = {name: sum(getattr(summary, name) for _, summary in summaries) for name in counted}
    files, lines = [], []
    for name, summary in summaries:
        counts = {field: getattr(summary, field) for field in counted}
        told = tell([issue for _, issue in summary.problems])
        problems = [
            {
                "line": line,
                "code": issue.code,
                "message": text.message,
                "cure": text.cure,
                "field": issue.field,
            }
            for (line, issue), text in zip(summary.problems, told, strict=True)
        ]
        files.append({"file": name, "kind": summary.kind, **counts, "problems": problems})
        lines.append(
            f"{name} ({summary.kind}): " + ", ".join(f"{count} {field}" for field, count in counts.items())
        )
        lines.extend(f"  line {problem['line']}: {problem['message']}" for problem in problems[:_MOST_SHOWN])
    if missing:
        shown = ", ".join(missing[:_MOST_SHOWN])
        lines.append(f"{len(missing)} codes above divisions are not known yet: {shown}")
    data = {**totals, "files": files, "unknown_parents": missing}
    if totals["rejected"]:
        fail("\n".join(lines), data, as_json)
    emit("\n".join(lines), data, as_json)


def _found(tx: Tx, code: str, day: date, *, as_json: bool) -> RegionView:
    view = queries.get(tx, code, day)
    if view is not None:
        return view
    named = queries.by_name(tx, code, day)
    if not named:
        _refuse(Issue("regions.unknown_code", field="code", params={"value": code[:60]}), as_json=as_json)
    if len(named) > 1:
        params = {"value": code[:60], "codes": ", ".join(other.code for other in named)}
        _refuse(Issue("regions.ambiguous_name", field="code", params=params), as_json=as_json)
    return named[0]


def _refuse(issue: Issue, *, as_json: bool) -> NoReturn:
    told = tell([issue])[0]
    fail(f"{told.message} {told.cure}", {"error": issue.code, "issues": [asdict(told)]}, as_json)


def _number(value: Decimal) -> Any:
    """Return an exact number as JSON and people write it: 416188, not 416188.00; 461024.76 as it is."""
    return int(value) if value == value.to_integral_value() else float(value)
