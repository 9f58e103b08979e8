"""Reasons about plugins as English sentences, for logs, the command line and the state kept in the database."""

from collections.abc import Callable, Iterable

from zhiyuan.host.issues import ISSUES
from zhiyuan.kernel import commands
from zhiyuan.kernel.issues import Issue, IssueTexts, ToldIssue

_texts = IssueTexts()
_texts.declare("zhiyuan", (*ISSUES, *commands.ISSUES))


def sentences(issues: Iterable[Issue]) -> list[str]:
    """Return what is wrong and what would cure it, one text per issue, in English."""
    return [f"{each.message} {each.cure}".strip() for each in tell(issues, lambda _, message: message)]


def tell(issues: Iterable[Issue], translate: Callable[[str, str], str]) -> list[ToldIssue]:
    """Return ``issues`` of the host and of the command bus as a reader sees them; see ``IssueTexts.tell``."""
    return [_texts.tell(issue, translate) for issue in issues]
