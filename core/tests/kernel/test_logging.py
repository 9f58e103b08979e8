"""No log line carries a person: not by field, not by error, not by a library's arguments."""

import json
import logging as standard
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
import structlog
from sqlalchemy import insert

from zhiyuan.kernel import logging
from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.commands import Command, Item, Outcome
from zhiyuan.kernel.uow import Tx
from zhiyuan.people.models import NumberSeries
from zhiyuan.runtime import Runtime

PERSON = "张三丰"
PHONE = "13800001111"


@pytest.fixture(autouse=True)
def logged(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Log as JSON to what the test captures, and as before after it."""
    root = standard.getLogger()
    handlers, level = root.handlers[:], root.level
    logging.configure(log_format="json", level="debug")
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()


@dataclass(frozen=True, kw_only=True, slots=True)
class AddSeries(Item):
    """Adds a row named after a person, twice."""

    name: str


def _write(tx: Tx, items: Sequence[AddSeries]) -> Sequence[Outcome]:
    for item in items:
        for _ in range(2):
            tx.connection.execute(insert(NumberSeries.__table__).values(name=item.name, next_value=1))
    return [Outcome("created") for _ in items]


def test_a_failing_command_logs_no_personal_data(
    runtime: Runtime, operator: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    command = Command("tests.add", None, _write)

    outcome = runtime.bus.submit(command, [AddSeries(actor=operator, organization_id=None, name=PERSON)])[0]

    assert outcome.status == "failed"
    printed = capsys.readouterr()
    (line,) = [json.loads(text) for text in printed.err.splitlines() if "command failed" in text]
    assert line["command"] == "tests.add"
    assert line["error"].startswith("IntegrityError")
    assert any("test_logging.py" in place for place in line["at"])
    assert PERSON not in printed.err + printed.out
    assert PERSON.encode("unicode_escape").decode() not in printed.err


def test_protected_fields_are_hidden_at_any_depth(capsys: pytest.CaptureFixture[str]) -> None:
    log = structlog.get_logger("tests")

    log.info(
        "saved",
        phone=PHONE,
        found={"Name": PERSON, "rows": [{"email": PHONE}]},
        count=2,
        error=ValueError(PHONE),
    )

    text = capsys.readouterr().err
    line = json.loads(text)
    assert (line["event"], line["count"], line["error"]) == ("saved", 2, "ValueError")
    assert PERSON not in text
    assert PHONE not in text


def test_an_error_is_told_without_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        try:
            int(PHONE + "x")
        except ValueError as error:
            raise KeyError(PERSON) from error
    except KeyError:
        structlog.get_logger("tests").exception("went wrong")

    line = json.loads(capsys.readouterr().err)
    assert (line["error"], line["cause"]) == ("KeyError", "ValueError")
    assert PHONE not in str(line) + PERSON


def test_a_programming_error_says_which_name_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        object().colour  # type: ignore[attr-defined]  # noqa: B018
    except AttributeError:
        structlog.get_logger("tests").exception("went wrong")

    assert "colour" in json.loads(capsys.readouterr().err)["says"]


def test_arguments_of_a_library_are_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    standard.getLogger("some.library").warning("cannot send to %s", PHONE)

    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["logger"]) == ("cannot send to %s", "some.library")


def test_the_traceback_of_a_library_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        int(PHONE + "x")
    except ValueError:
        standard.getLogger("some.library").exception("broken")

    text = capsys.readouterr().err
    assert PHONE not in text
    assert json.loads(text)["error"] == "ValueError"


def test_lines_of_one_request_carry_its_correlation_id(capsys: pytest.CaptureFixture[str]) -> None:
    logging.correlate("abc123")

    structlog.get_logger("tests").info("one")

    assert json.loads(capsys.readouterr().err)["correlation_id"] == "abc123"


def test_text_for_people_is_hidden_too(capsys: pytest.CaptureFixture[str]) -> None:
    logging.configure(log_format="text")

    structlog.get_logger("tests").warning("saved", phone=PHONE, exc_info=ValueError(PERSON))

    text = capsys.readouterr().err
    assert "saved" in text
    assert PHONE not in text
    assert PERSON not in text
