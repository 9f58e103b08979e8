"""Readers take what people send, and name what they refuse."""

import contextlib
import io
import json
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from xlsxwriter import Workbook

from zhiyuan.imports.readers import Hints, Limits, open_table
from zhiyuan.imports.refusals import FileRefused, MappingRefused

LIMITS = Limits(bytes=2**20, unpacked_bytes=2**22, cells=100_000)


def _table(
    folder: Path, content: bytes, **hints: str
) -> tuple[tuple[str, ...], list[tuple[int, list[object]]]]:
    path = folder / "file"
    path.write_bytes(content)
    found = open_table(path, LIMITS, Hints(**hints))
    return found.columns, [(row.number, list(row.cells)) for row in found.rows()]


def _refusal(folder: Path, content: bytes, **hints: str) -> str:
    with pytest.raises((FileRefused, MappingRefused)) as caught:
        _table(folder, content, **hints)
    return caught.value.issue.code  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
def test_chinese_files_are_read_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    text = "姓名,电话\n张伟,13800138000\n欧阳小明,13900139000\n" * 3

    columns, rows = _table(tmp_path, text.encode(encoding))

    assert columns == ("姓名", "电话")
    assert rows[0] == (2, ["张伟", "13800138000"])


@pytest.mark.parametrize("encoding", ["iso-8859-1", "cp1252", "utf-8"])
def test_western_files_are_read_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    columns, rows = _table(tmp_path, "Vorname;Größe\nÉsaïe;groß\nJürg Müller;1\n".encode(encoding))

    assert columns == ("Vorname", "Größe")
    assert rows[0] == (2, ["Ésaïe", "groß"])


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_are_found(tmp_path: Path, separator: str) -> None:
    columns, rows = _table(tmp_path, f'a{separator}b\n1{separator}"x{separator}y"\n'.encode())

    assert columns == ("a", "b")
    assert rows == [(2, ["1", f"x{separator}y"])]


def test_quoted_line_breaks_stay_in_their_cell_and_blank_rows_are_counted(tmp_path: Path) -> None:
    columns, rows = _table(tmp_path, b',,\n a , b ,\n"1\n2",3,\n\n,,\n4,5,\n')

    assert columns == ("a", "b")
    assert rows == [(3, ["1\n2", "3"]), (6, ["4", "5"])]


def test_a_broken_byte_is_named_by_line_and_place(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes("名,b\n张,1\n".encode() + b"\xe5\xbc,2\n")

    with pytest.raises(FileRefused) as caught:
        open_table(path, LIMITS)

    assert caught.value.issue.code == "imports.broken_encoding"
    assert caught.value.issue.params["line"] == 3


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "imports.file_empty"),
        (b"\n\n,,\n", "imports.file_empty"),
        (b"a,b,A\n1,2,3\n", "imports.column_twice"),
        (b"a,,b\n1,x,2\n", "imports.column_without_name"),
        (b"a\x01\x02,b and so on\n" * 5, "imports.not_text"),
        (b"%PDF-1.7", "imports.not_a_table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "imports.old_spreadsheet"),
        (b"PK\x03\x04 no archive", "imports.spreadsheet_broken"),
        (b'a,b\n1,"' + b"x" * 200_000, "imports.broken_quotes"),
        (b"[1, 2]", "imports.json_not_objects"),
        (b'[{"a": NaN}]', "imports.json_constant"),
        (b'[{"a": 1, "a": 2}]', "imports.column_twice"),
        (b'[{"a": ' + b"9" * 5000 + b"}]", "imports.json_broken"),
        (b"[" * 100_000, "imports.json_too_deep"),
        (b"[{", "imports.json_broken"),
        (b"x" * (2**20 + 1), "imports.file_too_large"),
        (b",".join(b"c%d" % n for n in range(1001)), "imports.too_many_columns"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(tmp_path: Path, content: bytes, code: str) -> None:
    assert _refusal(tmp_path, content) == code


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(2**30)

    with pytest.raises(FileRefused) as caught:
        open_table(path, LIMITS)

    assert caught.value.issue.code == "imports.file_too_large"


def test_json_objects_are_unwrapped_and_flattened(tmp_path: Path) -> None:
    content = json.dumps(
        {
            "rows": [
                {
                    "_id": {"$oid": "7"},
                    "at": {"$date": "2020-01-02T00:00:00Z"},
                    "who": {"name": "x", "tags": ["a", 1]},
                }
            ]
        }
    )

    columns, rows = _table(tmp_path, content.encode())

    assert columns == ("_id", "at", "who.name", "who.tags")
    assert rows == [(2, ["7", "2020-01-02T00:00:00Z", "x", "a; 1"])]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_json_is_recognized_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    columns, rows = _table(tmp_path, '\n[{"Name": "Zoë", "Hours": 2}]'.encode(encoding))

    assert columns == ("Name", "Hours")
    assert rows[0][1] == ["Zoë", 2]


def _workbook(cells: dict[str, object]) -> bytes:
    held = io.BytesIO()
    workbook = Workbook(held, {"in_memory": True})
    sheet = workbook.add_worksheet("First")
    for reference, value in cells.items():
        sheet.write(reference, value)
    workbook.close()
    return held.getvalue()


def test_a_spreadsheet_keeps_its_types_and_row_numbers(tmp_path: Path) -> None:
    content = _workbook({"A2": " Name ", "B2": "Hours", "A4": "张伟", "B4": 2.5})

    columns, rows = _table(tmp_path, content)

    assert columns == ("Name", "Hours")
    assert rows == [(4, ["张伟", 2.5])]
    assert _refusal(tmp_path, content, sheet="Second") == "imports.sheet_missing"


def test_a_cell_at_the_end_of_the_world_is_refused(tmp_path: Path) -> None:
    assert _refusal(tmp_path, _workbook({"A1": "a", "XFD1048576": "b"})) == "imports.sheet_too_wide"


def test_a_repeated_cell_of_a_text_document_sheet_is_refused(tmp_path: Path) -> None:
    content = (
        '<office:document-content xmlns:office="o" xmlns:table="t"><table:table><table:table-row '
        'table:number-rows-repeated="1000000"><table:table-cell office:value-type="string" '
        'table:number-columns-repeated="1000"/></table:table-row></table:table></office:document-content>'
    )

    assert _refusal(tmp_path, _zip({"content.xml": content.encode()})) == "imports.sheet_too_wide"


@pytest.mark.parametrize("size", [2**23, 2**22 - 1])
def test_a_zip_bomb_is_refused_before_it_unpacks(tmp_path: Path, size: int) -> None:
    assert _refusal(tmp_path, _zip({"xl/worksheets/sheet1.xml": b" " * size})) == "imports.zip_bomb"


def test_a_zip_that_lies_about_its_sizes_is_refused(tmp_path: Path) -> None:
    content = _zip({"xl/worksheets/sheet1.xml": b"<a/>" + b" " * 2**22})
    lying = content.replace((2**22 + 4).to_bytes(4, "little"), (100).to_bytes(4, "little"))

    assert lying != content
    assert _refusal(tmp_path, lying) == "imports.spreadsheet_broken"


def test_entities_of_a_spreadsheet_are_not_expanded(tmp_path: Path) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'

    assert _refusal(tmp_path, _zip({"xl/worksheets/sheet1.xml": bomb})) == "imports.spreadsheet_broken"


def _zip(parts: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return held.getvalue()


def test_columns_are_found_whatever_their_spelling(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("Community Board,Life.hours,a_b,a b\n1,2,3,4\n")
    found = open_table(path, LIMITS)

    assert found.position("community_board") == 0
    assert found.position("life hours") == 1
    assert found.position("a b") == 3
    assert found.position("other") is None
    with pytest.raises(MappingRefused):
        found.position("A-B")


_SAMPLE = _workbook({"A1": "a", "B1": "b", "A2": 1, "B2": "x"})


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(
        st.binary(max_size=2000),
        st.text(max_size=500).map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.lists(st.lists(st.text(alphabet=',;"\n\t a1张é', max_size=6), max_size=5), max_size=8).map(
            lambda rows: "\n".join(",".join(row) for row in rows).encode()
        ),
        st.binary(max_size=200).map(lambda tail: b"[" + tail),
        st.tuples(st.integers(0, len(_SAMPLE) - 1), st.integers(0, 255)).map(
            lambda change: _SAMPLE[: change[0]] + bytes([change[1]]) + _SAMPLE[change[0] + 1 :]
        ),
    )
)
@example(b"PK\x03\x04")
@example(b"\xff\xfe\x00\xd8")
@example(b"\xef\xbb\xbf")
def test_random_files_meet_nothing_but_named_refusals(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(content)
        with contextlib.suppress(FileRefused):  # Anything else that is raised fails the test.
            list(open_table(path, LIMITS).rows())
