"""Certificates of service, sent and shown."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from zhiyuan.api.schemas.base import Code, Cursor, Shown, Told, ToldItem, several


class NewCertificate(ToldItem, kw_only=True, frozen=True):
    """A certificate of one person's confirmed service at an organization."""

    organization: Code
    person_id: Annotated[UUID, Meta(description="Whose service is certified.")]
    period_from: (
        Annotated[date, Meta(description="First local service date; from the beginning when empty.")] | None
    ) = None
    period_to: (
        Annotated[date, Meta(description="Last local service date; until today when empty.")] | None
    ) = None
    include_below: Annotated[bool, Meta(description="Count the records of organizations below too.")] = True
    locale: Annotated[Literal["en", "zh-Hans"], Meta(description="Language of the certificate.")] = "zh-Hans"


class NewCertificates(Told, kw_only=True, frozen=True):
    """Certificates to be issued."""

    items: Annotated[list[NewCertificate], several("Certificates")]


class RevokedCertificate(ToldItem, kw_only=True, frozen=True):
    """A certificate to be revoked."""

    certificate_id: Annotated[UUID, Meta(description="The certificate meant.")]
    reason: Annotated[str, Meta(min_length=1, max_length=300, description="Why; shown to whoever checks it.")]


class RevokedCertificates(Told, kw_only=True, frozen=True):
    """Certificates to be revoked."""

    items: Annotated[list[RevokedCertificate], several("Certificates")]


class ShownCertificate(Shown, kw_only=True, frozen=True):
    """One certificate as its holder and its issuer see it."""

    id: UUID
    number: str
    check_code: Annotated[str, Meta(description="With the number it opens the public look-up.")]
    person_id: UUID
    organization_id: UUID
    period_from: date | None
    period_to: date | None
    minutes: int
    entries: int
    locale: str
    issued_at: datetime
    revoked_at: datetime | None
    revoked_reason: str | None


class ShownCertificates(Shown, kw_only=True, frozen=True):
    """Certificates, latest first."""

    items: list[ShownCertificate]
    next_after: Cursor


class CertifiedItem(Shown, kw_only=True, frozen=True):
    """One record on a certificate."""

    date: Annotated[date, Meta(description="The local service date.")]
    title: str
    minutes: int
    unit: Annotated[str, Meta(description="Name of the recording organization.")]


class CheckedCertificate(Shown, kw_only=True, frozen=True):
    """What a stranger with number and check code is told. The name is masked."""

    number: str
    state: Annotated[str, Meta(description="valid or revoked.")]
    person_name_masked: str
    person_number: str
    organization_name: str
    minutes: int
    entries: int
    period_from: date | None
    period_to: date | None
    items: list[CertifiedItem]
    issued_at: datetime
    revoked_at: datetime | None
    revoked_reason: str | None
