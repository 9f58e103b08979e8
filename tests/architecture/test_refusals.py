"""Every refusal that the core can give has a sentence and a cure."""

import re
from pathlib import Path

from zhiyuan import declarations

_RAISED = re.compile(r'\bIssue\(\s*"([a-z_]+\.[a-z_0-9]+)"')
_CORE = Path(declarations.__file__).parent


def test_every_code_that_is_raised_is_declared() -> None:
    known = declarations.issue_texts().codes()
    raised = {
        code: path.name
        for path in _CORE.rglob("*.py")
        if path.name != "hookspecs.py"  # its example belongs to a plugin
        for code in _RAISED.findall(path.read_text(encoding="utf-8"))
    }

    assert len(raised) > 100
    assert {code: where for code, where in raised.items() if code not in known} == {}
