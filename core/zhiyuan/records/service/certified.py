"""Certificates that fall with a record: they count it, and it does not stand any more."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import bindparam, select, update

from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.i18n import gettext_noop
from zhiyuan.kernel.uow import Tx
from zhiyuan.records.models import Certificate, CertificateRecord

_certificate = Certificate.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_listed = CertificateRecord.__table__  # type: ignore[attr-defined]  # likewise
_COUNTING = (
    select(_certificate.c.id, _certificate.c.organization_id, _listed.c.record_id)
    .join(_listed, _listed.c.certificate_id == _certificate.c.id)
    .where(_listed.c.record_id.in_(bindparam("ids", expanding=True)), _certificate.c.revoked_at.is_(None))
    .order_by(_certificate.c.id)
)

REASON_OF: Mapping[str, str] = {
    "voided": gettext_noop("A record that it counts was voided."),
    "corrected": gettext_noop("A record that it counts was corrected."),
}
"""Reasons kept with certificates that fall by themselves; message ids of the catalogue."""


def revoke_counting(tx: Tx, actors: Mapping[UUID, Actor], became: str) -> list[Audit]:
    """Revoke every valid certificate that lists one of the records in ``actors`` (record id -> who changed it).

    ``became`` is what happened to the records: ``voided`` or ``corrected``. The caller holds the heads of the records'
    organizations, under which certificates are issued too, so none can slip through. Returns the audit entries to keep.
    """
    fallen: dict[UUID, Audit] = {}
    for row in tx.connection.execute(_COUNTING, {"ids": sorted(actors)}):
        fallen.setdefault(
            row.id,
            Audit(
                actors[row.record_id],
                "certificates.revoke",
                "certificate",
                row.id,
                row.organization_id,
                {"record": str(row.record_id), "became": became},
            ),
        )
    if fallen:
        tx.connection.execute(
            update(_certificate)
            .where(_certificate.c.id.in_(sorted(fallen)))
            .values(revoked_at=tx.now, revoked_reason=REASON_OF[became])
        )
    return list(fallen.values())
