"""Errors that mean "this request cannot go on". Expected refusals are values instead: see ``issues``.

Each carries a stable code, an HTTP status, a translatable English message with ``%(name)s`` places, and parameters.
One handler at the edge turns them into a page or into problem+json (RFC 9457).
"""

from collections.abc import Sequence
from typing import ClassVar

from zhiyuan.kernel.issues import Issue, Parameter


class AppError(Exception):
    """Base of every error that a reader may be shown. ``params`` never hold protected personal fields."""

    status: ClassVar[int] = 500

    def __init__(self, code: str, message: str, **params: Parameter) -> None:
        super().__init__(message % params if params else message)
        self.code = code
        self.message = message
        self.params = params


class NotFound(AppError):
    """What was asked for is not here, or not for this reader."""

    status = 404


class Unauthenticated(AppError):
    """Signing in is needed first."""

    status = 401


class Forbidden(AppError):
    """The reader is known and may not do this."""

    status = 403


class Conflict(AppError):
    """The request was sound but came too late or twice."""

    status = 409


class Invalid(AppError):
    """The shape of the input is wrong; ``issues`` say which fields, and why."""

    status = 422

    def __init__(self, code: str, message: str, *, issues: Sequence[Issue] = (), **params: Parameter) -> None:
        super().__init__(code, message, **params)
        self.issues = tuple(issues)


class RuleViolation(AppError):
    """One or more blocking issues: the request is refused for stated reasons."""

    status = 409

    def __init__(self, issues: Sequence[Issue]) -> None:
        super().__init__("rule.violation", "Refused: %(codes)s", codes=", ".join(i.code for i in issues))
        self.issues = tuple(issues)


class Unavailable(AppError):
    """Something this request needs does not answer just now; trying again later may work."""

    status = 503


def error_name(error: BaseException) -> str:
    """Return what may be kept or logged of ``error``: its class and code, never its text, which may quote a person."""
    if isinstance(error, RuleViolation):
        return f"{type(error).__name__} {', '.join(issue.code for issue in error.issues)}"[:500]
    if isinstance(error, AppError):
        return f"{type(error).__name__} {error.code}"
    sqlstate = getattr(getattr(error, "orig", None), "sqlstate", None)
    return f"{type(error).__name__} {sqlstate}" if sqlstate else type(error).__name__
