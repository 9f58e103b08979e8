"""``zhiyuan serve``: the web server, with the worker beside it.

Granian is used directly: ``litestar-granian`` only wraps the same class in a command of Litestar's own CLI, where there
is no place for the embedded worker, our settings, or the refusal to start on old tables.
"""

import os
import subprocess
import sys
import threading

import click
import structlog
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from zhiyuan.cli.context import loaded_settings, require_migrated

APPLICATION = "zhiyuan.cli.serving:application"

_GRACE_SECONDS = 25
_RESTART_SECONDS = 1.0
_LONGEST_RESTART_SECONDS = 30.0

log = structlog.get_logger(__name__)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen at."
)
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Server processes.")
def serve(host: str, port: int, workers: int) -> None:
    """Serve pages and API until told to stop (SIGTERM, Ctrl-C).

    Refuses to start while migrations are missing. Unless `embedded_worker` is off, the worker runs as a child process
    that is started again when it dies.
    """
    settings = loaded_settings().settings
    require_migrated(settings)
    beside = EmbeddedWorker() if settings.embedded_worker else None
    if beside is not None:
        beside.start()
    try:
        Granian(
            APPLICATION,
            address=host,
            port=port,
            interface=Interfaces.ASGI,
            workers=workers,
            factory=True,
            respawn_failed_workers=True,
            respawn_interval=0.5,
            workers_kill_timeout=_GRACE_SECONDS,
            log_level=LogLevels(settings.log_level),
        ).serve()
    finally:
        if beside is not None:
            beside.stop()


class EmbeddedWorker:
    """``zhiyuan worker`` as a child process: started again, ever more slowly, when it dies; ended with the server.

    The child also watches its parent, so it ends when the server is killed in a way that leaves no time to say so.
    """

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep_running, name="embedded-worker", daemon=True)

    def start(self) -> None:
        """Start the child and the thread that watches it."""
        self._thread.start()

    def stop(self) -> None:
        """End the child, in peace if it hurries, and wait for it."""
        self._stopping.set()
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        self._thread.join(_GRACE_SECONDS)

    def _keep_running(self) -> None:
        pause = _RESTART_SECONDS
        while not self._stopping.is_set():
            # Without closing descriptors (Python's are not inherited anyway) this is posix_spawn, not fork: a server
            # process that granian forks at the same moment would keep fork's error pipe open, and we would wait on it.
            self._process = subprocess.Popen(  # noqa: S603  # this very interpreter; nothing comes from outside
                [sys.executable, "-m", "zhiyuan", "worker", "--parent", str(os.getpid())], close_fds=False
            )
            try:
                self._process.wait(_LONGEST_RESTART_SECONDS)
                pause = min(pause * 2, _LONGEST_RESTART_SECONDS)
            except subprocess.TimeoutExpired:
                pause = _RESTART_SECONDS
                self._process.wait()
            if not self._stopping.is_set():
                log.warning("the worker ended; starting it again", code=self._process.returncode)
                self._stopping.wait(pause)
