"""Divisions in the database: timelines, chains, head counts."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhiyuan.accounts import permissions
from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.commands import Outcome
from zhiyuan.regions import queries, service
from zhiyuan.regions.schemas import ImportPopulation, ImportRegion
from zhiyuan.regions.service import loading
from zhiyuan.regions.tables import read_table
from zhiyuan.runtime import Runtime

TODAY = date(2026, 3, 2)
DIVISIONS = """\
code,name,parent
11,北京市,
1101,市辖区,11
110101,东城区,1101
44,广东省,
4419,东莞市,44
4420,中山市,44
442000,中山市,4420
442000001,石岐街道,442000
46,海南省,
4690,省直辖县级行政区划,46
469001,五指山市,4690
53,云南省,
5308,普洱市,53
530802,思茅区,5308
530821,宁洱哈尼族彝族自治县,5308
62,甘肃省,
6202,嘉峪关市,62
620201,嘉峪关市,6202
620201100,新城镇,620201
"""
HISTORY = """\
code,name,first_revision,last_revision
530800,思茅市,200312,200612
530800,普洱市,200712,201904
530802,翠云区,200312,200612
530802,思茅区,200712,201904
532700,思茅地区,198012,200306
532701,思茅市,199312,200306
532721,思茅县,198112,199212
"""


def load(runtime: Runtime, actor: Actor, text: str, **more: Any) -> loading.Summary:
    """Bring in a table written as text."""
    header, *lines = (line.split(",") for line in text.splitlines())
    return loading.load(
        runtime.bus, actor, read_table(header, lines), **{"source": "test", "year": 2020, **more}
    )


def state(runtime: Runtime, actor: Actor, code: str, name: str, **more: Any) -> Outcome:
    """Import one statement."""
    item = ImportRegion(
        actor=actor, organization_id=None, code=code, name=name, **{"level": "county", **more}
    )
    return runtime.bus.submit(service.IMPORT_REGIONS, [item])[0]


def chain(runtime: Runtime, code: str, on: date = TODAY) -> tuple[str, ...]:
    """Return the chain of a code."""
    with runtime.database.reading() as tx:
        return queries.region_chain(tx, code, on)


@pytest.fixture
def china(runtime: Runtime, operator: Actor) -> Runtime:
    """An installation that knows a few divisions."""
    load(runtime, operator, DIVISIONS)
    return runtime


def test_importing_again_changes_nothing(runtime: Runtime, operator: Actor) -> None:
    first, again = load(runtime, operator, DIVISIONS), load(runtime, operator, DIVISIONS)

    # The repeated row of Zhongshan says nothing new, so it is unchanged from the first.
    assert (19, 18, 1, 0) == (first.rows, first.created, first.unchanged, first.rejected)
    assert (19, 0, 19, 0) == (again.rows, again.created, again.unchanged, again.rejected)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("530802", ("530802", "5308", "53", "CN")),
        ("530800", ("5308", "53", "CN")),
        ("442000", ("4420", "44", "CN")),
        ("442000001", ("442000001", "4420", "44", "CN")),
        ("110101", ("110101", "11", "CN")),
        ("469001", ("469001", "46", "CN")),
        ("620201100", ("620201100", "6202", "62", "CN")),
        ("430101", ("430101", "4301", "43", "CN")),
        ("XX-1", ("XX-1",)),
    ],
)
def test_a_chain_holds_places_only(china: Runtime, code: str, expected: tuple[str, ...]) -> None:
    """No pseudo-city, no second Zhongshan; a Chinese code without a table is placed by its digits."""
    assert expected == chain(china, code)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    code=st.from_regex(r"(11|44|46|53|62)[0-9]{4}", fullmatch=True),
    day=st.dates(date(1950, 1, 1), date(2050, 1, 1)),
)
def test_a_chain_begins_at_the_code_ends_at_the_country_and_repeats_nothing(
    china: Runtime, code: str, day: date
) -> None:
    found = chain(china, code, day)

    assert queries.codes.canonical(code) == found[0]
    assert found[-1] == "CN"
    assert len(found) == len(set(found))
    assert "1101" not in found[1:]


def test_children_are_what_a_person_may_choose(china: Runtime) -> None:
    with china.database.reading() as tx:
        below = {
            code: [child.code for child in queries.children(tx, code, TODAY)]
            for code in ("11", "46", "442000", "62", "6202")
        }

    assert {
        "11": ["110101"], "46": ["469001"], "442000": ["442000001"], "62": ["6202"], "6202": ["620201100"],
    } == below  # fmt: skip


@pytest.mark.parametrize(
    "order", [(DIVISIONS, HISTORY), (HISTORY, DIVISIONS), (DIVISIONS, HISTORY, HISTORY, DIVISIONS)]
)
def test_a_record_of_2005_finds_its_place_in_whatever_order_the_tables_came(
    runtime: Runtime, operator: Actor, order: tuple[str, ...]
) -> None:
    for text in order:
        assert load(runtime, operator, text).rejected == 0

    with runtime.database.reading() as tx:
        names = [queries.name_of(tx, "530802", date(year, 6, 1)) for year in (1999, 2005, 2007, 2008, 2026)]
        assert ["翠云区", "翠云区", "翠云区", "思茅区", "思茅区"] == names
        assert ["思茅市", "普洱市"] == [
            queries.name_of(tx, "530800", date(year, 6, 1)) for year in (2005, 2026)
        ]
        assert "思茅市" == queries.name_of(tx, "532701", date(2005, 6, 1))
        assert ["530802"] == [found.code for found in queries.by_name(tx, "翠云区", date(2005, 6, 1))]
        assert ["532701"] == [found.code for found in queries.by_name(tx, "思茅市", date(2000, 6, 1))]
        assert ("530802", "5308", "53", "CN") == queries.region_chain(tx, "530802", date(2005, 6, 1))
        assert ("532701", "5327", "53", "CN") == queries.region_chain(tx, "532701", date(2005, 6, 1))
        assert [date(2003, 12, 1), date(2007, 12, 1)] == [
            row.valid_from for row in queries.history(tx, "530802")
        ]


def test_tables_come_again_after_a_history_unchanged(runtime: Runtime, operator: Actor) -> None:
    for text in (DIVISIONS, HISTORY):
        load(runtime, operator, text)

    again = [load(runtime, operator, text) for text in (DIVISIONS, HISTORY)]

    assert [(0, 0, 19), (0, 0, 7)] == [(one.created, one.updated, one.unchanged) for one in again]


def test_a_rename_with_a_date_keeps_the_old_name_before_it(runtime: Runtime, operator: Actor) -> None:
    state(runtime, operator, "431121", "祁阳县")

    renamed = state(runtime, operator, "431121", "祁阳市", valid_from=date(2021, 1, 20))

    assert "updated" == renamed.status
    assert "unchanged" == state(runtime, operator, "431121", "祁阳市", valid_from=date(2021, 1, 20)).status
    assert "unchanged" == state(runtime, operator, "431121", "祁阳市", valid_from=date(2023, 6, 30)).status
    assert "unchanged" == state(runtime, operator, "431121", "祁阳县", valid_from=date(2019, 6, 30)).status
    with runtime.database.reading() as tx:
        days = (date(2021, 1, 19), date(2021, 1, 20))
        assert ["祁阳县", "祁阳市"] == [queries.name_of(tx, "431121", day) for day in days]


def test_a_rename_without_a_date_is_refused_once_dates_are_known(runtime: Runtime, operator: Actor) -> None:
    state(runtime, operator, "431121", "祁阳县", valid_from=date(1980, 1, 1))

    issue = state(runtime, operator, "431121", "祁阳市").issues[0]

    assert ("regions.renamed_without_date", "valid_from") == (issue.code, issue.field)


def test_an_older_table_fills_in_what_was_before(runtime: Runtime, operator: Actor) -> None:
    state(runtime, operator, "431121", "祁阳市", valid_from=date(2021, 1, 20))

    assert "created" == state(runtime, operator, "431121", "祁阳县", valid_from=date(1990, 1, 1)).status

    with runtime.database.reading() as tx:
        assert [("祁阳县", date(2021, 1, 20)), ("祁阳市", None)] == [
            (row.name, row.valid_to) for row in queries.history(tx, "431121")
        ]


@pytest.mark.parametrize(
    ("item", "code", "field"),
    [
        ({"code": ""}, "regions.bad_code", "code"),
        ({"code": "x" * 21}, "regions.bad_code", "code"),
        ({"name": " "}, "regions.name_missing", "name"),
        ({"name": "<i>x</i>"}, "regions.markup_in_name", "name"),
        ({"name": "a\u202eb"}, "text.direction_override", "name"),
        ({"parent_code": "no good"}, "regions.bad_code", "parent_code"),
        ({"parent_code": "F1"}, "regions.cycle", "parent_code"),
        (
            {"valid_from": date(2020, 1, 1), "valid_to": date(2020, 1, 1)},
            "regions.dates_out_of_order",
            "valid_to",
        ),
    ],
)
def test_a_bad_statement_is_refused_by_its_field(
    runtime: Runtime, operator: Actor, item: dict[str, Any], code: str, field: str
) -> None:
    outcome = state(runtime, operator, **{"code": "F1", "name": "Finistère", **item})

    assert [(code, field)] == [(issue.code, issue.field) for issue in outcome.issues]


def test_a_cycle_through_several_divisions_is_refused(runtime: Runtime, operator: Actor) -> None:
    summary = load(runtime, operator, "code,name,parent\nA,A,C\nB,B,A\nC,C,B")

    assert (2, 1) == (summary.created, summary.rejected)
    assert "regions.cycle" == state(runtime, operator, "C", "C", parent_code="B").issues[0].code


CENSUS = """\
code,name,population,urban
530000,云南省,NA,NA
530800,普洱市,900,500
530802,思茅区,416188,327733
530821,宁洱县,162711,68881
440000,广东省,126012510,93436072
442000,中山市,4418060,3841873
441900,东莞市,10466625,9644871
430301,市辖区,100,100
430302,雨湖区,40,40
430304,岳塘区,60,60
"""


def share(runtime: Runtime, code: str, kind: str, percent: str) -> tuple[Decimal, int, int]:
    """Return share, people and the number of rows it is made of."""
    with runtime.database.reading() as tx:
        answer = queries.share_of_population(tx, code, kind, Decimal(percent), TODAY)
    assert answer is not None
    return answer.share, answer.people, answer.figure.rows


def test_shares_are_exact_and_rounded_up_to_people(china: Runtime, operator: Actor) -> None:
    load(china, operator, CENSUS)

    assert (Decimal("41618.8"), 41619, 1) == share(china, "530802", "residents", "10")
    assert (Decimal("461024.76"), 461025, 1) == share(china, "442000", "urban_residents", "12")
    assert (Decimal("461024.76"), 461025, 1) == share(china, "4420", "urban_residents", "12.0")


def test_nobody_is_counted_twice(china: Runtime, operator: Actor) -> None:
    """A row of its own is taken; without one the highest rows below are added; subtotals are never kept."""
    load(china, operator, CENSUS)

    assert (900, 1) == share(china, "5308", "residents", "100")[::2]
    assert (900, 1) == share(china, "53", "residents", "100")[::2]
    assert (126012510, 1) == share(china, "44", "residents", "100")[::2]
    assert (100, 2) == share(china, "43", "residents", "100")[::2]
    assert (100, 2) == share(china, "4303", "residents", "100")[::2]
    assert (900 + 126012510 + 100, 4) == share(china, "CN", "residents", "100")[::2]


def test_a_country_without_chinese_codes_is_summed_along_its_tree(runtime: Runtime, operator: Actor) -> None:
    load(runtime, operator, "code,name,parent\nX,X,\nX1,One,X\nX2,Two,X\nX11,Part,X1")
    load(runtime, operator, "code,name,residents\nX1,One,10\nX11,Part,4\nX2,Two,5")

    assert (Decimal(15), 2) == share(runtime, "X", "residents", "100")[::2]


def test_the_latest_count_up_to_the_day_is_taken(china: Runtime, operator: Actor) -> None:
    load(china, operator, "code,year,residents\n530802,2010,300\n530802,2020,400\n530802,2030,500")

    with china.database.reading() as tx:
        counts = [
            queries.population(tx, "530802", "residents", date(year, 6, 1)) for year in (2000, 2015, 2026)
        ]

    assert [None, 300, 400] == [figure.count if figure else None for figure in counts]


def test_a_part_with_a_newer_count_does_not_stand_for_the_whole(china: Runtime, operator: Actor) -> None:
    load(china, operator, "code,year,residents\n5308,2020,900\n530802,2023,400")

    with china.database.reading() as tx:
        figure = queries.population(tx, "5308", "residents", TODAY)

    assert figure is not None
    assert (2020, 900) == (figure.year, figure.count)


def test_a_census_comes_again_unchanged_and_corrected_updated(china: Runtime, operator: Actor) -> None:
    first = load(china, operator, CENSUS)
    again = load(china, operator, CENSUS)
    corrected = load(china, operator, CENSUS.replace("416188", "416189"))

    assert [(8, 0, 1), (0, 0, 9), (0, 1, 8)] == [
        (one.created, one.updated, one.unchanged) for one in (first, again, corrected)
    ]
    assert (10, 1) == (first.rows, first.left_out)


def test_two_counts_for_one_place_are_refused(runtime: Runtime, operator: Actor) -> None:
    items = [
        ImportPopulation(
            actor=operator,
            organization_id=None,
            code="53",
            kind="residents",
            year=2020,
            count=Decimal(count),
            source="x",
        )
        for count in (1, 1, 2)
    ]

    outcomes = runtime.bus.submit(service.IMPORT_POPULATION, items)

    assert ["created", "unchanged", "refused"] == [outcome.status for outcome in outcomes]


def test_what_stands_above_and_is_unknown_is_named(runtime: Runtime, operator: Actor) -> None:
    load(runtime, operator, "code,name\n530802,思茅区\n5308,普洱市")

    with runtime.database.reading() as tx:
        assert ["53"] == queries.unknown_parents(tx)


def test_only_the_operator_brings_divisions_in(runtime: Runtime) -> None:
    assert "commands.not_permitted" == state(runtime, Actor("web"), "53", "云南省").issues[0].code
    assert service.IMPORT_REGIONS.permission in permissions.ALL
