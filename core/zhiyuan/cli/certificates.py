"""``zhiyuan certificates``: issue, show, revoke, and verify, the last one also on a machine without an installation."""

import dataclasses
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from zhiyuan.cli.context import open_runtime
from zhiyuan.cli.output import emit, fail, json_option
from zhiyuan.kernel import actor
from zhiyuan.kernel.errors import Invalid
from zhiyuan.organizations import queries as organizations
from zhiyuan.people import queries as people
from zhiyuan.records.certificates import ISSUE, REVOKE, Verdict, by_number, get, look_up, pdf, verify_pdf
from zhiyuan.records.certificates.numbers import is_well_formed, normalized
from zhiyuan.records.certificates.verifying import MOST_FILE_BYTES
from zhiyuan.records.certificates.wording import LOCALES
from zhiyuan.records.schemas import CertificateView, IssueCertificate, RevokeCertificate
from zhiyuan.records.signing import read_trust, trust_of
from zhiyuan.runtime import Runtime

_day = click.DateTime(["%Y-%m-%d"])

_SENTENCES = {
    "valid": "The certificate is valid: signature and page hold.",
    "revoked": "The certificate was REVOKED.",
    "text_not_covered": "TEXT NOT COVERED: the signed data hold, but the page was changed. Believe the data below only.",
    "forged": "FORGED: the signed data do not hold.",
    "unknown_key": "NOT VERIFIED: signed with a key that is not trusted here.",
    "no_certificate": "NOT A CERTIFICATE: nothing signed in this file.",
    "unreadable": "NOT VERIFIED: the file cannot be read.",
    "unknown": "NOT VERIFIED: there is no certificate with this number and check code.",
}


@click.group()
def certificates() -> None:
    """Service certificates: issue, show, revoke, verify."""


@certificates.command()
@click.option("--person", "person_number", required=True, help="Volunteer number.")
@click.option("--organization", "code", required=True, help="Code of the issuing organization.")
@click.option("--from", "period_from", type=_day, help="First service date.")
@click.option("--to", "period_to", type=_day, help="Last service date.")
@click.option("--here-only", is_flag=True, help="Leave out the organizations below.")
@click.option("--locale", type=click.Choice(LOCALES), default="zh-Hans", show_default=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the PDF here.")
@json_option
def issue(
    person_number: str,
    code: str,
    period_from: datetime | None,
    period_to: datetime | None,
    here_only: bool,
    locale: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Issue a certificate over a person's confirmed service."""
    with open_runtime() as runtime:
        with runtime.database.reading() as tx:
            person_id = people.by_numbers(tx, [person_number]).get(person_number)
            organization_id = organizations.by_codes(tx, [code]).get(code)
        if person_id is None:
            raise click.BadParameter(f"nobody has the number {person_number!r}", param_hint="--person")
        if organization_id is None:
            raise click.BadParameter(f"no organization has the code {code!r}", param_hint="--organization")
        item = IssueCertificate(
            actor=actor.operator(),
            organization_id=organization_id,
            person_id=person_id,
            period_from=period_from.date() if period_from else None,
            period_to=period_to.date() if period_to else None,
            include_below=not here_only,
            locale=locale,
        )
        outcome = runtime.bus.submit_one(ISSUE, item)
        with runtime.database.reading() as tx:
            view = get(tx, outcome.id) if outcome.id is not None else None
            if view is None:
                raise RuntimeError("an issued certificate is not there")
            if out is not None:
                out.write_bytes(pdf(tx, view.id, public_url=runtime.settings.public_url))
    emit(_line(view), {**_plain(view), "file": str(out) if out else None}, as_json)


@certificates.command()
@click.argument("number")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the PDF here.")
@json_option
def show(number: str, out: Path | None, as_json: bool) -> None:
    """Print what is known of the certificate NUMBER."""
    with open_runtime() as runtime, runtime.database.reading() as tx:
        view = by_number(tx, number)
        if view is None:
            fail(f"There is no certificate {number}.", {"error": "records.unknown_certificate"}, as_json)
        if out is not None:
            out.write_bytes(pdf(tx, view.id, public_url=runtime.settings.public_url))
    emit(_line(view), {**_plain(view), "file": str(out) if out else None}, as_json)


@certificates.command()
@click.argument("number")
@click.option("--reason", required=True, help="Shown to whoever checks the certificate.")
@json_option
def revoke(number: str, reason: str, as_json: bool) -> None:
    """Revoke the certificate NUMBER."""
    with open_runtime() as runtime:
        with runtime.database.reading() as tx:
            view = by_number(tx, number)
        if view is None:
            fail(f"There is no certificate {number}.", {"error": "records.unknown_certificate"}, as_json)
        runtime.bus.submit_one(
            REVOKE,
            RevokeCertificate(
                actor=actor.operator(),
                organization_id=view.organization_id,
                certificate_id=view.id,
                reason=reason,
            ),
        )
    emit(f"{view.number} is revoked.", {"number": view.number, "state": "revoked"}, as_json)


@certificates.command()
@click.argument("file_or_number")
@click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Public keys. With them no installation is needed, and revocation stays unknown.",
)
@click.option("--code", "check_code", help="Check code, to look a number up as a stranger would.")
@json_option
def verify(file_or_number: str, key_file: Path | None, check_code: str | None, as_json: bool) -> None:
    """Check a certificate: a PDF (or its signed data) as FILE, or the NUMBER of one issued here."""
    path = Path(file_or_number)
    if path.is_file():
        _verify_file(path, key_file, as_json)
        return
    if not is_well_formed(normalized(file_or_number)):
        raise click.UsageError(f"{file_or_number!r} is neither a file nor a certificate number (mistyped?)")
    if key_file is not None:
        raise click.UsageError(
            "--key checks a file; a number is looked up in the installation that issued it"
        )
    _verify_number(file_or_number, check_code, as_json)


def _verify_file(path: Path, key_file: Path | None, as_json: bool) -> None:
    with path.open("rb") as file:
        data = file.read(MOST_FILE_BYTES + 1)
    if key_file is not None:
        try:
            _conclude(verify_pdf(data, read_trust(key_file)), as_json)
        except Invalid as error:
            raise click.BadParameter(str(error), param_hint="--key") from error
        return
    with open_runtime() as runtime:
        verdict = verify_pdf(data, trust_of(runtime.database.keyring))
        _conclude(_with_revocation(runtime, verdict), as_json)


def _with_revocation(runtime: Runtime, verdict: Verdict) -> Verdict:
    if verdict.statement is None:
        return verdict
    with runtime.database.reading() as tx:
        view = by_number(tx, verdict.statement.number)
    if view is None:
        return verdict
    return dataclasses.replace(verdict, revocation="revoked" if view.revoked_at else "not_revoked")


def _verify_number(number: str, check_code: str | None, as_json: bool) -> None:
    with open_runtime() as runtime, runtime.database.reading() as tx:
        view = by_number(tx, number)
        if view is None or (check_code is not None and look_up(tx, number, check_code) is None):
            fail(
                _SENTENCES["unknown"], {"state": "unknown", "valid": False, "revocation": "unknown"}, as_json
            )
    data: dict[str, Any] = {
        "state": "revoked" if view.revoked_at else "valid",
        "valid": view.revoked_at is None,
        "revocation": "revoked" if view.revoked_at else "not_revoked",
        "number": view.number,
        "minutes": view.minutes,
        "entries": view.entries,
    }
    text = f"{_SENTENCES[data['state']] if view.revoked_at else 'The certificate is valid.'}\n{_line(view)}"
    if view.revoked_at:
        fail(text, data, as_json)
    emit(text, data, as_json)


def _conclude(verdict: Verdict, as_json: bool) -> None:
    state = "revoked" if verdict.state == "valid" and verdict.revocation == "revoked" else verdict.state
    data: dict[str, Any] = {
        "state": state,
        "valid": verdict.is_valid,
        "revocation": verdict.revocation,
        "text_covered": verdict.state == "valid",
        "detail": verdict.detail or None,
    }
    lines = [_SENTENCES[state] + (f" ({verdict.detail})" if verdict.detail else "")]
    if verdict.statement is not None:
        told = verdict.statement
        data.update(
            number=told.number,
            person={"name": told.person_name, "number": told.person_number},
            issuer=told.issuer_name,
            minutes=told.minutes,
            entries=told.entries,
            issued_at=told.issued_at,
        )
        lines.append(
            f"{told.number}: {told.person_name} ({told.person_number}), {told.minutes / 60:.2f} h, {told.issuer_name}"
        )
        lines.append(f"Revocation: {verdict.revocation.replace('_', ' ')}.")
    if not verdict.is_valid:
        fail("\n".join(lines), data, as_json)
    emit("\n".join(lines), data, as_json)


def _line(view: CertificateView) -> str:
    state = "revoked" if view.revoked_at else "valid"
    return f"{view.number} ({view.check_code}): {view.minutes / 60:.2f} h in {view.entries} records, {state}"


def _plain(view: CertificateView) -> dict[str, Any]:
    return {
        "id": str(view.id),
        "number": view.number,
        "check_code": view.check_code,
        "minutes": view.minutes,
        "entries": view.entries,
        "locale": view.locale,
        "issued_at": view.issued_at.isoformat(),
        "state": "revoked" if view.revoked_at else "valid",
        "revoked_reason": view.revoked_reason,
    }
