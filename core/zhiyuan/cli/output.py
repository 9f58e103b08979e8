"""What commands print: a summary for people, or one JSON object for programs."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn, TypeVar

import click

ASKS_FOR_JSON: Final = "zhiyuan.asks_for_json"
"""Where the root notes that ``--json`` stands somewhere in the call, before any command has read it."""

Function = TypeVar("Function", bound=Callable[..., Any])


def json_option(command: Function) -> Function:
    """Add ``--json``, handed to the command as ``as_json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")(
        command
    )


def emit(summary: str, data: Mapping[str, Any], as_json: bool) -> None:
    """Print ``data`` as one JSON object, or ``summary`` for people. Dates, ids and paths become strings."""
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=False, default=str))
    else:
        click.echo(summary)


def fail(summary: str, data: Mapping[str, Any], as_json: bool, *, code: int = 1) -> NoReturn:
    """Print like :func:`emit` (text goes to standard error) and end with ``code``: 1 refused or broken, 2 wrong usage."""
    if as_json:
        emit(summary, data, as_json)
    else:
        click.secho(summary, err=True)
    raise click.exceptions.Exit(code)
