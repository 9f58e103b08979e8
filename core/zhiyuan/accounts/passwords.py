"""Passwords: argon2id, with the parameters of the argon2-cffi defaults (RFC 9106, low-memory profile).

Hashing takes tens of milliseconds on purpose: do it before a unit of work opens, never inside one.
"""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from zhiyuan.kernel.issues import Issue

_MAXIMUM_LENGTH = 512  # bounds the work of hashing, nothing else

_hasher = PasswordHasher()
_NOBODY = _hasher.hash("nobody signs in with this")


def hashed(password: str) -> str:
    """Return the encoded argon2id hash of ``password``."""
    return _hasher.hash(password)


def matches(password: str, password_hash: str | None) -> bool:
    """Return whether ``password`` is the one behind ``password_hash``; as slow for an account that does not exist."""
    if len(password) > _MAXIMUM_LENGTH:
        return False
    try:
        _hasher.verify(password_hash or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def problem(password: str, *, login: str, minimum_length: int, rule: str) -> Issue | None:
    """Return why ``password`` is not acceptable, or ``None``. ``rule`` is the key that set ``minimum_length``."""
    if len(password) < minimum_length:
        return Issue(
            "accounts.password_too_short", field="password", rule=rule, params={"minimum": minimum_length}
        )
    if len(password) > _MAXIMUM_LENGTH:
        return Issue("accounts.password_too_long", field="password", params={"maximum": _MAXIMUM_LENGTH})
    if password.casefold() == login.casefold():
        return Issue("accounts.password_is_login", field="password")
    return None
