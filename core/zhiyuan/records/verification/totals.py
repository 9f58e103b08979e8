"""Kept totals against the sum of the records, both ways, compared by the database."""

from uuid import UUID

from sqlalchemy import bindparam, extract, func, or_, select

from zhiyuan.kernel.uow import Tx
from zhiyuan.records.models import ServiceRecord, ServiceTotal
from zhiyuan.records.statuses import COUNTING
from zhiyuan.records.verification.report import MOST_LISTED, Report

_record = ServiceRecord.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_total = ServiceTotal.__table__  # type: ignore[attr-defined]  # likewise

_year = extract("year", _record.c.service_date)
_SUMS = (
    select(
        _record.c.person_id,
        _year.label("year"),
        func.sum(_record.c.minutes).label("minutes"),
        func.count().label("entry_count"),
    )
    .where(_record.c.organization_id == bindparam("place"), _record.c.status.in_(COUNTING))
    .group_by(_record.c.person_id, _year)
    .subquery()
)
_KEPT = select(_total).where(_total.c.organization_id == bindparam("place")).subquery()
_WRONG_OR_MISSING = (
    select(
        _SUMS.c.person_id,
        _SUMS.c.year,
        _SUMS.c.minutes.label("summed"),
        func.coalesce(_KEPT.c.minutes, 0).label("kept"),
    )
    .join(_KEPT, (_KEPT.c.person_id == _SUMS.c.person_id) & (_KEPT.c.year == _SUMS.c.year), isouter=True)
    .where(
        or_(
            _KEPT.c.minutes.is_(None),
            _KEPT.c.minutes != _SUMS.c.minutes,
            _KEPT.c.entry_count != _SUMS.c.entry_count,
        )
    )
    .limit(MOST_LISTED)
)
_INVENTED = (
    select(_KEPT.c.person_id, _KEPT.c.year, _KEPT.c.minutes.label("kept"))
    .join(_SUMS, (_KEPT.c.person_id == _SUMS.c.person_id) & (_KEPT.c.year == _SUMS.c.year), isouter=True)
    .where(_SUMS.c.person_id.is_(None), or_(_KEPT.c.minutes != 0, _KEPT.c.entry_count != 0))
    .limit(MOST_LISTED)
)
_COUNT = select(func.count()).select_from(_KEPT)


def check_totals(tx: Tx, report: Report, organization_id: UUID) -> None:
    """Check that every total of one organization equals the sum of its counting records, and that none is invented."""
    place = {"place": organization_id}
    report.totals += tx.connection.execute(_COUNT, place).scalar_one()
    for row in tx.connection.execute(_WRONG_OR_MISSING, place):
        report.found(
            "total.differs",
            organization=organization_id,
            person=row.person_id,
            year=int(row.year),
            kept_minutes=int(row.kept),
            summed_minutes=int(row.summed),
        )
    for invented in tx.connection.execute(_INVENTED, place):
        report.found(
            "total.without_records",
            organization=organization_id,
            person=invented.person_id,
            year=int(invented.year),
            kept_minutes=int(invented.kept),
        )
