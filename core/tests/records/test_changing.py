"""Confirming, correcting, voiding, disputing: who may, what follows, and what stays."""

from datetime import date
from typing import Any

from sqlalchemy import select

from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.models import AuditEntry, OutboxEvent
from zhiyuan.records import queries
from zhiyuan.records.events import RecordsConfirmed, RecordsCorrected, RecordsVoided
from zhiyuan.records.schemas import ConfirmRecord, DisputeRecord, UpholdRecord
from zhiyuan.records.service import CONFIRM, DISPUTE, UPHOLD


def _minutes(ledger: Any, person: Any) -> int:
    with ledger.runtime.database.reading() as tx:
        return queries.minutes_of(tx, [person])[person]


def test_confirming_makes_minutes_count_and_is_told_once_per_organization(ledger: Any) -> None:
    city = ledger.organization("city")
    team = ledger.organization("team", city)
    person = ledger.person()
    ids = [ledger.record(place, person, status="pending", minutes=60) for place in (city, city, team)]

    outcomes = ledger.runtime.bus.submit(
        CONFIRM,
        [
            ConfirmRecord(actor=ledger.operator, organization_id=city, record_id=record_id)
            for record_id in ids
        ],
    )

    assert [outcome.status for outcome in outcomes] == ["confirmed"] * 3
    assert _minutes(ledger, person) == 180
    with ledger.runtime.database.reading() as tx:
        events = tx.connection.execute(
            select(OutboxEvent.organization_id, OutboxEvent.name, OutboxEvent.payload)
        ).all()
    told = {place: RecordsConfirmed.from_payload(place, payload) for place, _, payload in events}
    assert {place: len(event.items) for place, event in told.items()} == {city: 2, team: 1}
    assert told[team].items[0].minutes == 60
    assert ledger.problems() == set()


def test_confirming_again_changes_nothing(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    record_id = ledger.record(place, person, status="pending")
    ledger.confirm(record_id)

    assert ledger.confirm(record_id).status == "unchanged"
    assert _minutes(ledger, person) == 90


def test_nobody_confirms_corrects_or_voids_service_of_their_own(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    manager = ledger.member(person, place)
    record_id = ledger.record(place, person, status="pending")

    assert ledger.confirm(record_id, manager, place).issues[0].code == "records.own_record"
    assert ledger.correct(record_id, manager, place, minutes=600).issues[0].code == "records.own_record"


def test_a_role_elsewhere_reaches_no_record(ledger: Any) -> None:
    here, elsewhere, person = ledger.organization("here"), ledger.organization("elsewhere"), ledger.person()
    manager = ledger.member(ledger.person("外人"), elsewhere)
    record_id = ledger.record(here, person, status="pending")

    assert ledger.confirm(record_id, manager, here).issues[0].code == "commands.not_permitted"
    assert ledger.confirm(record_id, manager, elsewhere).issues[0].code == "records.unknown_record"
    assert ledger.confirm(new_id(), ledger.operator).issues[0].code == "records.unknown_record"


def test_a_role_above_reaches_down(ledger: Any) -> None:
    city = ledger.organization("city")
    team = ledger.organization("team", city)
    manager = ledger.member(ledger.person("主任"), city)
    record_id = ledger.record(team, ledger.person(), status="pending")

    assert ledger.confirm(record_id, manager, city).status == "confirmed"


def test_a_correction_is_a_new_record_that_names_the_old_one(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    old = ledger.record(place, person, minutes=90)

    outcome = ledger.correct(old, minutes=60, service_date=date(2025, 12, 31))

    with ledger.runtime.database.reading() as tx:
        new, former = queries.get(tx, outcome.id), queries.get(tx, old)
        assert new is not None
        assert former is not None
        assert (new.status, new.minutes, new.corrects_id) == ("confirmed", 60, old)
        assert (former.status, former.minutes) == ("corrected", 90)
        assert [queries.totals(tx, place, year=year)[0].minutes for year in (2025,)] == [60]
        assert queries.totals(tx, place, year=2026) == []
        history = queries.history(tx, old)
        event = tx.connection.execute(
            select(OutboxEvent.payload).where(OutboxEvent.name == "records_corrected")
        ).scalar_one()
    assert [(entry.kind, entry.reason) for entry in history] == [
        ("recorded", None),
        ("corrected", "typing error"),
    ]
    told = RecordsCorrected.from_payload(place, event).items[0]
    assert (told.minutes, told.previous_minutes, told.corrects_id, told.counts) == (60, 90, old, True)
    assert ledger.problems() == set()


def test_of_two_corrections_of_one_record_the_second_is_refused(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    old = ledger.record(place, person)
    ledger.correct(old, minutes=60)

    second = ledger.correct(old, minutes=30)

    assert [issue.code for issue in second.issues] == ["records.status_forbids"]
    assert _minutes(ledger, person) == 60


def test_a_correction_that_changes_nothing_is_refused(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    old = ledger.record(place, person, minutes=90)

    assert ledger.correct(old, minutes=90).issues[0].code == "records.nothing_changed"
    assert ledger.correct(old, minutes=-5).issues[0].code == "records.negative_minutes"


def test_correcting_a_pending_record_leaves_it_to_be_confirmed(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    old = ledger.record(place, person, status="pending")

    new = ledger.correct(old, minutes=45)

    assert _minutes(ledger, person) == 0
    assert ledger.confirm(old).issues[0].code == "records.status_forbids"
    assert ledger.confirm(new.id).status == "confirmed"
    assert _minutes(ledger, person) == 45
    assert ledger.problems() == set()


def test_the_imported_row_stays_known_after_a_correction(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    row = ledger.item(place, person, repeat_key=bytes(32))
    old = ledger.submit([row])[0].id
    ledger.correct(old, minutes=30)

    assert ledger.submit([row])[0].status == "unchanged"
    assert _minutes(ledger, person) == 30


def test_a_void_record_stays_and_counts_no_more(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    record_id = ledger.record(place, person)

    outcome = ledger.void(record_id)

    assert outcome.status == "voided"
    assert _minutes(ledger, person) == 0
    assert ledger.void(record_id).issues[0].code == "records.status_forbids"
    with ledger.runtime.database.reading() as tx:
        payload = tx.connection.execute(
            select(OutboxEvent.payload).where(OutboxEvent.name == "records_voided")
        ).scalar_one()
        actions = tx.connection.execute(select(AuditEntry.action).order_by(AuditEntry.id)).scalars().all()
    assert RecordsVoided.from_payload(place, payload).items[0].counted
    assert actions == ["records.record", "records.void"]
    assert ledger.problems() == set()


def test_a_reason_is_needed(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()

    assert ledger.void(ledger.record(place, person), reason=" ").issues[0].code == "records.reason_required"


def test_a_dispute_takes_nothing_away_until_somebody_decides(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    volunteer = ledger.member(person, place, role="volunteer")
    other = ledger.member(ledger.person("别人"), place, role="volunteer")
    record_id = ledger.record(place, person)

    def dispute(actor: Any) -> Any:
        return ledger.runtime.bus.submit(
            DISPUTE,
            [DisputeRecord(actor=actor, organization_id=place, record_id=record_id, reason="是两个小时")],
        )[0]

    assert dispute(other).issues[0].code == "records.unknown_record"
    assert dispute(volunteer).status == "disputed"
    assert _minutes(ledger, person) == 90
    upheld = ledger.runtime.bus.submit(
        UPHOLD,
        [UpholdRecord(actor=ledger.operator, organization_id=place, record_id=record_id, reason="签到为证")],
    )[0]
    assert upheld.status == "upheld"
    with ledger.runtime.database.reading() as tx:
        assert queries.page(tx, place).rows[0].status == "confirmed"
    assert ledger.problems() == set()


def test_pages_follow_each_other_without_gap_or_repeat(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    ledger.submit(
        [ledger.item(place, person, service_date=date(2026, 1, 1 + n % 3), title=str(n)) for n in range(7)]
    )

    seen, after = [], None
    with ledger.runtime.database.reading() as tx:
        while True:
            shown = queries.page(tx, place, after=after, limit=2)
            seen.extend(row.title for row in shown.rows)
            after = shown.next_after
            if after is None:
                break
    assert sorted(seen) == [str(n) for n in range(7)]
