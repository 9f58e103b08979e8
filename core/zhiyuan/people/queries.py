"""What can be asked about people. Protected fields come out masked; nothing here opens them for a reader."""

from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from zhiyuan.kernel.clock import local_date
from zhiyuan.kernel.errors import NotFound
from zhiyuan.kernel.uow import Tx
from zhiyuan.people import contacts, documents, masking
from zhiyuan.people.membership import people_below
from zhiyuan.people.models import Person, PersonExternalId
from zhiyuan.people.policy import rules_at
from zhiyuan.people.protection import DOCUMENT_NUMBER, EMAIL, PHONE, ProtectedField
from zhiyuan.people.schemas import PersonRow, PersonView

_person = Person.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_external = PersonExternalId.__table__  # type: ignore[attr-defined]  # likewise

MAX_PAGE: Final = 200
"""Most rows of one page."""

_CHUNK: Final = 500


def by_external_ids(tx: Tx, scheme: str, values: Collection[str]) -> dict[str, UUID]:
    """Return the people whom ``scheme`` calls by any of ``values`` (any number); unknown ones are left out."""
    return {
        row.value: row.person_id
        for chunk in _chunks(values)
        for row in tx.connection.execute(
            select(_external.c.value, _external.c.person_id).where(
                _external.c.scheme == scheme, _external.c.value.in_(chunk)
            )
        )
    }


def by_numbers(tx: Tx, numbers: Collection[str]) -> dict[str, UUID]:
    """Return the people with these volunteer numbers; unknown ones are left out."""
    return {
        row.number: row.id
        for chunk in _chunks(numbers)
        for row in tx.connection.execute(
            select(_person.c.number, _person.c.id).where(_person.c.number.in_(chunk))
        )
    }


def names(tx: Tx, ids: Collection[UUID]) -> dict[UUID, str]:
    """Return full names by id; unknown ids are left out."""
    return {
        row.id: row.name
        for chunk in _chunks(ids)
        for row in tx.connection.execute(select(_person.c.id, _person.c.name).where(_person.c.id.in_(chunk)))
    }


def get(tx: Tx, person_id: UUID) -> PersonView:
    """Return one person, masked. The caller has made sure that the reader may see the person. Raises NotFound."""
    row = tx.connection.execute(select(_person).where(_person.c.id == person_id)).mappings().one_or_none()
    if row is None:
        raise NotFound("people.not_found", "There is no such person.")
    external = tx.connection.execute(
        select(_external.c.scheme, _external.c.value)
        .where(_external.c.person_id == person_id)
        .order_by(_external.c.scheme, _external.c.value)
    )
    return _view(tx, dict(row), tuple((entry.scheme, entry.value) for entry in external))


def page(
    tx: Tx, organization_id: UUID, *, search: str = "", after: UUID | None = None, limit: int = 50
) -> list[PersonRow]:
    """Return people who belong to ``organization_id`` or below it, in the order in which they were registered.

    ``search`` finds part of a name (two Chinese characters suffice), a volunteer number, or a whole phone number, mail
    address or document number. ``after`` is the id of the last row of the page before; ``limit`` 1..200.
    """
    query = (
        select(
            _person.c.id,
            _person.c.number,
            _person.c.name,
            _person.c.status,
            _person.c.residence_text,
            _person.c.registered_on,
        )
        .where(
            _person.c.id.in_(people_below(organization_id, local_date(tx.now, "UTC"))),
            _person.c.status != "merged",
        )
        .order_by(_person.c.id)
        .limit(max(1, min(limit, MAX_PAGE)))
    )
    if search.strip():
        query = query.where(_matches(tx, search.strip()))
    if after is not None:
        query = query.where(_person.c.id > after)
    return [
        PersonRow(
            id=row.id,
            number=row.number,
            name=row.name,
            masked_name=masking.name(row.name),
            status=row.status,
            residence_text=row.residence_text,
            registered_on=row.registered_on,
        )
        for row in tx.connection.execute(query)
    ]


def count(tx: Tx, organization_id: UUID) -> int:
    """Return how many registered people belong to ``organization_id`` or below it today."""
    wanted = (
        select(func.count())
        .select_from(_person)
        .where(
            _person.c.id.in_(people_below(organization_id, local_date(tx.now, "UTC"))),
            _person.c.status.in_(("registered", "active")),
        )
    )
    return int(tx.connection.execute(wanted).scalar_one())


def _matches(tx: Tx, search: str) -> ColumnElement[bool]:
    region = rules_at(tx, (), local_date(tx.now, "UTC")).phone_region
    pattern = "%" + search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").lower() + "%"
    wholes: list[tuple[ProtectedField, str]] = [
        (PHONE, contacts.phone(search, region=region).text),
        (EMAIL, contacts.mail(search).text),
        (DOCUMENT_NUMBER, documents.normalized(search)),
    ]
    return or_(
        func.lower(_person.c.name).like(pattern, escape="\\"),
        func.lower(_person.c.number).like(pattern, escape="\\"),
        *(
            _person.c[str(protected.index_column)].in_(protected.blinds(tx.keyring, value))
            for protected, value in wholes
        ),
    )


def _view(tx: Tx, row: Mapping[str, Any], external_ids: tuple[tuple[str, str], ...]) -> PersonView:
    document, phone, mail = (
        field.opened(tx.keyring, row["id"], row) for field in (DOCUMENT_NUMBER, PHONE, EMAIL)
    )
    return PersonView(
        id=row["id"],
        number=row["number"],
        name=row["name"],
        masked_name=masking.name(row["name"]),
        status=row["status"],
        sex=row["sex"],
        birth_date=row["birth_date"],
        document_kind=row["document_kind"],
        document_number_masked=masking.document(document) if document else None,
        phone_masked=masking.phone(phone) if phone else None,
        email_masked=masking.mail(mail) if mail else None,
        has_address=row["address_encrypted"] is not None,
        has_emergency_contact=row["emergency_contact_encrypted"] is not None,
        residence_region_code=row["residence_region_code"],
        residence_text=row["residence_text"],
        occupation=row["occupation"],
        unit=row["unit"],
        categories=tuple(row["categories"]),
        skills=tuple(row["skills"]),
        languages=tuple(row["languages"]),
        available_time=row["available_time"],
        identity_level=row["identity_level"],
        registered_on=row["registered_on"],
        left_on=row["left_on"],
        external_ids=external_ids,
        extra=row["extra"],
    )


def _chunks(values: Collection[Any]) -> list[list[Any]]:
    distinct = list(dict.fromkeys(values))
    return [distinct[start : start + _CHUNK] for start in range(0, len(distinct), _CHUNK)]
