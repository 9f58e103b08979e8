"""What accounts are asked for, and what they show. Passwords and tokens in clear never stand in any of these."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.commands import Item


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateAccount(Item):
    """A log-in to make. ``login`` is 1..120 characters, compared without case; ``password_hash`` comes from
    :func:`zhiyuan.accounts.passwords.hashed` (empty: nobody can sign in with a password yet).
    """

    login: str
    person_id: UUID | None = None
    password_hash: str | None = field(default=None, repr=False)
    is_operator: bool = False
    locale: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangePassword(Item):
    """A new password for an account; every session of the account ends with it."""

    account_id: UUID
    password_hash: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateToken(Item):
    """A key for a program. ``token_hash`` is the SHA-256 of what :func:`zhiyuan.accounts.tokens.new_token` made.

    ``scopes`` are permissions (at least one); ``expires_at`` is an instant in the future, or ``None`` for no end.
    """

    account_id: UUID
    token_hash: bytes = field(repr=False)
    scopes: tuple[str, ...]
    name: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RevokeToken(Item):
    """A key that must open nothing from now on."""

    token_id: UUID


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """What a visitor typed, and from where. Kept nowhere."""

    login: str
    password: str = field(repr=False)
    address: str | None = None
    user_agent: str | None = None


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A session just begun: ``token`` goes into the cookie and is never seen again. ``expires_at`` is in UTC."""

    token: str = field(repr=False)
    account_id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account as pages and commands show it. ``display_name`` is the person's name, else the login."""

    id: UUID
    login: str
    person_id: UUID | None
    display_name: str
    is_operator: bool
    locale: str | None
    status: str


@dataclass(frozen=True, slots=True)
class Recognized:
    """Who stands behind a cookie or a bearer token. ``session_id`` is empty for a token."""

    actor: Actor
    account: AccountView
    session_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class TokenView:
    """A key without its secret. Instants are in UTC."""

    id: UUID
    login: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role somebody holds today, and where; it reaches everything below that organization."""

    organization_id: UUID
    organization_code: str
    organization_name: str
    role: str


@dataclass(frozen=True, slots=True)
class AuditView:
    """One line of the audit log. ``who`` is empty when the system itself or a visitor acted; ``at`` is in UTC."""

    id: UUID
    at: datetime
    action: str
    subject_kind: str
    subject_id: UUID | None
    channel: str
    who: str | None
    detail: Mapping[str, Any]
