"""``zhiyuan serve`` with a small application in place of the real one."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from zhiyuan.host.migrate import migrate

_PATIENCE = 90.0
_PROGRAM = """
import sys
from zhiyuan.cli import main, serve
serve.APPLICATION = "small:make"
main(["serve", *sys.argv[1:]])
"""
_SMALL = """
import os
from zhiyuan.cli.serving import end_with_parent
def make():
    end_with_parent()
    async def app(scope, receive, send):
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": str(os.getpid()).encode()})
    return app
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Where the server of this test lives."""
    (tmp_path / "small.py").write_text(_SMALL)
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "ZHIYUAN_DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": path}


@pytest.fixture
def served(environment: dict[str, str], tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A running server with its embedded worker, and its port."""
    migrate(f"sqlite:///{tmp_path / 'data' / 'zhiyuan.sqlite3'}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, "--port", str(port)],
        env=environment, cwd=tmp_path, text=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    _until(lambda: _answer(port) != "")
    yield server, port
    server.kill()  # its children notice
    server.wait()


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "it never happened"
        threading.Event().wait(0.05)


def _answer(port: int) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2) as response:
            return str(response.read().decode())
    except OSError:
        return ""


def _children(pid: int, containing: str = "") -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if parent == pid and containing in command:
                found.append(int(entry.name))
    return found


def _workers(server: subprocess.Popen[str]) -> list[int]:
    return _children(server.pid, "zhiyuan worker --parent")


def test_the_server_answers_and_ends_with_its_worker(served: tuple[subprocess.Popen[str], int]) -> None:
    server, port = served
    _until(lambda: len(_workers(server)) == 1)

    (worker,) = _workers(server)
    server.send_signal(signal.SIGTERM)

    server.wait(_PATIENCE)
    assert server.returncode == 0
    assert not _is_alive(worker)
    assert _answer(port) == ""


def test_a_worker_that_dies_is_started_again(served: tuple[subprocess.Popen[str], int]) -> None:
    server, _ = served
    _until(lambda: len(_workers(server)) == 1)
    (first,) = _workers(server)

    os.kill(first, signal.SIGKILL)

    _until(lambda: _workers(server) not in ([], [first]))


def test_a_server_process_that_dies_is_started_again(served: tuple[subprocess.Popen[str], int]) -> None:
    _, port = served
    first = _answer(port)

    os.kill(int(first), signal.SIGKILL)

    _until(lambda: _answer(port) not in ("", first))


def test_nothing_is_left_when_the_server_is_killed(served: tuple[subprocess.Popen[str], int]) -> None:
    server, port = served
    _until(lambda: len(_workers(server)) == 1)
    left = [*_workers(server), int(_answer(port))]

    server.kill()
    server.wait()

    _until(lambda: not any(_is_alive(pid) for pid in left))


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_the_server_refuses_to_start_on_old_tables(environment: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "zhiyuan", "serve"],
        env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == 1
    assert "zhiyuan migrate" in done.stderr
