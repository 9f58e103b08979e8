"""The invented sample that ships comes in whole and agrees with its own totals."""

import csv
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from zhiyuan.imports import run
from zhiyuan.records import queries as records
from zhiyuan.runtime import Runtime


def test_the_samples_books_balance_and_it_comes_in_once(
    runtime: Runtime, mappings: Path, place: str, place_id: UUID
) -> None:
    folder = mappings.parent / "data"
    files = (
        ("people", "shelter_people.csv", "paws_master.toml"),
        ("records", "shelter_service.csv", "paws_service.toml"),
    )

    first = [
        run(runtime, kind, folder / file, mappings / mapping, organization_code=place)
        for kind, file, mapping in files
    ]  # type: ignore[arg-type]
    again = [
        run(runtime, kind, folder / file, mappings / mapping, organization_code=place)
        for kind, file, mapping in files
    ]  # type: ignore[arg-type]

    assert [60, 770] == [summary.created for summary in first]
    assert [60, 770] == [summary.unchanged for summary in again]
    with runtime.database.reading() as tx:
        kept = {row.external_id: row for row in records.totals(tx, place_id)}
    with (folder / "shelter_people.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            total = kept.get(row["ID"])
            assert (total.minutes if total else 0) == round(Decimal(row["Life.hours"]) * 60)
            assert (total.absences if total else 0) == int(row["Life.Absence"])
