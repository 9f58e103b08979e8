"""A circuit breaker for what may be left out: after repeated failures a plugin is not asked for a while."""

import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

log = structlog.get_logger(__name__)

FAILURES: Final = 5
WITHIN: Final = timedelta(minutes=5)
PAUSE: Final = timedelta(minutes=10)


class Breaker:
    """One circuit, per process, plugin and hook: 5 failures in 5 minutes open it for 10."""

    def __init__(self, name: str, now: Callable[[], datetime]) -> None:
        self.name = name
        self._now = now
        self._lock = threading.Lock()
        self._failed_at: deque[datetime] = deque(maxlen=FAILURES)
        self._open_until: datetime | None = None

    @property
    def is_open(self) -> bool:
        """True while nobody should be asked."""
        return self._open_until is not None and self._now() < self._open_until

    def note_failure(self) -> None:
        """Count one failure; the fifth within the window opens the circuit."""
        with self._lock:
            now = self._now()
            self._failed_at.append(now)
            if len(self._failed_at) == FAILURES and now - self._failed_at[0] <= WITHIN:
                self._open_until = now + PAUSE
                self._failed_at.clear()
                log.warning(
                    "plugin is left out for a while", call=self.name, until=self._open_until.isoformat()
                )
