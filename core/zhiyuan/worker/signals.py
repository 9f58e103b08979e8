"""Stopping when the operating system asks."""

import os
import signal
from types import FrameType

from zhiyuan.worker.loop import Worker


def stop_on_signals(worker: Worker, *, is_embedded: bool = False) -> None:
    """Let SIGTERM and SIGINT stop ``worker`` in peace; the second one ends the process at once. Main thread only.

    An embedded worker leaves SIGINT (Ctrl-C reaches both processes) to the server, which ends it in order.
    """

    def handle(number: int, frame: FrameType | None) -> None:
        if worker.stopping.is_set():
            os._exit(128 + number)
        worker.stopping.set()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, signal.SIG_IGN if is_embedded else handle)
