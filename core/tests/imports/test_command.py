"""The command says what became of the rows, and its exit code says whether that is good."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from zhiyuan.cli import main
from zhiyuan.testing import databases

PEOPLE = 'kind = "people"\n[external_id]\nscheme = "roster"\ncolumn = "id"\n[fields.name]\ncolumn = "name"\n'


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with files, and settings that point to a database of its own."""
    monkeypatch.setenv("ZHIYUAN_DATABASE_URL", databases.fresh_sqlite(tmp_path))
    monkeypatch.setenv("ZHIYUAN_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "map.toml").write_text(PEOPLE)
    (tmp_path / "good.csv").write_text("id,name\n1,张伟\n")
    (tmp_path / "bad.csv").write_text("id,name\n1,张伟\n2,<b>\n")
    return tmp_path


def _call(desk: Path, file: str, *options: str, kind: str = "people") -> Result:
    arguments = ["import", kind, str(desk / file), "--mapping", str(desk / "map.toml"), *options]
    return CliRunner().invoke(main, arguments)


def test_a_good_file_ends_with_0_and_a_bad_one_with_1(desk: Path) -> None:
    good, bad = _call(desk, "good.csv"), _call(desk, "bad.csv", "--json")

    assert (good.exit_code, bad.exit_code) == (0, 1)
    assert "created 1, updated 0, unchanged 0, rejected 0" in good.stdout
    told = json.loads(bad.stdout)
    assert {
        "created": 0,
        "updated": 0,
        "unchanged": 1,
        "rejected": 1,
        "written": False,
    }.items() <= told.items()
    assert (
        told["problems"][0] | {"row": 3, "column": "name", "value": "", "code": "people.name_holds_markup"}
        == (told["problems"][0])
    )
    assert told["problems"][0]["cure"]


def test_bad_rows_can_be_skipped_and_kept(desk: Path) -> None:
    result = _call(desk, "bad.csv", "--skip-bad-rows", "--errors", str(desk / "out.xlsx"), "--json")

    assert (result.exit_code, json.loads(result.stdout)["created"]) == (0, 1)
    assert (desk / "out.xlsx").exists()


def test_wrong_usage_ends_with_2(desk: Path) -> None:
    assert _call(desk, "good.csv", kind="records").exit_code == 2
    assert _call(desk, "good.csv", "--organization", "nowhere").exit_code == 2
    assert _call(desk, "good.csv", kind="pets").exit_code == 2


def test_a_file_that_cannot_be_read_ends_with_1_and_says_why(desk: Path) -> None:
    (desk / "twice.csv").write_text("id,name,ID\n1,x,2\n")

    result = _call(desk, "twice.csv", "--json")

    assert result.exit_code == 1
    assert json.loads(result.stdout)["issues"][0]["code"] == "imports.column_twice"
