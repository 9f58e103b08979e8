"""Certificates against the records that they count, and against their own signed words."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select

from zhiyuan.kernel.uow import Tx
from zhiyuan.records.certificates.claims import CERTIFICATE_KIND
from zhiyuan.records.models import Certificate, CertificateRecord, ChainLink, ServiceRecord
from zhiyuan.records.signing import BadToken, Trust, opened
from zhiyuan.records.statuses import COUNTING
from zhiyuan.records.verification.report import Report

_CHUNK = 500

_certificate = Certificate.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_listed = CertificateRecord.__table__  # type: ignore[attr-defined]  # likewise
_record = ServiceRecord.__table__  # type: ignore[attr-defined]  # likewise
_link = ChainLink.__table__  # type: ignore[attr-defined]  # likewise

_CERTIFICATES = (
    select(_certificate, _link.c.hash.label("linked"))
    .join(
        _link,
        (_link.c.organization_id == _certificate.c.organization_id)
        & (_link.c.sequence == _certificate.c.head_sequence),
        isouter=True,
    )
    .where(_certificate.c.organization_id == bindparam("place"))
    .order_by(_certificate.c.id)
    .limit(_CHUNK)
)
_NEXT_CERTIFICATES = _CERTIFICATES.where(_certificate.c.id > bindparam("after"))
_SUMS = (
    select(
        _listed.c.certificate_id,
        _record.c.person_id,
        _record.c.status,
        func.sum(_record.c.minutes).label("minutes"),
        func.count().label("entry_count"),
    )
    .join(_record, _record.c.id == _listed.c.record_id)
    .where(_listed.c.certificate_id.in_(bindparam("ids", expanding=True)))
    .group_by(_listed.c.certificate_id, _record.c.person_id, _record.c.status)
)


def check_certificates(tx: Tx, report: Report, organization_id: UUID, trust: Trust) -> None:
    """Check every certificate that one organization issued: sums, validity, token, and the head it names."""
    after: UUID | None = None
    while rows := _chunk(tx, organization_id, after):
        sums: dict[UUID, list[Any]] = defaultdict(list)
        for row in tx.connection.execute(_SUMS, {"ids": [row.id for row in rows]}):
            sums[row.certificate_id].append(row)
        for row in rows:
            report.certificates += 1
            _check(report, row, sums[row.id], trust)
        after = rows[-1].id


def _chunk(tx: Tx, organization_id: UUID, after: UUID | None) -> list[Any]:
    if after is None:
        return list(tx.connection.execute(_CERTIFICATES, {"place": organization_id}))
    return list(tx.connection.execute(_NEXT_CERTIFICATES, {"place": organization_id, "after": after}))


def _check(report: Report, row: Any, sums: list[Any], trust: Trust) -> None:
    where = {"organization": row.organization_id, "certificate": row.number}
    if {entry.person_id for entry in sums} != {row.person_id}:
        report.found("certificate.of_another_person", **where)
    minutes, entries = sum(int(entry.minutes) for entry in sums), sum(entry.entry_count for entry in sums)
    if (minutes, entries) != (row.minutes, row.entry_count):
        report.found("certificate.sum_differs", **where, stated_minutes=row.minutes, summed_minutes=minutes)
    if row.revoked_at is None and any(entry.status not in COUNTING for entry in sums):
        report.found("certificate.counts_fallen_record", **where)
    try:
        claims = opened(row.token, CERTIFICATE_KIND, trust)
    except BadToken:
        report.found("certificate.forged", **where)
        return
    if claims != row.claims:
        report.found("certificate.claims_differ", **where)
    if (claims.get("number"), claims.get("minutes"), claims.get("entries")) != (
        row.number,
        row.minutes,
        row.entry_count,
    ):
        report.found("certificate.differs_from_token", **where)
    if row.head_sequence and row.linked is None:
        report.found("certificate.head_cut_off", **where, sequence=row.head_sequence)
    elif row.head_sequence and row.linked != row.head_hash:
        report.found("certificate.head_rewritten", **where, sequence=row.head_sequence)
