"""Keys for programs: made, and ended."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update

from zhiyuan.accounts.models import Account, ApiToken
from zhiyuan.accounts.permissions import SCOPES
from zhiyuan.accounts.schemas import CreateToken, RevokeToken
from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.commands import Outcome, refused
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Tx

_account = Account.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_token = ApiToken.__table__  # type: ignore[attr-defined]  # likewise


def create_tokens(tx: Tx, items: Sequence[CreateToken]) -> list[Outcome]:
    """Keep the hashes of new keys. Statuses: ``created``. Refused: unknown scopes, none at all, an end in the past."""
    ids = [item.account_id for item in items]
    known = set(tx.connection.execute(select(_account.c.id).where(_account.c.id.in_(ids))).scalars())
    rows: list[dict[str, Any]] = []
    outcomes: list[Outcome] = []
    for item in items:
        issue = _token_problem(item, known, tx.now)
        if issue is not None:
            outcomes.append(refused(issue))
            continue
        token_id = new_id()
        rows.append(
            {
                "id": token_id,
                "account_id": item.account_id,
                "name": item.name,
                "token_hash": item.token_hash,
                "scopes": sorted(set(item.scopes)),
                "created_at": tx.now,
                "expires_at": item.expires_at,
            }
        )
        tx.audit(
            Audit(
                item.actor,
                "accounts.token_created",
                "token",
                token_id,
                detail={"account_id": str(item.account_id), "scopes": sorted(set(item.scopes))},
            )
        )
        outcomes.append(Outcome("created", token_id))
    if rows:
        tx.connection.execute(insert(_token), rows)
    return outcomes


def revoke_tokens(tx: Tx, items: Sequence[RevokeToken]) -> list[Outcome]:
    """End keys. Statuses: ``revoked``, ``unchanged`` (it was before)."""
    ids = [item.token_id for item in items]
    known = {
        row.id: row.revoked_at
        for row in tx.connection.execute(select(_token.c.id, _token.c.revoked_at).where(_token.c.id.in_(ids)))
    }
    ending = [token_id for token_id in ids if token_id in known and known[token_id] is None]
    if ending:
        tx.connection.execute(update(_token).where(_token.c.id.in_(ending)).values(revoked_at=tx.now))
    outcomes: list[Outcome] = []
    for item in items:
        if item.token_id not in known:
            outcomes.append(refused(Issue("accounts.token_unknown", field="token_id")))
        elif item.token_id in ending:
            tx.audit(Audit(item.actor, "accounts.token_revoked", "token", item.token_id))
            outcomes.append(Outcome("revoked", item.token_id))
        else:
            outcomes.append(Outcome("unchanged", item.token_id))
    return outcomes


def _token_problem(item: CreateToken, known: set[UUID], now: datetime) -> Issue | None:
    if item.account_id not in known:
        return Issue("accounts.account_unknown", field="account_id")
    if not item.scopes:
        return Issue("accounts.scope_missing", field="scopes")
    for scope in item.scopes:
        if scope not in SCOPES:
            return Issue(
                "accounts.scope_unknown",
                field="scopes",
                params={"scope": scope, "known": ", ".join(sorted(SCOPES))},
            )
    if item.expires_at is not None and item.expires_at <= now:
        return Issue("accounts.expiry_in_the_past", field="expires_at")
    return None
