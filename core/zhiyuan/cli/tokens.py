"""``zhiyuan tokens``: keys for programs that use the API."""

from datetime import UTC, datetime
from uuid import UUID

import click

from zhiyuan.accounts import queries, service
from zhiyuan.accounts.permissions import SCOPES
from zhiyuan.accounts.schemas import CreateToken, RevokeToken
from zhiyuan.accounts.tokens import digest, new_token
from zhiyuan.cli.accounts import known_account
from zhiyuan.cli.context import open_runtime
from zhiyuan.cli.output import emit, json_option
from zhiyuan.kernel.actor import operator


@click.group()
def tokens() -> None:
    """Keys for programs. Each acts as an account, limited to its scopes."""


@tokens.command()
@click.option("--account", "login", required=True, help="Log-in that the program acts as.")
@click.option(
    "--scope", "scopes", multiple=True, required=True, help="A permission, or 'all'; may be repeated."
)
@click.option("--name", default="", help="What it is for.")
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), help="Last day, in UTC. Default: no end.")
@json_option
def create(login: str, scopes: tuple[str, ...], name: str, expires: datetime | None, as_json: bool) -> None:
    """Make a key and print it. It is shown this once: only its hash is kept."""
    with open_runtime() as runtime:
        account = known_account(runtime, login)
        token = new_token()
        item = CreateToken(
            actor=operator(),
            organization_id=None,
            account_id=account.id,
            token_hash=digest(token),
            scopes=tuple(sorted(SCOPES)) if "all" in scopes else scopes,
            name=name,
            expires_at=expires.replace(hour=23, minute=59, second=59, tzinfo=UTC) if expires else None,
        )
        outcome = runtime.bus.submit_one(service.CREATE_TOKEN, item)
    told = {"id": outcome.id, "token": token, "account": account.login, "scopes": list(item.scopes)}
    emit(f"{token}\nKeep it: it is not shown again.", told, as_json)


@tokens.command("list")
@click.option("--account", "login", help="Only those of this log-in.")
@json_option
def list_(login: str | None, as_json: bool) -> None:
    """List keys, the newest first; never the keys themselves."""
    with open_runtime() as runtime:
        account_id = known_account(runtime, login).id if login else None
        with runtime.database.reading() as tx:
            found = queries.tokens_of(tx, account_id)
    lines = [
        f"{view.id}  {view.login}  {view.name or '-'}  {', '.join(view.scopes)}"
        + (f"  until {view.expires_at:%Y-%m-%d}" if view.expires_at else "")
        + ("  revoked" if view.revoked_at else "")
        for view in found
    ]
    told = [
        {
            "id": view.id,
            "account": view.login,
            "name": view.name,
            "scopes": list(view.scopes),
            "created_at": view.created_at.isoformat(),
            "expires_at": view.expires_at.isoformat() if view.expires_at else None,
            "revoked_at": view.revoked_at.isoformat() if view.revoked_at else None,
        }
        for view in found
    ]
    emit("\n".join(lines) or "No tokens.", {"tokens": told}, as_json)


@tokens.command()
@click.argument("token_id", type=click.UUID)
@json_option
def revoke(token_id: UUID, as_json: bool) -> None:
    """Let the key TOKEN_ID open nothing any more."""
    with open_runtime() as runtime:
        item = RevokeToken(actor=operator(), organization_id=None, token_id=token_id)
        outcome = runtime.bus.submit_one(service.REVOKE_TOKEN, item)
    emit(f"Token {token_id}: {outcome.status}.", {"id": token_id, "status": outcome.status}, as_json)
