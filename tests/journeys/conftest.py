"""An installation that is reached as a stranger reaches it: by its command line and by HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tools.installation import Installation


@pytest.fixture
def installation(
    blank_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Installation]:
    """A migrated installation without any row, once on SQLite and once on PostgreSQL."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("zhiyuan.kernel.logging.configure", lambda **_: None)
    made = Installation(tmp_path, blank_database_url)
    made.json("migrate")
    yield made
    structlog.reset_defaults()
