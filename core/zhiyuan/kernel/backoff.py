"""How long to wait before trying again: one table for deliveries and jobs."""

from datetime import datetime, timedelta
from typing import Final

DELAYS: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=3),
    timedelta(hours=12),
)
"""Waiting time after the first, second ... failed attempt."""


def retry_at(now: datetime, attempts: int) -> datetime:
    """Return when to try again after ``attempts`` (1 or more) failures; the last delay repeats from there on."""
    return now + DELAYS[min(attempts, len(DELAYS)) - 1]
