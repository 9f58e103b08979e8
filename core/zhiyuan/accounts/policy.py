"""Rule keys of accounts. Nothing here is a law; an installation may tighten each."""

from typing import Final

from zhiyuan.policy import RuleKey

SIGN_IN_ATTEMPTS: Final = RuleKey(
    id="accounts.sign_in_attempts",
    kind=int,
    default=5,
    unit=None,
    merge="replace",
    as_of="today",
    minimum=1,
    maximum=100,
    doc="Wrong passwords in a row after which an account rests.",
)
LOCK_MINUTES: Final = RuleKey(
    id="accounts.lock_minutes",
    kind=int,
    default=15,
    unit="minutes",
    merge="replace",
    as_of="today",
    minimum=1,
    maximum=1440,
    doc="How long an account rests after too many wrong passwords.",
)
SESSION_HOURS: Final = RuleKey(
    id="accounts.session_hours",
    kind=int,
    default=24,
    unit="hours",
    merge="replace",
    as_of="today",
    minimum=1,
    maximum=2160,
    doc="How long a browser stays signed in.",
)
PASSWORD_MINIMUM_LENGTH: Final = RuleKey(
    id="accounts.password_minimum_length",
    kind=int,
    default=10,
    unit="characters",
    merge="replace",
    as_of="today",
    minimum=8,
    maximum=128,
    doc="Fewest characters of a password.",
)

RULES: Final = (SIGN_IN_ATTEMPTS, LOCK_MINUTES, SESSION_HOURS, PASSWORD_MINIMUM_LENGTH)
