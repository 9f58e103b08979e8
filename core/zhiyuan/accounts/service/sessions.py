"""Signing in and out of a browser.

Not a command of the bus: its answer is a secret, which an outcome never carries. The password is verified before the
unit of work opens, because it is slow on purpose; an unknown login takes as long as a wrong password and is answered
with the same words.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import insert, select, update

from zhiyuan import policy
from zhiyuan.accounts import passwords
from zhiyuan.accounts.logins import normal_login
from zhiyuan.accounts.models import Account, AccountSession
from zhiyuan.accounts.policy import LOCK_MINUTES, SESSION_HOURS, SIGN_IN_ATTEMPTS
from zhiyuan.accounts.schemas import OpenedSession, SignInAttempt
from zhiyuan.accounts.tokens import digest, new_cookie
from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.clock import local_date
from zhiyuan.kernel.errors import RuleViolation
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Database, Tx

_account = Account.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_session = AccountSession.__table__  # type: ignore[attr-defined]  # likewise

_USER_AGENT_LENGTH = 200


def sign_in(database: Database, attempt: SignInAttempt, *, places: policy.PlaceChain = ()) -> OpenedSession:
    """Begin a session for the right login and password, in units of work of its own.

    ``places`` is the chain of the site that is signed in to. Raises RuleViolation (``accounts.sign_in_refused``) for an
    unknown login, a wrong password, a locked or a closed account alike.
    """
    login = normal_login(attempt.login)
    with database.reading() as tx:
        row = tx.connection.execute(select(_account).where(_account.c.login == login)).first()
    is_right = passwords.matches(attempt.password, row.password_hash if row is not None else None)
    if row is None:
        with database.reading() as tx:
            raise RuleViolation([_refusal(tx, places)])
    with database.uow() as tx:
        opened = _open(tx, row.id, attempt, is_right=is_right, places=places)
        refusal = _refusal(tx, places)
    if opened is None:  # raised out here, so that the count of wrong tries is kept
        raise RuleViolation([refusal])
    return opened


def sign_out(tx: Tx, session_id: UUID, actor: Actor) -> None:
    """End a session; ending it again changes nothing. Runs inside the caller's unit of work."""
    tx.connection.execute(
        update(_session)
        .where(_session.c.id == session_id, _session.c.ended_at.is_(None))
        .values(ended_at=tx.now)
    )
    tx.audit(Audit(actor, "accounts.signed_out", "session", session_id))


def end_sessions(tx: Tx, account_ids: list[UUID]) -> None:
    """End every session of these accounts. The caller audits why."""
    tx.connection.execute(
        update(_session)
        .where(_session.c.account_id.in_(account_ids), _session.c.ended_at.is_(None))
        .values(ended_at=tx.now)
    )


def _open(
    tx: Tx, account_id: UUID, attempt: SignInAttempt, *, is_right: bool, places: policy.PlaceChain
) -> OpenedSession | None:
    account = tx.connection.execute(
        select(_account).where(_account.c.id == account_id).with_for_update()
    ).one()
    actor = Actor(
        "web", account.id, account.person_id, address=attempt.address, is_operator=account.is_operator
    )
    if account.status != "active" or (account.locked_until is not None and account.locked_until > tx.now):
        tx.audit(Audit(actor, "accounts.sign_in_refused", "account", account.id))
        return None
    if not is_right:
        _count_wrong_try(tx, account.id, account.failed_attempts + 1, places)
        tx.audit(Audit(actor, "accounts.sign_in_failed", "account", account.id))
        return None
    cookie, session_id = new_cookie(), new_id()
    hours = policy.resolve(tx, SESSION_HOURS, places, local_date(tx.now, "UTC"))
    expires_at = tx.now + timedelta(hours=hours)
    tx.connection.execute(
        update(_account)
        .where(_account.c.id == account.id)
        .values(failed_attempts=0, locked_until=None, last_signed_in_at=tx.now)
    )
    tx.connection.execute(
        insert(_session).values(
            id=session_id,
            account_id=account.id,
            token_hash=digest(cookie),
            created_at=tx.now,
            expires_at=expires_at,
            address=attempt.address,
            user_agent=(attempt.user_agent or "")[:_USER_AGENT_LENGTH] or None,
        )
    )
    tx.audit(Audit(actor, "accounts.signed_in", "session", session_id))
    return OpenedSession(cookie, account.id, expires_at)


def _count_wrong_try(tx: Tx, account_id: UUID, tries: int, places: policy.PlaceChain) -> None:
    today = local_date(tx.now, "UTC")
    limit = policy.resolve(tx, SIGN_IN_ATTEMPTS, places, today)
    locked_until = None
    if tries >= limit:
        locked_until = tx.now + timedelta(minutes=policy.resolve(tx, LOCK_MINUTES, places, today))
        tries = 0
    tx.connection.execute(
        update(_account)
        .where(_account.c.id == account_id)
        .values(failed_attempts=tries, locked_until=locked_until)
    )


def _refusal(tx: Tx, places: policy.PlaceChain) -> Issue:
    today = local_date(tx.now, "UTC")
    return Issue(
        "accounts.sign_in_refused",
        field="login",
        rule=SIGN_IN_ATTEMPTS.id,
        params={
            "limit": policy.resolve(tx, SIGN_IN_ATTEMPTS, places, today),
            "minutes": policy.resolve(tx, LOCK_MINUTES, places, today),
        },
    )
