"""Files that other people made, brought in by the command line. Only where ``ZHIYUAN_SHARED_DATA`` says where they lie."""

import csv
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tools.installation import ROOT, Installation

_SHARED = Path(os.environ.get("ZHIYUAN_SHARED_DATA", ""))
_MAPPINGS = ROOT / "docs/examples/mappings"

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(not os.environ.get("ZHIYUAN_SHARED_DATA"), reason="ZHIYUAN_SHARED_DATA is not set"),
]


def _place(installation: Installation, zone: str) -> None:
    installation.json("organizations", "create", "Place", "--code", "place", "--time-zone", zone)


def _import(installation: Installation, kind: str, file: Path, mapping: str) -> tuple[Any, ...]:
    told = installation.json(
        "import", kind, file, "--mapping", _MAPPINGS / mapping, "--organization", "place"
    )
    return told["created"], told["updated"], told["unchanged"], told["rejected"]


def _totals(installation: Installation, *options: object) -> dict[str, dict[str, int]]:
    told = installation.json("records", "totals", "--organization", "place", *options)
    return {row["external_id"]: row for row in told["totals"]}


def test_a_shelters_totals_are_those_of_its_own_books(installation: Installation) -> None:
    _place(installation, "America/New_York")
    people, service = (_SHARED / f"hours/paws_{name}_even_ids.csv" for name in ("master", "service"))

    assert _import(installation, "people", people, "paws_master.toml") == (741, 0, 0, 0)
    assert _import(installation, "records", service, "paws_service.toml") == (11_338, 0, 0, 0)
    assert _import(installation, "people", people, "paws_master.toml") == (0, 0, 741, 0)
    assert _import(installation, "records", service, "paws_service.toml") == (0, 0, 11_338, 0)

    life, year = _totals(installation), _totals(installation, "--year", 2018)
    nothing = {"minutes": 0, "no_shows": 0, "excused": 0, "absences": 0}
    with people.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            own, now = life.get(row["ID"], nothing), year.get(row["ID"], nothing)
            assert own["minutes"] == round(Decimal(row["Life.hours"]) * 60)
            assert now["minutes"] == round(Decimal(row["YTD.hours"]) * 60)
            assert (own["no_shows"], own["excused"], own["absences"]) == tuple(
                int(row[name])
                for name in ("Life.No.Call.No.Show", "Life.Call.Email.to.miss.shift", "Life.Absence")
            )
    assert installation.json("records", "verify")["checked"]["entries"] == 11_338


def test_a_citys_opportunities_and_a_festivals_shifts_come_in_once(installation: Installation) -> None:
    _place(installation, "America/New_York")
    city = _SHARED / "opportunities/nyc_service_2011_export35.csv"
    festival = _SHARED / "opportunities/emf2022_Shift.json"

    assert _import(installation, "activities", city, "nyc_service.toml") == (665, 0, 0, 0)
    assert _import(installation, "activities", city, "nyc_service.toml") == (0, 0, 665, 0)
    assert _import(installation, "activities", festival, "emf_shifts.toml") == (591, 0, 0, 0)
    assert _import(installation, "activities", festival, "emf_shifts.toml") == (0, 0, 591, 0)


def test_a_countrys_divisions_and_their_shares(installation: Installation) -> None:
    folder = _SHARED / "regions"
    tables = [folder / f"cn_{name}.csv" for name in ("provinces", "cities", "areas")]
    others = [
        folder / "cn_gb2260_history_three_places.csv",
        folder / "cn_census2020_county_yunnan_guangdong_hunan.csv",
    ]

    first = installation.json("regions", "import", *tables, *others)
    again = installation.json("regions", "import", *tables)
    simao = installation.json("regions", "share", "530802", "--percent", 10)
    zhongshan = installation.json("regions", "share", "442000", "--kind", "urban_residents", "--percent", 12)

    assert first["rejected"] == 0
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 3351)
    assert (simao["share"], zhongshan["share"]) == (41618.8, 461024.76)
    assert not installation.json("regions", "show", "442000")["children"]
    of_old = installation.json("regions", "show", "530802", "--on", "2005-06-01")
    assert of_old["name"] == "翠云区"
