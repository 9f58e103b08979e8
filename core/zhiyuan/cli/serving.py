"""What each server process loads: logging first, then the application; and it ends when its parent is gone."""

import os
import signal
import threading
from typing import TYPE_CHECKING

from zhiyuan.kernel import logging
from zhiyuan.kernel.settings import Settings

if TYPE_CHECKING:
    from litestar import Litestar

_LOOK_SECONDS = 1.0
_GRACE_SECONDS = 5.0


def application() -> "Litestar":
    """Return the application of this process. Called by granian in every server process."""
    from zhiyuan.web.app import application_from_environment

    settings = Settings()
    logging.configure(log_format=settings.log_format, level=settings.log_level)
    end_with_parent()
    return application_from_environment()


def end_with_parent() -> None:
    """End this process when its parent is killed: it would hold the port, and answer with old code, for ever."""
    parent = os.getppid()
    threading.Thread(target=_watch, args=(parent,), name="parent-watch", daemon=True).start()


def _watch(parent: int) -> None:
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(_LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    pause.wait(_GRACE_SECONDS)
    os._exit(1)
