"""What the ledger can be asked. Every question takes a unit of work; those about organizations include all below."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, and_, case, extract, func, or_, select

from zhiyuan.kernel.errors import Invalid
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations.models import Organization, OrganizationPath
from zhiyuan.people.models import Person, PersonExternalId
from zhiyuan.records.models import RecordEntry, ServiceRecord, ServiceTotal
from zhiyuan.records.schemas import HistoryEntry, RecordPage, RecordView, TotalRow
from zhiyuan.records.statuses import COUNTING, PENDING

MOST_ROWS: Final = 500
"""Most rows of one page."""

_record = ServiceRecord.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_total = ServiceTotal.__table__  # type: ignore[attr-defined]  # likewise
_entry = RecordEntry.__table__  # type: ignore[attr-defined]  # likewise
_person = Person.__table__  # type: ignore[attr-defined]  # likewise
_external = PersonExternalId.__table__  # type: ignore[attr-defined]  # likewise
_organization = Organization.__table__  # type: ignore[attr-defined]  # likewise
_path = OrganizationPath.__table__  # type: ignore[attr-defined]  # likewise

_VIEW: Final = (
    select(
        _record.c.id,
        _record.c.organization_id,
        _organization.c.name.label("organization_name"),
        _record.c.person_id,
        _person.c.number.label("person_number"),
        _person.c.name.label("person_name"),
        _record.c.activity_id,
        _record.c.title,
        _record.c.service_date,
        _record.c.minutes,
        _record.c.place_text,
        _record.c.position,
        _record.c.source,
        _record.c.status,
        _record.c.is_late,
        _record.c.is_carried_over,
        _record.c.corrects_id,
        _record.c.recorded_at,
        _record.c.confirmed_at,
    )
    .join(_organization, _organization.c.id == _record.c.organization_id)
    .join(_person, _person.c.id == _record.c.person_id)
)
_NEWEST_FIRST: Final = (_record.c.service_date.desc(), _record.c.id.desc())


def get(tx: Tx, record_id: UUID) -> RecordView | None:
    """Return one record, or ``None``."""
    row = tx.connection.execute(_VIEW.where(_record.c.id == record_id)).first()
    return _view(row) if row is not None else None


def page(
    tx: Tx,
    organization_id: UUID | None,
    *,
    status: str | None = None,
    person_id: UUID | None = None,
    activity_id: UUID | None = None,
    service_from: date | None = None,
    service_to: date | None = None,
    after: str | None = None,
    limit: int = 50,
) -> RecordPage:
    """Return records at ``organization_id`` and below (``None``: everywhere), newest service date first.

    ``service_from``/``service_to`` are inclusive local dates; ``limit`` is 1..500; ``after`` is the ``next_after`` of the
    page before. Raises Invalid when ``after`` is not one.
    """
    limit = max(1, min(limit, MOST_ROWS))
    wanted = _VIEW
    if organization_id is not None:
        wanted = wanted.where(_record.c.organization_id.in_(_below(organization_id)))
    for column, value in (
        (_record.c.status, status),
        (_record.c.person_id, person_id),
        (_record.c.activity_id, activity_id),
    ):
        if value is not None:
            wanted = wanted.where(column == value)
    if service_from is not None:
        wanted = wanted.where(_record.c.service_date >= service_from)
    if service_to is not None:
        wanted = wanted.where(_record.c.service_date <= service_to)
    if after is not None:
        day, record_id = _mark(after)
        wanted = wanted.where(
            or_(_record.c.service_date < day, and_(_record.c.service_date == day, _record.c.id < record_id))
        )
    rows = tx.connection.execute(wanted.order_by(*_NEWEST_FIRST).limit(limit + 1)).all()
    shown = tuple(_view(row) for row in rows[:limit])
    return RecordPage(shown, _after(shown[-1]) if len(rows) > limit else None)


def awaiting_confirmation(tx: Tx, organization_id: UUID, *, limit: int = MOST_ROWS) -> list[RecordView]:
    """Return pending records at ``organization_id`` and below, oldest service date first, at most ``limit`` (1..500)."""
    rows = tx.connection.execute(
        _VIEW.where(_record.c.status == PENDING, _record.c.organization_id.in_(_below(organization_id)))
        .order_by(_record.c.service_date, _record.c.id)
        .limit(max(1, min(limit, MOST_ROWS)))
    )
    return [_view(row) for row in rows]


def of_person(tx: Tx, person_id: UUID, *, after: str | None = None, limit: int = 50) -> RecordPage:
    """Return one person's records everywhere, newest service date first; as :func:`page` otherwise."""
    return page(tx, None, person_id=person_id, after=after, limit=limit)


def history(tx: Tx, record_id: UUID) -> list[HistoryEntry]:
    """Return what happened to one record, in order: kinds, who acted, reasons, and where it stands in the chain."""
    rows = tx.connection.execute(
        select(_entry.c.kind, _entry.c.acted_by, _entry.c.reason, _entry.c.sequence, _entry.c.position)
        .where(_entry.c.record_id == record_id)
        .order_by(_entry.c.sequence, _entry.c.position)
    )
    return [HistoryEntry(*row) for row in rows]


def minutes_of(tx: Tx, person_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return the counting minutes of each person over all organizations and years; 0 for those without any."""
    if not person_ids:
        return {}
    rows = tx.connection.execute(
        select(_total.c.person_id, func.sum(_total.c.minutes))
        .where(_total.c.person_id.in_(list(person_ids)))
        .group_by(_total.c.person_id)
    )
    return {**dict.fromkeys(person_ids, 0), **{person_id: int(minutes) for person_id, minutes in rows}}


def totals(tx: Tx, organization_id: UUID | None = None, *, year: int | None = None) -> list[TotalRow]:
    """Return the counting service of each person with any, by volunteer number.

    ``organization_id`` and all below it, ``None`` for the whole installation; ``year`` of local service dates, ``None`` for
    all. Minutes and entries are the kept totals; no-shows, excused and absences are summed over the same records.
    """
    kept = select(
        _total.c.person_id,
        func.sum(_total.c.minutes).label("minutes"),
        func.sum(_total.c.entry_count).label("entries"),
    ).group_by(_total.c.person_id)
    counted = (
        select(
            _record.c.person_id,
            func.sum(_record.c.no_show_count).label("no_shows"),
            func.sum(_record.c.excused_count).label("excused"),
            func.sum(_record.c.absence_count).label("absences"),
        )
        .where(_record.c.status.in_(COUNTING))
        .group_by(_record.c.person_id)
    )
    if organization_id is not None:
        kept = kept.where(_total.c.organization_id.in_(_below(organization_id)))
        counted = counted.where(_record.c.organization_id.in_(_below(organization_id)))
    if year is not None:
        kept = kept.where(_total.c.year == year)
        counted = counted.where(extract("year", _record.c.service_date) == year)
    sums, counts = kept.subquery(), counted.subquery()
    numbered = select(
        _external.c.person_id,
        _external.c.value,
        func.row_number().over(partition_by=_external.c.person_id, order_by=_external.c.id).label("place"),
    ).subquery()
    rows = tx.connection.execute(
        select(
            sums.c.person_id,
            _person.c.number,
            numbered.c.value,
            sums.c.minutes,
            sums.c.entries,
            func.coalesce(counts.c.no_shows, 0),
            func.coalesce(counts.c.excused, 0),
            func.coalesce(counts.c.absences, 0),
        )
        .join(_person, _person.c.id == sums.c.person_id)
        .join(counts, counts.c.person_id == sums.c.person_id, isouter=True)
        .join(numbered, and_(numbered.c.person_id == sums.c.person_id, numbered.c.place == 1), isouter=True)
        .where(sums.c.entries > 0)
        .order_by(_person.c.number)
    )
    return [TotalRow(row[0], row[1], row[2], *(int(value) for value in row[3:])) for row in rows]


def status_counts(tx: Tx, organization_id: UUID) -> dict[str, int]:
    """Return how many records of ``organization_id`` and below are in each status, for a dashboard."""
    rows = tx.connection.execute(
        select(_record.c.status, func.count())
        .where(_record.c.organization_id.in_(_below(organization_id)))
        .group_by(_record.c.status)
    )
    return {status: int(count) for status, count in rows}


def minutes_and_people(tx: Tx, organization_id: UUID | None = None) -> tuple[int, int]:
    """Return counting minutes and the number of people behind them, at ``organization_id`` and below or everywhere."""
    people = func.count(func.distinct(case((_total.c.entry_count > 0, _total.c.person_id))))
    wanted = select(func.coalesce(func.sum(_total.c.minutes), 0), people)
    if organization_id is not None:
        wanted = wanted.where(_total.c.organization_id.in_(_below(organization_id)))
    minutes, count = tx.connection.execute(wanted).one()
    return int(minutes), int(count)


def _below(organization_id: UUID) -> Select[Any]:
    return select(_path.c.descendant_id).where(_path.c.ancestor_id == organization_id)


def _view(row: Any) -> RecordView:
    return RecordView(*row)


def _after(last: RecordView) -> str:
    return urlsafe_b64encode(f"{last.service_date.isoformat()} {last.id}".encode()).decode()


def _mark(after: str) -> tuple[date, UUID]:
    try:
        parts: Sequence[str] = urlsafe_b64decode(after.encode()).decode().split(" ")
        return date.fromisoformat(parts[0]), UUID(parts[1])
    except (ValueError, IndexError) as error:
        raise Invalid("records.bad_page_mark", "This page mark is not one of ours.") from error
