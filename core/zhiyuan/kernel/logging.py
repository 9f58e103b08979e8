"""Log lines: one structure for people and machines, and no personal data in any of them.

Three nets, because one is never enough: errors are told by class, code and place in the source, not by their text
(a database error quotes rows); fields whose name says that they hold something protected are dropped; engines hide
statement parameters. A line is written once, at the edge, with ids.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, Final

import structlog
from structlog.typing import Processor

from zhiyuan.kernel.errors import error_name

PROTECTED: Final = frozenset(
    {
        "name", "full_name", "display_name", "person_name", "phone", "email", "mail", "address", "residence_text",
        "document_number", "id_number", "birth_date", "emergency_contact", "login", "password", "password_hash",
        "token", "secret", "secret_key", "cookie", "cookies", "authorization", "session", "session_token", "headers",
        "params", "parameters", "statement", "body", "form", "query", "payload", "details",
    }
)  # fmt: skip
"""Names of fields whose values are never logged, at any depth."""

_HIDDEN: Final = "[hidden]"
_DEEPEST: Final = 4
_TELLING: Final = (AttributeError, NameError, ImportError, RecursionError, NotImplementedError)
"""Errors whose text names code, not data."""


def configure(*, log_format: str = "text", level: str = "info") -> None:
    """Send our own lines and those of libraries to standard error in one format. Called once by each process.

    ``log_format`` is ``text`` or ``json``; ``level`` the least important that is still written.
    """
    renderer = _configure_own(log_format, level)
    handler = _LibraryLines()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_name_logger, *_shared()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            # Arguments of libraries' lines may be anybody's data; the sentence itself is the library's own.
            use_get_message=False,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(getattr(logging, level.upper()), logging.INFO))
    # Below these levels they print statements and their parameters.
    logging.getLogger("sqlalchemy").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def configure_unless_done(*, log_format: str, level: str) -> None:
    """Make our own lines safe in a process that never called :func:`configure`; structlog's default prints locals."""
    if not structlog.is_configured():
        _configure_own(log_format, level)


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _tell_errors,
        _hide_protected,
    ]


def _configure_own(log_format: str, level: str) -> Processor:
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*_shared(), renderer],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=_ToStandardError(),
        cache_logger_on_first_use=False,
    )
    return renderer


class _ToStandardError:
    """Writes to whatever standard error is at that moment, so that redirecting it works."""

    def __call__(self, *_: Any) -> structlog.PrintLogger:
        return structlog.PrintLogger(sys.stderr)


class _LibraryLines(logging.Handler):
    """Writes the lines of libraries, likewise."""

    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), file=sys.stderr, flush=True)  # noqa: T201  # this is the log


def correlate(correlation_id: str) -> None:
    """Write ``correlation_id`` on every line that the current task or thread logs from now on."""
    structlog.contextvars.bind_contextvars(correlation_id=correlation_id)


def told_error(error: BaseException) -> dict[str, Any]:
    """Return what may be known of ``error``: class and code, where it was raised, what caused it. Never its text."""
    told: dict[str, Any] = {"error": error_name(error)}
    if isinstance(error, _TELLING):
        told["says"] = str(error)
    constraint = getattr(getattr(getattr(error, "orig", None), "diag", None), "constraint_name", None)
    if constraint:
        told["constraint"] = constraint
    frames = traceback.extract_tb(error.__traceback__)
    told["at"] = [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames[-12:]]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        told["cause"] = error_name(cause)
    return told


def _tell_errors(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    given = line.pop("exc_info", None)
    error = given[1] if isinstance(given, tuple) else sys.exc_info()[1] if given is True else given
    if isinstance(error, BaseException):
        line.update(told_error(error))
    line.pop("stack_info", None)
    return line


def _hide_protected(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: _HIDDEN if key.lower() in PROTECTED else _cleaned(value, 0) for key, value in line.items()}


def _cleaned(value: Any, depth: int) -> Any:
    if isinstance(value, BaseException):
        return error_name(value)
    if isinstance(value, dict):
        if depth >= _DEEPEST:
            return _HIDDEN
        return {
            key: _HIDDEN if str(key).lower() in PROTECTED else _cleaned(entry, depth + 1)
            for key, entry in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_cleaned(entry, depth + 1) for entry in value] if depth < _DEEPEST else _HIDDEN
    return value


def _name_logger(logger: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    record = line.get("_record")
    if record is not None:
        line["logger"] = record.name
    return line


def _short(path: str) -> str:
    marker = "site-packages/"
    if marker in path:
        return path.split(marker, 1)[1]
    return path[path.find("zhiyuan/") :] if "zhiyuan/" in path else path.rsplit("/", 1)[-1]
