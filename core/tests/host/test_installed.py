"""The example plugin as its users get it: installed by pip, found by its entry point, worked from the command line."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "docs" / "examples" / "welcome_call"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip has installed the example, from a copy without anything beside it."""
    folder = tmp_path_factory.mktemp("installed")
    source = folder / "source"
    shutil.copytree(EXAMPLE, source, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
        + ["--disable-pip-version-check", "--target", str(folder / "site"), str(source)],
        check=True,
        capture_output=True,
    )
    return folder / "site"


class Terminal:
    """A terminal of an installation of its own."""

    def __init__(self, site: Path, data: Path, **settings: str) -> None:
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ZHIYUAN_")},
            "PYTHONPATH": os.pathsep.join([str(site), str(ROOT / "core")]),
            "ZHIYUAN_DATA_DIR": str(data),
            "ZHIYUAN_PLUGINS": "welcome_call",
            **settings,
        }
        self.data, self.folder = data, data.parent

    def run(self, *words: str, code: int = 0):
        done = subprocess.run(
            [sys.executable, "-m", "zhiyuan", *words, "--json"],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)

    def migrate_the_core(self) -> None:
        Terminal(self.folder, self.data, ZHIYUAN_PLUGINS="").run("migrate")

    def example(self):
        (row,) = (row for row in self.run("plugins", "list")["plugins"] if row["id"] == "welcome_call")
        return row


def test_from_installing_to_removing(installed: Path, tmp_path: Path) -> None:
    terminal = Terminal(installed, tmp_path / "data")
    terminal.migrate_the_core()

    row = terminal.example()
    assert row["state"] == "found", row
    assert (
        terminal.run("plugins", "enable", "welcome_call", code=1)["issues"][0]["code"]
        == "plugins.not_allowed"
    )
    assert terminal.run("plugins", "allow", "welcome_call")["status"] == "allowed"
    assert (
        terminal.run("plugins", "enable", "welcome_call", code=1)["issues"][0]["code"]
        == "plugins.not_migrated"
    )
    assert terminal.run("plugins", "migrate")["owners"]["welcome_call"]["applied"] == ["0001"]
    assert terminal.run("plugins", "enable", "welcome_call")["status"] == "enabled"
    assert terminal.run("plugins", "enable", "welcome_call")["status"] == "unchanged"
    assert terminal.run("plugins", "order")["order"] == ["welcome_call"]
    row = terminal.example()
    assert (row["state"], row["is_allowed"], row["on"]) == ("installed", True, ["*"])
    assert row["hooks"] == ["check_signups", "extend_table", "on_records_confirmed"]

    # The package goes away while the plugin is on: its gate is shut, and somebody is told.
    gone = Terminal(tmp_path, tmp_path / "data")
    assert gone.example()["state"] == "retired"
    checks = {check["name"]: check for check in gone.run("doctor", code=1)["checks"]}
    assert checks["plugin welcome_call"]["state"] == "fail"
    assert "activities.sign_up" in checks["plugin welcome_call"]["message"]
    assert gone.run("plugins", "lift-gate", "welcome_call", "--until", "2999-01-01")["status"] == "lifted"
    assert gone.run("plugins", "disable", "welcome_call")["status"] == "disabled"

    # It comes back, and finds everything as it was.
    assert terminal.example()["state"] == "installed"
    assert terminal.run("plugins", "enable", "welcome_call")["status"] == "enabled"


def test_strict_plugins_stops_the_start_with_the_reason(installed: Path, tmp_path: Path) -> None:
    terminal = Terminal(
        installed,
        tmp_path / "data",
        ZHIYUAN_PLUGINS="welcome_call,absent",
        ZHIYUAN_STRICT_PLUGINS="true",
    )
    terminal.migrate_the_core()

    told = terminal.run("plugins", "list", code=1)

    assert told["error"] == "plugins.cannot_run"
    assert "absent" in told["message"]


def test_an_unknown_organization_is_named(installed: Path, tmp_path: Path) -> None:
    terminal = Terminal(installed, tmp_path / "data")
    terminal.migrate_the_core()

    told = terminal.run("plugins", "enable", "welcome_call", "--organization", "nowhere", code=1)

    assert told["error"] == "organizations.unknown"
