"""Writers of several processes take turns on SQLite; nobody starves."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from zhiyuan.kernel.errors import Unavailable
from zhiyuan.kernel.gate import WriterGate
from zhiyuan.testing import databases

_WRITER = """
import json, sys, time
from pathlib import Path
from sqlalchemy import update
from zhiyuan.kernel.settings import Settings
from zhiyuan.people.models import NumberSeries
from zhiyuan.runtime import start

runtime = start(Settings(data_dir=Path(sys.argv[1]), database_url=sys.argv[2]))
sys.stdout.write("ready\\n"); sys.stdout.flush(); sys.stdin.readline()
count, longest, end = 0, 0.0, time.monotonic() + 2.0
while time.monotonic() < end:
    began = time.monotonic()
    with runtime.database.uow(unaudited="test") as tx:
        tx.connection.execute(update(NumberSeries.__table__).values(next_value=NumberSeries.__table__.c.next_value + 1))
    count, longest = count + 1, max(longest, time.monotonic() - began)
print(json.dumps({"count": count, "longest": longest}))
"""


def test_two_busy_processes_both_get_their_turns(tmp_path: Path) -> None:
    """Without the gate the second of two busy writers waits until it times out (measured)."""
    url = databases.fresh_sqlite(tmp_path)
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(tmp_path / "data"), url],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"

    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    answers = [json.loads(writer.communicate(timeout=60)[0]) for writer in writers]

    counts = sorted(answer["count"] for answer in answers)
    assert counts[0] >= 0.2 * sum(counts), f"one starved: {answers}"
    assert max(answer["longest"] for answer in answers) < 2.0


def test_a_gate_held_too_long_is_a_refusal_that_says_so(tmp_path: Path) -> None:
    gate = WriterGate(tmp_path / "gate", timeout_seconds=0.05)
    other = WriterGate(tmp_path / "gate", timeout_seconds=0.05)

    with gate.passing():
        for waiting in (gate, other):
            refusals: list[str] = []
            thread = threading.Thread(target=_try, args=(waiting, refusals))
            thread.start()
            thread.join()
            assert refusals == ["database.busy"]
    with other.passing():
        pass


def _try(gate: WriterGate, refusals: list[str]) -> None:
    try:
        with gate.passing():
            refusals.append("passed")
    except Unavailable as error:
        refusals.append(error.code)


def test_a_gate_opens_when_its_holder_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from zhiyuan.kernel.gate import WriterGate\n"
        "with WriterGate(Path(sys.argv[1]), timeout_seconds=5).passing():\n"
        "    print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "gate")], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    gate = WriterGate(tmp_path / "gate", timeout_seconds=0.05)
    with pytest.raises(Unavailable), gate.passing():
        pass

    holder.kill()
    holder.wait()

    began = time.monotonic()
    with gate.passing():
        assert time.monotonic() - began < 1.0
