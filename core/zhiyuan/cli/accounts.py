"""``zhiyuan accounts``: log-ins."""

import secrets
import sys

import click

from zhiyuan.accounts import passwords, queries, service
from zhiyuan.accounts.logins import normal_login
from zhiyuan.accounts.policy import PASSWORD_MINIMUM_LENGTH
from zhiyuan.accounts.schemas import AccountView, ChangePassword, CreateAccount
from zhiyuan.cli.context import open_runtime
from zhiyuan.cli.output import emit, json_option
from zhiyuan.kernel.actor import operator
from zhiyuan.kernel.clock import local_date
from zhiyuan.kernel.errors import RuleViolation
from zhiyuan.kernel.issues import Issue
from zhiyuan.people import queries as people
from zhiyuan.policy import resolve
from zhiyuan.runtime import Runtime

_PASSWORD_BYTES = 12


@click.group()
def accounts() -> None:
    """Log-ins of people and of machines."""


@accounts.command()
@click.argument("login")
@click.option("--person", "number", help="Volunteer number of the person behind it.")
@click.option("--operator", "is_operator", is_flag=True, help="May do everything on this installation.")
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from the first line of standard input."
)
@json_option
def create(login: str, number: str | None, is_operator: bool, password_stdin: bool, as_json: bool) -> None:
    """Make the account LOGIN. Without --password-stdin a password is made and printed this once."""
    with open_runtime() as runtime:
        password = _password(password_stdin)
        _check(runtime, login, password)
        person_id = None
        if number is not None:
            with runtime.database.reading() as tx:
                person_id = people.by_numbers(tx, [number]).get(number)
            if person_id is None:
                raise RuleViolation([Issue("accounts.person_unknown", field="person")])
        item = CreateAccount(
            actor=operator(),
            organization_id=None,
            login=login,
            person_id=person_id,
            password_hash=passwords.hashed(password),
            is_operator=is_operator,
        )
        outcome = runtime.bus.submit_one(service.CREATE, item)
    told = {"id": outcome.id, "login": normal_login(login), "status": outcome.status}
    summary = f"Account {told['login']} made."
    if not password_stdin:
        told["password"] = password
        summary += f"\nPassword (shown this once): {password}"
    emit(summary, told, as_json)


@accounts.command("set-password")
@click.argument("login")
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from the first line of standard input."
)
@json_option
def set_password(login: str, password_stdin: bool, as_json: bool) -> None:
    """Give the account LOGIN a new password and end its sessions."""
    with open_runtime() as runtime:
        password = _password(password_stdin)
        _check(runtime, login, password)
        account = known_account(runtime, login)
        item = ChangePassword(
            actor=operator(),
            organization_id=None,
            account_id=account.id,
            password_hash=passwords.hashed(password),
        )
        outcome = runtime.bus.submit_one(service.CHANGE_PASSWORD, item)
    told = {"id": outcome.id, "login": account.login, "status": outcome.status}
    summary = f"The password of {account.login} is changed; its sessions have ended."
    if not password_stdin:
        told["password"] = password
        summary += f"\nPassword (shown this once): {password}"
    emit(summary, told, as_json)


def known_account(runtime: Runtime, login: str) -> AccountView:
    """Return the account called ``login``. Raises RuleViolation when there is none."""
    name = normal_login(login)
    with runtime.database.reading() as tx:
        found = queries.by_logins(tx, [name]).get(name)
    if found is None:
        raise RuleViolation([Issue("accounts.account_unknown", field="login")])
    return found


def _password(from_stdin: bool) -> str:
    if not from_stdin:
        return secrets.token_urlsafe(_PASSWORD_BYTES)
    return sys.stdin.readline().rstrip("\r\n")


def _check(runtime: Runtime, login: str, password: str) -> None:
    with runtime.database.reading() as tx:
        minimum = resolve(tx, PASSWORD_MINIMUM_LENGTH, (), local_date(tx.now, "UTC"))
    problem = passwords.problem(
        password, login=login, minimum_length=minimum, rule=PASSWORD_MINIMUM_LENGTH.id
    )
    if problem is not None:
        raise RuleViolation([problem])
