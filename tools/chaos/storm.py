"""Who asks during a storm: many clients at once, each sending a request again, under the same key, until it is answered.

Places are few, shifts overlap, and several clients confirm, correct and void the same records, on purpose.
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from tools.chaos.journal import Asked, Journal
from tools.chaos.servers import Servers

CLIENTS = 12
_TRY_SECONDS = 20.0
_PEOPLE = 120
_SHIFTS_APART_MINUTES = 45
_SHIFT_MINUTES = 90
_RECORDS = 240


@dataclass(slots=True)
class Ground:
    """What a storm rages on, made before it begins."""

    organization_code: str
    organization_id: str
    people: list[str]
    shifts: list[str]
    gates: list[str]
    records: list[str]
    sign_ups: list[str] = field(default_factory=list)
    checked_in: list[str] = field(default_factory=list)


class Client:
    """One way into the installation, through whichever server answers."""

    def __init__(self, servers: Servers, token: str, journal: Journal, chance: random.Random) -> None:
        self._addresses = servers.addresses
        self._journal = journal
        self._chance = chance
        self._http = httpx.Client(timeout=15, headers={"Authorization": f"Bearer {token}"})

    def send(self, path: str, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Send a batch once to some server and return its outcomes. Raises httpx.HTTPError when none came back."""
        answer = self._http.post(self._chance.choice(self._addresses) + path, json={"items": items})
        answer.raise_for_status()
        return list(answer.json()["outcomes"])

    def ask(self, verb: str, path: str, body: dict[str, Any], **what: Any) -> Asked:
        """Ask for one thing until it is answered or time is up, and note both in the journal."""
        asked = self._journal.ask(verb, **what)
        deadline = time.monotonic() + _TRY_SECONDS
        while time.monotonic() < deadline:
            asked.tries += 1
            try:
                outcome = self.send(path, [{**body, "idempotency_key": asked.key}])[0]
            except httpx.HTTPError as error:
                asked.conflicts.append(f"{type(error).__name__}: {error}"[:200])
                time.sleep(self._chance.uniform(0.02, 0.2))
                continue
            if outcome["status"] == "failed":
                asked.conflicts.append("failed")
                time.sleep(self._chance.uniform(0.02, 0.2))
                continue
            asked.answer = outcome
            break
        return asked


def prepare(servers: Servers, token: str) -> Ground:
    """Make an organization, people, overlapping shifts, shifts that begin now, and pending records."""
    client = Client(servers, token, Journal(), random.Random(1))  # noqa: S311  # not a secret
    now = datetime.now(UTC)

    def make(path: str, items: list[dict[str, Any]]) -> list[str]:
        outcomes = client.send(path, items)
        wrong = [
            outcome for outcome in outcomes if outcome["status"] not in ("created", "published", "updated")
        ]
        if wrong:
            raise AssertionError(f"{path}: {wrong[0]}")
        return [outcome["id"] for outcome in outcomes]

    code = "storm"
    organization_id = make(
        "/api/v1/organizations", [{"code": code, "name": "Storm Harbour Volunteers", "time_zone": "UTC"}]
    )[0]
    people = make(
        "/api/v1/people",
        [
            {"organization": code, "name": f"Volunteer {number:03}", "birth_date": "1990-01-01"}
            for number in range(_PEOPLE)
        ],
    )
    activity = make(
        "/api/v1/activities",
        [{"organization": code, "title": "Sandbags along the harbour", "time_zone": "UTC"}],
    )[0]
    tomorrow = now.replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(days=1)
    shifts = make(
        "/api/v1/shifts",
        [
            _shift(
                activity,
                tomorrow + timedelta(minutes=_SHIFTS_APART_MINUTES * number),
                capacity=3 + number % 9,
            )
            for number in range(16)
        ],
    )
    gates = make(
        "/api/v1/shifts",
        [
            _shift(activity, now.replace(microsecond=0) + timedelta(minutes=20), capacity=_PEOPLE)
            for _ in range(2)
        ],
    )
    make("/api/v1/activities/publish", [{"activity_id": activity}])
    day = (now - timedelta(days=2)).date().isoformat()
    records = make(
        "/api/v1/records",
        [
            {
                "organization": code,
                "person_id": people[number % _PEOPLE],
                "title": "Sandbags filled",
                "service_date": day,
                "time_zone": "UTC",
                "minutes": 30 + number % 90,
                "source": "paper",
            }
            for number in range(_RECORDS)
        ],
    )
    return Ground(code, organization_id, people, shifts, gates, records)


def _shift(activity_id: str, starts_at: datetime, *, capacity: int) -> dict[str, Any]:
    return {
        "activity_id": activity_id,
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + timedelta(minutes=_SHIFT_MINUTES)).isoformat(),
        "capacity": capacity,
        "waitlist_limit": 5,
    }


def rage(
    servers: Servers, token: str, ground: Ground, journal: Journal, *, seconds: float, seed: int
) -> None:
    """Send requests from many threads for about ``seconds``; returns when every client has stopped."""
    ends = time.monotonic() + seconds

    def run(number: int) -> None:
        chance = random.Random(f"{seed}-{number}")  # noqa: S311  # repeatable, not secret
        client = Client(servers, token, journal, chance)
        while time.monotonic() < ends:
            _one(client, ground, chance)

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _one(client: Client, ground: Ground, chance: random.Random) -> None:
    deeds: list[tuple[int, Callable[[Client, Ground, random.Random], None]]] = [
        (40, _sign_up),
        (8, _cancel),
        (8, _check_in),
        (6, _check_out),
        (20, _confirm),
        (12, _correct),
        (4, _void),
    ]
    (deed,) = chance.choices([deed for _, deed in deeds], weights=[weight for weight, _ in deeds])
    deed(client, ground, chance)


def _sign_up(client: Client, ground: Ground, chance: random.Random) -> None:
    shift_id = chance.choice(ground.gates if chance.random() < 0.2 else ground.shifts)
    person_id = chance.choice(ground.people)
    body = {"shift_id": shift_id, "person_id": person_id}
    asked = client.ask("sign_up", "/api/v1/sign-ups", body, **body)
    if asked.answer is not None and asked.answer["status"] == "accepted":
        ground.sign_ups.append(asked.answer["id"])


def _cancel(client: Client, ground: Ground, chance: random.Random) -> None:
    if ground.sign_ups:
        sign_up_id = chance.choice(ground.sign_ups)
        ground.sign_ups.remove(sign_up_id) if sign_up_id in ground.sign_ups else None
        client.ask(
            "cancel", "/api/v1/sign-ups/cancel", {"sign_up_id": sign_up_id}, sign_up_id=UUID(sign_up_id).hex
        )


def _check_in(client: Client, ground: Ground, chance: random.Random) -> None:
    if ground.sign_ups:
        sign_up_id = chance.choice(ground.sign_ups)
        asked = client.ask(
            "check_in",
            "/api/v1/attendance/check-in",
            {"sign_up_id": sign_up_id, "method": "hand"},
            sign_up_id=sign_up_id,
        )
        if asked.answer is not None and asked.answer["status"] == "checked_in":
            ground.checked_in.append(sign_up_id)


def _check_out(client: Client, ground: Ground, chance: random.Random) -> None:
    if ground.checked_in:
        sign_up_id = chance.choice(ground.checked_in)
        client.ask(
            "check_out",
            "/api/v1/attendance/check-out",
            {"sign_up_id": sign_up_id, "method": "hand"},
            sign_up_id=sign_up_id,
        )


def _confirm(client: Client, ground: Ground, chance: random.Random) -> None:
    record_id = chance.choice(ground.records)
    client.ask("confirm", "/api/v1/records/confirm", {"record_id": record_id}, record_id=record_id)


def _correct(client: Client, ground: Ground, chance: random.Random) -> None:
    record_id, minutes = chance.choice(ground.records), chance.randrange(10, 240)
    asked = client.ask(
        "correct",
        "/api/v1/records/correct",
        {"record_id": record_id, "changes": {"minutes": minutes}, "reason": "The sheet says otherwise."},
        record_id=record_id,
        minutes=minutes,
    )
    if asked.answer is not None and asked.answer["status"] == "corrected":
        ground.records.append(asked.answer["id"])


def _void(client: Client, ground: Ground, chance: random.Random) -> None:
    record_id = chance.choice(ground.records)
    client.ask(
        "void",
        "/api/v1/records/void",
        {"record_id": record_id, "reason": "Entered by mistake."},
        record_id=record_id,
    )
