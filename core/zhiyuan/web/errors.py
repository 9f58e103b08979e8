"""What a reader sees when a request cannot go on: a page, or problem+json (RFC 9457) for programs.

Never a traceback. Every answer carries the correlation id under which the log has the rest.
"""

from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.response import Redirect
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from zhiyuan.api.problems import field_issues, problem
from zhiyuan.kernel.errors import AppError, Invalid, RuleViolation, Unauthenticated
from zhiyuan.kernel.i18n import CORE_DOMAIN, active_translator, fill, gettext_noop
from zhiyuan.kernel.issues import Issue
from zhiyuan.web.front import database_down
from zhiyuan.web.rendering import page, told
from zhiyuan.web.visit import visit_of

_ = gettext_noop
_TITLES = {
    400: _("This request makes no sense to us"),
    401: _("Please sign in"),
    403: _("This is not open to you"),
    404: _("Nothing here"),
    405: _("This cannot be done here"),
    409: _("Refused"),
    413: _("Too large"),
    415: _("A kind of content we do not take"),
    422: _("Something in the form needs another look"),
    429: _("Too many tries"),
    500: _("Something went wrong on our side"),
    503: _("Not available just now"),
}
_WORDS = {
    400: _("The request could not be read. Go back, load the page again and repeat what you did."),
    403: _(
        "The page was open for too long, or the request came from another site. Go back, reload and try again."
    ),
    404: _("There is no such page. It may have moved, or the address has a typing error."),
    405: _("This address does not take requests of that kind."),
    413: _("What was sent is larger than we take."),
    429: _("Too many tries in a short time. Wait a minute and try again."),
    500: _(
        "Nothing was changed. Try again; if it stays so, tell the people who run this site the number below."
    ),
}

log = structlog.get_logger(__name__)


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Turn any exception of a request into the answer for whoever asked."""
    error = _known(error)
    status, message, issues, code = _told(error)
    if status >= 500:  # server errors begin here
        log.error("request failed", path=request.url.path, status=status, exc_info=error)
    if wants_json(request):
        return problem(
            visit_of(request).correlation_id, status, code, _translated(_title(status)), message, issues
        )
    visit = visit_of(request)
    if isinstance(error, Unauthenticated) and request.method == "GET":
        query = request.scope["query_string"].decode("latin-1")
        return Redirect(
            visit.url("/sign-in", next=visit.path + (f"?{query}" if query else "")), status_code=303
        )
    return page(
        request,
        "error.html",
        status=status,
        title=_translated(_title(status)),
        message=message,
        issues=told(issues),
        problem_status=status,
    )


def wants_json(request: Request[Any, Any, Any]) -> bool:
    """Return whether the answer should be for a program: everything under ``/api/``, and who asks for JSON only."""
    accept = request.headers.get("accept", "")
    return visit_of(request).path.startswith("/api/") or ("json" in accept and "html" not in accept)


def _known(error: Exception) -> Exception:
    """Return the error as one of ours where the database is to blame."""
    if isinstance(error, OperationalError | InterfaceError | PoolTimeout):
        log.error("database does not answer", error=type(error).__name__)
        return database_down()
    return error


def _told(error: Exception) -> tuple[int, str, tuple[Issue, ...], str]:
    match error:
        case RuleViolation():
            return (
                error.status,
                _translated(_("This was refused, for the reasons below.")),
                error.issues,
                error.code,
            )
        case Invalid():
            return error.status, _app_message(error), error.issues, error.code
        case AppError():
            return error.status, _app_message(error), (), error.code
        case ValidationException():
            message = _translated(_("Some fields are not as they should be."))
            return 422, message, field_issues(error), "request.invalid"
        case HTTPException():
            status = error.status_code
            return status, _translated(_WORDS.get(status, _WORDS[400])), (), f"http.{status}"
        case _:
            return 500, _translated(_WORDS[500]), (), "internal.error"


def _app_message(error: AppError) -> str:
    return fill(_translated(error.message), error.params)


def _title(status: int) -> str:
    return _TITLES.get(status, _TITLES[500 if status >= 500 else 400])  # server errors begin here


def _translated(message: str) -> str:
    return active_translator().translate(CORE_DOMAIN, message)
