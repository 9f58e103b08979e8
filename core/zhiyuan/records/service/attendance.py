"""From attendance to records: what was observed becomes pending records for somebody to confirm.

The record copies what activity and shift say at this moment; later edits there change nothing. Recording the same
sign-up again changes nothing either: each local day of it has one repeat key.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from zhiyuan.activities.models import Activity, Attendance, Shift, SignUp
from zhiyuan.kernel.commands import Outcome, refused
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Tx
from zhiyuan.people.models import Person
from zhiyuan.policy import PlaceChain
from zhiyuan.records.schemas import RecordAttendance, RecordService
from zhiyuan.records.service.ledger import is_own, reach
from zhiyuan.records.service.presence import DayOfService, cut, days
from zhiyuan.records.service.recording import Recording
from zhiyuan.records.service.validation import rules_on
from zhiyuan.sites.queries import place_chains

_MOST_CONTENT_CHARACTERS = 500

_sign_up = SignUp.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_shift = Shift.__table__  # type: ignore[attr-defined]  # likewise
_activity = Activity.__table__  # type: ignore[attr-defined]  # likewise
_attendance = Attendance.__table__  # type: ignore[attr-defined]  # likewise
_person = Person.__table__  # type: ignore[attr-defined]  # likewise

_OBSERVED = (
    select(
        _sign_up.c.id.label("sign_up_id"),
        _sign_up.c.person_id,
        _activity.c.id.label("activity_id"),
        _activity.c.organization_id,
        _activity.c.title,
        _activity.c.summary,
        _activity.c.service_kind,
        _activity.c.recipient_category,
        _activity.c.region_code,
        _activity.c.time_zone,
        _activity.c.leader_name,
        _activity.c.recorder_name,
        _activity.c.is_volunteer_service,
        _activity.c.place_text.label("activity_place"),
        _shift.c.place_text.label("shift_place"),
        _shift.c.position,
        _shift.c.starts_at,
        _shift.c.ends_at,
        _attendance.c.checked_in_at,
        _attendance.c.checked_out_at,
    )
    .join(_shift, _shift.c.id == _sign_up.c.shift_id)
    .join(_activity, _activity.c.id == _shift.c.activity_id)
    .join(_attendance, _attendance.c.sign_up_id == _sign_up.c.id, isouter=True)
    .where(_sign_up.c.id.in_(bindparam("ids", expanding=True)))
)
_NAMES = select(_person.c.id, _person.c.name).where(_person.c.id.in_(bindparam("ids", expanding=True)))


def record_attendance(tx: Tx, items: Sequence[RecordAttendance]) -> list[Outcome]:
    """Record the attendance of sign-ups. Statuses: ``created``, ``unchanged`` (recorded before), ``refused``.

    The outcome names the record of the first local day. What is not volunteer service is refused (Order 67, article 19).
    The recorder is the activity's, else the acting person; never the volunteer. Inside the caller's unit of work.
    """
    seen: dict[UUID, Any] = {
        row.sign_up_id: row
        for row in tx.connection.execute(_OBSERVED, {"ids": sorted({i.sign_up_id for i in items})})
    }
    reached = reach(
        tx, {item.organization_id for item in items}, {row.organization_id for row in seen.values()}
    )
    places = place_chains(tx, {row.organization_id for row in seen.values()})
    acting = sorted({item.actor.person_id for item in items if item.actor.person_id is not None})
    names = {row.id: row.name for row in tx.connection.execute(_NAMES, {"ids": acting})} if acting else {}
    outcomes: list[Outcome | None] = []
    drafts: list[RecordService] = []
    sign_ups: dict[int, UUID] = {}
    spans: list[range] = []
    drafted: set[UUID] = set()
    for item in items:
        row = seen.get(item.sign_up_id)
        if row is not None and (item.organization_id, row.organization_id) not in reached:
            row = None
        served = _served(tx, item, row, places)
        if item.sign_up_id in drafted:
            served = Issue("records.twice_in_batch", field="sign_up_id")
        if isinstance(served, Issue):
            outcomes.append(refused(served))
            spans.append(range(0))
            continue
        drafted.add(item.sign_up_id)
        outcomes.append(None)
        spans.append(range(len(drafts), len(drafts) + len(served)))
        sign_ups.update(dict.fromkeys(spans[-1], item.sign_up_id))
        drafts.extend(_draft(item, row, day, names) for day in served)
    written = Recording(tx, drafts, sign_ups=sign_ups, whole=spans).carry_out() if drafts else []
    return [
        outcome or _joined([written[index] for index in span])
        for outcome, span in zip(outcomes, spans, strict=True)
    ]


def _served(
    tx: Tx, item: RecordAttendance, row: Any, places: Mapping[UUID, PlaceChain]
) -> list[DayOfService] | Issue:
    if row is None:
        return Issue("records.unknown_sign_up", field="sign_up_id")
    if not row.is_volunteer_service:
        return Issue("records.not_volunteer_service", clause="Civil Affairs Order 67, article 19")
    if is_own(item.actor, row.person_id):
        return Issue("records.own_record")
    if row.checked_in_at is None or row.checked_out_at is None:
        return Issue("records.no_attendance")
    first_day = days(row.checked_in_at, row.checked_in_at, time_zone=row.time_zone, rounding=1, mode="down")[
        0
    ]
    ruled = rules_on(tx, places[row.organization_id], first_day.service_date)
    presence: tuple[Any, Any] | None = (row.checked_in_at, row.checked_out_at)
    if ruled.cut_to_shift:
        presence = cut(row.checked_in_at, row.checked_out_at, row.starts_at, row.ends_at)
    if presence is None:
        return Issue("records.no_time_in_shift")
    return days(*presence, time_zone=row.time_zone, rounding=ruled.rounding_minutes, mode=ruled.rounding_mode)


def _draft(item: RecordAttendance, row: Any, day: DayOfService, names: dict[UUID, str]) -> RecordService:
    acting = item.actor.person_id
    return RecordService(
        actor=item.actor,
        organization_id=row.organization_id,
        person_id=row.person_id,
        activity_id=row.activity_id,
        title=row.title,
        service_date=day.service_date,
        time_zone=row.time_zone,
        started_at=day.started_at,
        ended_at=day.ended_at,
        minutes=day.minutes,
        place_text=row.shift_place or row.activity_place,
        region_code=row.region_code,
        position=row.position,
        content=row.summary[:_MOST_CONTENT_CHARACTERS] or None,
        service_kind=row.service_kind,
        recipient_category=row.recipient_category,
        leader_name=row.leader_name,
        recorder_name=row.recorder_name or (names.get(acting) if acting is not None else None),
        source="attendance",
        repeat_key=sha256(f"attendance\0{row.sign_up_id}\0{day.service_date.isoformat()}".encode()).digest(),
    )


def _joined(parts: list[Outcome]) -> Outcome:
    """Return one outcome for all days of a sign-up."""
    problems = tuple(issue for part in parts for issue in part.issues)
    if not all(part.is_done for part in parts):
        return Outcome("refused", issues=problems)
    status = "created" if any(part.status == "created" for part in parts) else "unchanged"
    return Outcome(status, parts[0].id, problems)
