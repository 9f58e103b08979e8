"""Every word a person sees on a page can be translated."""

import pytest

from tools.architecture.source import ROOT, tracked_files
from tools.architecture.templates import untranslated


def test_templates_show_no_word_outside_gettext():
    pages = [path for path in tracked_files() if path.suffix == ".html" and "templates" in path.parts]

    assert [
        finding
        for page in pages
        for finding in untranslated(page.read_text(encoding="utf-8"), str(page.relative_to(ROOT)))
    ] == []


@pytest.mark.parametrize(
    "bad",
    [
        "<p>Welcome</p>",
        "<p>{{ name }} 小时</p>",
        "<img alt='Logo'>",
        '<input placeholder="Name" {% if x %}disabled{% endif %}>',
        "{% if x %}<b>{{ _('Yes') }}</b>{% else %}No{% endif %}",
        "<span translate='no'>zhiyuan</span> is here",
    ],
)
def test_a_visible_word_is_found(bad):
    assert untranslated(bad, "page.html")


@pytest.mark.parametrize(
    "good",
    [
        "<p>{{ _('Welcome') }}</p>",
        "<p>{% trans name=person.name %}Hello {{ name }}{% endtrans %}</p>",
        "{# a note #}<p>{{ minutes }} · 100 %</p>",
        "<!doctype html><title>{{ title }}</title><!-- for readers of the source -->",
        "<span translate='no'><b>zhiyuan</b> <br> 志愿</span>&nbsp;&times;",
        "<script>const word = 'code'</script><style>p { color: red }</style>",
        "<a title=\"{{ _('More') }}\" class='btn'>{{ icon('more') }}</a>",
    ],
)
def test_translated_and_unspoken_text_is_left_alone(good):
    assert [] == untranslated(good, "page.html")


def test_a_finding_names_the_line():
    assert untranslated("{% trans %}\na\n{% endtrans %}\n<p>Here</p>", "page.html")[0].startswith(
        "page.html:4:"
    )
