"""Reads of this room. Every function takes an open unit of work and answers with frozen values in a stated order."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, and_, bindparam, case, func, or_, select

from zhiyuan.activities import codes
from zhiyuan.activities.schemas import (
    PUBLIC,
    ActivityFilter,
    ActivityPage,
    ActivityRow,
    ActivityView,
    DisplayedCode,
    PersonSignUpRow,
    ShiftView,
    SignUpRow,
)
from zhiyuan.activities.tables import (
    activity,
    activity_external_id,
    attendance,
    organization,
    organization_path,
    person,
    shift,
    sign_up,
)
from zhiyuan.kernel.errors import Invalid, NotFound
from zhiyuan.kernel.uow import Tx

LARGEST_PAGE: Final = 200
_NO_DATE: Final = date(9999, 12, 31)
_LISTED_ON: Final = func.coalesce(activity.c.starts_on, _NO_DATE)
_ENDED_ON: Final = func.coalesce(activity.c.ends_on, activity.c.starts_on, _NO_DATE)

_ROW: Final = select(
    activity.c.id,
    activity.c.organization_id,
    organization.c.name.label("organization_name"),
    activity.c.title,
    activity.c.summary,
    activity.c.status,
    activity.c.mode,
    activity.c.place_text,
    activity.c.region_code,
    activity.c.time_zone,
    activity.c.starts_on,
    activity.c.ends_on,
    activity.c.wanted_count,
    activity.c.audience,
    activity.c.approval,
).join(organization, organization.c.id == activity.c.organization_id)

_VIEW: Final = (
    select(activity, organization.c.name.label("organization_name"))
    .join(organization, organization.c.id == activity.c.organization_id)
    .where(activity.c.id == bindparam("id"))
)

_PLACES: Final = (
    select(
        shift.c.activity_id,
        func.count().label("shift_count"),
        func.sum(case((shift.c.capacity.is_(None), 1), else_=0)).label("unlimited_count"),
        func.sum(shift.c.capacity - shift.c.taken_count - shift.c.reserved_count).label("places_left"),
    )
    .where(shift.c.activity_id.in_(bindparam("ids", expanding=True)), shift.c.status != "cancelled")
    .group_by(shift.c.activity_id)
)

_SHIFT: Final = select(
    *(column for column in shift.c if column.name not in ("check_in_secret", "source_digest"))
)
_SHIFTS_OF_ACTIVITY: Final = _SHIFT.where(shift.c.activity_id == bindparam("id")).order_by(
    shift.c.starts_at, shift.c.position, shift.c.id
)
_SHIFTS_BY_ID: Final = _SHIFT.where(shift.c.id.in_(bindparam("ids", expanding=True)))

_SIGN_UPS_OF_SHIFTS: Final = (
    select(
        sign_up.c.id,
        sign_up.c.shift_id,
        sign_up.c.activity_id,
        sign_up.c.person_id,
        person.c.number.label("person_number"),
        person.c.name.label("person_name"),
        sign_up.c.status,
        sign_up.c.status_reason,
        sign_up.c.queued_at,
        attendance.c.checked_in_at,
        attendance.c.check_in_method,
        attendance.c.checked_out_at,
        attendance.c.check_out_method,
    )
    .join(person, person.c.id == sign_up.c.person_id)
    .outerjoin(attendance, attendance.c.sign_up_id == sign_up.c.id)
    .where(sign_up.c.shift_id.in_(bindparam("ids", expanding=True)))
    .order_by(sign_up.c.shift_id, sign_up.c.queued_at, sign_up.c.id)
)

_SIGN_UPS_OF_PERSON: Final = (
    select(
        sign_up.c.id,
        sign_up.c.shift_id,
        sign_up.c.activity_id,
        activity.c.organization_id,
        activity.c.title,
        shift.c.position,
        func.coalesce(shift.c.place_text, activity.c.place_text).label("place_text"),
        activity.c.time_zone,
        sign_up.c.starts_at,
        sign_up.c.ends_at,
        sign_up.c.status,
        sign_up.c.status_reason,
        activity.c.status.label("activity_status"),
        attendance.c.checked_in_at,
        attendance.c.checked_out_at,
    )
    .join(shift, shift.c.id == sign_up.c.shift_id)
    .join(activity, activity.c.id == sign_up.c.activity_id)
    .outerjoin(attendance, attendance.c.sign_up_id == sign_up.c.id)
    .where(sign_up.c.person_id == bindparam("id"))
)

_ACTIVITY_OF_SHIFTS: Final = select(shift.c.id, shift.c.activity_id).where(
    shift.c.id.in_(bindparam("ids", expanding=True))
)
_ORGANIZATION_OF_SIGN_UPS: Final = (
    select(sign_up.c.id, activity.c.organization_id)
    .join(activity, activity.c.id == sign_up.c.activity_id)
    .where(sign_up.c.id.in_(bindparam("ids", expanding=True)))
)
_SECRET: Final = select(shift.c.check_in_secret).where(shift.c.id == bindparam("id"))
_BY_EXTERNAL_IDS: Final = select(activity_external_id.c.value, activity_external_id.c.activity_id).where(
    activity_external_id.c.scheme == bindparam("scheme"),
    activity_external_id.c.value.in_(bindparam("external_values", expanding=True)),
)


def get(tx: Tx, activity_id: UUID) -> ActivityView:
    """Return one activity in any state; who may see a draft is the caller's question. Raises NotFound."""
    row = tx.connection.execute(_VIEW, {"id": activity_id}).mappings().one_or_none()
    if row is None:
        raise NotFound("activities.not_found", "There is no such activity here.")
    return ActivityView(**row)


def page(
    tx: Tx, wanted: ActivityFilter | None = None, *, after: str | None = None, limit: int = 20
) -> ActivityPage:
    """Return up to ``limit`` (1..200) activities that pass the filter, by date and then id.

    Those without a date come last among the soonest and first among the latest. ``after`` is the ``next_after`` of
    the page before, under the same filter. Without a filter: what the public may see. Raises Invalid for a cursor
    that no page gave out.
    """
    asked = wanted or ActivityFilter(statuses=PUBLIC)
    limit = max(1, min(limit, LARGEST_PAGE))
    statement = _ROW.where(*_conditions(asked))
    if after is not None:
        statement = statement.where(_beyond(asked, *_read_cursor(after)))
    found = tx.connection.execute(_in_order(statement, asked).limit(limit + 1)).mappings().all()
    shown = found[:limit]
    next_after = _cursor(shown[-1]) if len(found) > limit else None
    return ActivityPage(_with_places(tx, shown), next_after)


def upcoming(
    tx: Tx,
    today: date,
    *,
    organization_id: UUID | None = None,
    audience: str | None = "public",
    limit: int = 20,
) -> tuple[ActivityRow, ...]:
    """Return the next activities that people may join or watch, soonest first. ``today`` is the reader's local date."""
    wanted = ActivityFilter(
        organization_id=organization_id, statuses=("published", "underway"), from_on=today, audience=audience
    )
    return page(tx, wanted, limit=limit).rows


def count(tx: Tx, wanted: ActivityFilter) -> int:
    """Return how many activities pass the filter."""
    counted = select(func.count()).select_from(activity).where(*_conditions(wanted))
    return int(tx.connection.execute(counted).scalar_one())


def shifts_of(tx: Tx, activity_id: UUID) -> tuple[ShiftView, ...]:
    """Return the shifts of an activity, by time and then position, cancelled ones included."""
    return tuple(
        ShiftView(**row) for row in tx.connection.execute(_SHIFTS_OF_ACTIVITY, {"id": activity_id}).mappings()
    )


def shifts(tx: Tx, shift_ids: Iterable[UUID]) -> dict[UUID, ShiftView]:
    """Return shifts by id; an unknown id is left out."""
    rows = tx.connection.execute(_SHIFTS_BY_ID, {"ids": list(shift_ids)}).mappings()
    return {row["id"]: ShiftView(**row) for row in rows}


def sign_ups_of(tx: Tx, shift_ids: Iterable[UUID]) -> tuple[SignUpRow, ...]:
    """Return every sign-up of these shifts with name and attendance, by shift and then in order of arrival.

    Names are shown: the caller has checked that the reader may see the people of this organization.
    """
    rows = tx.connection.execute(_SIGN_UPS_OF_SHIFTS, {"ids": list(shift_ids)})
    return tuple(SignUpRow(**row) for row in rows.mappings())


def sign_ups_of_person(
    tx: Tx, person_id: UUID, *, ending_after: datetime | None = None, limit: int = 200
) -> tuple[PersonSignUpRow, ...]:
    """Return a person's sign-ups in every state: the coming ones soonest first, or without ``ending_after`` all, latest
    first.
    """
    statement = _SIGN_UPS_OF_PERSON.limit(limit)
    if ending_after is None:
        statement = statement.order_by(sign_up.c.starts_at.desc(), sign_up.c.id)
    else:
        statement = statement.where(sign_up.c.ends_at > ending_after).order_by(
            sign_up.c.starts_at, sign_up.c.id
        )
    return tuple(
        PersonSignUpRow(**row) for row in tx.connection.execute(statement, {"id": person_id}).mappings()
    )


def activity_of_shifts(tx: Tx, shift_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Return the activity of each shift; an unknown shift is left out."""
    return {
        row.id: row.activity_id
        for row in tx.connection.execute(_ACTIVITY_OF_SHIFTS, {"ids": list(shift_ids)})
    }


def organization_of_sign_ups(tx: Tx, sign_up_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Return the organization whose activity each sign-up is for; an unknown sign-up is left out."""
    rows = tx.connection.execute(_ORGANIZATION_OF_SIGN_UPS, {"ids": list(sign_up_ids)})
    return {row.id: row.organization_id for row in rows}


def by_external_ids(tx: Tx, scheme: str, values: Sequence[str]) -> dict[str, UUID]:
    """Return our activity ids by what another system calls them; an unknown value is left out."""
    rows = tx.connection.execute(_BY_EXTERNAL_IDS, {"scheme": scheme, "external_values": list(values)})
    return {row.value: row.activity_id for row in rows}


def code_on_display(tx: Tx, shift_id: UUID) -> DisplayedCode:
    """Return the code to show at a shift now. The caller has checked ``attendance.manage``. Raises NotFound."""
    secret = tx.connection.execute(_SECRET, {"id": shift_id}).scalar_one_or_none()
    if secret is None:
        raise NotFound("shifts.not_found", "There is no such shift here.")
    return DisplayedCode(codes.check_in_code(secret, tx.now), codes.replaced_at(tx.now))


def _conditions(wanted: ActivityFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.organization_id is not None:
        below = select(organization_path.c.descendant_id).where(
            organization_path.c.ancestor_id == wanted.organization_id
        )
        conditions.append(activity.c.organization_id.in_(below))
    if wanted.statuses:
        conditions.append(activity.c.status.in_(wanted.statuses))
    if wanted.region_codes:
        conditions.append(activity.c.region_code.in_(wanted.region_codes))
    if wanted.from_on is not None:
        conditions.append(wanted.from_on <= _ENDED_ON)
    if wanted.to_on is not None:
        conditions.append(activity.c.starts_on <= wanted.to_on)
    if wanted.audience is not None:
        conditions.append(activity.c.audience == wanted.audience)
    searched = (activity.c.title, activity.c.summary, activity.c.place_text)
    conditions.extend(
        or_(*(column.icontains(word, autoescape=True) for column in searched))
        for word in wanted.search.split()
    )
    return conditions


def _in_order(statement: Select[Any], wanted: ActivityFilter) -> Select[Any]:
    if wanted.order == "soonest":
        return statement.order_by(_LISTED_ON, activity.c.id)
    return statement.order_by(_LISTED_ON.desc(), activity.c.id.desc())


def _beyond(wanted: ActivityFilter, listed_on: date, last_id: UUID) -> ColumnElement[bool]:
    if wanted.order == "soonest":
        return or_(_LISTED_ON > listed_on, and_(_LISTED_ON == listed_on, activity.c.id > last_id))
    return or_(_LISTED_ON < listed_on, and_(_LISTED_ON == listed_on, activity.c.id < last_id))


def _cursor(row: RowMapping) -> str:
    return f"{(row['starts_on'] or _NO_DATE).isoformat()}_{row['id'].hex}"


def _read_cursor(cursor: str) -> tuple[date, UUID]:
    listed_on, _, last_id = cursor.partition("_")
    try:
        return date.fromisoformat(listed_on), UUID(last_id)
    except ValueError:
        raise Invalid("activities.bad_cursor", "This is not a continuation that a list gave out.") from None


def _with_places(tx: Tx, rows: Sequence[RowMapping]) -> tuple[ActivityRow, ...]:
    places = (
        {
            found.activity_id: found
            for found in tx.connection.execute(_PLACES, {"ids": [row["id"] for row in rows]})
        }
        if rows
        else {}
    )
    listed = []
    for row in rows:
        found = places.get(row["id"])
        if found is None:
            shift_count, places_left = 0, row["wanted_count"]
        else:
            shift_count = found.shift_count
            places_left = None if found.unlimited_count else int(found.places_left)
        listed.append(ActivityRow(**row, shift_count=shift_count, places_left=places_left))
    return tuple(listed)
