"""One verification from end to end."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select

from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations.models import Organization
from zhiyuan.records.heads import KeptHead
from zhiyuan.records.models import ChainHead, ChainLink, RecordEntry, ServiceRecord
from zhiyuan.records.signing import Trust, trust_of
from zhiyuan.records.verification.certificates import check_certificates
from zhiyuan.records.verification.chains import check_chain
from zhiyuan.records.verification.records import check_records
from zhiyuan.records.verification.report import Report
from zhiyuan.records.verification.signatures import check_signed_heads
from zhiyuan.records.verification.totals import check_totals

_organization = Organization.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_LEDGER_TABLES = (
    ChainHead.__table__,  # type: ignore[attr-defined]  # likewise
    ChainLink.__table__,  # type: ignore[attr-defined]  # likewise
    RecordEntry.__table__,  # type: ignore[attr-defined]  # likewise
    ServiceRecord.__table__,  # type: ignore[attr-defined]  # likewise
)


def verify(
    tx: Tx,
    *,
    heads: Sequence[KeptHead] = (),
    organization_ids: Collection[UUID] | None = None,
    trust: Trust | None = None,
) -> Report:
    """Look at the whole ledger, or at that of ``organization_ids``, on the snapshot ``tx``, and report what is wrong.

    ``heads`` were kept elsewhere (``heads.read_file``); each must still be on its chain. ``trust`` are the keys that
    signed heads and certificates may carry, by default those of the keyring.
    """
    report = Report()
    trusted = trust if trust is not None else trust_of(tx.keyring)
    everywhere = organization_ids is None
    places = _places(tx) if organization_ids is None else sorted(organization_ids)
    kept = [head for head in heads if everywhere or head.organization_id in set(places)]
    report.organizations = len(places)
    for organization_id in places:
        check_chain(tx, report, organization_id)
        check_records(tx, report, organization_id)
        check_totals(tx, report, organization_id)
        check_certificates(tx, report, organization_id, trusted)
        check_signed_heads(tx, report, organization_id, trusted, kept)
    for head in kept:
        if head.organization_id not in set(places):
            report.found("head.chain_missing", organization=head.organization_id, sequence=head.sequence)
    return report


def _places(tx: Tx) -> list[UUID]:
    """Return every organization, and every id that a ledger table speaks of: rows may outlive what they belong to."""
    found = set(tx.connection.execute(select(_organization.c.id)).scalars())
    for table in _LEDGER_TABLES:
        found.update(tx.connection.execute(select(table.c.organization_id).distinct()).scalars())
    return sorted(found)
