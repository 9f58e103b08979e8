"""What can be asked about certificates, by their holders, their issuers, and strangers with number and check code."""

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, select

from zhiyuan.kernel.errors import NotFound
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations.models import OrganizationPath
from zhiyuan.records.certificates.claims import from_claims
from zhiyuan.records.certificates.numbers import codes_match, new_check_code, normalized
from zhiyuan.records.certificates.rendering import render
from zhiyuan.records.models import Certificate
from zhiyuan.records.schemas import CertificateView, PublicCertificate

_certificate = Certificate.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_path = OrganizationPath.__table__  # type: ignore[attr-defined]  # likewise

_BY_NUMBER: Final = select(_certificate).where(_certificate.c.number == bindparam("number"))
_BY_ID: Final = select(_certificate).where(_certificate.c.id == bindparam("id"))
_NEWEST_FIRST: Final = (_certificate.c.issued_at.desc(), _certificate.c.id.desc())


def look_up(tx: Tx, number: str, check_code: str) -> PublicCertificate | None:
    """Return what a stranger may see of the certificate, or ``None`` when number and code do not belong together.

    A wrong code takes as long as an unknown number. The caller limits how often one address may ask.
    """
    row = tx.connection.execute(_BY_NUMBER, {"number": normalized(number)[:30]}).first()
    fits = codes_match(row.check_code if row is not None else new_check_code(), check_code)
    if row is None or not fits:
        return None
    return _public(row)


def by_number(tx: Tx, number: str) -> CertificateView | None:
    """Return the certificate of that number, or ``None``. For people who may see it anyhow: it shows the check code."""
    row = tx.connection.execute(_BY_NUMBER, {"number": normalized(number)[:30]}).first()
    return _view(row) if row is not None else None


def get(tx: Tx, certificate_id: UUID) -> CertificateView | None:
    """Return one certificate, or ``None``."""
    row = tx.connection.execute(_BY_ID, {"id": certificate_id}).first()
    return _view(row) if row is not None else None


def statement(tx: Tx, certificate_id: UUID) -> PublicCertificate | None:
    """Return what one certificate says in full, or ``None``."""
    row = tx.connection.execute(_BY_ID, {"id": certificate_id}).first()
    return _public(row) if row is not None else None


def of_person(tx: Tx, person_id: UUID) -> list[CertificateView]:
    """Return one person's certificates, newest first, revoked ones too."""
    rows = tx.connection.execute(
        select(_certificate).where(_certificate.c.person_id == person_id).order_by(*_NEWEST_FIRST)
    )
    return [_view(row) for row in rows]


def of_organization(tx: Tx, organization_id: UUID, *, limit: int = 100) -> list[CertificateView]:
    """Return the newest certificates issued at ``organization_id`` and below, at most ``limit`` (1..500)."""
    below = select(_path.c.descendant_id).where(_path.c.ancestor_id == organization_id)
    rows = tx.connection.execute(
        select(_certificate)
        .where(_certificate.c.organization_id.in_(below))
        .order_by(*_NEWEST_FIRST)
        .limit(max(1, min(limit, 500)))
    )
    return [_view(row) for row in rows]


def page(
    tx: Tx,
    organization_id: UUID | None,
    *,
    person_id: UUID | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[CertificateView]:
    """Return up to ``limit`` (1..200) certificates, latest made first, going on after the one with the id ``after``.

    ``organization_id`` means issued there or below, ``None`` anywhere; ``person_id`` those of one person.
    """
    wanted = select(_certificate).order_by(_certificate.c.id.desc()).limit(max(1, min(limit, 200)))
    if organization_id is not None:
        below = select(_path.c.descendant_id).where(_path.c.ancestor_id == organization_id)
        wanted = wanted.where(_certificate.c.organization_id.in_(below))
    if person_id is not None:
        wanted = wanted.where(_certificate.c.person_id == person_id)
    if after is not None:
        wanted = wanted.where(_certificate.c.id < after)
    return [_view(row) for row in tx.connection.execute(wanted)]


def owners(tx: Tx, certificate_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, UUID]]:
    """Return organization and person of each certificate; unknown ids are left out."""
    if not certificate_ids:
        return {}
    rows = tx.connection.execute(
        select(_certificate.c.id, _certificate.c.organization_id, _certificate.c.person_id).where(
            _certificate.c.id.in_(set(certificate_ids))
        )
    )
    return {row.id: (row.organization_id, row.person_id) for row in rows}


def pdf(tx: Tx, certificate_id: UUID, *, public_url: str) -> bytes:
    """Return the PDF of one certificate, drawn anew from its token. Raises NotFound.

    ``public_url`` is the address of this installation (``settings.public_url``). Take it outside the event loop: drawing
    takes some milliseconds of a core.
    """
    row = tx.connection.execute(_BY_ID, {"id": certificate_id}).first()
    if row is None:
        raise NotFound("records.unknown_certificate", "There is no such certificate.")
    return render(
        from_claims(row.claims),
        token=row.token,
        check_code=row.check_code,
        public_url=public_url,
        keyring=tx.keyring,
    )


def _view(row: Any) -> CertificateView:
    return CertificateView(
        id=row.id,
        number=row.number,
        check_code=row.check_code,
        person_id=row.person_id,
        organization_id=row.organization_id,
        period_from=row.period_from,
        period_to=row.period_to,
        minutes=row.minutes,
        entries=row.entry_count,
        locale=row.locale,
        issued_at=row.issued_at,
        revoked_at=row.revoked_at,
        revoked_reason=row.revoked_reason,
    )


def _public(row: Any) -> PublicCertificate:
    told = from_claims(row.claims)
    return PublicCertificate(
        number=told.number,
        state="valid" if row.revoked_at is None else "revoked",
        person_name=told.person_name,
        person_number=told.person_number,
        organization_name=told.issuer_name,
        minutes=told.minutes,
        entries=told.entries,
        period_from=told.period_from,
        period_to=told.period_to,
        items=told.items,
        issued_at=row.issued_at,
        revoked_at=row.revoked_at,
        revoked_reason=row.revoked_reason,
    )
