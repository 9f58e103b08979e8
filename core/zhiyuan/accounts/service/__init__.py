"""Commands about log-ins. Signing in and out is in :mod:`zhiyuan.accounts.service.sessions`: it is no command."""

from typing import Final

from zhiyuan.accounts.permissions import ACCOUNTS_MANAGE
from zhiyuan.accounts.schemas import ChangePassword, CreateAccount, CreateToken, RevokeToken
from zhiyuan.accounts.service.accounts import change_passwords, create_accounts
from zhiyuan.accounts.service.api_tokens import create_tokens, revoke_tokens
from zhiyuan.kernel.commands import Command

CREATE: Final = Command[CreateAccount]("accounts.create", ACCOUNTS_MANAGE, create_accounts)
CHANGE_PASSWORD: Final = Command[ChangePassword](
    "accounts.change_password", ACCOUNTS_MANAGE, change_passwords
)
CREATE_TOKEN: Final = Command[CreateToken]("accounts.create_token", ACCOUNTS_MANAGE, create_tokens)
REVOKE_TOKEN: Final = Command[RevokeToken]("accounts.revoke_token", ACCOUNTS_MANAGE, revoke_tokens)

__all__ = [
    "CHANGE_PASSWORD",
    "CREATE",
    "CREATE_TOKEN",
    "REVOKE_TOKEN",
    "ChangePassword",
    "CreateAccount",
    "CreateToken",
    "RevokeToken",
]
