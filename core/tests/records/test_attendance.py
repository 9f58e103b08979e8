"""From coming and going to minutes, and from minutes to pending records."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from zhiyuan.records import queries
from zhiyuan.records.models import ServiceRecord
from zhiyuan.records.schemas import RecordAttendance
from zhiyuan.records.service import RECORD_ATTENDANCE
from zhiyuan.records.service.presence import cut, days, rounded

_SHANGHAI = ZoneInfo("Asia/Shanghai")


def _at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=_SHANGHAI).astimezone(UTC)


def _record(ledger: Any, place: Any, sign_up: Any, actor: Any = None) -> Any:
    item = RecordAttendance(actor=actor or ledger.operator, organization_id=place, sign_up_id=sign_up)
    return ledger.runtime.bus.submit(RECORD_ATTENDANCE, [item])[0]


def test_a_night_shift_gives_one_record_per_local_day(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    sign_up = ledger.attended(
        place, person, starts=_at(1, 22), ends=_at(2, 6), came=_at(1, 21, 50), went=_at(2, 5, 30)
    )

    outcome = _record(ledger, place, sign_up)

    with ledger.runtime.database.reading() as tx:
        rows = tx.connection.execute(
            select(ServiceRecord.__table__).order_by(ServiceRecord.service_date)
        ).all()  # type: ignore[attr-defined]
    assert outcome.status == "created"
    assert outcome.id == rows[0].id
    assert [(row.service_date, row.minutes, row.status) for row in rows] == [
        (date(2026, 3, 1), 120, "pending"),
        (date(2026, 3, 2), 330, "pending"),
    ]
    copied = rows[0]
    assert (copied.title, copied.place_text, copied.region_code, copied.position) == (
        "夜间巡护",
        "思茅河边",
        "530802",
        "巡护员",
    )
    assert (copied.leader_name, copied.recorder_name, copied.source) == ("王组长", "赵记录", "attendance")
    assert (copied.sign_up_id, copied.time_zone) == (sign_up, "Asia/Shanghai")
    assert ledger.problems() == set()


def test_recording_a_sign_up_again_changes_nothing(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    sign_up = ledger.attended(
        place, person, starts=_at(1, 9), ends=_at(1, 11), came=_at(1, 9), went=_at(1, 11)
    )
    first = _record(ledger, place, sign_up)

    second = _record(ledger, place, sign_up)

    assert (second.status, second.id) == ("unchanged", first.id)
    with ledger.runtime.database.reading() as tx:
        assert len(queries.awaiting_confirmation(tx, place)) == 1


@pytest.mark.parametrize(
    ("activity", "came", "went", "code"),
    [
        ({"is_volunteer_service": False}, _at(1, 9), _at(1, 11), "records.not_volunteer_service"),
        ({}, None, None, "records.no_attendance"),
        ({}, _at(1, 9), None, "records.no_attendance"),
        ({}, _at(1, 12), _at(1, 13), "records.no_time_in_shift"),
    ],
)
def test_what_cannot_be_recorded_is_refused_with_its_reason(
    ledger: Any, activity: dict[str, Any], came: Any, went: Any, code: str
) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    sign_up = ledger.attended(
        place, person, starts=_at(1, 9), ends=_at(1, 11), came=came, went=went, **activity
    )

    outcome = _record(ledger, place, sign_up)

    assert [issue.code for issue in outcome.issues] == [code]


def test_not_volunteer_service_cites_the_law(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    sign_up = ledger.attended(
        place,
        person,
        starts=_at(1, 9),
        ends=_at(1, 11),
        came=_at(1, 9),
        went=_at(1, 10),
        is_volunteer_service=False,
    )

    assert _record(ledger, place, sign_up).issues[0].clause == "Civil Affairs Order 67, article 19"


def test_the_recorder_is_never_the_volunteer(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    organizer = ledger.member(person, place, role="organizer")
    sign_up = ledger.attended(
        place, person, starts=_at(1, 9), ends=_at(1, 11), came=_at(1, 9), went=_at(1, 11)
    )

    assert _record(ledger, place, sign_up, organizer).issues[0].code == "records.own_record"


def test_a_sign_up_of_another_organization_is_unknown(ledger: Any) -> None:
    place, other, person = ledger.organization("simao"), ledger.organization("other"), ledger.person()
    sign_up = ledger.attended(
        place, person, starts=_at(1, 9), ends=_at(1, 11), came=_at(1, 9), went=_at(1, 11)
    )

    assert _record(ledger, other, sign_up).issues[0].code == "records.unknown_sign_up"


@pytest.mark.parametrize(
    ("zone", "came", "went", "expected"),
    [
        # Clocks go forward an hour at 02:00 on 29 March 2026 in Berlin, back on 25 October 2026.
        (
            "Europe/Berlin",
            datetime(2026, 3, 28, 22, tzinfo=UTC),
            datetime(2026, 3, 29, 4, tzinfo=UTC),
            [60, 300],
        ),
        (
            "Europe/Berlin",
            datetime(2026, 10, 24, 21, tzinfo=UTC),
            datetime(2026, 10, 25, 23, tzinfo=UTC),
            [60, 1500],
        ),
        # Midnight of 24 April 2026 does not exist in Cairo.
        (
            "Africa/Cairo",
            datetime(2026, 4, 23, 21, tzinfo=UTC),
            datetime(2026, 4, 23, 23, tzinfo=UTC),
            [60, 60],
        ),
        ("Asia/Shanghai", datetime(2026, 3, 1, 16, tzinfo=UTC), datetime(2026, 3, 1, 16, tzinfo=UTC), [0]),
    ],
)
def test_minutes_are_real_ones_when_clocks_move(
    zone: str, came: datetime, went: datetime, expected: list[int]
) -> None:
    assert [day.minutes for day in days(came, went, time_zone=zone, rounding=1, mode="nearest")] == expected


@pytest.mark.parametrize(
    ("seconds", "rounding", "mode", "minutes"),
    [
        (29, 1, "nearest", 0),
        (30, 1, "nearest", 1),
        (59, 1, "down", 0),
        (1, 1, "up", 1),
        (0, 30, "up", 0),
        (44 * 60 + 59, 30, "nearest", 30),
        (45 * 60, 30, "nearest", 60),
    ],
)
def test_rounding(seconds: int, rounding: int, mode: str, minutes: int) -> None:
    assert rounded(timedelta(seconds=seconds), rounding, mode) == minutes


def test_time_outside_the_shift_is_cut_off() -> None:
    assert cut(_at(1, 8), _at(1, 12), _at(1, 9), _at(1, 11)) == (_at(1, 9), _at(1, 11))
    assert cut(_at(1, 11), _at(1, 12), _at(1, 9), _at(1, 11)) is None


@given(
    seconds=st.integers(0, 10 * 365 * 86_400),
    length=st.timedeltas(timedelta(0), timedelta(days=5)),
    zone=st.sampled_from(
        ["Asia/Shanghai", "Europe/Berlin", "Africa/Cairo", "America/St_Johns", "Pacific/Apia", "UTC"]
    ),
    rounding=st.sampled_from([1, 5, 15, 30, 60]),
    mode=st.sampled_from(["down", "nearest", "up"]),
)
def test_splitting_over_days_neither_gains_nor_loses_a_minute(
    seconds: int, length: timedelta, zone: str, rounding: int, mode: str
) -> None:
    came = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    parts = days(came, came + length, time_zone=zone, rounding=rounding, mode=mode)

    assert sum(part.minutes for part in parts) == rounded(length, rounding, mode)
    assert all(part.minutes >= 0 for part in parts)
    assert (parts[0].started_at, parts[-1].ended_at) == (came, came + length)
    assert [part.ended_at for part in parts[:-1]] == [part.started_at for part in parts[1:]]
    assert all(part.started_at.astimezone(ZoneInfo(zone)).date() == part.service_date for part in parts)
