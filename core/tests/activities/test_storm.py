"""Many at once, in threads and in processes: never oversold, nobody in two places, no place left empty."""

import importlib.util
import json
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

from zhiyuan.activities import service

_STORM = Path(__file__).with_name("storm.py")
_spec = importlib.util.spec_from_file_location("zhiyuan_tests_storm", _STORM)
assert _spec is not None
assert _spec.loader is not None
storm = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(storm)


def prepared(world: Any, database_url: str, **told: Any) -> dict[str, Any]:
    """Make four shifts, two pairs of which overlap, far fewer places than people, and short queues."""
    activity = world.make_activity()
    shifts = [
        world.make_shift(activity, hours=hours, capacity=5, reserved_count=1, waitlist_limit=limit)
        for hours, limit in ((24, None), (25, 8), (48, 0), (49, None))
    ]
    people = world.make_people(40)
    return {
        "url": database_url,
        "data_dir": str(world.runtime.settings.data_dir),
        "now": world.clock.now().isoformat(),
        "shifts": [str(one) for one in shifts],
        "people": [str(one) for one in people],
        **told,
    }


def assert_calm(world: Any, told: dict[str, Any], counts: Counter[str]) -> None:
    assert {
        status: count for status, count in counts.items() if status.startswith(("failed", "raised"))
    } == {}
    world.assert_sound()
    assert counts["accepted"] > 0
    # Whoever waits is somewhere else at that time: with everybody gone elsewhere, no place stays empty.
    held = [row.id for row in _sign_ups(world) if row.status == "accepted"]
    world.cancel(*held)
    world.assert_sound()
    for row in _sign_ups(world):
        shift = world.shift(row.shift_id)
        busy = any(
            other.status == "accepted"
            and other.person_id == row.person_id
            and other.starts_at < row.ends_at
            and row.starts_at < other.ends_at
            for other in _sign_ups(world)
        )
        assert (
            row.status != "waitlisted" or shift.taken_count == shift.capacity - shift.reserved_count or busy
        )
    assert told["rounds"] > 0


def _sign_ups(world: Any) -> list[Any]:
    from sqlalchemy import select

    from zhiyuan.activities.models import SignUp

    with world.database.reading() as tx:
        return list(tx.connection.execute(select(SignUp.__table__)))


def test_eight_threads_at_the_same_shifts(world: Any, database_url: str) -> None:
    told = prepared(world, database_url, seed=1, threads=8, rounds=12)

    assert_calm(world, told, storm.rush_in_threads(world.bus, told))


def test_two_processes_at_the_same_shifts(world: Any, database_url: str) -> None:
    told = prepared(world, database_url, threads=3, rounds=12)
    processes = [
        subprocess.Popen(
            [sys.executable, str(_STORM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]

    counts: Counter[str] = Counter()
    for seed, process in enumerate(processes):
        assert process.stdin is not None
        process.stdin.write(json.dumps({**told, "seed": 100 * seed}))
        process.stdin.close()
    for process in processes:
        assert process.stdout is not None
        assert process.stderr is not None
        answer, errors = process.stdout.read(), process.stderr.read()
        assert process.wait(timeout=120) == 0, errors
        counts.update(json.loads(answer))

    assert_calm(world, told, counts)


def _beside(world: Any, first: tuple[UUID, UUID], second: tuple[UUID, UUID]) -> tuple[Any, Any]:
    """Sign ``second`` up while the unit of work of ``first`` is still open, and return both outcomes."""
    answers: list[Any] = []
    other = threading.Thread(target=lambda: answers.extend(world.sign_up(second, accept_waitlist=False)))
    with world.database.uow() as tx:
        shift, person = first
        item = service.SignUpRequest(
            actor=world.operator,
            organization_id=None,
            shift_id=shift,
            person_id=person,
            accept_waitlist=False,
        )
        (decided,) = service.SIGN_UP.write(tx, [item])
        other.start()
        other.join(timeout=0.5)
        assert other.is_alive(), "the second decision must wait for the first"
    other.join(timeout=30)
    return decided, answers[0]


def test_a_person_s_second_place_is_decided_after_the_first(world: Any) -> None:
    activity = world.make_activity()
    one, overlapping = world.make_shift(activity, hours=24), world.make_shift(activity, hours=25)
    (ann,) = world.make_people(1)

    first, second = _beside(world, (one, ann), (overlapping, ann))

    assert (first.status, [issue.code for issue in second.issues]) == ("accepted", ["sign_ups.overlaps"])
    world.assert_sound()


def test_the_last_place_is_decided_once(world: Any) -> None:
    shift = world.make_shift(world.make_activity(), capacity=1)
    ann, bob = world.make_people(2)

    first, second = _beside(world, (shift, ann), (shift, bob))

    assert (first.status, [issue.code for issue in second.issues]) == ("accepted", ["sign_ups.shift_full"])
    world.assert_sound()


def test_a_thousand_wishes_for_fifty_places(world: Any) -> None:
    shift = world.make_shift(world.make_activity(), capacity=50, waitlist_limit=100)
    people: list[UUID] = world.make_people(1000)

    outcomes = world.bus.submit(
        service.SIGN_UP,
        [
            service.SignUpRequest(
                actor=world.as_person(person), organization_id=None, shift_id=shift, person_id=person
            )
            for person in people
        ],
    )

    counts = Counter(outcome.status for outcome in outcomes)
    assert counts == {"accepted": 50, "waitlisted": 100, "refused": 850}
    assert [outcome.status for outcome in outcomes[:50]] == ["accepted"] * 50
    world.assert_sound()
