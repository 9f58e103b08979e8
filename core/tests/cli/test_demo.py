"""The demonstration: real tables come in through the importer, twice is once, and without the tables it says so."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from zhiyuan.cli import demo_files, main


@pytest.fixture
def run_demo(tmp_path, monkeypatch):
    """Runs ``zhiyuan demo --json`` on one installation and returns what it printed."""
    monkeypatch.setenv("ZHIYUAN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ZHIYUAN_PUBLIC_URL", "http://127.0.0.1:8000")

    def run():
        answer = CliRunner().invoke(main, ["demo", "--json"])
        assert answer.exit_code == 0, answer.output
        return json.loads(answer.stdout)

    return run


def test_the_tables_come_in_once(run_demo):
    first, second = run_demo(), run_demo()

    assert first["left_out"] == []
    assert first["created"]["nyc_service_2011_export35.csv"] == 665
    assert first["created"]["shelter_people.csv"] > 0
    assert first["created"]["shelter_service.csv"] > 0
    assert first["created"]["regions"] > 3000
    assert not any(second["created"].values())
    assert [entry["login"] for entry in second["sign_ins"]] == [
        "operator",
        "manager",
        "organizer",
        "volunteer",
    ]


def test_without_the_tables_it_says_what_is_left_out(run_demo, tmp_path, monkeypatch):
    def nowhere(function):
        return lambda runtime: function(runtime, Path(tmp_path / "nowhere"))

    monkeypatch.setattr("zhiyuan.cli.demo_building.import_regions", nowhere(demo_files.import_regions))
    monkeypatch.setattr("zhiyuan.cli.demo_building.import_samples", nowhere(demo_files.import_samples))

    answer = run_demo()

    assert "shelter_people.csv" in answer["left_out"]
    assert "cn_provinces.csv" in answer["left_out"]
    assert answer["created"]["organizations"] > 0
