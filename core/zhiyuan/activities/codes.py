"""Codes shown at a shift: six digits that change every 30 seconds (RFC 6238), made from the shift's secret.

Somebody who types the code on show was there, or was told it within seconds. Pages show it and never the secret.
"""

import hmac
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

STEP_SECONDS: Final = 30
SECRET_BYTES: Final = 20
_DIGITS: Final = 6


def check_in_code(secret: bytes, at: datetime) -> str:
    """Return the six digits on show at the instant ``at``. ``secret`` has 20 bytes."""
    return _at_step(secret, _step(at))


def replaced_at(at: datetime) -> datetime:
    """Return the instant at which the code on show at ``at`` gives way to the next."""
    return datetime.fromtimestamp((_step(at) + 1) * STEP_SECONDS, UTC)


def matches(secret: bytes, code: str, at: datetime, *, tolerance_seconds: int = STEP_SECONDS) -> bool:
    """Tell whether ``code`` was on show within ``tolerance_seconds`` of ``at``, before or after. Blanks are ignored."""
    typed = "".join(code.split())
    if len(typed) != _DIGITS or not typed.isascii():
        return False
    slack = timedelta(seconds=tolerance_seconds)
    steps = range(_step(at - slack), _step(at + slack) + 1)
    # A list, so that every step is compared however early one matches.
    return any([hmac.compare_digest(_at_step(secret, step), typed) for step in steps])  # noqa: C419


def _step(at: datetime) -> int:
    return int(at.timestamp()) // STEP_SECONDS


def _at_step(secret: bytes, step: int) -> str:
    # SHA-1 is what every authenticator app speaks; HMAC does not need it to be free of collisions.
    totp = TOTP(secret, _DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303
    return totp.generate(step * STEP_SECONDS).decode()
