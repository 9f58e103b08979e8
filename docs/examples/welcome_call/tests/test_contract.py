"""What every plugin should test: its tables, its words, and that it can be installed."""

import pytest

from zhiyuan.host import migrate
from zhiyuan.host.upgrades import owner_of
from zhiyuan.kernel.i18n import Translator
from zhiyuan.runtime import Runtime
from zhiyuan.sdk import Base
from zhiyuan_welcome_call import issues

pytestmark = pytest.mark.plugins("welcome_call")


def test_its_tables_are_what_its_models_say(runtime: Runtime, database_url: str) -> None:
    owner = owner_of(runtime.plugins.plugins[0])

    assert migrate.drift(database_url, owner, Base.metadata) == []


def test_its_tables_can_be_taken_away_and_made_again(runtime: Runtime, database_url: str) -> None:
    owner = owner_of(runtime.plugins.plugins[0])

    migrate.downgrade(database_url, owner)
    assert migrate.pending(database_url, owner) == ("0001",)
    migrate.migrate(database_url, [owner])

    assert migrate.pending(database_url, owner) == ()
    assert migrate.pending(database_url) == ()


def test_its_words_are_translated(runtime: Runtime) -> None:
    translate = Translator("zh-Hans").translate
    texts = [text for issue in issues.ISSUES for text in (issue.message, issue.cure)]
    texts += [column.label for column in runtime.plugins.plugins[0].columns]

    assert [text for text in texts if translate("welcome_call", text) == text] == []
