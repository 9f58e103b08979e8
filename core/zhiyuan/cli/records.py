"""``zhiyuan records``: totals, verification of the ledger, signed heads, the public key."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from zhiyuan.cli.context import open_runtime
from zhiyuan.cli.output import emit, fail, json_option
from zhiyuan.kernel import actor
from zhiyuan.kernel.errors import Invalid
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations import queries as organizations
from zhiyuan.records import heads as chain_heads
from zhiyuan.records import queries
from zhiyuan.records.signing import public_keys, read_trust, trust_of
from zhiyuan.records.verification import Report, verify

_LISTED = 20

_file = click.Path(path_type=Path, dir_okay=False)
_existing = click.Path(path_type=Path, dir_okay=False, exists=True, readable=True)


@click.group()
def records() -> None:
    """The service ledger: totals, verification, signed heads."""


@records.command()
@click.option("--organization", "code", help="Only this organization and all below it.")
@click.option("--year", type=click.IntRange(1900, 2999), help="Only service dates of this year.")
@json_option
def totals(code: str | None, year: int | None, as_json: bool) -> None:
    """Print the confirmed service of every person."""
    with open_runtime() as runtime, runtime.database.reading() as tx:
        rows = queries.totals(tx, _organization(tx, code), year=year)
    lines = [
        f"{row.number:<14} {row.minutes / 60:>10.2f} h {row.entries:>6}  {row.external_id or ''}"
        for row in rows
    ]
    lines.append(f"{len(rows)} people, {sum(row.minutes for row in rows) / 60:.2f} h")
    data = {
        "organization": code,
        "year": year,
        "totals": [
            {
                "number": row.number,
                "external_id": row.external_id,
                "minutes": row.minutes,
                "entries": row.entries,
                "no_shows": row.no_shows,
                "excused": row.excused,
                "absences": row.absences,
            }
            for row in rows
        ],
    }
    emit("\n".join(lines), data, as_json)


@records.command("verify")
@click.option("--head", "head_file", type=_existing, help="Signed heads that were kept elsewhere.")
@click.option("--key", "key_file", type=_existing, help="Public keys to trust, instead of the keyring's.")
@click.option("--organization", "code", help="Only this organization and all below it.")
@json_option
def verify_(head_file: Path | None, key_file: Path | None, code: str | None, as_json: bool) -> None:
    """Recompute every chain, record, total and certificate from the database, and say what does not hold."""
    with open_runtime() as runtime, runtime.database.reading() as tx:
        trust = _trusted(key_file) if key_file is not None else trust_of(tx.keyring)
        try:
            kept = chain_heads.read_file(head_file, trust) if head_file is not None else []
        except Invalid as error:
            fail(str(error), {"error": error.code, "message": str(error)}, as_json, code=2)
        place = _organization(tx, code)
        places = organizations.below(tx, place) if place is not None else None
        report = verify(tx, heads=kept, organization_ids=places, trust=trust)
    if not report.is_whole:
        fail(_told(report), report.told(), as_json)
    emit(_told(report), report.told(), as_json)


@records.command()
@click.option("--sign", is_flag=True, help="First sign every head that moved since it was last signed.")
@click.option("--out", type=_file, help="Write the signed heads here. Keep the file on another machine.")
@json_option
def heads(sign: bool, out: Path | None, as_json: bool) -> None:
    """Print or write the newest signed head of every chain."""
    signed = 0
    with open_runtime() as runtime:
        if sign:
            with runtime.database.uow() as writing:
                signed = chain_heads.sign_heads(writing, actor.operator())
        with runtime.database.reading() as tx:
            data = chain_heads.export(tx)
    if out is not None:
        out.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    lines = [
        f"{head['organization']:<20} {head['sequence']:>8}  {head['hash'][:16]}" for head in data["heads"]
    ]
    lines.append(f"{signed} signed now, {len(data['heads'])} in all" + (f", written to {out}" if out else ""))
    emit("\n".join(lines), {**data, "signed": signed, "file": str(out) if out else None}, as_json)


@records.command()
@click.option("--out", type=_file, help="Write the key set here; hand it to whoever checks certificates.")
@json_option
def key(out: Path | None, as_json: bool) -> None:
    """Print or write the public keys that check certificates and signed heads (a JWK set)."""
    with open_runtime() as runtime, runtime.database.reading() as tx:
        data = public_keys(tx.keyring)
    if out is not None:
        out.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    emit(json.dumps(data, indent=1) if out is None else f"Written to {out}.", data, as_json)


def _organization(tx: Tx, code: str | None) -> UUID | None:
    if code is None:
        return None
    found = organizations.by_codes(tx, [code])
    if code not in found:
        raise click.BadParameter(
            f"there is no organization with the code {code!r}", param_hint="--organization"
        )
    return found[code]


def _trusted(key_file: Path) -> Any:
    try:
        return read_trust(key_file)
    except Invalid as error:
        raise click.BadParameter(str(error), param_hint="--key") from error


def _told(report: Report) -> str:
    lines = [f"{name}: {count}" for name, count in report.told()["checked"].items()]
    lines.extend(
        f"BROKEN {problem.code}: " + ", ".join(f"{name} {value}" for name, value in problem.where.items())
        for problem in report.problems[:_LISTED]
    )
    left = sum(report.problem_counts.values()) - min(len(report.problems), _LISTED)
    if left > 0:
        lines.append(f"... and {left} more")
    lines.append("The ledger is whole." if report.is_whole else "The ledger is NOT whole.")
    return "\n".join(lines)
