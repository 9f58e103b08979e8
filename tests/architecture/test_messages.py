"""Every sentence of the core is collected, and every catalogue that exists says all of them."""

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from tools import messages

_SOURCE = """
from zhiyuan.kernel.i18n import gettext_noop
TITLE = gettext_noop("A title "
                     "over two lines")
ISSUES = (IssueText("a.b", "Too many: %(count)s.", "Take fewer."), IssueText(code="a.c", message="Named.", cure=""))
KEY = RuleKey[int](id="a.k", default=1, doc="How many.")
raise Conflict("a.late", "Somebody was first.")
"""
_PAGE = """{% trans %}
  Hello
{% endtrans %}{{ _("Save") }}{% trans count=n %}{{ count }} day{% pluralize %}{{ count }} days{% endtrans %}"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A small package with words in Python and in a template."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "issues.py").write_text(_SOURCE)
    (tmp_path / "templates" / "page.html").write_text(_PAGE)
    return tmp_path


def _translated(package: Path, **words: str) -> list[str]:
    messages.update(package)
    path = package / "locale" / "zh_Hans" / "LC_MESSAGES" / "zhiyuan.po"
    with path.open("rb") as file:
        catalog = read_po(file, locale="zh_Hans")
    for entry in catalog:
        if entry.id:
            text = entry.id[-1] if isinstance(entry.id, tuple) else entry.id
            said = words.get(text.split()[0], text)
            entry.string = (said,) if isinstance(entry.id, tuple) else said
    messages._write(path, catalog)
    return messages.faults(package, path)


def test_all_kinds_of_words_are_collected(package: Path) -> None:
    assert {found.message for found in messages.collect(package)} == {
        "A title over two lines", "Too many: %(count)s.", "Take fewer.", "Named.", "How many.", "Somebody was first.",
        "Hello", "Save", ("%(count)s day", "%(count)s days"),
    }  # fmt: skip


def test_a_complete_catalogue_has_no_faults(package: Path) -> None:
    assert _translated(package) == []


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ({"Save": ""}, "not translated: Save"),
        ({"Too": "太多"}, "leaves out a place: Too many: %(count)s."),
        ({"Hello": "%(name)s"}, "names places that the source does not have: Hello"),
        ({"%(count)s": "%(n)s 天"}, "names places that the source does not have: %(count)s day"),
    ],
)
def test_a_faulty_translation_is_found(package: Path, words: dict[str, str], fault: str) -> None:
    assert _translated(package, **words) == [fault]


def test_a_fuzzy_translation_is_found(package: Path) -> None:
    _translated(package)
    path = package / "locale" / "zh_Hans" / "LC_MESSAGES" / "zhiyuan.po"
    path.write_text(path.read_text().replace('msgid "Save"', '#, fuzzy\nmsgid "Save"'))

    assert messages.faults(package, path) == ["fuzzy: Save"]


def test_updating_keeps_translations_and_drops_what_is_gone(package: Path) -> None:
    _translated(package, Save="保存")
    (package / "issues.py").unlink()

    messages.update(package)

    text = (package / "locale" / "zh_Hans" / "LC_MESSAGES" / "zhiyuan.po").read_text()
    assert "保存" in text
    assert "Take fewer" not in text


@pytest.mark.parametrize("owner", messages.owners(), ids=lambda owner: owner.domain)
def test_every_owner_says_all_its_words_in_chinese(owner: messages.Owner) -> None:
    assert [path.parts[-3] for path in owner.catalogues()] == list(messages.LANGUAGES)
    assert [messages.faults(owner.package, path) for path in owner.catalogues()] == [[]]


def test_a_catalogue_tells_neither_dates_nor_addresses(package: Path) -> None:
    messages.update(package)

    header = (package / "locale" / "zh_Hans" / "LC_MESSAGES" / "zhiyuan.po").read_text().split("\n\n")[0]
    assert "@" not in header
    assert "Date" not in header
