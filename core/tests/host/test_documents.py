"""What the how-to quotes is what the example says."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "how-to" / "write-a-plugin.md"
QUOTED = re.findall(
    r"<!-- file: (\S+) -->\n```\w+\n(.*?)\n```\n", PAGE.read_text(encoding="utf-8"), re.DOTALL
)


@pytest.mark.parametrize(("path", "text"), QUOTED, ids=[path.rsplit("/", 1)[-1] for path, _ in QUOTED])
def test_a_quoted_file_is_quoted_as_it_is(path: str, text: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8").strip() == text.strip()


def test_files_are_quoted() -> None:
    assert len(QUOTED) >= 6
