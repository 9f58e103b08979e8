"""One text for one meaning, so that equal entries have equal hashes on every machine.

The form is that of RFC 8785 for the values we use: objects with ASCII keys in order, text in UTF-8, integers, booleans.
Numbers with a fraction do not occur; instants are UTC with six digits of a second, dates are ISO 8601, bytes are hex.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from uuid import UUID

Plain = str | int | bool
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical(payload: Mapping[str, object]) -> str:
    """Return the canonical JSON text of ``payload``, whose keys are ASCII and whose values are :data:`Plain` or nested."""
    return _ENCODER.encode(payload)


def plain(value: object) -> Plain:
    """Return ``value`` (a column of a record, not empty) as it stands in a payload. Raises TypeError for other types."""
    if isinstance(value, str | int):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value).__name__} has no canonical form")


@lru_cache(maxsize=256)
def instant(value: datetime) -> str:
    """Return an aware instant in UTC with six digits of a second, for example ``2026-03-02T12:00:00.000000Z``."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
