"""One writer at a time, across threads and processes, for SQLite.

SQLite has a single write lock and no queue: with two busy processes the second starves until its timeout. Writers
therefore pass this gate first, and leave a short gap when they let go, in which the next one gets in.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from zhiyuan.kernel.errors import Unavailable

_YIELD_SECONDS = 0.001
_POLL_SECONDS = 0.001


class WriterGate:
    """A gate beside one database file. The operating system opens it again when its holder dies."""

    def __init__(self, path: Path, *, timeout_seconds: float) -> None:
        self._timeout = timeout_seconds
        self._threads = threading.Lock()
        self._file = FileLock(str(path), timeout=timeout_seconds, thread_local=False)

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Hold the gate for the length of the block. Raises Unavailable when others hold it for too long."""
        if not self._threads.acquire(timeout=self._timeout):
            raise _busy()
        try:
            try:
                self._file.acquire(poll_interval=_POLL_SECONDS)
            except Timeout as error:
                raise _busy() from error
            try:
                yield
            finally:
                self._file.release()
                time.sleep(_YIELD_SECONDS)
        finally:
            self._threads.release()


def _busy() -> Unavailable:
    return Unavailable("database.busy", "The database is busy. Nothing was written; please try again.")
