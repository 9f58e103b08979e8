"""Measure the ways that must stay cheap, each against the same rows written by the bare driver, in one run.

``python -m benchmarks.run [--rounds N] [--report FILE]``. Both sides alternate; what to compare over time is the ratio,
not the milliseconds. The whole hot list and its targets arrive with the work on speed.
"""

import argparse
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from tools.report import header
from zhiyuan.activities import service as activities
from zhiyuan.activities.schemas import ActivityDetails
from zhiyuan.host import migrate
from zhiyuan.kernel.actor import operator
from zhiyuan.kernel.commands import Command
from zhiyuan.kernel.settings import Settings
from zhiyuan.organizations import service as organizations
from zhiyuan.organizations.schemas import CreateOrganization
from zhiyuan.people import service as people
from zhiyuan.people.schemas import PersonDetails
from zhiyuan.records import service as records
from zhiyuan.records.schemas import RecordService
from zhiyuan.runtime import Runtime, start

_PEOPLE = 400
_RECORDS = 2_000
_ACTOR = operator()


@dataclass(frozen=True, slots=True)
class Measured:
    """One comparison: rows a second of ours and of the bare driver, medians over the rounds."""

    name: str
    ours: float
    bare: float

    @property
    def ratio(self) -> float:
        """Return ours as a part of the bare driver's."""
        return self.ours / self.bare


class Ground:
    """An installation with one organization, people and a published activity, and a bare database beside it."""

    def __init__(self, folder: Path) -> None:
        settings = Settings(data_dir=folder / "data")
        migrate.migrate(settings.url)
        self.runtime: Runtime = start(settings)
        self.organization_id = self._made(
            organizations.CREATE,
            [CreateOrganization(actor=_ACTOR, organization_id=None, code="bench", name="Bench")],
        )[0]
        self.people = self._made(
            people.REGISTER,
            [
                people.RegisterPerson(
                    actor=_ACTOR,
                    organization_id=self.organization_id,
                    details=PersonDetails(name=f"Person {number}", birth_date=date(1990, 1, 1)),
                )
                for number in range(_PEOPLE)
            ],
        )
        self.activity_id = self._made(
            activities.CREATE,
            [
                activities.CreateActivity(
                    actor=_ACTOR, organization_id=self.organization_id, details=ActivityDetails(title="Bench")
                )
            ],
        )[0]
        self.bare = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
        self.bare.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            "CREATE TABLE shift (id BLOB PRIMARY KEY, capacity INT, taken INT);"
            "CREATE TABLE sign_up (id BLOB PRIMARY KEY, shift_id BLOB, person_id BLOB, status TEXT, starts TEXT, ends TEXT);"
            "CREATE UNIQUE INDEX one ON sign_up (shift_id, person_id);"
            "CREATE TABLE record (id BLOB PRIMARY KEY, person_id BLOB, title TEXT, day TEXT, minutes INT, status TEXT);"
            "CREATE INDEX who ON record (person_id, day);"
        )

    def shift(self, *, days: int) -> UUID:
        """Return a new shift ``days`` from now with a place for everybody."""
        starts_at = self.runtime.database.clock.now() + timedelta(days=days)
        return self._made(
            activities.ADD_SHIFTS,
            [
                activities.AddShift(
                    actor=_ACTOR,
                    organization_id=self.organization_id,
                    activity_id=self.activity_id,
                    starts_at=starts_at,
                    ends_at=starts_at + timedelta(hours=2),
                    capacity=_PEOPLE,
                )
            ],
        )[0]

    def publish(self) -> None:
        """Open the activity for sign-ups; it needs a shift first."""
        self._made(
            activities.PUBLISH,
            [
                activities.ChangeActivityState(
                    actor=_ACTOR, organization_id=self.organization_id, activity_id=self.activity_id
                )
            ],
        )

    def submit(self, command: Command[Any], items: Sequence[Any]) -> None:
        """Carry out ``items``, all of which must succeed."""
        self._made(command, items)

    def _made(self, command: Command[Any], items: Sequence[Any]) -> list[UUID]:
        outcomes = self.runtime.bus.submit(command, items)
        for outcome in outcomes:
            if not outcome.is_done or outcome.id is None:
                raise AssertionError(f"{command.name}: {outcome}")
        return [outcome.id for outcome in outcomes if outcome.id is not None]


def sign_ups(ground: Ground, days: int, *, batch: int) -> tuple[Callable[[], None], Callable[[], None], int]:
    """Everybody signs up for one shift, ``batch`` people to a unit of work; the bare side commits as often."""
    shift_id = ground.shift(days=days)
    if days == 1:
        ground.publish()
    items = [
        activities.SignUpRequest(
            actor=_ACTOR, organization_id=ground.organization_id, shift_id=shift_id, person_id=person_id
        )
        for person_id in ground.people
    ]

    def ours() -> None:
        for index in range(0, len(items), batch):
            ground.submit(activities.SIGN_UP, items[index : index + batch])

    def bare() -> None:
        bare_shift = uuid4().bytes
        ground.bare.execute("INSERT INTO shift VALUES (?, ?, 0)", (bare_shift, _PEOPLE))
        for index in range(0, len(items), batch):
            ground.bare.execute("BEGIN IMMEDIATE")
            for item in items[index : index + batch]:
                ground.bare.execute(
                    "UPDATE shift SET taken = taken + 1 WHERE id = ? AND taken < capacity", (bare_shift,)
                )
                ground.bare.execute(
                    "INSERT INTO sign_up VALUES (?, ?, ?, 'accepted', ?, ?)",
                    (uuid4().bytes, bare_shift, item.person_id.bytes, "2026-03-02T12:00", "2026-03-02T14:00"),
                )
            ground.bare.execute("COMMIT")

    return ours, bare, len(items)


def recording(ground: Ground, days: int) -> tuple[Callable[[], None], Callable[[], None], int]:
    """Confirmed records go to the ledger in batches of 500: rows, chain, totals, audit, events against plain rows."""
    day = date(2026, 1, 1) + timedelta(days=days)
    items = [
        RecordService(
            actor=_ACTOR,
            organization_id=ground.organization_id,
            person_id=ground.people[number % _PEOPLE],
            title="Bench",
            service_date=day,
            time_zone="UTC",
            minutes=60,
            source="import",
            status="confirmed",
        )
        for number in range(_RECORDS)
    ]

    def ours() -> None:
        ground.submit(records.RECORD, items)

    def bare() -> None:
        for index in range(0, len(items), 500):
            ground.bare.execute("BEGIN IMMEDIATE")
            ground.bare.executemany(
                "INSERT INTO record VALUES (?, ?, ?, ?, ?, 'confirmed')",
                [
                    (
                        uuid4().bytes,
                        item.person_id.bytes,
                        item.title,
                        item.service_date.isoformat(),
                        item.minutes,
                    )
                    for item in items[index : index + 500]
                ],
            )
            ground.bare.execute("COMMIT")

    return ours, bare, len(items)


def compare(
    name: str, make: Callable[[int], tuple[Callable[[], None], Callable[[], None], int]], rounds: int
) -> Measured:
    """Alternate both sides ``rounds`` times, each time on fresh ground, and return the medians."""
    ours_rates, bare_rates = [], []
    for number in range(1, rounds + 1):
        ours, bare, rows = make(number)
        ours_rates.append(rows / _seconds(ours))
        bare_rates.append(rows / _seconds(bare))
    return Measured(name, statistics.median(ours_rates), statistics.median(bare_rates))


def main(arguments: list[str] | None = None) -> int:
    """Run every comparison and print the table; with ``--report`` also keep it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--report", type=Path, default=Path("docs/reports/benchmarks.md"))
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="zhiyuan-bench-") as folder:
        ground = Ground(Path(folder))
        results = [
            compare("sign-up, one to a unit of work", lambda n: sign_ups(ground, n, batch=1), options.rounds),
            compare(
                "sign-up, 100 to a unit of work",
                lambda n: sign_ups(ground, 100 + n, batch=100),
                options.rounds,
            ),
            compare("record and confirm, 500 to a unit", lambda n: recording(ground, n), options.rounds),
        ]
        ground.runtime.close()
    table = "\n".join(
        ["| what (SQLite) | rows/s | bare driver, rows/s | ratio |", "|---|---|---|---|"]
        + [f"| {done.name} | {done.ours:,.0f} | {done.bare:,.0f} | {done.ratio:.3f} |" for done in results]
    )
    print(table)
    options.report.write_text(
        f"{header('Benchmarks')}\nMedians of {options.rounds} rounds, both sides alternating in one process.\n\n{table}\n",
        encoding="utf-8",
    )
    return 0


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
