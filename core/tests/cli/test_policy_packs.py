"""The commands about packs: lint, diff, list --packs. A new county is one file; none of them asks a database."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from zhiyuan.cli import main

REFERENCE = Path(__file__).parents[3] / "plugins" / "local_policy" / "zhiyuan_local_policy" / "packs"
HOW_TO = Path(__file__).parents[3] / "docs" / "how-to" / "add-a-county.md"


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the commands an empty data folder; answers the folder of the site's own packs."""
    monkeypatch.setenv("ZHIYUAN_DATA_DIR", str(tmp_path / "data"))
    folder = tmp_path / "data" / "packs"
    folder.mkdir(parents=True)
    return folder


def run(*words: str) -> tuple[int, dict[str, object]]:
    result = CliRunner().invoke(main, [*words, "--json"])
    return result.exit_code, json.loads(result.stdout)


def seventh_county(site: Path) -> Path:
    """Do what the how-to says: save its example as one file."""
    text = HOW_TO.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    file = site / "yongding" / "pack.toml"
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    return file


def test_the_reference_packs_have_no_fault() -> None:
    code, data = run("policy", "lint", str(REFERENCE))

    assert 0 == code
    assert [] == data["problems"]


def test_a_county_is_added_with_one_file_and_no_code(site: Path) -> None:
    seventh_county(site)
    code, data = run("policy", "lint", str(REFERENCE))

    assert (0, []) == (code, data["problems"])
    assert ["cn-430802@2026.1"] == [pack["id"] for pack in run("policy", "list", "--packs")[1]["packs"]]


def test_a_fault_is_told_with_file_line_key_document_and_cure(site: Path) -> None:
    file = seventh_county(site)
    file.write_text(file.read_text(encoding="utf-8").replace("0.11", "11"), encoding="utf-8")
    code, data = run("policy", "lint", str(REFERENCE))
    (problem,) = data["problems"]

    assert (1, str(file), "target.registered") == (code, problem["file"], problem["key"])
    assert file.read_text(encoding="utf-8").splitlines()[problem["line"] - 1].startswith("registered")
    assert problem["document"]
    assert "0.11" in problem["cure"]


def test_two_packs_are_compared() -> None:
    words = ("policy", "diff", "cn-530802@2015.1", "cn-4420@2012.1", "--in", str(REFERENCE))
    code, data = run(*words)
    changed = {change["key"]: change for change in data["changes"]}

    assert 0 == code
    assert ("0.1", "0.12") == tuple(changed["target.registered"][side][0]["value"] for side in "ab")
    assert 1 == run("policy", "diff", "cn@2014.1", "cn@1999.1", "--in", str(REFERENCE))[0]
