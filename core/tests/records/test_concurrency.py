"""Several processes at once on one ledger: nothing is counted twice, nothing is lost, no chain has a gap."""

import multiprocessing
import random
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from zhiyuan.kernel.actor import operator
from zhiyuan.kernel.settings import Settings
from zhiyuan.records import queries
from zhiyuan.records.certificates import ISSUE
from zhiyuan.records.models import Certificate, ChainLink
from zhiyuan.records.schemas import (
    ConfirmRecord,
    CorrectRecord,
    IssueCertificate,
    RecordChanges,
    RecordService,
    VoidRecord,
)
from zhiyuan.records.service import CONFIRM, CORRECT, RECORD, VOID
from zhiyuan.runtime import start

_PROCESSES = 2


def _in_processes(function: Any, runtime: Any, *arguments: Any) -> list[Any]:
    url = runtime.database.engines.url.render_as_string(hide_password=False)
    with ProcessPoolExecutor(_PROCESSES, mp_context=multiprocessing.get_context("spawn")) as pool:
        futures = [
            pool.submit(function, url, str(runtime.settings.data_dir), seed, *arguments)
            for seed in range(_PROCESSES)
        ]
        return [future.result(timeout=120) for future in futures]


def _runtime(url: str, data_dir: str) -> Any:
    return start(Settings(data_dir=Path(data_dir), database_url=url))


def _confirm_and_correct(url: str, data_dir: str, seed: int, ids: list[UUID]) -> dict[str, list[UUID]]:
    runtime = _runtime(url, data_dir)
    shuffled = random.Random(seed).sample(ids, len(ids))
    done: dict[str, list[UUID]] = {"confirmed": [], "corrected": [], "voided": []}
    for begin in range(0, len(shuffled), 7):
        batch = shuffled[begin : begin + 7]
        confirms = [ConfirmRecord(actor=operator(), organization_id=None, record_id=own) for own in batch]
        corrects = [
            CorrectRecord(
                actor=operator(),
                organization_id=None,
                record_id=own,
                changes=RecordChanges(minutes=1000 + seed),
                reason="both at once",
            )
            for own in batch[:4]
        ]
        voids = [
            VoidRecord(actor=operator(), organization_id=None, record_id=own, reason="both at once")
            for own in batch[4:5]
        ]
        outcomes = [
            *zip(batch, runtime.bus.submit(CONFIRM, confirms), strict=True),
            *zip(batch[:4], runtime.bus.submit(CORRECT, corrects), strict=True),
            *zip(batch[4:5], runtime.bus.submit(VOID, voids), strict=True),
        ]
        for own, outcome in outcomes:
            assert outcome.status != "failed"
            if outcome.status in done:
                done[outcome.status].append(own)
    runtime.close()
    return done


def test_two_processes_confirm_and_correct_the_same_records(ledger: Any, clock: Any) -> None:
    city = ledger.organization("city")
    places = [city, *(ledger.organization(f"team{n}", city) for n in range(2))]
    people = [ledger.person() for _ in range(3)]
    rows = [ledger.item(places[n % 3], people[n % 3], status="pending", minutes=n + 1) for n in range(60)]
    ids = [outcome.id for outcome in ledger.submit(rows)]

    first, second = _in_processes(_confirm_and_correct, ledger.runtime, ids)

    for word in ("confirmed", "corrected", "voided"):
        assert not set(first[word]) & set(second[word])
    assert not (set(first["corrected"]) | set(second["corrected"])) & (
        set(first["voided"]) | set(second["voided"])
    )
    report = ledger.verify()
    assert report.told()["problems"] == []
    with ledger.runtime.database.reading() as tx:
        for place in places:
            last, count = tx.connection.execute(
                select(func.max(ChainLink.sequence), func.count()).where(ChainLink.organization_id == place)  # type: ignore[arg-type]
            ).one()
            assert last == count


def _record_the_same(url: str, data_dir: str, seed: int, rows: list[RecordService]) -> list[str]:
    runtime = _runtime(url, data_dir)
    statuses = [
        outcome.status
        for begin in range(0, len(rows), 10)
        for outcome in runtime.bus.submit(RECORD, rows[begin : begin + 10])
    ]
    runtime.close()
    return statuses


def test_two_processes_import_the_same_rows_once(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    rows = [ledger.item(place, person, repeat_key=n.to_bytes(32, "big")) for n in range(60)]

    both = _in_processes(_record_the_same, ledger.runtime, rows)

    assert sorted([*both[0], *both[1]]) == ["created"] * 60 + ["unchanged"] * 60
    assert ledger.problems() == set()
    with ledger.runtime.database.reading() as tx:
        assert queries.minutes_of(tx, [person]) == {person: 60 * 90}


def _certify_or_void(url: str, data_dir: str, seed: int, ids: list[UUID], place: UUID, person: UUID) -> int:
    runtime = _runtime(url, data_dir)
    done = 0
    for own in ids:
        if seed == 0:
            item = IssueCertificate(actor=operator(), organization_id=place, person_id=person)
            done += runtime.bus.submit(ISSUE, [item])[0].is_done
        else:
            done += runtime.bus.submit(
                VOID, [VoidRecord(actor=operator(), organization_id=None, record_id=own, reason="race")]
            )[0].is_done
    runtime.close()
    return done


def test_no_certificate_survives_a_record_that_is_voided_beside_it(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    ids = [outcome.id for outcome in ledger.submit([ledger.item(place, person) for _ in range(30)])]

    _, voided = _in_processes(_certify_or_void, ledger.runtime, ids, place, person)

    assert voided == 30
    assert ledger.problems() == set()
    with ledger.runtime.database.reading() as tx:
        standing = tx.connection.execute(
            select(func.count()).select_from(Certificate).where(Certificate.revoked_at.is_(None))  # type: ignore[union-attr]
        ).scalar_one()
    assert standing == 0
