"""Published tables of China, read as they are. Set ZHIYUAN_SHARED_DATA to the folder that holds ``regions/``."""

import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from zhiyuan.kernel.actor import Actor
from zhiyuan.regions import queries
from zhiyuan.regions.files import read_file
from zhiyuan.regions.service import loading
from zhiyuan.runtime import Runtime

VARIABLE = "ZHIYUAN_SHARED_DATA"
TODAY = date(2026, 3, 2)


@pytest.fixture
def folder() -> Path:
    """The folder with the tables."""
    if VARIABLE not in os.environ:
        pytest.skip(f"{VARIABLE} is not set: no published tables to read")
    return Path(os.environ[VARIABLE]) / "regions"


def load_all(runtime: Runtime, actor: Actor, folder: Path, *names: str) -> dict[str, loading.Summary]:
    """Bring in files of ``folder``, all of them without ``names``."""
    paths = [folder / name for name in names] or sorted(folder.glob("*.csv"))
    tables = [(path.name, read_file(path, maximum_bytes=1 << 26)) for path in paths]
    return {
        name: loading.load(runtime.bus, actor, table, source=name, year=2020)
        for name, table in loading.in_order(tables)
    }


def test_the_tables_that_come_with_the_source_give_the_published_shares(
    runtime: Runtime, operator: Actor
) -> None:
    """What the demonstration brings in; the same figures as from the whole tables."""
    folder = next(
        (
            found
            for above in Path(__file__).parents
            if (found := above / "docs/examples/data/regions").is_dir()
        ),
        None,
    )
    if folder is None:
        pytest.skip("the examples of the documentation are not beside this distribution")

    summaries = load_all(runtime, operator, folder)

    assert {31, 342, 2978, 442} == {summary.rows for summary in summaries.values()}
    assert {0} == {summary.rejected for summary in summaries.values()}
    with runtime.database.reading() as tx:
        urban = queries.share_of_population(tx, "442000", "urban_residents", Decimal(12), TODAY)
        assert urban is not None
        assert (Decimal("461024.76"), 461025, "4420") == (urban.share, urban.people, urban.figure.code)
        shown = [
            child.name for place in ("CN", "11", "4420", "46") for child in queries.children(tx, place, TODAY)
        ]
        assert not {"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"} & set(shown)
        assert [] == queries.unknown_parents(tx)


def test_china_down_to_the_villages_of_three_places(runtime: Runtime, operator: Actor, folder: Path) -> None:
    first = load_all(runtime, operator, folder)
    again = load_all(runtime, operator, folder)

    assert {
        "cn_provinces.csv": 31, "cn_cities.csv": 342, "cn_areas.csv": 2978, "cn_gb2260_history_three_places.csv": 19,
        "cn_streets_yunnan_guangdong_hunan.csv": 5226, "cn_villages_simao_zhongshan_xinhuang.csv": 519,
        "cn_census2020_county_yunnan_guangdong_hunan.csv": 442,
    } == {name: summary.rows for name, summary in first.items()}  # fmt: skip
    assert (2975, 3) == (first["cn_areas.csv"].created, first["cn_areas.csv"].unchanged)
    assert {0} == {summary.rejected for summary in (*first.values(), *again.values())}
    assert {0} == {summary.created + summary.updated for summary in again.values()}
    with runtime.database.reading() as tx:
        below = {
            code: len(queries.children(tx, code, TODAY))
            for code in ("CN", "530802", "442000", "431227", "11")
        }
        assert {"CN": 31, "530802": 7, "442000": 23, "431227": 11, "11": 16} == below
        assert ("442000001001", "442000001", "4420", "44", "CN") == queries.region_chain(
            tx, "442000001001", TODAY
        )
        assert 4 == len(queries.by_name(tx, "鼓楼区", TODAY))
        assert "翠云区" == queries.name_of(tx, "530802", date(2005, 6, 1))
        for code, kind, percent, expected in (
            ("530802", "residents", "10", "41618.8"),
            ("442000", "urban_residents", "12", "461024.76"),
            ("431227", "residents", "10", "22077.5"),
        ):
            share = queries.share_of_population(tx, code, kind, Decimal(percent), TODAY)
            assert share is not None
            assert share.share == Decimal(expected)
        totals = [queries.population(tx, code, "residents", TODAY) for code in ("43", "44", "53")]
        assert [66_444_864, 126_012_510, 47_209_277] == [total.count if total else None for total in totals]
