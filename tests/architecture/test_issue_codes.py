"""Every reason that the core gives has its sentences, and no sentence waits for a reason that nobody gives."""

import re

import pytest

from tools.architecture import issue_codes
from tools.architecture.source import core_modules, parse
from zhiyuan.declarations import issue_texts


def test_every_code_that_is_raised_has_a_text():
    declared = issue_texts().codes()

    assert [] == [
        f"{each.where}: no text for {each.pattern}"
        for each in issue_codes.raised(core_modules())
        if not any(re.fullmatch(each.pattern, code) for code in declared)
    ]


def test_every_text_is_of_a_code_that_is_raised():
    modules = core_modules()
    mentioned = issue_codes.mentioned(modules)
    patterns = {each.pattern for each in issue_codes.raised(modules)}

    assert [] == sorted(
        code
        for code in issue_texts().codes()
        if code not in mentioned and not any(re.fullmatch(pattern, code) for pattern in patterns)
    )


@pytest.mark.parametrize(
    ("source", "patterns"),
    [
        ('Issue("a.b", field="x")', ["a\\.b"]),
        ('Issue(code="a.b")', ["a\\.b"]),
        ('Issue(f"a.bad_{name}")', ["a\\.bad_[a-z_]+"]),
        ('def f():\n    code = "a.b" if x else "a.c"\n    Issue(code)', ["a\\.b", "a\\.c"]),
        ('def no(where, code):\n    return Issue(code)\nno(1, "a.b")', ["a\\.b"]),
        (
            'class No(Exception):\n    def __init__(self, code):\n        Issue(code)\nNo("a.b")',
            ["a\\.b"],
        ),
    ],
)
def test_a_code_is_found_however_it_comes_to_its_issue(source, patterns):
    assert patterns == [each.pattern for each in issue_codes.raised([parse(source, "zhiyuan.people.x")])]


def test_a_text_does_not_mention_its_own_code():
    module = parse('TEXT = IssueText("a.b", "No.", "")\nUSED = "a.c"', "zhiyuan.people.issues")

    assert {"a.c"} == issue_codes.mentioned([module])
