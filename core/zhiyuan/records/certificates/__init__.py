"""Certificates of service: issued from confirmed records only, signed, checkable without this server, revocable.

``issuing`` and ``revoking`` write, ``rendering`` draws the PDF, ``verifying`` checks a file with public keys alone. A
certificate whose record is corrected or voided falls in the same unit of work (``records.service``).
"""

from typing import Final
from uuid import UUID

from zhiyuan.accounts.permissions import CERTIFICATES_ISSUE
from zhiyuan.kernel.commands import Command
from zhiyuan.records.certificates.issuing import issue_certificates
from zhiyuan.records.certificates.queries import (
    by_number,
    get,
    look_up,
    of_organization,
    of_person,
    owners,
    page,
    pdf,
    statement,
)
from zhiyuan.records.certificates.revoking import revoke_certificates
from zhiyuan.records.certificates.verifying import Verdict, verify_pdf
from zhiyuan.records.schemas import IssueCertificate, RevokeCertificate


def _holder(item: IssueCertificate) -> UUID:
    """Return who may ask for a certificate without a permission: the person it is about (Order 67, article 14)."""
    return item.person_id


ISSUE: Final = Command[IssueCertificate](
    "certificates.issue", CERTIFICATES_ISSUE, issue_certificates, owner=_holder
)
REVOKE: Final = Command[RevokeCertificate]("certificates.revoke", CERTIFICATES_ISSUE, revoke_certificates)

__all__ = [
    "ISSUE",
    "REVOKE",
    "Verdict",
    "by_number",
    "get",
    "look_up",
    "of_organization",
    "of_person",
    "owners",
    "page",
    "pdf",
    "statement",
    "verify_pdf",
]
