"""The commands of the kernel: exit codes, summaries for people, one JSON object for programs."""

import json
from pathlib import Path
from typing import Any

import pytest
import structlog
from click.testing import CliRunner, Result
from sqlalchemy import select, update

from zhiyuan.cli import AREAS, main
from zhiyuan.host.migrate import CORE, head
from zhiyuan.kernel.models import AuditEntry, Job, OutboxDelivery, WorkerState
from zhiyuan.kernel.settings import Settings
from zhiyuan.runtime import Runtime, start


@pytest.fixture(autouse=True)
def installation(blank_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation without tables, named by the environment."""
    import os

    for name in [name for name in os.environ if name.startswith("ZHIYUAN_") and "TEST" not in name]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZHIYUAN_DATABASE_URL", blank_database_url)
    monkeypatch.setenv("ZHIYUAN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr("zhiyuan.kernel.logging.configure", lambda **_: None)
    yield
    structlog.reset_defaults()


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def _json(*arguments: str, code: int = 0) -> dict[str, Any]:
    result = _run(*arguments, "--json")
    assert result.exit_code == code, result.output
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def _opened() -> Runtime:
    return start(Settings())


def test_help_lists_the_areas_without_loading_them() -> None:
    result = _run("--help")

    assert result.exit_code == 0
    for area in ("config", "migrate", "doctor", "serve", "worker", "keys"):
        assert AREAS[area][1] in result.output


def test_an_unknown_command_is_wrong_usage() -> None:
    assert _run("frobnicate").exit_code == 2
    assert _run("serve", "--port", "99999999").exit_code == 2


def test_migrate_makes_the_tables_and_then_has_nothing_to_do() -> None:
    first = _json("migrate")["owners"]["core"]
    assert (first["before"], first["after"]) == (None, head(CORE))

    assert _json("migrate")["owners"]["core"]["applied"] == []
    assert "nothing to do" in _run("migrate").stdout


@pytest.mark.parametrize("command", [("worker",), ("serve",), ("keys", "list")])
def test_nothing_starts_on_old_tables(command: tuple[str, ...]) -> None:
    result = _run(*command)

    assert result.exit_code == 1
    assert "zhiyuan migrate" in result.stderr


def test_a_refusal_is_told_in_json_too() -> None:
    told = _json("keys", "list", code=1)

    assert told["error"] == "database.not_migrated"


def test_wrong_settings_are_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYUAN_LOG_FORMAT", "xml")

    (wrong,) = _json("doctor", code=2)["wrong"]

    assert wrong["field"] == "ZHIYUAN_LOG_FORMAT"
    assert wrong["rule"]
    assert wrong["cure"]
    assert "ZHIYUAN_LOG_FORMAT" in _run("config", "show").stderr


def test_config_shows_where_each_setting_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYUAN_SECRET_KEY", "hunter2")
    Path("zhiyuan.toml").write_text("history_days = 30\n")

    result = _json("config", "show")

    assert result["settings"]["history_days"]["source"] == "file"
    assert result["settings"]["data_dir"]["source"] == "environment"
    assert result["settings"]["log_format"]["source"] == "default"
    assert "hunter2" not in str(result) + _run("config", "show").output


def test_a_database_that_does_not_answer_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ZHIYUAN_DATABASE_URL", "postgresql://me:hunter2@127.0.0.1:1/none")

    doctor, migrate = _run("doctor"), _run("migrate")

    assert (doctor.exit_code, migrate.exit_code) == (1, 1)
    assert "hunter2" not in doctor.output + migrate.output


# -- doctor


def _checks(code: int = 0) -> dict[str, str]:
    return {check["name"]: check["state"] for check in _json("doctor", code=code)["checks"]}


def test_doctor_names_the_cure_for_missing_migrations() -> None:
    assert _checks(code=1)["migrations"] == "fail"
    assert "Run: zhiyuan migrate" in _run("doctor").output

    _run("migrate")

    assert _checks()["migrations"] == "ok"


def test_doctor_sees_what_is_wrong() -> None:
    _run("migrate")
    runtime = _opened()
    with runtime.database.uow(unaudited="test") as tx:
        job = {"id": _new_id(), "kind": "a.b", "state": "failed", "created_at": tx.now, "due_at": tx.now}
        tx.session.add(Job(**job))
        tx.session.add(WorkerState(id="w", version="1", started_at=tx.now, seen_at=tx.now))
    runtime.close()
    assert {"jobs": "warn", "worker": "ok", "keyring": "ok", "outbox": "ok"}.items() <= _checks().items()

    (Path("data") / "keys" / "keyring.json").chmod(0o644)
    assert _checks(code=1)["keyring"] == "fail"

    (Path("data") / "keys" / "keyring.json").write_text("oops")
    assert _run("doctor").exit_code == 1


def _new_id() -> Any:
    from zhiyuan.kernel.ids import new_id

    return new_id()


# -- keys and worker


def test_keys_rotate_are_used_and_retire() -> None:
    _run("migrate")
    before = _json("keys", "list")

    rotated = _json("keys", "rotate")
    assert rotated["field_key"] not in before["fields"]
    assert _json("keys", "retire", code=1)["error"] == "keys.too_fresh"
    assert _json("worker", "--drain")["jobs"] == 1
    retired = _json("keys", "retire", "--now")

    assert set(retired["retired"]) == {*before["fields"], *before["index"]}
    assert _json("keys", "list")["fields"] == [rotated["field_key"]]
    runtime = _opened()
    with runtime.database.reading() as tx:
        actions = tx.connection.execute(select(AuditEntry.action)).scalars().all()
    runtime.close()
    assert {"keys.rotate", "keys.retire"} <= set(actions)


def test_a_signing_key_is_added_and_never_retired() -> None:
    _run("migrate")
    before = _json("keys", "list")["signing"]

    _run("keys", "rotate", "--signing")
    _run("keys", "retire", "--now")

    assert _json("keys", "list")["signing"][1:] == before


def test_a_key_that_is_still_needed_is_not_retired() -> None:
    from zhiyuan.people.models import Person
    from zhiyuan.people.protection import PHONE

    _run("migrate")
    runtime = _opened()
    person = _new_id()
    with runtime.database.uow(unaudited="test") as tx:
        closed = PHONE.closed(tx.keyring, person, "+8613800001111")
        tx.session.add(Person(id=person, number="1", name="x", created_at=tx.now, **closed))
    _run("keys", "rotate")

    refused = _json("keys", "retire", "--now", code=1)
    assert refused["needing_older_keys"] == {"core__person.phone_encrypted": 1}

    _run("worker", "--drain")
    assert _json("keys", "retire", "--now")["retired"]
    with runtime.database.reading() as tx:
        row = tx.connection.execute(select(Person.__table__)).mappings().one()
        assert PHONE.opened(tx.keyring, person, row) == "+8613800001111"
        assert row["phone_index"] in PHONE.blinds(tx.keyring, "+8613800001111")
    runtime.close()


def test_the_parked_events_of_a_plugin_are_a_warning() -> None:
    from zhiyuan.kernel.models import OutboxEvent

    _run("migrate")
    runtime = _opened()
    with runtime.database.uow(unaudited="test") as tx:
        happened = OutboxEvent(name="x", occurred_at=tx.now)
        tx.session.add(happened)
        tx.session.flush()
        tx.session.add(OutboxDelivery(event_id=happened.id, plugin_id="acme", due_at=tx.now))
        tx.session.flush()
        tx.connection.execute(update(OutboxDelivery.__table__).values(state="parked"))
    runtime.close()

    assert _checks()["outbox"] == "warn"
