"""Secrets that machines carry: session cookies and API tokens. Only their SHA-256 is ever kept."""

import hashlib
import secrets

TOKEN_PREFIX = "zy_"  # noqa: S105  # a mark by which leaked tokens are found, not a secret
_BYTES = 32


def new_token() -> str:
    """Return a fresh API token: 256 random bits behind a recognizable prefix."""
    return TOKEN_PREFIX + secrets.token_urlsafe(_BYTES)


def new_cookie() -> str:
    """Return a fresh session cookie: 256 random bits."""
    return secrets.token_urlsafe(_BYTES)


def digest(token: str) -> bytes:
    """Return the 32 bytes under which ``token`` is kept. A plain hash suffices: the input is random."""
    return hashlib.sha256(token.encode()).digest()
