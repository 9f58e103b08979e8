"""Reads about log-ins: who stands behind a cookie or a token, and what they may do where."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from zhiyuan.accounts.models import Account, AccountSession, ApiToken
from zhiyuan.accounts.permissions import ROLES, SCOPES
from zhiyuan.accounts.schemas import AccountView, AuditView, HeldRole, Recognized, TokenView
from zhiyuan.accounts.tokens import digest
from zhiyuan.kernel.actor import Actor, Channel
from zhiyuan.kernel.clock import local_date
from zhiyuan.kernel.models import AuditEntry
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations.models import Membership, Organization, OrganizationPath
from zhiyuan.people.models import Person

_audit = AuditEntry.__table__  # type: ignore[attr-defined]  # as below
_account = Account.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_session = AccountSession.__table__  # type: ignore[attr-defined]  # likewise
_token = ApiToken.__table__  # type: ignore[attr-defined]  # likewise
_person = Person.__table__  # type: ignore[attr-defined]  # likewise
_membership = Membership.__table__  # type: ignore[attr-defined]  # likewise
_organization = Organization.__table__  # type: ignore[attr-defined]  # likewise
_path = OrganizationPath.__table__  # type: ignore[attr-defined]  # likewise

_ACCOUNT_COLUMNS = (
    _account.c.id,
    _account.c.login,
    _account.c.person_id,
    _account.c.is_operator,
    _account.c.locale,
    _account.c.status,
    _person.c.name.label("person_name"),
)
_BY_SESSION = select(*_ACCOUNT_COLUMNS, _session.c.id.label("session_id"), _session.c.expires_at).select_from(
    _session.join(_account, _account.c.id == _session.c.account_id).outerjoin(
        _person, _person.c.id == _account.c.person_id
    )
)
_BY_TOKEN = select(*_ACCOUNT_COLUMNS, _token.c.scopes, _token.c.expires_at).select_from(
    _token.join(_account, _account.c.id == _token.c.account_id).outerjoin(
        _person, _person.c.id == _account.c.person_id
    )
)
_BY_LOGIN = select(*_ACCOUNT_COLUMNS).select_from(
    _account.outerjoin(_person, _person.c.id == _account.c.person_id)
)


def actor_for_session(tx: Tx, cookie: str, *, address: str | None = None) -> Recognized | None:
    """Return who is signed in with ``cookie``, or ``None`` when it is unknown, ended or expired at ``tx.now``."""
    row = tx.connection.execute(
        _BY_SESSION.where(
            _session.c.token_hash == digest(cookie),
            _session.c.ended_at.is_(None),
            _session.c.expires_at > tx.now,
            _account.c.status == "active",
        )
    ).first()
    if row is None:
        return None
    return Recognized(_actor(row, "web", None, address), _view(row), row.session_id)


def actor_for_token(tx: Tx, token: str, *, address: str | None = None) -> Recognized | None:
    """Return whose program carries ``token``, limited to its scopes, or ``None`` when it opens nothing at ``tx.now``."""
    row = tx.connection.execute(
        _BY_TOKEN.where(
            _token.c.token_hash == digest(token),
            _token.c.revoked_at.is_(None),
            or_(_token.c.expires_at.is_(None), _token.c.expires_at > tx.now),
            _account.c.status == "active",
        )
    ).first()
    if row is None:
        return None
    return Recognized(_actor(row, "api", frozenset(row.scopes), address), _view(row))


def by_logins(tx: Tx, logins: Sequence[str]) -> dict[str, AccountView]:
    """Return the accounts with these (already normal) logins, by login; unknown ones are left out."""
    rows = tx.connection.execute(_BY_LOGIN.where(_account.c.login.in_(logins)))
    return {row.login: _view(row) for row in rows}


def count(tx: Tx) -> int:
    """Return how many accounts there are."""
    return int(tx.connection.execute(select(func.count()).select_from(_account)).scalar_one())


def tokens_of(tx: Tx, account_id: UUID | None = None) -> list[TokenView]:
    """Return the tokens of one account, or of all, newest first."""
    statement = select(_token, _account.c.login).join(_account, _account.c.id == _token.c.account_id)
    if account_id is not None:
        statement = statement.where(_token.c.account_id == account_id)
    return [
        TokenView(
            row.id, row.login, row.name, tuple(row.scopes), row.created_at, row.expires_at, row.revoked_at
        )
        for row in tx.connection.execute(statement.order_by(_token.c.id.desc()))
    ]


def roles_of(tx: Tx, person_id: UUID) -> list[HeldRole]:
    """Return the roles with any permission that a person holds today, with the organization, by its code."""
    today = local_date(tx.now, "UTC")
    rows = tx.connection.execute(
        select(_organization.c.id, _organization.c.code, _organization.c.name, _membership.c.role)
        .join(_organization, _organization.c.id == _membership.c.organization_id)
        .where(
            _membership.c.person_id == person_id,
            _membership.c.role.in_([role for role, permissions in ROLES.items() if permissions]),
            _membership.c.valid_from <= today,
            or_(_membership.c.valid_to.is_(None), _membership.c.valid_to > today),
        )
        .order_by(_organization.c.code, _membership.c.role)
    )
    return [HeldRole(*row) for row in rows]


def permissions_at(tx: Tx, actor: Actor, organization_id: UUID) -> frozenset[str]:
    """Return everything ``actor`` may do at an organization, by roles held there or above, within its scopes."""
    if actor.is_operator:
        held = SCOPES
    elif actor.person_id is None:
        return frozenset()
    else:
        today = local_date(tx.now, "UTC")
        roles = tx.connection.execute(
            select(_membership.c.role)
            .join(_path, _path.c.ancestor_id == _membership.c.organization_id)
            .where(
                _membership.c.person_id == actor.person_id,
                _path.c.descendant_id == organization_id,
                _membership.c.valid_from <= today,
                or_(_membership.c.valid_to.is_(None), _membership.c.valid_to > today),
            )
        ).scalars()
        held = frozenset().union(*(ROLES.get(role, frozenset()) for role in roles))
    return held if actor.scopes is None else held & actor.scopes


def _actor(row: Any, channel: Channel, scopes: frozenset[str] | None, address: str | None) -> Actor:
    return Actor(
        channel=channel,
        account_id=row.id,
        person_id=row.person_id,
        scopes=scopes,
        address=address,
        is_operator=row.is_operator,
    )


def _view(row: Any) -> AccountView:
    return AccountView(
        id=row.id,
        login=row.login,
        person_id=row.person_id,
        display_name=row.person_name or row.login,
        is_operator=row.is_operator,
        locale=row.locale,
        status=row.status,
    )


def audit_entries(
    tx: Tx, organization_id: UUID, *, before: UUID | None = None, limit: int = 100
) -> list[AuditView]:
    """Return what was done at an organization and below it, newest first; ``before`` continues after that entry."""
    statement = (
        select(
            _audit.c.id,
            _audit.c.at,
            _audit.c.action,
            _audit.c.subject_kind,
            _audit.c.subject_id,
            _audit.c.channel,
            _account.c.login,
            _person.c.name,
            _audit.c.detail,
        )
        .outerjoin(_account, _account.c.id == _audit.c.account_id)
        .outerjoin(_person, _person.c.id == _audit.c.person_id)
        .where(
            _audit.c.organization_id.in_(
                select(_path.c.descendant_id).where(_path.c.ancestor_id == organization_id)
            )
        )
    )
    if before is not None:
        statement = statement.where(_audit.c.id < before)
    rows = tx.connection.execute(statement.order_by(_audit.c.id.desc()).limit(max(1, min(limit, 501))))
    return [
        AuditView(
            id=row.id,
            at=row.at,
            action=row.action,
            subject_kind=row.subject_kind,
            subject_id=row.subject_id,
            channel=row.channel,
            who=row.name or row.login,
            detail=row.detail,
        )
        for row in rows
    ]
