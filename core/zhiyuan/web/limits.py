"""A light brake on guessing: so many tries per minute and address, counted in this process.

It slows a guesser down; what really protects accounts and certificates is elsewhere (locks, check codes). Behind a
proxy all visitors may share an address, so the limits are generous.
"""

import threading
from collections import OrderedDict
from datetime import datetime, timedelta

from zhiyuan.kernel.errors import AppError
from zhiyuan.kernel.i18n import gettext_noop

_MOST_ADDRESSES = 10_000


class TooMany(AppError):
    """Too many tries in a short time."""

    status = 429


class Brake:
    """Lets ``tries`` through per minute and address."""

    def __init__(self, tries: int) -> None:
        self._tries = tries
        self._lock = threading.Lock()
        self._windows: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    def pass_or_refuse(self, address: str | None, now: datetime) -> None:
        """Count one try. Raises TooMany when the minute's tries are used up."""
        key = address or ""
        with self._lock:
            begun, used = self._windows.pop(key, (now, 0))
            if not now - timedelta(minutes=1) < begun <= now:
                begun, used = now, 0
            self._windows[key] = (begun, used + 1)
            while len(self._windows) > _MOST_ADDRESSES:
                self._windows.popitem(last=False)
        if used >= self._tries:
            raise TooMany(
                "web.too_many_requests",
                gettext_noop("Too many tries in a short time. Wait a minute and try again."),
            )
