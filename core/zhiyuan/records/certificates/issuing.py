"""Issuing certificates: what counts is read, signed and written while nobody can change it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select

from zhiyuan import policy
from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.clock import local_date
from zhiyuan.kernel.commands import Outcome, refused
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations.models import Organization
from zhiyuan.people.models import Person
from zhiyuan.people.numbers import next_numbers
from zhiyuan.policy import PlaceChain
from zhiyuan.records import policy as rules
from zhiyuan.records.certificates.claims import CERTIFICATE_KIND, HeadMark, Statement, to_claims
from zhiyuan.records.certificates.numbers import new_check_code, number, series
from zhiyuan.records.certificates.wording import LOCALES
from zhiyuan.records.chain import Head, lock_heads
from zhiyuan.records.chain.canonical import instant
from zhiyuan.records.models import Certificate, CertificateRecord, ServiceRecord
from zhiyuan.records.schemas import CertificateItem, IssueCertificate
from zhiyuan.records.service.ledger import reach
from zhiyuan.records.signing import sign
from zhiyuan.records.statuses import COUNTING
from zhiyuan.sites.queries import place_chains

_record = ServiceRecord.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_person = Person.__table__  # type: ignore[attr-defined]  # likewise
_organization = Organization.__table__  # type: ignore[attr-defined]  # likewise
_INSERT_CERTIFICATES: Final = insert(Certificate.__table__)  # type: ignore[attr-defined]  # likewise
_INSERT_LISTED: Final = insert(CertificateRecord.__table__)  # type: ignore[attr-defined]  # likewise
_PEOPLE: Final = select(_person.c.id, _person.c.name, _person.c.number).where(
    _person.c.id.in_(bindparam("ids", expanding=True))
)
_ORGANIZATIONS: Final = select(
    _organization.c.id, _organization.c.code, _organization.c.name, _organization.c.time_zone
).where(_organization.c.id.in_(bindparam("ids", expanding=True)))
_UNITS: Final = (
    select(_record.c.organization_id)
    .where(_record.c.person_id.in_(bindparam("people", expanding=True)), _record.c.status.in_(COUNTING))
    .distinct()
)
_COUNTED: Final = (
    select(
        _record.c.id,
        _record.c.organization_id,
        _record.c.person_id,
        _record.c.service_date,
        _record.c.title,
        _record.c.content,
        _record.c.minutes,
    )
    .where(
        _record.c.person_id.in_(bindparam("people", expanding=True)),
        _record.c.organization_id.in_(bindparam("places", expanding=True)),
        _record.c.status.in_(COUNTING),
        _record.c.minutes > 0,
    )
    .order_by(_record.c.service_date, _record.c.id)
)


def issue_certificates(tx: Tx, items: Sequence[IssueCertificate]) -> list[Outcome]:
    """Issue a certificate per item. Status ``issued`` with the certificate's id, or ``refused``.

    Only counting records with minutes are certified. They are read under the locked heads of their organizations: a
    record that is voided beside this is either not counted, or the certificate falls with it. Inside the caller's unit.
    """
    return _Issuing(tx, items).carry_out()


class _Issuing:
    def __init__(self, tx: Tx, items: Sequence[IssueCertificate]) -> None:
        self._tx = tx
        self._items = items
        issuers = {item.organization_id for item in items if item.organization_id is not None}
        people = sorted({item.person_id for item in items})
        self._people = {row.id: row for row in tx.connection.execute(_PEOPLE, {"ids": people})}
        # Only the ledgers that have something of these people are taken, not every one below the issuer.
        units = set(tx.connection.execute(_UNITS, {"people": people}).scalars())
        self._reached = reach(tx, issuers, units)
        taken = issuers | {below for _, below in self._reached}
        self._organizations = {
            row.id: row for row in tx.connection.execute(_ORGANIZATIONS, {"ids": sorted(taken)})
        }
        self._places: Mapping[UUID, PlaceChain] = place_chains(tx, issuers & self._organizations.keys())
        self._heads: Mapping[UUID, Head] = lock_heads(tx, self._organizations)
        self._counted: dict[UUID, list[Any]] = defaultdict(list)
        for row in tx.connection.execute(_COUNTED, {"people": people, "places": sorted(taken)}):
            self._counted[row.person_id].append(row)
        self._serials: dict[int, Any] = {}
        self._certificates: list[dict[str, Any]] = []
        self._listed: list[dict[str, Any]] = []

    def carry_out(self) -> list[Outcome]:
        found = [self._records_of(item) for item in self._items]
        years: dict[int, int] = defaultdict(int)
        for item, records in zip(self._items, found, strict=True):
            if not isinstance(records, Issue):
                years[self._issued_on(item).year] += 1
        self._serials = {
            year: iter(next_numbers(self._tx, series(year), count)) for year, count in sorted(years.items())
        }
        outcomes = [
            refused(records) if isinstance(records, Issue) else self._issue(item, records)
            for item, records in zip(self._items, found, strict=True)
        ]
        if self._certificates:
            self._tx.connection.execute(_INSERT_CERTIFICATES, self._certificates)
            self._tx.connection.execute(_INSERT_LISTED, self._listed)
        return outcomes

    def _records_of(self, item: IssueCertificate) -> list[Any] | Issue:
        organization_id = item.organization_id
        if organization_id is None or organization_id not in self._organizations:
            return Issue("records.unknown_organization", field="organization_id")
        if item.person_id not in self._people:
            return Issue("records.unknown_person", field="person_id")
        if item.locale not in LOCALES:
            return Issue("records.unknown_locale", field="locale", params={"locale": item.locale[:20]})
        first, last = item.period_from or date.min, item.period_to or date.max
        if last < first:
            return Issue("records.period_reversed", field="period_to")
        records = [
            row
            for row in self._counted[item.person_id]
            if (item.include_below or row.organization_id == organization_id)
            and (organization_id, row.organization_id) in self._reached
            and first <= row.service_date <= last
        ]
        if not records:
            return Issue("records.nothing_to_certify")
        limit = policy.resolve(
            self._tx, rules.CERTIFICATE_MOST_RECORDS, self._places[organization_id], self._issued_on(item)
        )
        if len(records) > limit:
            return Issue(
                "records.too_many_for_one_certificate",
                params={"count": len(records), "limit": limit},
                rule=rules.CERTIFICATE_MOST_RECORDS.id,
            )
        return records

    def _issued_on(self, item: IssueCertificate) -> date:
        assert item.organization_id is not None  # Refused before.
        return local_date(self._tx.now, self._organizations[item.organization_id].time_zone)

    def _issue(self, item: IssueCertificate, records: list[Any]) -> Outcome:
        assert item.organization_id is not None  # Refused before.
        issuer = self._organizations[item.organization_id]
        issued_on = self._issued_on(item)
        prefix = policy.resolve(self._tx, rules.CERTIFICATE_NUMBER_PREFIX, self._places[issuer.id], issued_on)
        certificate_id = new_id()
        told = self._statement(
            item, records, number(prefix, issued_on.year, next(self._serials[issued_on.year]))
        )
        claims = to_claims(told, ids={"certificate": certificate_id, "issuer": issuer.id})
        key_id, token = sign(self._tx.keyring, CERTIFICATE_KIND, claims)
        head = self._heads[issuer.id]
        self._certificates.append(
            {
                "id": certificate_id,
                "number": told.number,
                "check_code": new_check_code(),
                "person_id": item.person_id,
                "organization_id": issuer.id,
                "period_from": item.period_from,
                "period_to": item.period_to,
                "minutes": told.minutes,
                "entry_count": told.entries,
                "head_sequence": head.sequence,
                "head_hash": head.hash,
                "claims": claims,
                "token": token,
                "key_id": key_id,
                "locale": item.locale,
                "issued_at": self._tx.now,
                "issued_by": item.actor.person_id,
            }
        )
        self._listed.extend({"certificate_id": certificate_id, "record_id": row.id} for row in records)
        self._tx.audit(
            Audit(
                item.actor,
                "certificates.issue",
                "certificate",
                certificate_id,
                issuer.id,
                {"number": told.number, "minutes": told.minutes, "records": told.entries},
            )
        )
        return Outcome("issued", certificate_id)

    def _statement(self, item: IssueCertificate, records: list[Any], own_number: str) -> Statement:
        assert item.organization_id is not None  # Refused before.
        issuer = self._organizations[item.organization_id]
        person = self._people[item.person_id]
        units = {issuer.id, *(row.organization_id for row in records)}
        return Statement(
            number=own_number,
            issuer_code=issuer.code,
            issuer_name=issuer.name,
            person_number=person.number,
            person_name=person.name,
            period_from=item.period_from,
            period_to=item.period_to,
            minutes=sum(row.minutes for row in records),
            entries=len(records),
            items=tuple(
                CertificateItem(
                    row.service_date,
                    row.title,
                    row.minutes,
                    self._organizations[row.organization_id].name,
                    row.content,
                )
                for row in records
            ),
            heads=tuple(
                HeadMark(
                    self._organizations[unit].code, self._heads[unit].sequence, self._heads[unit].hash.hex()
                )
                for unit in sorted(units)
            ),
            issued_on=self._issued_on(item),
            issued_at=instant(self._tx.now),
            locale=item.locale,
        )
