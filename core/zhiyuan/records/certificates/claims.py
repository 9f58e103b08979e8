"""What a certificate says, as the claims of its token and as values again.

The token is the certificate; page and database only show it. It holds no document number, phone or address.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from zhiyuan.records.schemas import CertificateItem

CERTIFICATE_KIND: Final = "zhiyuan-certificate"
PAGE_KIND: Final = "zhiyuan-certificate-page"
VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class HeadMark:
    """Where an organization's chain ended when the certificate was made."""

    organization: str
    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class Statement:
    """Everything that a certificate says. Dates are local; ``issued_at`` is an instant in UTC as text."""

    number: str
    issuer_code: str
    issuer_name: str
    person_number: str
    person_name: str
    period_from: date | None
    period_to: date | None
    minutes: int
    entries: int
    items: tuple[CertificateItem, ...]
    heads: tuple[HeadMark, ...]
    issued_on: date
    issued_at: str
    locale: str


def to_claims(told: Statement, *, ids: Mapping[str, UUID]) -> dict[str, Any]:
    """Return ``told`` as plain JSON. ``ids`` (``certificate``, ``issuer``) let another installation recognize it."""
    return {
        "v": VERSION,
        "id": str(ids["certificate"]),
        "number": told.number,
        "issuer": {"id": str(ids["issuer"]), "code": told.issuer_code, "name": told.issuer_name},
        "person": {"number": told.person_number, "name": told.person_name},
        "period": {"from": _text(told.period_from), "to": _text(told.period_to)},
        "minutes": told.minutes,
        "entries": told.entries,
        "items": [_item_to_claims(item) for item in told.items],
        "heads": [
            {"organization": head.organization, "sequence": head.sequence, "hash": head.hash}
            for head in told.heads
        ],
        "issued_on": told.issued_on.isoformat(),
        "issued_at": told.issued_at,
        "locale": told.locale,
    }


def from_claims(claims: Mapping[str, Any]) -> Statement:
    """Return what ``claims`` say. Raises ValueError, KeyError or TypeError when they are not those of a certificate."""
    if claims["v"] != VERSION:
        raise ValueError("another version")
    told = Statement(
        number=str(claims["number"]),
        issuer_code=str(claims["issuer"]["code"]),
        issuer_name=str(claims["issuer"]["name"]),
        person_number=str(claims["person"]["number"]),
        person_name=str(claims["person"]["name"]),
        period_from=_date(claims["period"]["from"]),
        period_to=_date(claims["period"]["to"]),
        minutes=int(claims["minutes"]),
        entries=int(claims["entries"]),
        items=_items(claims["items"]),
        heads=tuple(
            HeadMark(str(head["organization"]), int(head["sequence"]), str(head["hash"]))
            for head in claims["heads"]
        ),
        issued_on=date.fromisoformat(claims["issued_on"]),
        issued_at=str(claims["issued_at"]),
        locale=str(claims["locale"]),
    )
    if told.minutes != sum(item.minutes for item in told.items) or told.entries != len(told.items):
        raise ValueError("the items do not add up")
    return told


def _item_to_claims(item: CertificateItem) -> dict[str, Any]:
    plain = {"date": item.date.isoformat(), "title": item.title, "minutes": item.minutes, "unit": item.unit}
    return plain if item.content is None else {**plain, "content": item.content}


def _items(listed: Sequence[Mapping[str, Any]]) -> tuple[CertificateItem, ...]:
    return tuple(
        CertificateItem(
            date.fromisoformat(item["date"]),
            str(item["title"]),
            int(item["minutes"]),
            str(item["unit"]),
            str(item["content"]) if "content" in item else None,
        )
        for item in listed
    )


def _text(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text is not None else None
