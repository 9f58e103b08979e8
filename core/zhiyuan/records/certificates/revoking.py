"""Taking a certificate back by hand. (Those that fall with their records: ``service.certified``.)"""

from collections.abc import Sequence

from sqlalchemy import bindparam, select, update

from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.commands import Outcome, refused
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Tx
from zhiyuan.records.chain import lock_heads
from zhiyuan.records.models import Certificate
from zhiyuan.records.schemas import RevokeCertificate
from zhiyuan.records.service.ledger import checked_reason, decided, reach

_certificate = Certificate.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_ISSUERS = select(_certificate.c.id, _certificate.c.organization_id).where(
    _certificate.c.id.in_(bindparam("ids", expanding=True))
)
_REVOKED = select(_certificate.c.id).where(
    _certificate.c.id.in_(bindparam("ids", expanding=True)), _certificate.c.revoked_at.is_not(None)
)
_REVOKE = (
    update(_certificate)
    .where(_certificate.c.id == bindparam("certificate"), _certificate.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"), revoked_reason=bindparam("why"))
)


def revoke_certificates(tx: Tx, items: Sequence[RevokeCertificate]) -> list[Outcome]:
    """Revoke certificates. Status ``revoked``, or ``refused``. Inside the caller's unit of work."""
    ids = {"ids": sorted({item.certificate_id for item in items})}
    issuers = {row.id: row.organization_id for row in tx.connection.execute(_ISSUERS, ids)}
    reached = reach(tx, {item.organization_id for item in items}, issuers.values())
    lock_heads(tx, issuers.values())
    revoked = set(tx.connection.execute(_REVOKED, ids).scalars())
    changes = []

    def decide(item: RevokeCertificate) -> Outcome:
        issuer = issuers.get(item.certificate_id)
        if issuer is None or (item.organization_id, issuer) not in reached:
            return refused(Issue("records.unknown_certificate", field="certificate_id"))
        if item.certificate_id in revoked:
            return refused(Issue("records.already_revoked", field="certificate_id"))
        reason = checked_reason(item.reason)
        if isinstance(reason, Issue):
            return refused(reason)
        changes.append({"certificate": item.certificate_id, "at": tx.now, "why": reason})
        tx.audit(Audit(item.actor, "certificates.revoke", "certificate", item.certificate_id, issuer))
        return Outcome("revoked", item.certificate_id)

    outcomes = decided(items, lambda item: item.certificate_id, decide)
    if changes:
        tx.connection.execute(_REVOKE, changes)
    return outcomes
