"""From errors to exit codes: what a terminal is told when a command cannot go on."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import click
import structlog
from sqlalchemy.exc import DBAPIError

from zhiyuan.cli.output import ASKS_FOR_JSON, fail
from zhiyuan.kernel import logging
from zhiyuan.kernel.errors import AppError, Invalid, RuleViolation
from zhiyuan.kernel.i18n import active_translator
from zhiyuan.kernel.issues import Issue, ToldIssue
from zhiyuan.kernel.settings import BadSettings

log = structlog.get_logger(__name__)


@contextmanager
def failing(ctx: click.Context) -> Iterator[None]:
    """Turn what a command raises into a message and an exit code."""
    as_json = bool(ctx.meta.get(ASKS_FOR_JSON))
    logging.configure_unless_done(log_format="text", level="info")
    try:
        yield
    except click.UsageError as error:
        if not as_json:
            raise
        error.show()
        message = error.format_message()
        fail(message, {"error": "usage.wrong", "message": message}, as_json, code=error.exit_code)
    except (click.ClickException, click.Abort, click.exceptions.Exit):
        raise
    except BadSettings as error:
        refuse_settings(error, as_json=as_json)
    except (RuleViolation, Invalid) as error:
        told = tell(error.issues)
        lines = [f"{issue.message} {issue.cure}".strip() for issue in told] or [str(error)]
        fail("\n".join(lines), {"error": error.code, "issues": [_plain(issue) for issue in told]}, as_json)
    except AppError as error:
        fail(str(error), {"error": error.code, "message": str(error)}, as_json)
    except DBAPIError as error:
        log.error("the database refused", exc_info=error)
        message = "The database does not answer as expected; `zhiyuan doctor` says more."
        fail(message, {"error": "database.failed", "message": message}, as_json)
    except Exception as error:
        log.error("command failed", exc_info=error)
        message = "Something went wrong on our side; the log line above says where."
        fail(message, {"error": "internal.error", "message": message}, as_json)


def refuse_settings(error: BadSettings, *, as_json: bool) -> NoReturn:
    """Print every wrong setting with its cure, and end with code 2."""
    lines = [f"{wrong.field}: {wrong.rule}. {wrong.cure}" for wrong in error.wrong]
    wrong = [{"field": entry.field, "rule": entry.rule, "cure": entry.cure} for entry in error.wrong]
    fail("\n".join(lines), {"error": "settings.wrong", "wrong": wrong}, as_json, code=2)


def tell(issues: Sequence[Issue]) -> list[ToldIssue]:
    """Return ``issues`` as sentences in the language of the terminal."""
    from zhiyuan.declarations import issue_texts  # imports every room: only when there is something to tell

    return [issue_texts().tell(issue, active_translator().translate) for issue in issues]


def _plain(issue: ToldIssue) -> dict[str, Any]:
    return {
        "code": issue.code,
        "message": issue.message,
        "cure": issue.cure,
        "field": issue.field,
        "rule": issue.rule,
    }
