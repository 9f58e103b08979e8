"""Check-in and check-out, no-shows and corrections."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from zhiyuan.activities import codes as check_in_codes
from zhiyuan.activities import queries
from zhiyuan.activities.models import Attendance
from zhiyuan.kernel.models import AuditEntry


def codes(outcome: Any) -> list[str]:
    return [issue.code for issue in outcome.issues]


class Gate:
    """A shift that begins in an hour, somebody with a place there, and an organizer."""

    def __init__(self, world: Any) -> None:
        self.activity = world.make_activity()
        self.shift = world.make_shift(self.activity, hours=1, capacity=1)
        self.ann, olga = world.make_people(2)
        self.own = world.as_person(self.ann)
        self.organizer = world.make_member(olga)
        self.sign_up: UUID = world.sign_up((self.shift, self.ann))[0].id
        self._world = world

    def code(self) -> str:
        with self._world.database.reading() as tx:
            return queries.code_on_display(tx, self.shift).code


@pytest.fixture
def gate(world: Any) -> Gate:
    return Gate(world)


def attendance(world: Any, sign_up: UUID) -> Any:
    with world.database.reading() as tx:
        return tx.connection.execute(
            select(Attendance.__table__).where(Attendance.sign_up_id == sign_up)
        ).one()


def test_the_code_changes_every_half_minute_and_is_taken_a_little_early_and_late() -> None:
    secret, at = b"s" * 20, datetime(2026, 3, 2, 12, 0, 15, tzinfo=UTC)
    code = check_in_codes.check_in_code(secret, at)

    assert len(code) == 6
    assert check_in_codes.check_in_code(secret, at + timedelta(seconds=14)) == code
    assert check_in_codes.check_in_code(secret, at + timedelta(seconds=15)) != code
    assert check_in_codes.replaced_at(at) == at + timedelta(seconds=15)
    assert check_in_codes.matches(
        secret, f" {code[:3]} {code[3:]} ", at + timedelta(seconds=44), tolerance_seconds=30
    )
    assert not check_in_codes.matches(secret, code, at + timedelta(seconds=45), tolerance_seconds=30)
    assert check_in_codes.matches(secret, code, at - timedelta(seconds=45), tolerance_seconds=30)
    assert not check_in_codes.matches(secret, code, at - timedelta(seconds=46), tolerance_seconds=30)
    assert not check_in_codes.matches(secret, code, at + timedelta(seconds=15), tolerance_seconds=0)


def test_codes_are_those_of_the_standard() -> None:
    """RFC 6238, appendix B, SHA-1, last six of the eight digits."""
    at = datetime.fromtimestamp(1111111109, UTC)

    assert check_in_codes.check_in_code(b"12345678901234567890", at) == "081804"


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "000 00"])
def test_what_is_no_code_never_matches(typed: str) -> None:
    assert not check_in_codes.matches(b"s" * 20, typed, datetime(2026, 3, 2, tzinfo=UTC))


def test_people_check_in_and_out_with_the_code_on_show(world: Any, gate: Gate) -> None:
    came = world.attend("CHECK_IN", gate.sign_up, actor=gate.own, method="code", code=gate.code())
    again = world.attend("CHECK_IN", gate.sign_up, actor=gate.own, method="code", code="000000")
    world.clock.move(hours=3)
    went = world.attend("CHECK_OUT", gate.sign_up, actor=gate.own, method="code", code=gate.code())

    assert [one.status for one in (came, again, went)] == ["checked_in", "unchanged", "checked_out"]
    assert came.id == again.id == went.id
    row = attendance(world, gate.sign_up)
    assert row.checked_out_at - row.checked_in_at == timedelta(hours=3)
    assert world.status(gate.sign_up) == "attended"
    assert world.attend("CHECK_OUT", gate.sign_up, method="hand").status == "unchanged"
    world.assert_sound()


def test_a_wrong_code_opens_nothing(world: Any, gate: Gate) -> None:
    wrong = f"{(int(gate.code()) + 1) % 1_000_000:06d}"

    outcome = world.attend("CHECK_IN", gate.sign_up, actor=gate.own, method="code", code=wrong)

    assert codes(outcome) == ["attendance.wrong_code"]
    assert world.status(gate.sign_up) == "accepted"


def test_codes_cannot_be_guessed_by_trying(world: Any, gate: Gate) -> None:
    right = gate.code()
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"

    for _ in range(10):
        assert codes(world.attend("CHECK_IN", gate.sign_up, actor=gate.own, method="code", code=wrong)) == [
            "attendance.wrong_code"
        ]
    held = world.attend("CHECK_IN", gate.sign_up, actor=gate.own, method="code", code=right)
    world.clock.move(minutes=11)
    later = world.attend("CHECK_IN", gate.sign_up, actor=gate.own, method="code", code=gate.code())

    assert codes(held) == ["attendance.too_many_codes"]
    assert held.issues[0].rule == "activities.check_in_code_tries"
    assert later.status == "checked_in"


def test_nobody_writes_down_their_own_attendance_by_hand(world: Any, gate: Gate) -> None:
    organizer_too = world.make_member(gate.ann)

    assert codes(world.attend("CHECK_IN", gate.sign_up, actor=organizer_too, method="hand")) == [
        "attendance.own_by_hand"
    ]
    backdated = world.attend(
        "CHECK_IN", gate.sign_up, actor=organizer_too, method="code", code=gate.code(), at=world.clock.now()
    )
    assert codes(backdated) == ["attendance.own_time"]


def test_strangers_write_down_nothing(world: Any, gate: Gate) -> None:
    stranger = world.as_person(world.make_people(1)[0])

    for fields in ({"method": "hand"}, {"method": "code", "code": gate.code()}):
        outcome = world.attend("CHECK_IN", gate.sign_up, actor=stranger, **fields)
        assert codes(outcome) == ["commands.not_permitted"]


def test_an_organizer_checks_people_in_by_hand_also_afterwards(world: Any, gate: Gate) -> None:
    began = world.clock.now() + timedelta(hours=1)
    world.clock.move(days=2)

    came = world.attend("CHECK_IN", gate.sign_up, actor=gate.organizer, method="hand", at=began)
    went = world.attend(
        "CHECK_OUT", gate.sign_up, actor=gate.organizer, method="hand", at=began + timedelta(hours=2)
    )

    assert (came.status, went.status) == ("checked_in", "checked_out")
    assert attendance(world, gate.sign_up).checked_in_by == gate.organizer.person_id


def test_the_future_is_not_written_down(world: Any, gate: Gate) -> None:
    outcome = world.attend(
        "CHECK_IN", gate.sign_up, method="hand", at=world.clock.now() + timedelta(seconds=1)
    )

    assert codes(outcome) == ["attendance.in_the_future"]


def test_check_in_has_a_window(world: Any) -> None:
    shift = world.make_shift(world.make_activity(), hours=1.5)
    early, late = world.make_people(2)
    first, second = world.sign_up((shift, early), (shift, late))

    too_early = world.attend("CHECK_IN", first.id, method="hand")
    world.clock.move(hours=3.6)
    too_late = world.attend("CHECK_IN", second.id, method="hand")

    assert codes(too_early) == codes(too_late) == ["attendance.check_in_closed"]
    assert too_early.issues[0].rule == "activities.check_in_opens_minutes_before"
    assert too_late.issues[0].rule == "activities.check_in_closes_minutes_after"
    assert too_early.issues[0].params == {"opens_at": "2026-03-02 12:30", "closes_at": "2026-03-02 15:30"}


def test_nobody_leaves_before_they_came(world: Any, gate: Gate) -> None:
    before = world.clock.now()
    world.clock.move(minutes=10)

    assert codes(world.attend("CHECK_OUT", gate.sign_up, method="hand")) == ["attendance.not_checked_in"]
    world.attend("CHECK_IN", gate.sign_up, method="hand")
    assert codes(world.attend("CHECK_OUT", gate.sign_up, method="hand", at=before)) == [
        "attendance.out_before_in"
    ]


def test_only_who_has_a_place_is_checked_in(world: Any, gate: Gate) -> None:
    waits = world.sign_up((gate.shift, world.make_people(1)[0]))[0]

    outcome = world.attend("CHECK_IN", waits.id, method="hand")

    assert codes(outcome) == ["attendance.no_place"]
    assert outcome.issues[0].params == {"status": "waitlisted"}


def test_a_no_show_gives_the_place_back_and_can_be_put_right(world: Any, gate: Gate) -> None:
    assert codes(world.attend("NO_SHOW", gate.sign_up)) == ["attendance.not_started"]
    world.clock.move(hours=2)

    assert world.attend("NO_SHOW", gate.sign_up, actor=gate.organizer).status == "no_show"
    assert world.attend("NO_SHOW", gate.sign_up).status == "unchanged"
    assert world.shift(gate.shift).taken_count == 0
    assert codes(world.attend("CHECK_IN", gate.sign_up, method="hand")) == ["attendance.marked_no_show"]
    world.assert_sound()

    now = world.clock.now()
    outcome = world.attend(
        "CORRECT_ATTENDANCE", gate.sign_up, actor=gate.organizer, checked_in_at=now, checked_out_at=None,
        reason="Stood at the back gate",
    )  # fmt: skip

    assert outcome.status == "corrected"
    assert (world.status(gate.sign_up), world.shift(gate.shift).taken_count) == ("attended", 1)
    world.assert_sound()


def test_who_came_is_no_no_show(world: Any, gate: Gate) -> None:
    world.attend("CHECK_IN", gate.sign_up, method="hand")
    world.clock.move(hours=2)

    assert codes(world.attend("NO_SHOW", gate.sign_up)) == ["attendance.no_place"]


def test_a_correction_keeps_the_old_times_in_the_audit(world: Any, gate: Gate) -> None:
    came = world.attend("CHECK_IN", gate.sign_up, method="hand")
    old = world.clock.now()
    world.clock.move(hours=3)
    new_in, new_out = old + timedelta(minutes=30), old + timedelta(hours=2)
    fields = {"checked_in_at": new_in, "checked_out_at": new_out, "reason": "Clock was wrong"}

    outcome = world.attend("CORRECT_ATTENDANCE", gate.sign_up, actor=gate.organizer, **fields)

    assert (outcome.status, outcome.id) == ("corrected", came.id)
    row = attendance(world, gate.sign_up)
    assert (row.checked_in_at, row.checked_out_at, row.check_in_method) == (new_in, new_out, "hand")
    with world.database.reading() as tx:
        detail = tx.connection.execute(
            select(AuditEntry.detail).where(AuditEntry.action == "attendance.correct")
        ).scalar_one()
    assert detail["before"] == {"checked_in_at": old.isoformat(), "checked_out_at": None}
    assert detail["reason"] == "Clock was wrong"
    assert (
        world.attend("CORRECT_ATTENDANCE", gate.sign_up, actor=gate.organizer, **fields).status == "unchanged"
    )


@pytest.mark.parametrize(
    ("came", "went", "reason", "code"),
    [
        (1.0, 0.5, "Typo", "attendance.out_before_in"),
        (1.0, 99.0, "Typo", "attendance.in_the_future"),
        (-24.0, 1.0, "Typo", "attendance.outside_shift"),
        (1.0, 2.0, "  ", "activities.reason_missing"),
        (1.0, 2.0, "x" * 201, "text.too_long"),
    ],
)
def test_corrections_are_checked(
    world: Any, gate: Gate, came: float, went: float, reason: str, code: str
) -> None:
    start = world.clock.now()
    world.clock.move(hours=4)

    outcome = world.attend(
        "CORRECT_ATTENDANCE", gate.sign_up, checked_in_at=start + timedelta(hours=came),
        checked_out_at=start + timedelta(hours=went), reason=reason,
    )  # fmt: skip

    assert codes(outcome) == [code]


def test_nobody_corrects_their_own_attendance(world: Any, gate: Gate) -> None:
    organizer_too = world.make_member(gate.ann)
    now = world.clock.now()

    outcome = world.attend(
        "CORRECT_ATTENDANCE",
        gate.sign_up,
        actor=organizer_too,
        checked_in_at=now,
        checked_out_at=now,
        reason="Me",
    )

    assert codes(outcome) == ["attendance.own_by_hand"]


def test_attendance_is_not_cancelled(world: Any, gate: Gate) -> None:
    world.attend("CHECK_IN", gate.sign_up, method="hand")

    assert codes(world.cancel(gate.sign_up)[0]) == ["sign_ups.attendance_known"]


def test_cancelling_an_activity_keeps_those_who_came(world: Any, gate: Gate) -> None:
    world.attend("CHECK_IN", gate.sign_up, method="hand")

    world.step("CANCEL", gate.activity, "Storm")

    assert world.status(gate.sign_up) == "attended"
    assert world.shift(gate.shift).taken_count == 1
    world.assert_sound()


def test_the_list_of_a_shift_shows_who_came_when(world: Any, gate: Gate) -> None:
    world.attend("CHECK_IN", gate.sign_up, method="hand")

    with world.database.reading() as tx:
        (row,) = queries.sign_ups_of(tx, [gate.shift])
        (own,) = queries.sign_ups_of_person(tx, gate.ann)

    assert (row.person_name, row.status, row.checked_in_at) == ("Person 0", "attended", world.clock.now())
    assert (own.title, own.checked_in_at, own.checked_out_at) == ("Clean the park", world.clock.now(), None)
