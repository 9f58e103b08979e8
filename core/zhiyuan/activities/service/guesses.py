"""A brake on guessing check-in codes: six digits can be tried out when nobody counts.

Counted per sign-up, in this process only: with more processes somebody has that many times the tries, which is still far
too few, and a check-in writes nothing but itself.
"""

import threading
from collections import OrderedDict, deque
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

_MOST_REMEMBERED: Final = 10_000
_MOST_TRIES: Final = 100
"""The upper end of the rule key; older tries than these are forgotten."""


class Guesses:
    """Wrong codes of late, by sign-up. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wrong: OrderedDict[UUID, deque[datetime]] = OrderedDict()

    def since(self, sign_up_id: UUID, now: datetime, minutes: int) -> int:
        """Return how many wrong codes were typed for a sign-up within the last ``minutes``."""
        with self._lock:
            typed = self._wrong.get(sign_up_id, ())
            return sum(1 for instant in typed if instant > now - timedelta(minutes=minutes))

    def note(self, sign_up_id: UUID, now: datetime) -> None:
        """Count one wrong code."""
        with self._lock:
            typed = self._wrong.pop(sign_up_id, None)
            self._wrong[sign_up_id] = typed = deque(maxlen=_MOST_TRIES) if typed is None else typed
            typed.append(now)
            while len(self._wrong) > _MOST_REMEMBERED:
                self._wrong.popitem(last=False)


GUESSES: Final = Guesses()
"""What this process remembers."""
