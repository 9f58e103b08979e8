"""The shape of login names: what is allowed, and which two are the same."""

import re
import unicodedata

from zhiyuan.kernel.issues import Issue

MAXIMUM_LENGTH = 120

_ALLOWED = re.compile(r"[\w.@+-]+")


def normal_login(login: str) -> str:
    """Return ``login`` as it is kept and compared: compatibility forms folded (NFKC), trimmed, without case."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


def login_problem(login: str) -> Issue | None:
    """Return why a normal login is not acceptable, or ``None``."""
    if not 1 <= len(login) <= MAXIMUM_LENGTH:
        return Issue("accounts.login_missing", field="login")
    if _ALLOWED.fullmatch(login) is None:
        return Issue("accounts.login_not_allowed", field="login")
    return None
