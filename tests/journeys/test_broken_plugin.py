"""A plugin that hangs, raises or answers nonsense, in a real server: only its own organization's sign-ups are refused."""

import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tools.installation import ROOT, Installation

pytestmark = pytest.mark.timeout(600)

_EXAMPLE = ROOT / "docs/examples/welcome_call"
_BUDGET_SECONDS = 1.0
_SLACK_SECONDS = 8.0  # a loaded machine; a hanging check would take a minute
_BROKEN = """
from zhiyuan.sdk import hookimpl
from zhiyuan.testing.plugins import BrokenPlugin

_broken = BrokenPlugin("check_signups", {how!r}).plugin.module


@hookimpl(specname="check_signups")
def check_signups(ctx, requests):
    return _broken.check_signups(ctx, requests)
"""


def _spoil(installation: Installation, how: str) -> None:
    """Put the example plugin, installed, with its check replaced, before everything else on the path."""
    site = installation.folder / "site"
    package = site / "zhiyuan_welcome_call"
    shutil.copytree(_EXAMPLE / "zhiyuan_welcome_call", package)
    plugin = package / "plugin.py"
    source = plugin.read_text(encoding="utf-8")
    begins, ends = (source.index(f"@hookimpl\ndef {name}(") for name in ("check_signups", "extend_table"))
    plugin.write_text(source[:begins] + source[ends:] + _BROKEN.format(how=how), encoding="utf-8")
    about = site / "zhiyuan_welcome_call-0.1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: zhiyuan-welcome-call\nVersion: 0.1.0\n")
    (about / "entry_points.txt").write_text("[zhiyuan.plugins]\nwelcome_call = zhiyuan_welcome_call\n")
    installation.environment.update(
        PYTHONPATH=os.pathsep.join([str(site), installation.environment["PYTHONPATH"]]),
        ZHIYUAN_PLUGINS="welcome_call",
        ZHIYUAN_CHECK_BUDGET_SECONDS=str(_BUDGET_SECONDS),
        ZHIYUAN_EMBEDDED_WORKER="false",
    )


class _Client:
    def __init__(self, address: str, token: str) -> None:
        self._http = httpx.Client(base_url=address, timeout=30, headers={"Authorization": f"Bearer {token}"})

    def send(self, path: str, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        answer = self._http.post(f"/api/v1/{path}", json={"items": items})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["outcomes"])

    def make(self, path: str, items: list[dict[str, Any]]) -> list[str]:
        return [outcome["id"] for outcome in self.send(path, items)]

    def shift(self, code: str) -> str:
        """Return a shift with room for everybody at the organization ``code``."""
        activity = self.make("activities", [{"organization": code, "title": "Dinner", "time_zone": "UTC"}])[0]
        begins = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
        item = {"activity_id": activity, "starts_at": begins.isoformat(), "capacity": 500}
        item["ends_at"] = (begins + timedelta(hours=2)).isoformat()
        shift = self.make("shifts", [item])[0]
        self.send("activities/publish", [{"activity_id": activity}])
        return shift


@pytest.mark.parametrize("how", ["hang", "raise", "wrong_type"])
def test_a_storm_goes_on_around_a_broken_plugin(blank_database_url: str, tmp_path: Path, how: str) -> None:
    installation = Installation(tmp_path, blank_database_url)
    installation.has_processes = True
    _spoil(installation, how)
    installation.json("migrate")
    installation.json("plugins", "migrate", "welcome_call")
    for code in ("spoiled", "sound"):
        installation.json("organizations", "create", code.title(), "--code", code, "--time-zone", "UTC")
    installation.json("plugins", "allow", "welcome_call")
    installation.json("plugins", "enable", "welcome_call", "--organization", "spoiled")
    installation.json("accounts", "create", "robot", "--operator")
    token = installation.json("tokens", "create", "--account", "robot", "--scope", "all")["token"]

    with installation.served() as server:
        maker = _Client(server.address, token)
        shifts = {code: maker.shift(code) for code in ("spoiled", "sound")}
        people = {
            code: maker.make(
                "people",
                [{"organization": code, "name": f"P {n}", "birth_date": "1990-01-01"} for n in range(30)],
            )
            for code in shifts
        }

        def ask(code: str, person: str) -> tuple[str, list[str], float]:
            began = time.monotonic()
            client = _Client(server.address, token)
            outcome = client.send("sign-ups", [{"shift_id": shifts[code], "person_id": person}])[0]
            codes = [issue["code"] for issue in outcome.get("issues") or ()]
            return outcome["status"], codes, time.monotonic() - began

        wishes = [(code, person) for pair in zip(*people.values(), strict=True)
                  for code, person in zip(people, pair, strict=True)]  # fmt: skip
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda wish: (wish[0], *ask(*wish)), wishes))
        # One batch for both organizations: each item is decided by itself.
        more = maker.make(
            "people", [{"organization": c, "name": "Mixed", "birth_date": "1990-01-01"} for c in shifts]
        )
        mixed = maker.send(
            "sign-ups",
            [
                {"shift_id": shifts[code], "person_id": person}
                for code, person in zip(shifts, more, strict=True)
            ],
        )

        assert httpx.get(server.address + "/-/health", timeout=10).status_code == 200
        said = server.said()

    for code, status, codes, seconds in answers:
        assert seconds < _BUDGET_SECONDS + _SLACK_SECONDS
        assert (status, codes) == (("refused", ["plugin.error"]) if code == "spoiled" else ("accepted", []))
    assert [outcome["status"] for outcome in mixed] == ["refused", "accepted"]
    assert "P 1" not in said
