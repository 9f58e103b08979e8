"""The commands that others script: what they print and how they end."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from zhiyuan.cli import main
from zhiyuan.people.models import PersonExternalId
from zhiyuan.records.models import ServiceRecord


@pytest.fixture
def run(ledger: Any, monkeypatch: pytest.MonkeyPatch, database_url: str) -> Any:
    monkeypatch.setenv("ZHIYUAN_DATABASE_URL", database_url)
    monkeypatch.setenv("ZHIYUAN_DATA_DIR", str(ledger.runtime.settings.data_dir))

    def call(*arguments: Any) -> tuple[int, Any]:
        result = CliRunner().invoke(main, [*(str(argument) for argument in arguments), "--json"])
        return result.exit_code, json.loads(result.stdout) if result.stdout.strip() else result.stderr

    return call


@pytest.fixture
def person(ledger: Any) -> Any:
    person_id = ledger.person()
    with ledger.runtime.database.uow(unaudited="test") as tx:
        for value in ("1002", "other"):
            tx.session.add(PersonExternalId(person_id=person_id, scheme="paws", value=value))
            tx.session.flush()
    return person_id


def test_totals_are_by_person_with_the_first_external_id(ledger: Any, run: Any, person: Any) -> None:
    city = ledger.organization("city")
    team = ledger.organization("team", city)
    ledger.record(team, person, minutes=75, excused_count=2)
    ledger.record(city, person, minutes=15)

    code, data = run("records", "totals", "--organization", "city", "--year", 2026)

    assert code == 0
    [total] = data["totals"]
    assert {name: total[name] for name in ("external_id", "minutes", "entries", "excused")} == {
        "external_id": "1002", "minutes": 90, "entries": 2, "excused": 2
    }  # fmt: skip
    assert run("records", "totals", "--organization", "team")[1]["totals"][0]["minutes"] == 75
    assert run("records", "totals", "--year", 2020)[1]["totals"] == []
    assert run("records", "totals", "--organization", "nowhere")[0] == 2


def test_verify_ends_with_one_when_something_is_broken(
    ledger: Any, run: Any, person: Any, tmp_path: Path
) -> None:
    place = ledger.organization("simao")
    ledger.record(place, person)
    file = tmp_path / "heads.json"

    assert run("records", "heads", "--sign", "--out", file)[1]["signed"] == 1
    assert run("records", "verify", "--head", file)[0] == 0
    with ledger.runtime.database.engines.write.connect() as connection, connection.begin():
        connection.execute(text(f"UPDATE {ServiceRecord.__tablename__} SET minutes = 9999"))
    code, data = run("records", "verify", "--head", file, "--organization", "simao")

    assert code == 1
    assert set(data["problem_counts"]) == {"record.content_differs", "total.differs"}
    assert run("records", "verify", "--head", tmp_path / "none.json")[0] == 2
    file.write_text("{}")
    assert run("records", "verify", "--head", file)[0] == 2


def test_a_certificate_verifies_without_any_installation(
    ledger: Any, run: Any, person: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.record(ledger.organization("simao"), person)
    with ledger.runtime.database.reading() as tx:
        number = tx.connection.execute(text("SELECT number FROM core__person")).scalar_one()
    pdf, key = tmp_path / "c.pdf", tmp_path / "key.json"
    code, issued = run("certificates", "issue", "--person", number, "--organization", "simao", "--out", pdf)
    assert code == 0
    assert run("records", "key", "--out", key)[0] == 0

    online = run("certificates", "verify", pdf)
    by_number = run("certificates", "verify", issued["number"])
    by_code = run("certificates", "verify", issued["number"], "--code", issued["check_code"])
    wrong_code = run("certificates", "verify", issued["number"], "--code", "AAAAAAAAAA")
    monkeypatch.setenv("ZHIYUAN_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("ZHIYUAN_DATA_DIR", str(tmp_path / "elsewhere"))
    offline = run("certificates", "verify", pdf, "--key", key)

    assert (online[0], online[1]["state"], online[1]["revocation"]) == (0, "valid", "not_revoked")
    assert (by_number[0], by_code[0], wrong_code[0]) == (0, 0, 1)
    assert (offline[0], offline[1]["state"], offline[1]["revocation"]) == (0, "valid", "unknown")
    assert offline[1]["minutes"] == 90
    assert not (tmp_path / "elsewhere").exists()
    assert run("certificates", "verify", tmp_path / "none.pdf", "--key", key)[0] == 2
    assert run("certificates", "verify", pdf, "--key", pdf)[0] == 2
    key.with_name("forged.jws").write_text("a.b.c")
    assert run("certificates", "verify", key.with_name("forged.jws"), "--key", key)[1]["state"] == "forged"


def test_a_revoked_certificate_is_told(ledger: Any, run: Any, person: Any, tmp_path: Path) -> None:
    ledger.record(ledger.organization("simao"), person)
    with ledger.runtime.database.reading() as tx:
        number = tx.connection.execute(text("SELECT number FROM core__person")).scalar_one()
    pdf = tmp_path / "c.pdf"
    issued = run("certificates", "issue", "--person", number, "--organization", "simao", "--out", pdf)[1]

    assert run("certificates", "revoke", issued["number"], "--reason", "wrong name")[0] == 0

    assert run("certificates", "verify", pdf)[0] == 1
    assert run("certificates", "verify", pdf)[1]["state"] == "revoked"
    assert run("certificates", "show", issued["number"])[1]["revoked_reason"] == "wrong name"
    assert run("certificates", "revoke", issued["number"], "--reason", "again")[0] == 1
    assert run("certificates", "issue", "--person", number, "--organization", "nowhere")[0] == 2
