"""Signed heads against the chain: what was once signed must still be on it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from zhiyuan.kernel.uow import Tx
from zhiyuan.records.heads import HEAD_KIND, KeptHead, claimed
from zhiyuan.records.models import ChainLink, SignedHead
from zhiyuan.records.signing import BadToken, Trust, opened
from zhiyuan.records.verification.report import Report

_link = ChainLink.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_signed = SignedHead.__table__  # type: ignore[attr-defined]  # likewise


def check_signed_heads(
    tx: Tx, report: Report, organization_id: UUID, trust: Trust, kept: Sequence[KeptHead]
) -> None:
    """Check the signed heads of one organization in the database, and those of ``kept`` that are its own."""
    for row in tx.connection.execute(
        select(_signed, _link.c.hash.label("linked"))
        .join(
            _link,
            (_link.c.organization_id == _signed.c.organization_id) & (_link.c.sequence == _signed.c.sequence),
            isouter=True,
        )
        .where(_signed.c.organization_id == organization_id)
        .order_by(_signed.c.sequence)
    ):
        report.signed_heads += 1
        try:
            head = claimed(opened(row.signature, HEAD_KIND, trust))
        except (BadToken, ValueError, KeyError, TypeError):
            report.found("signed_head.forged", organization=organization_id, sequence=row.sequence)
            continue
        if (head.organization_id, head.sequence, head.hash) != (organization_id, row.sequence, row.hash):
            report.found("signed_head.differs", organization=organization_id, sequence=row.sequence)
        _compare(report, "signed_head", head, row.linked)
    own = [head for head in kept if head.organization_id == organization_id]
    linked = {
        row.sequence: row.hash
        for row in tx.connection.execute(
            select(_link.c.sequence, _link.c.hash).where(
                _link.c.organization_id == organization_id,
                _link.c.sequence.in_([head.sequence for head in own]),
            )
        )
    }
    for head in own:
        report.kept_heads += 1
        _compare(report, "head", head, linked.get(head.sequence))


def _compare(report: Report, word: str, head: KeptHead, linked: bytes | None) -> None:
    where = {"organization": head.organization_id, "sequence": head.sequence}
    if linked is None:
        report.found(f"{word}.cut_off", **where)
    elif linked != head.hash:
        report.found(f"{word}.rewritten", **where)
