"""Visible words in templates are translatable: a text node or label with letters outside gettext is a finding.

A word that is the same in every language (a product's name, a code) stands in an element with `translate="no"`,
the attribute HTML has for it; translation programs in browsers respect it too.
"""

import re
from html.parser import HTMLParser

# Their contents are either translated (trans), shown from data ({{ }}), or never shown.
_HIDDEN = re.compile(
    r"\{#.*?#\}|\{%-?\s*(?:block)?trans\b.*?\{%-?\s*endtrans\s*-?%\}|\{%-?\s*raw\b.*?\{%-?\s*endraw\s*-?%\}"
    r"|\{\{.*?\}\}|\{%.*?%\}",
    re.DOTALL,
)
_LETTER = re.compile(r"[^\W\d_]")
_LABELS = ("title", "alt", "placeholder", "aria-label", "aria-description", "label")
_SILENT = ("script", "style", "svg", "code", "pre", "kbd", "samp")
_VOID = ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")


def untranslated(text: str, path: str) -> list[str]:
    """Findings for one HTML template."""
    reader = _Reader(path)
    reader.feed(_HIDDEN.sub(lambda found: "\n" * found.group().count("\n"), text))
    reader.close()
    return reader.findings


class _Reader(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__(convert_charrefs=True)
        self.path = path
        self.findings: list[str] = []
        self.quiet: list[str] = []  # the open elements since the first silent one

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if self.quiet or tag in _SILENT or given.get("translate") == "no":
            if tag not in _VOID:
                self.quiet.append(tag)
            return
        for name in _LABELS:
            self._check(given.get(name) or "", f"the attribute {name}")

    def handle_endtag(self, tag: str) -> None:
        # Inner elements may be left open (<p>, <li>): closing an outer one closes them.
        if tag in self.quiet:
            del self.quiet[self.quiet.index(tag) if self.quiet.count(tag) == 1 else -1 :]

    def handle_data(self, data: str) -> None:
        if not self.quiet:
            self._check(data, "text")

    def _check(self, text: str, where: str) -> None:
        if _LETTER.search(text):
            shown = " ".join(text.split())[:40]
            self.findings.append(f"{self.path}:{self.getpos()[0]}: {where} is not translatable: “{shown}”")
