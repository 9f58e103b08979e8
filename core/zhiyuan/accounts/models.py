"""Tables of log-ins. An account is not a person: a village station may act for people without a phone."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, LargeBinary
from sqlmodel import Field

from zhiyuan.kernel.tables import Base, id_field, key_to, optional_key_to


class Account(Base, table=True):
    """A log-in. ``login`` is unique and compared without case; ``password_hash`` is argon2id, empty for none set."""

    __tablename__ = "core__account"

    id: UUID = id_field()
    login: str = Field(max_length=120, unique=True)
    person_id: UUID | None = optional_key_to("core__person.id")
    password_hash: str | None = Field(default=None, max_length=200)
    is_operator: bool = False
    locale: str | None = Field(default=None, max_length=20)
    status: str = Field(default="active", max_length=12)
    failed_attempts: int = 0
    locked_until: datetime | None = None
    created_at: datetime
    last_signed_in_at: datetime | None = None


class AccountSession(Base, table=True):
    """A signed-in browser. Only the SHA-256 of its cookie is kept."""

    __tablename__ = "core__account_session"

    id: UUID = id_field()
    account_id: UUID = key_to("core__account.id")
    token_hash: bytes = Field(sa_type=LargeBinary(32), unique=True)
    created_at: datetime
    expires_at: datetime
    address: str | None = Field(default=None, max_length=60)
    user_agent: str | None = Field(default=None, max_length=200)
    ended_at: datetime | None = None


class ApiToken(Base, table=True):
    """A key for programs. Only its SHA-256 is kept; ``scopes`` are permissions, a subset of the account's."""

    __tablename__ = "core__api_token"

    id: UUID = id_field()
    account_id: UUID = key_to("core__account.id")
    name: str = Field(default="", max_length=80)
    token_hash: bytes = Field(sa_type=LargeBinary(32), unique=True)
    scopes: list[str] = Field(default_factory=list, sa_type=JSON)
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
