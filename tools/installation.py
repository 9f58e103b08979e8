"""An installation that tests reach as a stranger does: by its command line and by HTTP."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from click.testing import CliRunner

from zhiyuan.cli import main

ROOT = Path(__file__).parents[1]
_COMMAND_SECONDS = 300
_START_SECONDS = 60.0


class Installation:
    """One database, one data folder, and the command ``zhiyuan`` on them."""

    def __init__(self, folder: Path, database_url: str, **settings: str) -> None:
        self.has_processes = False
        self.folder = folder
        self.url = database_url
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ZHIYUAN_")}
        paths = [str(ROOT / "core"), *filter(None, [os.environ.get("PYTHONPATH")])]
        self.environment = {
            **kept,
            "PYTHONPATH": os.pathsep.join(paths),
            "LANG": "C.UTF-8",
            "ZHIYUAN_DATABASE_URL": database_url,
            "ZHIYUAN_DATA_DIR": str(folder / "data"),
            **settings,
        }

    def run(self, *arguments: object, environment: dict[str, str] | None = None) -> "Answer":
        """Run ``zhiyuan`` with ``arguments``, in a process of its own or, where many are needed, in this one."""
        environment = self.environment if environment is None else environment
        if not self.has_processes:
            blank: dict[str, str | None] = {
                name: None for name in os.environ if name.startswith("ZHIYUAN_") and name not in environment
            }
            done = CliRunner().invoke(main, [str(one) for one in arguments], env={**blank, **environment})
            return Answer(done.exit_code, done.stdout, done.stderr)
        ended = subprocess.run(  # this very interpreter
            [sys.executable, "-m", "zhiyuan", *map(str, arguments)],
            env=environment,
            cwd=self.folder,
            capture_output=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
        return Answer(ended.returncode, ended.stdout.decode(), ended.stderr.decode())

    def json(
        self, *arguments: object, code: int = 0, environment: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Run with ``--json``; standard output is exactly one object, which is returned."""
        answer = self.run(*arguments, "--json", environment=environment)
        assert answer.code == code, (arguments, answer)
        lines = answer.out.splitlines()
        assert len(lines) == 1, answer
        told = json.loads(lines[0])
        assert isinstance(told, dict)
        return told

    @contextmanager
    def served(self, *arguments: object) -> Iterator["Server"]:
        """Run ``zhiyuan serve`` on a free port until the block ends."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        log = self.folder / "server.log"
        with log.open("wb") as out:
            process = subprocess.Popen(  # this very interpreter
                [sys.executable, "-m", "zhiyuan", "serve", "--port", str(port), *map(str, arguments)],
                env=self.environment,
                cwd=self.folder,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        try:
            yield Server(f"http://127.0.0.1:{port}", process, log)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


class Answer:
    """What a command left behind."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    def __repr__(self) -> str:
        return f"code {self.code}\n--- out\n{self.out[-2000:]}\n--- err\n{self.err[-2000:]}"


class Server:
    """A running server; waits until it answers."""

    def __init__(self, address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.address = address
        self.log = log
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                if httpx.get(f"{address}/-/health", timeout=5).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            assert process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.2)

    def said(self) -> str:
        """Return everything it has logged so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")
