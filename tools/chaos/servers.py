"""Server and worker processes of one installation, each of which may be killed at any moment."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

from tools.chaos.cluster import free_port

_START_SECONDS = 60.0
_PART_KILLED = 0.3
_SCOPES = (
    "organizations.manage", "organizations.view", "people.manage", "people.view", "activities.manage",
    "activities.view", "sign_ups.manage", "attendance.manage", "records.view", "records.confirm", "records.correct",
)  # fmt: skip


class Process:
    """One process group, started again whenever it is found dead."""

    def __init__(self, name: str, arguments: list[str], environment: dict[str, str], log: Path) -> None:
        self.name = name
        self._arguments = arguments
        self._environment = environment
        self._log = log
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process in a group of its own."""
        with self._log.open("ab") as log:
            self._running = subprocess.Popen(
                [sys.executable, "-m", "zhiyuan", *self._arguments],
                env=self._environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def kill(self) -> None:
        """Send SIGKILL to the whole group, if it still lives."""
        assert self._running is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._running.pid, signal.SIGKILL)
        self._running.wait()

    def kill_member(self, chance: random.Random) -> None:
        """Send SIGKILL to one process of the group only, so that its relatives must notice."""
        assert self._running is not None
        with contextlib.suppress(ProcessLookupError):
            os.kill(chance.choice(_members(self._running.pid) or [self._running.pid]), signal.SIGKILL)

    def pids(self) -> list[int]:
        """Return the processes of the group."""
        return _members(self._running.pid) if self._running is not None else []

    def revive(self) -> None:
        """Start the process again if it has ended by itself: a server refuses to start while its database is down."""
        if self._running is None or self._running.poll() is not None:
            self.start()

    def stop(self) -> None:
        """Ask the process to end, and make it end when it does not."""
        if self._running is None or self._running.poll() is not None:
            return
        os.killpg(self._running.pid, signal.SIGTERM)
        try:
            self._running.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()
        else:
            # What the leader left behind must not outlive the test.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._running.pid, signal.SIGKILL)


class Servers:
    """Several servers on ports of their own and one worker, all on one database."""

    def __init__(self, folder: Path, database_url: str, *, count: int) -> None:
        self.environment = {
            **os.environ,
            "ZHIYUAN_DATABASE_URL": database_url,
            "ZHIYUAN_DATA_DIR": str(folder / "data"),
            "ZHIYUAN_EMBEDDED_WORKER": "false",
            "ZHIYUAN_LOG_FORMAT": "json",
        }
        self.ports = [free_port() for _ in range(count)]
        self.processes = [
            Process(
                f"server {index}", ["serve", "--port", str(port), "--workers", "1"], self.environment,
                folder / f"server-{index}.log",
            )
            for index, port in enumerate(self.ports)
        ]  # fmt: skip
        self.processes.append(Process("worker", ["worker"], self.environment, folder / "worker.log"))

    @property
    def addresses(self) -> list[str]:
        """Return the base URL of every server."""
        return [f"http://127.0.0.1:{port}" for port in self.ports]

    def start(self) -> None:
        """Start everything and wait until every server answers."""
        for process in self.processes:
            process.start()
        for address in self.addresses:
            wait_until_healthy(address)

    def kill_one(self, chance: random.Random) -> str:
        """Kill a random process, or one member of its group, and return its name."""
        victim = chance.choice(self.processes)
        if chance.random() < _PART_KILLED:
            victim.kill_member(chance)
            return f"{victim.name} (one process of it)"
        victim.kill()
        victim.start()
        return victim.name

    def revive(self) -> None:
        """Start what has ended by itself, as a service manager would."""
        for process in self.processes:
            process.revive()

    def stop(self) -> None:
        """Stop everything."""
        for process in self.processes:
            process.stop()

    def run(self, *arguments: str, stdin: str | None = None) -> str:
        """Run one command of the product and return what it prints. Raises CalledProcessError with its output."""
        done = subprocess.run(
            [sys.executable, "-m", "zhiyuan", *arguments],
            env=self.environment, input=stdin, text=True, capture_output=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise AssertionError(f"{arguments} -> {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def pids(self) -> list[int]:
        """Return every process that belongs to the installation now."""
        return [pid for process in self.processes for pid in process.pids()]

    def make_token(self) -> str:
        """Migrate, make an operator's account, and return a token of it that may do all that a storm does."""
        self.run("migrate")
        self.run("accounts", "create", "storm", "--operator")
        scopes = [argument for scope in _SCOPES for argument in ("--scope", scope)]
        return str(json.loads(self.run("tokens", "create", "--account", "storm", *scopes, "--json"))["token"])

    def run_or_say(self, *arguments: str) -> str:
        """Run one command and return nothing when it succeeds, otherwise the last line it printed."""
        try:
            self.run(*arguments)
        except AssertionError as refusal:
            return str(refusal).strip().splitlines()[-1]
        return ""


def _members(group: int) -> list[int]:
    """Return the processes of a group, by asking the system."""
    listed = subprocess.run(
        ["ps", "-e", "-o", "pid=,pgid="], capture_output=True, text=True, check=True
    ).stdout
    rows = (line.split() for line in listed.splitlines())
    return [int(pid) for pid, pgid in rows if int(pgid) == group]


def wait_until_healthy(address: str) -> None:
    """Wait until ``address`` answers its health page with 200. Raises TimeoutError after a minute."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{address}/-/health", timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise TimeoutError(f"{address} does not become healthy")
