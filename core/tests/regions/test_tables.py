"""Tables are recognized by their columns, whatever they are called and however their codes are padded."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyuan.kernel.errors import Invalid
from zhiyuan.regions import codes
from zhiyuan.regions.files import read_file
from zhiyuan.regions.issues import ISSUES
from zhiyuan.regions.tables import Table, read_table

LIMIT = 1 << 20


def table(header: str, *lines: str, country: str | None = None) -> Table:
    """Read a table written with commas."""
    return read_table(header.split(","), [line.split(",") for line in lines], country=country)


@pytest.mark.parametrize(
    ("padded", "code", "parent"),
    [
        ("530000", "53", "CN"),
        ("530800", "5308", "53"),
        ("530802", "530802", "5308"),
        ("442000", "4420", "44"),
        ("442000001", "442000001", "4420"),
        ("530802001000", "530802001", "530802"),
        ("530802202212", "530802202212", "530802202"),
        ("530000000000", "53", "CN"),
        ("DE100", "DE100", None),
        ("990000", "990000", None),
    ],
)
def test_padding_goes_and_digits_say_what_stands_above(padded: str, code: str, parent: str | None) -> None:
    assert (code, parent) == (codes.canonical(padded), codes.parent_of(codes.canonical(padded)))


@given(st.from_regex(r"(11|44|53)[0-9]{10}", fullmatch=True), st.sampled_from([2, 4, 6, 9, 12]))
def test_taking_padding_off_twice_takes_off_no_more(digits: str, length: int) -> None:
    code = codes.canonical(digits[:length])

    assert code == codes.canonical(code)


@given(st.from_regex(r"(11|44|53)[0-9]{10}", fullmatch=True))
def test_the_codes_above_are_ever_shorter_beginnings(digits: str) -> None:
    code = codes.canonical(digits)

    chain = [code, *codes.prefixes(code)]

    assert all(lower.startswith(upper) and len(upper) < len(lower) for lower, upper in pairwise(chain))
    assert len(chain[-1]) == 2


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("code,name,cityCode,provinceCode", "530802,思茅区,5308,53"),
        ("Name,City Code,CODE,province_code", "思茅区,530800,530802,530000"),
        ("区划代码,名称,上级代码", "530802,思茅区,530800"),
        ("code,name,parent", "530802,思茅区,5308"),
        ("code,name", "530802,思茅区"),
        ("\ufeffcode , name", " 530802.0 , 思茅区 "),
    ],
)
def test_one_county_however_the_table_writes_it(header: str, line: str) -> None:
    row = table(header, line).rows[0]

    assert ("530802", "思茅区", "county", "5308") == (row.code, row.name, row.level, row.parent_code)


def test_a_table_of_another_country_keeps_its_codes_and_parents() -> None:
    rows = table(
        "code,name,parent,level", "DE1,Baden-Württemberg,,land", "110000,Somewhere,DE1,kreis", country="DE"
    ).rows

    assert [("DE1", "DE", "land"), ("110000", "DE1", "kreis")] == [
        (row.code, row.parent_code, row.level) for row in rows
    ]


@pytest.mark.parametrize(
    "name", ["市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划", "省直辖县级行政单位"]
)
def test_rows_that_are_no_places_are_marked(name: str) -> None:
    assert table("code,name", f"1101,{name}").rows[0].level == codes.PSEUDO


def test_a_county_whose_name_ends_in_county_is_a_place() -> None:
    assert table("code,name", "431227,新晃侗族自治县").rows[0].level == "county"


def test_names_of_a_history_follow_each_other_without_a_gap() -> None:
    rows = table(
        "code,name,first_revision,last_revision",
        "530802,翠云区,200312,200612", "530802,思茅区,200712,201904", "532701,思茅市,199312,200306",
    ).rows  # fmt: skip

    assert [
        (date(2003, 12, 1), date(2007, 12, 1)), (date(2007, 12, 1), None), (date(1993, 12, 1), date(2003, 12, 1)),
    ] == [(row.valid_from, row.valid_to) for row in rows]  # fmt: skip


def test_a_census_gives_urban_population_and_not_that_of_the_built_up_core() -> None:
    found = table(
        "区划代码,区县,人口数_合计,城镇人口,乡村人口,城区人口", "442000,中山市,4418060,3841873,576187,2742775"
    )

    assert {"residents": 4418060, "urban_residents": 3841873, "rural_residents": 576187} == {
        kind: int(count) for kind, _, count in found.rows[0].counts
    }


def test_missing_counts_are_no_zeros_and_subtotals_are_left_out() -> None:
    found = table(
        "code,name,population,urban,year",
        "530802,思茅区,416188,NA,2020", "530101,市辖区,999,1,2020", "NA,开发区,5,5,2020", "530821,宁洱,12a,1,2020",
        "530822,墨江,-4,1,2020", "530823,景东,1,1,20x0", ",,,,",
    )  # fmt: skip

    assert [(("residents", 2020, Decimal(416188)),)] == [row.counts for row in found.rows]
    assert found.subtotals == 1
    assert [
        (4, "regions.code_missing"), (5, "regions.bad_count"), (6, "regions.bad_count"), (7, "regions.bad_date"),
    ] == [(line, issue.code) for line, issue in found.problems]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("a,b,c", "regions.header_unknown"),
        ("code,name,Code", "regions.header_twice"),
        ("name,parent", "regions.header_unknown"),
    ],
)
def test_a_header_that_cannot_be_trusted_is_refused(header: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        table(header)

    assert [code] == [issue.code for issue in caught.value.issues]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encoding_and_separator_do_not_matter(tmp_path: Path, encoding: str, separator: str) -> None:
    path = tmp_path / "any.txt"
    path.write_bytes("code,name\r\n530802,思茅区\r\n".replace(",", separator).encode(encoding))

    assert ["思茅区"] == [row.name for row in read_file(path, maximum_bytes=LIMIT).rows]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "regions.file_empty"),
        (b"\x89PNG\r\n\x1a\n\x00\xff\xff", "regions.file_not_text"),
        (b"x" * (LIMIT + 1), "regions.file_too_large"),
        (b'code,name\n1,"' + b"x" * 20_000 + b'"', "regions.file_broken"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(content)

    with pytest.raises(Invalid) as caught:
        read_file(path, maximum_bytes=LIMIT)

    assert [code] == [issue.code for issue in caught.value.issues]


def test_every_issue_has_one_text() -> None:
    known = [text.code for text in ISSUES]

    assert len(known) == len(set(known))
