"""Log-ins made, and their passwords changed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select, update

from zhiyuan.accounts.logins import login_problem, normal_login
from zhiyuan.accounts.models import Account
from zhiyuan.accounts.schemas import ChangePassword, CreateAccount
from zhiyuan.accounts.service.sessions import end_sessions
from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.commands import Outcome, refused
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Tx
from zhiyuan.people.models import Person

_account = Account.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_person = Person.__table__  # type: ignore[attr-defined]  # likewise


def create_accounts(tx: Tx, items: Sequence[CreateAccount]) -> list[Outcome]:
    """Make log-ins. Statuses: ``created``. Refused: a login that is taken (also within the batch) or not allowed."""
    logins = [normal_login(item.login) for item in items]
    taken = set(tx.connection.execute(select(_account.c.login).where(_account.c.login.in_(logins))).scalars())
    wanted = {item.person_id for item in items if item.person_id is not None}
    known = set(tx.connection.execute(select(_person.c.id).where(_person.c.id.in_(wanted))).scalars())
    rows: list[dict[str, Any]] = []
    outcomes: list[Outcome] = []
    for item, login in zip(items, logins, strict=True):
        issue = login_problem(login)
        if issue is None and login in taken:
            issue = Issue("accounts.login_taken", field="login")
        if issue is None and item.person_id is not None and item.person_id not in known:
            issue = Issue("accounts.person_unknown", field="person_id")
        if issue is not None:
            outcomes.append(refused(issue))
            continue
        taken.add(login)
        account_id = new_id()
        rows.append(
            {
                "id": account_id,
                "login": login,
                "person_id": item.person_id,
                "password_hash": item.password_hash,
                "is_operator": item.is_operator,
                "locale": item.locale,
                "status": "active",
                "failed_attempts": 0,
                "created_at": tx.now,
            }
        )
        tx.audit(
            Audit(
                item.actor,
                "accounts.account_created",
                "account",
                account_id,
                detail={"is_operator": item.is_operator},
            )
        )
        outcomes.append(Outcome("created", account_id))
    if rows:
        tx.connection.execute(insert(_account), rows)
    return outcomes


def change_passwords(tx: Tx, items: Sequence[ChangePassword]) -> list[Outcome]:
    """Set new passwords and end every session of those accounts. Statuses: ``changed``."""
    ids = [item.account_id for item in items]
    known = set(tx.connection.execute(select(_account.c.id).where(_account.c.id.in_(ids))).scalars())
    outcomes: list[Outcome] = []
    for item in items:
        if item.account_id not in known:
            outcomes.append(refused(Issue("accounts.account_unknown", field="account_id")))
            continue
        tx.connection.execute(
            update(_account)
            .where(_account.c.id == item.account_id)
            .values(password_hash=item.password_hash, failed_attempts=0, locked_until=None)
        )
        tx.audit(Audit(item.actor, "accounts.password_changed", "account", item.account_id))
        outcomes.append(Outcome("changed", item.account_id))
    end_sessions(tx, [account_id for account_id in ids if account_id in known])
    return outcomes
