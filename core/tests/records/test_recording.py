"""Records come in whole, once, and checked."""

from datetime import date
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import select

from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.models import AuditEntry
from zhiyuan.records import queries
from zhiyuan.records.models import ServiceRecord
from zhiyuan.records.service.validation import is_late


def _key(text: str) -> bytes:
    return sha256(text.encode()).digest()


def test_an_imported_row_counts_at_once(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()

    outcome = ledger.submit([ledger.item(place, person, minutes=135, no_show_count=1)])[0]

    with ledger.runtime.database.reading() as tx:
        [total] = queries.totals(tx, place, year=2026)
        assert (outcome.status, total.minutes, total.entries, total.no_shows) == ("created", 135, 1, 1)
        assert queries.minutes_of(tx, [person]) == {person: 135}
    assert ledger.problems() == set()


def test_a_pending_record_counts_nothing_yet(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    ledger.record(place, person, status="pending")

    with ledger.runtime.database.reading() as tx:
        assert queries.totals(tx) == []
        assert [row.minutes for row in queries.awaiting_confirmation(tx, place)] == [90]
    assert ledger.problems() == set()


def test_the_same_rows_again_change_nothing(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    rows = [ledger.item(place, person, repeat_key=_key(f"row {n}")) for n in range(3)]
    first = ledger.submit(rows)

    second = ledger.submit(rows)

    assert [outcome.status for outcome in second] == ["unchanged"] * 3
    assert [outcome.id for outcome in second] == [outcome.id for outcome in first]
    with ledger.runtime.database.reading() as tx:
        assert [total.minutes for total in queries.totals(tx)] == [270]
    assert ledger.problems() == set()


def test_the_same_key_twice_in_one_batch_is_written_once(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    row = ledger.item(place, person, repeat_key=_key("row"))

    outcomes = ledger.submit([row, row])

    assert [outcome.status for outcome in outcomes] == ["created", "unchanged"]
    assert outcomes[0].id == outcomes[1].id


def test_rows_without_a_key_are_real_duplicates(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()

    ledger.submit([ledger.item(place, person)] * 2)

    with ledger.runtime.database.reading() as tx:
        assert [(total.minutes, total.entries) for total in queries.totals(tx)] == [(180, 2)]


def test_an_import_over_the_day_cap_is_marked_and_not_refused(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()

    ledger.submit([ledger.item(place, person, minutes=60_000)])

    with ledger.runtime.database.reading() as tx:
        [row] = queries.page(tx, place).rows
        assert (row.minutes, row.is_carried_over) == (60_000, True)
    assert ledger.problems() == set()


def test_paper_over_the_day_cap_is_refused_also_in_parts(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()

    outcomes = ledger.submit(
        [
            ledger.item(place, person, minutes=800, source="paper"),
            ledger.item(place, person, minutes=700, source="paper"),
        ]
    )

    assert [outcome.status for outcome in outcomes] == ["created", "refused"]
    assert outcomes[1].issues[0].code == "records.over_day_cap"
    assert outcomes[1].issues[0].rule == "records.day_cap_minutes"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"minutes": -1}, "records.negative_minutes"),
        ({"minutes": 2**40}, "records.number_too_large"),
        ({"absence_count": -1}, "records.negative_count"),
        ({"service_date": date(202, 3, 1)}, "records.date_not_plausible"),
        ({"service_date": date(2027, 3, 1)}, "records.date_not_plausible"),
        ({"time_zone": "Mars/Olympus"}, "records.unknown_time_zone"),
        ({"title": "  "}, "records.field_required"),
        ({"title": "x" * 10_000}, "text.too_long"),
        ({"title": "a\u202eb"}, "text.direction_override"),
        ({"leader_name": "a\x00b"}, "text.control_character"),
        ({"repeat_key": b"short"}, "records.repeat_key_malformed"),
    ],
)
def test_what_cannot_be_true_is_refused_with_its_reason(
    ledger: Any, values: dict[str, Any], code: str
) -> None:
    place, person = ledger.organization("simao"), ledger.person()

    good, bad = ledger.submit([ledger.item(place, person), ledger.item(place, person, **values)])

    assert (good.status, bad.status) == ("created", "refused")
    assert [issue.code for issue in bad.issues] == [code]
    assert ledger.problems() == set()


def test_an_activity_that_is_not_there_or_another_organizations_is_refused(ledger: Any) -> None:
    place, other, person = ledger.organization("simao"), ledger.organization("other"), ledger.person()
    activity = ledger.activity(place)

    good, missing, foreign = ledger.submit(
        [
            ledger.item(place, person, activity_id=activity),
            ledger.item(place, person, activity_id=new_id()),
            ledger.item(other, person, activity_id=activity),
        ]
    )

    assert "created" == good.status
    for refused in (missing, foreign):
        assert [("records.unknown_activity", "activity_id")] == [
            (issue.code, issue.field) for issue in refused.issues
        ]
    assert ledger.problems() == set()


def test_unknown_people_and_organizations_are_refused(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()

    outcomes = ledger.submit([ledger.item(place, new_id()), ledger.item(new_id(), person)])

    assert [outcome.issues[0].code for outcome in outcomes] == [
        "records.unknown_person",
        "records.unknown_organization",
    ]


def test_nobody_records_confirmed_service_of_their_own(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    manager = ledger.member(person, place)

    outcome = ledger.submit([ledger.item(place, person, actor=manager, source="paper")])[0]

    assert [issue.code for issue in outcome.issues] == ["records.own_record"]


def test_a_volunteer_may_claim_and_somebody_else_confirms(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    volunteer = ledger.member(person, place, role="volunteer")
    manager = ledger.member(ledger.person("韩梅梅"), place)

    claim = ledger.submit([ledger.item(place, person, actor=volunteer, source="claim", status="pending")])[0]

    assert claim.status == "created"
    assert ledger.confirm(claim.id, volunteer, place).issues[0].code == "commands.not_permitted"
    assert ledger.confirm(claim.id, manager, place).status == "confirmed"
    assert ledger.problems() == set()


def test_late_paper_is_marked_late_and_an_import_is_not(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    ledger.submit(
        [
            ledger.item(place, person, service_date=date(2026, 1, 5), source=source, title=source)
            for source in ("paper", "import")
        ]
    )

    with ledger.runtime.database.reading() as tx:
        assert {row.title: row.is_late for row in queries.page(tx, place).rows} == {
            "paper": True,
            "import": False,
        }


@pytest.mark.parametrize(
    ("service", "today", "late"),
    [
        (date(2026, 3, 6), date(2026, 3, 20), False),
        (date(2026, 3, 6), date(2026, 3, 21), True),
        (date(2026, 3, 7), date(2026, 3, 20), False),
        (date(2026, 3, 7), date(2026, 3, 21), True),
        (date(2026, 3, 4), date(2026, 3, 18), False),
        (date(2026, 3, 4), date(2026, 3, 19), True),
    ],
)
def test_ten_working_days_leave_out_weekends(service: date, today: date, late: bool) -> None:
    assert is_late(service, today, 10) is late


def test_seven_working_days_from_a_saturday_end_on_a_tuesday() -> None:
    assert not is_late(date(2026, 3, 7), date(2026, 3, 17), 7)
    assert is_late(date(2026, 3, 7), date(2026, 3, 18), 7)


def test_recording_is_audited_with_its_link(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    ledger.submit([ledger.item(place, person)] * 3)

    with ledger.runtime.database.reading() as tx:
        [entry] = tx.connection.execute(
            select(AuditEntry.action, AuditEntry.detail, AuditEntry.organization_id)
        ).all()
    assert entry == ("records.record", {"records": 3, "link_sequence": 1}, place)


def test_what_was_written_can_be_read_back_to_the_letter(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    record_id = ledger.record(
        place,
        person,
        content="陪聊\n打扫",
        place_text=" 福利院 ",
        leader_name="王",
        recipient_category="空巢老人",
    )

    with ledger.runtime.database.reading() as tx:
        row = tx.connection.execute(
            select(ServiceRecord.__table__).where(ServiceRecord.id == record_id)
        ).one()  # type: ignore[attr-defined]
    assert (row.content, row.place_text, row.leader_name, row.recipient_category) == (
        "陪聊\n打扫",
        "福利院",
        "王",
        "空巢老人",
    )
    assert len(row.rules_fingerprint) == 64
