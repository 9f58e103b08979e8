"""A PostgreSQL server of our own, so that it may be killed: made in a temporary folder, on a loopback port, without fsync tricks."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import psycopg

_START_SECONDS = 60.0
_UNPRIVILEGED = "postgres"


class Cluster:
    """One PostgreSQL cluster. ``url`` reaches its database ``zhiyuan``; :meth:`kill` ends it as a power cut would."""

    def __init__(self, folder: Path) -> None:
        self._data = folder / "postgresql"
        self._log = folder / "postgresql.log"
        self._binaries = server_binaries()
        self._user = _UNPRIVILEGED if os.geteuid() == 0 else None
        self.port = free_port()
        self.url = f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/zhiyuan"
        self._process: subprocess.Popen[bytes] | None = None
        self._make()

    def start(self) -> None:
        """Start the server, recovering from whatever happened to it, and wait until it answers."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    self._binaries / "postgres", "-D", self._data, "-p", str(self.port), "-h", "127.0.0.1",
                    "-k", "", "-c", "max_connections=120", "-c", "fsync=on", "-c", "synchronous_commit=on",
                    "-c", "shared_buffers=64MB",
                ],
                stdout=log, stderr=log, user=self._user, start_new_session=True,
            )  # fmt: skip
        self._wait()

    def kill(self) -> None:
        """Send SIGKILL to the postmaster and all of its backends."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        # A backend may outlive the group signal for a moment; the lock file refuses a start until it is gone.
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        time.sleep(0.3)

    def stop(self) -> None:
        """Stop the server, if it runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=30)

    def _make(self) -> None:
        self._data.mkdir(parents=True)
        if self._user is not None:
            owner = pwd.getpwnam(self._user)
            os.chown(self._data, owner.pw_uid, owner.pw_gid)
            for parent in self._data.parents:
                if parent.owner() == pwd.getpwuid(os.getuid()).pw_name and parent != Path("/"):
                    parent.chmod(parent.stat().st_mode | 0o011)
        subprocess.run(
            [self._binaries / "initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-E", "UTF8"],
            check=True, capture_output=True, user=self._user,
        )  # fmt: skip
        self.start()
        with psycopg.connect(self._maintenance, autocommit=True) as connection:
            connection.execute("CREATE DATABASE zhiyuan")

    @property
    def _maintenance(self) -> str:
        return f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres connect_timeout=2"

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                psycopg.connect(self._maintenance).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return


def server_binaries() -> Path:
    """Return the folder of ``initdb`` and ``postgres``, newest version first. Raises FileNotFoundError without one."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).parent
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]), reverse=True
    )
    if not installed:
        raise FileNotFoundError("PostgreSQL server programs (initdb, postgres) are not installed")
    return installed[0].parent


def free_port() -> int:
    """Return a TCP port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
