"""Every refusal of this room has a sentence and a cure; certificates say the same things in every language."""

import re
from pathlib import Path

import zhiyuan.records
from zhiyuan.records.certificates.wording import LOCALES, words
from zhiyuan.records.issues import ISSUES


def test_every_issue_has_a_text_and_every_text_an_issue() -> None:
    sources = "".join(path.read_text() for path in Path(zhiyuan.records.__file__).parent.rglob("*.py"))
    raised = set(re.findall(r'Issue\(\s*"([a-z_.]+)"', sources))

    assert {issue.code for issue in ISSUES} == raised
    assert all(issue.message and issue.cure for issue in ISSUES)


def test_certificates_say_the_same_in_every_language() -> None:
    def places(text: str) -> set[str]:
        return set(re.findall(r"%\((\w+)\)s", text))

    for locale in LOCALES:
        assert words(locale).keys() == words("en").keys()
        for word, text in words("en").items():
            assert places(words(locale)[word]) <= places(text), word
