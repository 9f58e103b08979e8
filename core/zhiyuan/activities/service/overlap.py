"""When two places of one person are too much for one person."""

from datetime import datetime, timedelta


def is_overlap(
    starts_at: datetime,
    ends_at: datetime,
    other_starts_at: datetime,
    other_ends_at: datetime,
    tolerance: timedelta,
) -> bool:
    """Tell whether somebody who holds the one time cannot hold the other.

    Times that only touch do not overlap. Successive times may overlap by up to ``tolerance``, as shifts that hand over
    to each other do; a time that lies within the other is no hand-over, however short it is.
    """
    common = min(ends_at, other_ends_at) - max(starts_at, other_starts_at)
    if common <= timedelta(0):
        return False
    is_succession = (starts_at < other_starts_at and ends_at < other_ends_at) or (
        starts_at > other_starts_at and ends_at > other_ends_at
    )
    return not (is_succession and common <= tolerance)
