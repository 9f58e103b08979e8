"""Files that others made come in completely, agree with their own totals, and change nothing when they come again."""

import csv
import random
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select

from zhiyuan.activities.models import Activity, Shift
from zhiyuan.imports import ImportSummary, run
from zhiyuan.organizations.models import Organization
from zhiyuan.records import queries as records
from zhiyuan.records.models import ServiceRecord
from zhiyuan.runtime import Runtime

pytestmark = pytest.mark.timeout(600)


def _counts(summary: ImportSummary) -> tuple[int, int, int, int]:
    assert not [problem for problem in summary.problems if problem.blocks], summary.problems[:3]
    return summary.created, summary.updated, summary.unchanged, summary.rejected


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_shelters_books_balance_to_the_minute(
    runtime: Runtime, shared_data: Path, mappings: Path, place: str, place_id: UUID
) -> None:
    people = shared_data / "hours/paws_master_even_ids.csv"
    service = shared_data / "hours/paws_service_even_ids.csv"

    first = (
        _counts(run(runtime, "people", people, mappings / "paws_master.toml", organization_code=place)),
        _counts(run(runtime, "records", service, mappings / "paws_service.toml", organization_code=place)),
    )
    again = (
        _counts(run(runtime, "people", people, mappings / "paws_master.toml", organization_code=place)),
        _counts(run(runtime, "records", service, mappings / "paws_service.toml", organization_code=place)),
    )

    assert first == ((741, 0, 0, 0), (11_338, 0, 0, 0))
    assert again == ((0, 0, 741, 0), (0, 0, 11_338, 0))
    life, this_year, missed, carried = _kept(runtime, place_id)
    for row in _rows(people):
        who = row["ID"]
        assert life.get(who, 0) == round(Decimal(row["Life.hours"]) * 60), row
        assert this_year.get(who, 0) == round(Decimal(row["YTD.hours"]) * 60), row
        told = tuple(
            int(row[name])
            for name in ("Life.No.Call.No.Show", "Life.Call.Email.to.miss.shift", "Life.Absence")
        )
        assert missed.get(who, (0, 0, 0)) == told, row
    assert sum(life.values()) == round(Decimal("26740.50") * 60)
    assert carried == 13


def _kept(
    runtime: Runtime, place_id: UUID
) -> tuple[dict[str, int], dict[str, int], dict[str, tuple[int, int, int]], int]:
    record = ServiceRecord.__table__  # type: ignore[attr-defined]
    with runtime.database.reading() as tx:
        totals = records.totals(tx, place_id)
        life = {str(row.external_id): row.minutes for row in totals}
        year = {str(row.external_id): row.minutes for row in records.totals(tx, place_id, year=2018)}
        missed = {str(row.external_id): (row.no_shows, row.excused, row.absences) for row in totals}
        carried = tx.connection.execute(
            select(func.count()).select_from(record).where(record.c.is_carried_over)
        ).scalar_one()
    return life, year, missed, carried


def test_a_citys_opportunities_come_in_once(
    runtime: Runtime, shared_data: Path, mappings: Path, place: str, tmp_path: Path
) -> None:
    path = shared_data / "opportunities/nyc_service_2011_export35.csv"
    mapping = mappings / "nyc_service.toml"

    first = run(runtime, "activities", path, mapping, organization_code=place)
    again = run(runtime, "activities", path, mapping, organization_code=place)
    later = run(runtime, "activities", _later_export(path, tmp_path), mapping, organization_code=place)

    assert (665, 0, 0, 0) == _counts(first)
    assert (0, 0, 665, 0) == _counts(again)
    assert {"organizations": {"created": 261}, "activities": {"created": 665}} == first.others
    assert (0, 20, 645, 0) == _counts(later)
    activity = Activity.__table__  # type: ignore[attr-defined]
    organization = Organization.__table__  # type: ignore[attr-defined]
    with runtime.database.reading() as tx:
        assert 665 == tx.connection.execute(select(func.count()).select_from(activity)).scalar_one()
        assert 262 == tx.connection.execute(select(func.count()).select_from(organization)).scalar_one()
        located = select(func.count()).select_from(activity).where(activity.c.latitude.is_not(None))
        assert 585 <= tx.connection.execute(located).scalar_one() <= 595
        assert {"published"} == set(tx.connection.execute(select(activity.c.status)).scalars())


def _later_export(path: Path, folder: Path) -> Path:
    """Write the same records as a later export: another order, other spellings of columns and dates, 20 titles edited."""
    rows = _rows(path)
    random.Random(7).shuffle(rows)
    renamed = {"Latitude": "latitude", "Longitude": "longitude", "Community Board": "community_board"}
    target = folder / "later.csv"
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, [renamed.get(name, name) for name in rows[0]][::-1], delimiter=";")
        writer.writeheader()
        for number, row in enumerate(rows):
            row["opportunity_id"] += ".0"
            if number < 20:
                row["title"] += " (new)"
            writer.writerow({renamed.get(name, name): value for name, value in row.items()})
    return target


def test_a_festivals_shifts_keep_their_heads_and_hours(
    runtime: Runtime, shared_data: Path, mappings: Path, place: str
) -> None:
    path = shared_data / "opportunities/emf2022_Shift.json"

    first = run(runtime, "activities", path, mappings / "emf_shifts.toml", organization_code=place)
    again = run(runtime, "activities", path, mappings / "emf_shifts.toml", organization_code=place)

    assert (591, 0, 0, 0) == _counts(first)
    assert (0, 0, 591, 0) == _counts(again)
    assert {"activities": {"created": 33}} == first.others
    shift = Shift.__table__  # type: ignore[attr-defined]
    with runtime.database.reading() as tx:
        rows = tx.connection.execute(select(shift.c.starts_at, shift.c.ends_at, shift.c.reserved_count)).all()
    hours: dict[str, float] = defaultdict(float)
    for starts_at, ends_at, heads in rows:
        hours["person"] += (ends_at - starts_at).total_seconds() / 3600 * heads
    assert (591, 697, 1506.25) == (len(rows), sum(row.reserved_count for row in rows), hours["person"])
