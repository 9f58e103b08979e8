"""Text from outside is kept as its sender saw it, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.text import clean_text


def test_text_is_trimmed_and_composed() -> None:
    assert clean_text("  Gärber ", field="name", maximum=20) == "Gärber"
    assert clean_text("\u3000张伟\u3000", field="name", maximum=20) == "张伟"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a\x00b", "text.control_character"),
        ("a\nb", "text.control_character"),
        ("a\ud800b", "text.control_character"),
        ("a\u202eb", "text.direction_override"),
        ("a\u2066b", "text.direction_override"),
        ("x" * 10_001, "text.too_long"),
    ],
)
def test_bad_text_is_refused_by_name(text: str, code: str) -> None:
    found = clean_text(text, field="title", maximum=10_000)

    assert isinstance(found, Issue)
    assert (found.code, found.field) == (code, "title")


def test_line_breaks_stay_where_lines_are_expected() -> None:
    assert clean_text("a\r\nb\tc", field="text", maximum=20, multiline=True) == "a\nb\tc"


@given(st.text())
def test_what_passes_passes_again_unchanged(text: str) -> None:
    once = clean_text(text, field="x", maximum=1000)

    if isinstance(once, str):
        assert clean_text(once, field="x", maximum=1000) == once
