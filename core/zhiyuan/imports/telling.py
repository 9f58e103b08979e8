"""Sentences for the issues that an import meets, for summaries and error sheets."""

from zhiyuan.declarations import issue_texts
from zhiyuan.kernel.i18n import active_translator
from zhiyuan.kernel.issues import Issue, ToldIssue


def told(issue: Issue) -> ToldIssue:
    """Return ``issue`` as sentences in the reader's language."""
    return issue_texts().tell(issue, active_translator().translate)
