"""The commands about divisions, organizations, sites and rules: what they print and how they end."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from zhiyuan.cli import main
from zhiyuan.policy import RuleKey, declare
from zhiyuan.runtime import Runtime

KEY = RuleKey("tests.cli_minutes", int, 15, unit="minutes", minimum=0, maximum=240, doc="A tolerance.")

Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def run(runtime: Runtime, monkeypatch: pytest.MonkeyPatch, database_url: str) -> Run:
    """Call the program with ``--json``; answer exit code and object."""
    monkeypatch.setenv("ZHIYUAN_DATABASE_URL", database_url)
    monkeypatch.setenv("ZHIYUAN_DATA_DIR", str(runtime.settings.data_dir))
    declare("tests", [KEY])

    def call(*arguments: object) -> tuple[int, Any]:
        result = CliRunner().invoke(main, [*(str(argument) for argument in arguments), "--json"])
        return result.exit_code, json.loads(result.stdout) if result.stdout.strip() else result.output

    return call


@pytest.fixture
def divisions(tmp_path: Path) -> Path:
    """A small table of divisions."""
    path = tmp_path / "whatever.csv"
    path.write_text(
        "code,name\n53,云南省\n5308,普洱市\n530802,思茅区\n44,广东省\n4420,中山市\n442000,中山市\n", "utf-8"
    )
    return path


@pytest.fixture
def census(tmp_path: Path) -> Path:
    """A small census."""
    path = tmp_path / "anything.csv"
    path.write_text(
        "区划代码,区县,人口数_合计,城镇人口\n442000,中山市,4418060,3841873\nNA,开发区,1,1\n", "utf-8"
    )
    return path


def test_divisions_come_in_once(run: Run, divisions: Path) -> None:
    counts = [
        tuple(data[name] for name in ("rows", "created", "unchanged", "rejected"))
        for _, data in (run("regions", "import", divisions), run("regions", "import", divisions))
    ]

    assert [(6, 5, 1, 0), (6, 0, 6, 0)] == counts


def test_a_share_of_urban_residents(run: Run, divisions: Path, census: Path) -> None:
    run("regions", "import", divisions)
    code, brought = run("regions", "population", census, "--year", 2020)
    assert (0, 1, 1) == (code, brought["created"], brought["left_out"])

    code, data = run("regions", "share", "442000", "--kind", "urban_residents", "--percent", "12")

    assert (0, 461024.76, 461025, 3841873, 2020) == (
        code,
        *(data[n] for n in ("share", "people", "count", "year")),
    )
    assert 1 == run("regions", "share", "442000", "--kind", "cattle", "--percent", "12")[0]
    assert 2 == run("regions", "share", "442000", "--percent", "many")[0]
    assert 1 == run("regions", "population", divisions)[0]


def test_showing_a_division(run: Run, divisions: Path) -> None:
    run("regions", "import", divisions)

    code, data = run("regions", "show", "530800")

    assert (0, "普洱市", ["530802"]) == (code, data["name"], [child["code"] for child in data["children"]])
    assert ["5308", "53", "CN"] == [above["code"] for above in data["chain"]]
    assert "530802" == run("regions", "show", "思茅区")[1]["code"]
    assert 1 == run("regions", "show", "nowhere")[0]


def test_a_line_that_cannot_be_read_is_named_and_ends_with_one(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("code,name\n53,\n44,广东省\n", "utf-8")

    code, data = run("regions", "import", path)

    assert (1, 1, 1) == (code, data["created"], data["rejected"])
    assert [(2, "regions.name_missing", "name")] == [
        (problem["line"], problem["code"], problem["field"]) for problem in data["files"][0]["problems"]
    ]


def test_organizations_and_sites_from_nothing_to_a_place_chain(run: Run, divisions: Path) -> None:
    run("regions", "import", divisions)
    code, made = run(
        "organizations",
        "create",
        "思茅区志愿者协会",
        "--code",
        "simao",
        "--region",
        "530802",
        "--time-zone",
        "Asia/Shanghai",
    )
    run("organizations", "create", "Team A", "--parent", "simao", "--kind", "team", "--external", "file:7")
    assert (0, "created") == (code, made["outcome"])
    assert (
        0
        == run("sites", "create", "simao", "--name", "Simao", "--organization", "simao", "--path", "/simao")[
            0
        ]
    )

    shown = run("organizations", "show", "team-a")[1]

    assert ["site:simao", "530802", "5308", "53", "CN"] == shown["places"]
    assert "Asia/Shanghai" == shown["time_zone"]
    assert ["simao", "team-a"] == [node["code"] for node in run("organizations", "tree")[1]["organizations"]]
    assert ["simao"] == [site["organization"] for site in run("sites", "list")[1]["sites"]]
    assert 1 == run("organizations", "move", "simao", "--parent", "team-a")[0]
    assert "updated" == run("organizations", "move", "team-a", "--root")[1]["status"]
    assert (
        "suspended"
        == run("organizations", "state", "team-a", "suspended", "--reason", "Asleep.")[1]["status"]
    )
    assert 1 == run("organizations", "show", "nowhere")[0]
    assert 2 == run("organizations", "move", "team-a")[0]
    assert 1 == run("organizations", "join", "team-a", "--person", "V0000000")[0]
    assert 1 == run("sites", "create", "api", "--name", "x", "--organization", "simao", "--path", "/api")[0]


def test_a_rule_is_set_explained_and_refused(run: Run, divisions: Path) -> None:
    run("regions", "import", divisions)
    run("organizations", "create", "Team", "--code", "team", "--region", "530802")
    setting = ("policy", "set", KEY.id, "30", "--place", "530800", "--from", "2015-07-24")
    assert (0, "created", "5308") == ((answer := run(*setting, "--document", "D", "--clause", "4"))[0], *(
        answer[1][name] for name in ("status", "place")
    ))  # fmt: skip

    code, data = run("policy", "explain", KEY.id, "--organization", "team", "--on", "2020-01-01")

    assert (0, 30, ["530802", "5308", "53", "CN"]) == (code, data["value"], data["places"])
    assert [("default", True, "D"), ("site", False, "S")] == [
        (link["layer"], link["overridden"], link["mark"]) for link in data["chain"]
    ]
    assert 15 == run("policy", "explain", KEY.id, "--place", "530802", "--on", "2015-07-23")[1]["value"]
    assert 15 == run("policy", "explain", KEY.id)[1]["value"]
    code, refused = run("policy", "set", KEY.id, "soon", "--place", "53", "--from", "2015-07-24")
    assert (1, "policy.wrong_type", "value", KEY.id) == (
        code, *(refused["issues"][0][name] for name in ("code", "field", "rule"))
    )  # fmt: skip
    assert 1 == run("policy", "explain", "no.such_rule")[0]
    assert 1 == run("policy", "explain", KEY.id, "--place", "site:nowhere")[0]
    assert 2 == run("policy", "explain", KEY.id, "--place", "53", "--organization", "team")[0]


def test_the_list_names_every_rule_with_its_default(run: Run) -> None:
    code, data = run("policy", "list", "--owner", "tests")

    assert code == 0
    assert {"key": KEY.id, "default": 15, "unit": "minutes", "maximum": 240}.items() <= next(
        rule for rule in data["rules"] if rule["key"] == KEY.id
    ).items()
