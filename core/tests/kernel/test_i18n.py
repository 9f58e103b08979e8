"""Words belong to whoever wrote them, and readers get their own language."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from zhiyuan.kernel import i18n
from zhiyuan.kernel.formats import Formats
from zhiyuan.kernel.i18n import Translator, negotiate
from zhiyuan.kernel.i18n_templates import DomainExtension, domain_of_template

_HEADER = (
    'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\nPlural-Forms: nplurals=1; plural=0;\\n"\n\n'
)


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A plugin ``acme`` and a core that translate the same sentence differently."""
    for domain, words in (("acme", "插件"), ("core_words", "核心")):
        folder = tmp_path / domain / "zh_Hans" / "LC_MESSAGES"
        folder.mkdir(parents=True)
        name = "zhiyuan" if domain == "core_words" else domain
        plural = f'msgid "%(num)s day"\nmsgid_plural "%(num)s days"\nmsgstr[0] "{words} %(num)s 天"\n'
        text = f'{_HEADER}msgid "Order %(who)s"\nmsgstr "{words} %(who)s"\n\n{plural}'
        (folder / f"{name}.po").write_text(text, encoding="utf-8")
    folders = {"zhiyuan": tmp_path / "core_words", "acme": tmp_path / "acme"}
    monkeypatch.setattr(i18n, "_folders", folders)
    i18n._catalogue.cache_clear()
    yield "acme"
    i18n._catalogue.cache_clear()


def test_each_owner_has_its_own_words(acme: str) -> None:
    translator = Translator("zh-Hans")

    assert translator.translate("zhiyuan", "Order %(who)s") == "核心 %(who)s"
    assert translator.translate("acme", "Order %(who)s") == "插件 %(who)s"
    assert translator.translate("unknown", "Order %(who)s") == "Order %(who)s"
    assert translator.translate("acme", "") == ""
    assert translator.translate_plural("acme", "%(num)s day", "%(num)s days", 2) == "插件 %(num)s 天"
    assert Translator("en").translate("acme", "Order %(who)s") == "Order %(who)s"
    assert Translator("en").translate_plural("acme", "%(num)s day", "%(num)s days", 2) == "%(num)s days"


def test_a_page_of_a_plugin_leaves_the_layouts_words_to_the_core(acme: str) -> None:
    sources = {
        "layout.html": "{{ _('Order %(who)s', who='1') }}|{% block page %}{% endblock %}",
        "acme/page.html": "{% extends 'layout.html' %}{% block page %}{{ _('Order %(who)s', who=name) }}|"
        "{% trans who=name %}Order {{ who }}{% endtrans %}|{{ ngettext('%(num)s day', '%(num)s days', 3) }}{% endblock %}",
    }
    environment = Environment(loader=DictLoader(sources), extensions=[DomainExtension], autoescape=True)

    with i18n.speaking("zh-Hans"):
        page = environment.get_template("acme/page.html").render(name="<b>")

    assert page == "核心 1|插件 &lt;b&gt;|插件 &lt;b&gt;|插件 3 天"
    assert environment.get_template("acme/page.html").render(name="x") == "Order 1|Order x|Order x|3 days"


def test_a_message_that_is_not_a_literal_is_escaped(acme: str) -> None:
    environment = Environment(extensions=[DomainExtension], autoescape=True)

    assert environment.from_string("{{ _(text) }}").render(text="<script>%") == "&lt;script&gt;%"


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("page.html", "zhiyuan"), ("acme/page.html", "acme"), ("acme:page.html", "acme"), (None, "zhiyuan"),
        ("core:acme/page.html", "zhiyuan"), ("parent:acme/page.html", "acme"), ("other/page.html", "zhiyuan"),
        ("portal/acme/page.html", "zhiyuan"),
    ],
)  # fmt: skip
def test_a_templates_name_says_whose_it_is(acme: str, name: str | None, domain: str) -> None:
    assert domain_of_template(name) == domain


def test_another_folder_for_a_known_domain_is_refused(acme: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="already"):
        i18n.declare_catalogue("acme", tmp_path / "elsewhere")


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        (None, "en"), ("", "en"), ("zh", "zh-Hans"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"), ("zh-TW", "zh-Hans"),
        ("zh-Hans-CN", "zh-Hans"), ("fr, zh;q=0.5, en;q=0.4", "zh-Hans"), ("en-GB,zh;q=0.9", "en"), ("fr", "en"),
        ("zh;q=0, en", "en"), ("*", "en"), ("zh;q=x", "en"), (",;=,", "en"), ("ZH-cn", "zh-Hans"),
    ],
)  # fmt: skip
def test_the_reader_gets_the_best_language_on_offer(header: str | None, locale: str) -> None:
    assert negotiate(header) == locale


@pytest.mark.parametrize(
    ("wishes", "locale"),
    [((), "zh-Hans"), (("en",), "en"), (("fr", None, "en", "zh-Hans"), "en"), (("zh",), "zh-Hans")],
)
def test_what_the_reader_chose_goes_before_the_browser(wishes: tuple[str | None, ...], locale: str) -> None:
    assert negotiate("zh", wishes=wishes) == locale


@pytest.mark.parametrize(
    ("minutes", "shown"),
    [(90, "1.5"), (60, "1"), (10, "0.17"), (0, "0"), (-90, "-1.5"), (75_000, "1,250"), (1, "0.02")],
)
def test_minutes_are_shown_as_hours(minutes: int, shown: str) -> None:
    assert Formats("en").hours(minutes) == shown
    assert Formats("zh-Hans").hours(minutes) == shown


def test_dates_and_instants_are_written_the_readers_way() -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)

    assert Formats("zh-Hans").day(date(2026, 3, 2)) == "2026年3月2日"
    assert Formats("zh-Hans").clock(noon, "Asia/Shanghai") == "20:00"
    assert Formats("en").number(1_234_567) == "1,234,567"
