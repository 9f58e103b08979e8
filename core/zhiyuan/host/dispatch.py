"""Calls into plugin code, one function per prefix: each implementation by itself, inside walls.

Nothing that a plugin does in ``check_`` or ``extend_`` reaches the caller as an exception: it comes back as a
:class:`Failure` with the reason. This is the one place that catches everything.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn, TypeVar
from uuid import UUID

import structlog

from zhiyuan.host.columns import TONES, Cell
from zhiyuan.host.context import HookContext
from zhiyuan.host.traces import trace
from zhiyuan.kernel.hooks import Request
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Database

log = structlog.get_logger(__name__)

SLOW_SECONDS: Final = 0.05
"""A call that takes longer is worth a line in the log."""


@dataclass(frozen=True, slots=True)
class Implementation:
    """One plugin's answer to one hook; ``arguments`` are those of the hook that it wants to have."""

    plugin_id: str
    hook: str
    function: Callable[..., Any]
    arguments: frozenset[str]

    def __call__(self, **offered: Any) -> Any:
        """Call the plugin's function with those of the ``offered`` arguments that it names."""
        return self.function(**{name: offered[name] for name in self.arguments})


@dataclass(frozen=True, slots=True)
class Failure:
    """A plugin did not answer as its contract says. ``reason`` is for the log and the doctor."""

    reason: str


class WrongAnswer(Exception):
    """The answer has another shape than the hook promises."""


class ReadOnlyDatabase(Database):
    """The database as a plugin sees it that may only read: units of work that write are refused."""

    def __init__(self, of: Database) -> None:
        self.__dict__.update(of.__dict__)

    def uow(self, *, unaudited: str | None = None) -> NoReturn:
        """Refuse: ``check_`` and ``extend_`` hooks decide and show, they do not write."""
        raise WrongAnswer("a check_ or extend_ hook may not write")


AnswerT = TypeVar("AnswerT")


def check(
    implementation: Implementation, context: HookContext, requests: Sequence[Request]
) -> Mapping[str, Sequence[Issue]] | Failure:
    """Ask one ``check_`` implementation about ``requests`` of one organization. Fails closed: see the caller."""

    def validated(answer: Any) -> Mapping[str, Sequence[Issue]]:
        return checked_issues(context.plugin_id, answer, {request.key for request in requests})

    return _walled(implementation, context, validated, requests=requests)


def extend(
    implementation: Implementation,
    context: HookContext,
    table: str,
    ids: Sequence[UUID],
    columns: frozenset[str],
) -> Mapping[UUID, Mapping[str, Cell]] | Failure:
    """Ask one ``extend_table`` implementation for the cells of its ``columns``. Fails open: they are left out."""

    def validated(answer: Any) -> Mapping[UUID, Mapping[str, Cell]]:
        return checked_cells(answer, frozenset(ids), columns)

    return _walled(implementation, context, validated, table=table, ids=ids)


def tell(implementation: Implementation, context: HookContext, event: Any) -> None:
    """Let one ``on_`` implementation hear ``event`` inside the unit of work in ``context``. Raises what it raises."""
    started = time.perf_counter()
    implementation(ctx=context, event=event)
    _note_time(implementation, context, started)


def checked_issues(plugin_id: str, answer: Any, asked: set[str]) -> Mapping[str, Sequence[Issue]]:
    """Return ``answer`` of a ``check_`` hook, with the plugin written on each issue. Raises WrongAnswer."""
    if answer is None:
        return {}
    if not isinstance(answer, Mapping):
        raise WrongAnswer(f"a mapping is wanted, not {type(answer).__name__}")
    checked: dict[str, list[Issue]] = {}
    for key, issues in answer.items():
        if key not in asked:
            raise WrongAnswer("it answers a key that it was not asked about")
        if not isinstance(issues, list | tuple):
            raise WrongAnswer(f"issues come as a list or tuple, not {type(issues).__name__}")
        checked[key] = [_checked_issue(plugin_id, issue) for issue in issues]
    return checked


def _checked_issue(plugin_id: str, issue: Any) -> Issue:
    if not isinstance(issue, Issue):
        raise WrongAnswer(f"an Issue is wanted, not {type(issue).__name__}")
    if not str(issue.code).startswith(f"{plugin_id}."):
        raise WrongAnswer("an issue code lies outside the plugin's prefix")
    if issue.severity not in ("block", "warn"):
        raise WrongAnswer("an issue neither blocks nor warns")
    if not all(isinstance(value, str | int) for value in issue.params.values()):
        raise WrongAnswer("an issue has parameters that are neither text nor whole numbers")
    return issue.said_by(plugin_id)


def checked_cells(
    answer: Any, ids: frozenset[UUID], columns: frozenset[str]
) -> Mapping[UUID, Mapping[str, Cell]]:
    """Return ``answer`` of an ``extend_table`` hook. Raises WrongAnswer."""
    if answer is None:
        return {}
    if not isinstance(answer, Mapping):
        raise WrongAnswer(f"a mapping is wanted, not {type(answer).__name__}")
    for row_id, cells in answer.items():
        if row_id not in ids:
            raise WrongAnswer("it answers a row that it was not asked about")
        if not isinstance(cells, Mapping):
            raise WrongAnswer(f"cells come as a mapping, not {type(cells).__name__}")
        for column, cell in cells.items():
            if column not in columns:
                raise WrongAnswer("it fills a column that it has not registered")
            if not isinstance(cell, Cell) or cell.tone not in TONES:
                raise WrongAnswer("a Cell is wanted")
            cell.told(_untranslated)  # raises here, and not on the page, when text and parameters do not fit
    return answer


def _walled(
    implementation: Implementation,
    context: HookContext,
    validated: Callable[[Any], AnswerT],
    **arguments: Any,
) -> AnswerT | Failure:
    started = time.perf_counter()
    try:
        answer = validated(implementation(ctx=context, **arguments))
    except WrongAnswer as error:
        return _failed(implementation, context, str(error), error)
    except BaseException as error:  # also SystemExit and what a plugin makes up: it is not ours to die of
        return _failed(implementation, context, type(error).__name__, error)
    _note_time(implementation, context, started)
    return answer


def _failed(
    implementation: Implementation, context: HookContext, reason: str, error: BaseException
) -> Failure:
    log.error(
        "plugin failed",
        plugin=context.plugin_id,
        hook=implementation.hook,
        organization_id=str(context.organization_id),
        reason=reason,
        **trace(error),
    )
    return Failure(reason)


def _note_time(implementation: Implementation, context: HookContext, started: float) -> None:
    seconds = time.perf_counter() - started
    if seconds > SLOW_SECONDS:
        log.warning(
            "plugin is slow",
            plugin=context.plugin_id,
            hook=implementation.hook,
            milliseconds=round(seconds * 1000),
        )


def _untranslated(text: str) -> str:
    return text
