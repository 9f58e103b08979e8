"""Reasons to refuse or to warn, as values.

An :class:`Issue` is a code with parameters. It becomes a sentence only in front of a reader, in the reader's language,
from the :class:`IssueText` that the owner of the code has declared. A code without a declared text is a defect that a
test catches; at run time it is shown as the code itself rather than failing a page.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from zhiyuan.kernel.i18n import gettext_noop

Severity = Literal["block", "warn"]
Parameter = str | int

LIST_SEPARATOR: Final = gettext_noop(", ")
"""What stands between the words of a list."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One reason, addressed to whoever can do something about it.

    ``code`` is ``<room>.<reason>``; ``field`` names the input field at fault, if one is; ``rule`` the rule key that
    decided; ``clause`` the article of the document behind it; ``plugin`` the id of the plugin that said so.
    """

    code: str
    severity: Severity = "block"
    params: Mapping[str, Parameter] = field(default_factory=dict)
    field: str | None = None
    rule: str | None = None
    clause: str | None = None
    plugin: str | None = None

    @property
    def blocks(self) -> bool:
        """True when nothing may be written while this issue stands."""
        return self.severity == "block"

    def said_by(self, plugin: str) -> "Issue":
        """Return this issue with the plugin that raised it written on it."""
        return replace(self, plugin=plugin)


@dataclass(frozen=True, slots=True)
class IssueText:
    """The English source sentences of one code: what is wrong, and what would cure it.

    Both are gettext message ids with ``%(name)s`` places filled from ``Issue.params``. ``words`` names the parameters
    that are values of closed sets, each with its set: readers see the word for the value (``declare_words``).
    """

    code: str
    message: str
    cure: str
    words: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class ToldIssue:
    """An issue as a reader sees it."""

    code: str
    severity: Severity
    message: str
    cure: str
    field: str | None
    rule: str | None
    clause: str | None
    plugin: str | None


class IssueTexts:
    """All declared texts, each with the gettext domain of its owner."""

    def __init__(self) -> None:
        self._texts: dict[str, tuple[str, IssueText]] = {}
        self._words: dict[str, tuple[str, Mapping[str, str]]] = {}

    def declare(self, domain: str, texts: Iterable[IssueText]) -> None:
        """Add texts under a gettext ``domain``. Raises ValueError if another domain declared a code before."""
        for text in texts:
            known = self._texts.get(text.code)
            if known is not None and known[0] != domain:
                raise ValueError(f"issue {text.code!r} is declared by {known[0]!r} already")
            self._texts[text.code] = (domain, text)

    def declare_words(self, domain: str, kind: str, words: Mapping[str, str]) -> None:
        """Say how readers call the values of the closed set ``kind``: value -> English word, a gettext message id."""
        self._words[kind] = (domain, words)

    def __contains__(self, code: str) -> bool:
        return code in self._texts

    def codes(self) -> frozenset[str]:
        """Return every declared code."""
        return frozenset(self._texts)

    def tell(self, issue: Issue, translate: Callable[[str, str], str]) -> ToldIssue:
        """Render ``issue``; ``translate(domain, message_id)`` answers in the reader's language."""
        domain, text = self._texts.get(issue.code, ("zhiyuan", IssueText(issue.code, issue.code, "")))
        params = dict(issue.params)
        for name, kind in text.words.items():
            if name in params:
                params[name] = self._worded(kind, str(params[name]), translate)
        return ToldIssue(
            code=issue.code,
            severity=issue.severity,
            message=_fill(translate(domain, text.message), params),
            cure=_fill(translate(domain, text.cure), params) if text.cure else "",
            field=issue.field,
            rule=issue.rule,
            clause=issue.clause,
            plugin=issue.plugin,
        )

    def _worded(self, kind: str, value: str, translate: Callable[[str, str], str]) -> str:
        """Return the words for one value, or for several with commas between them; unknown ones stay as they are."""
        domain, words = self._words.get(kind, ("zhiyuan", {}))
        said = (translate(domain, words[part]) if part in words else part for part in value.split(", "))
        return translate("zhiyuan", LIST_SEPARATOR).join(said)


def _fill(template: str, params: Mapping[str, Parameter]) -> str:
    try:
        return template % params
    except (KeyError, TypeError, ValueError):
        return template
