"""The words of every owner (core, plugins, examples): collect, bring translations up to date, compile, say what is missing.

``python -m tools.messages update|compile|check``. An owner keeps ``locale/<language>/LC_MESSAGES/<domain>.po`` in its
package; the domain is ``zhiyuan`` for the core and the plugin's id for a plugin. Collected are ``_()``, ``gettext_noop()`` and ``ngettext()`` in Python
and templates, ``{% trans %}``, message and cure of every ``IssueText``, the ``doc`` of every ``RuleKey``, and the
messages of errors that readers see. Python is read by its syntax tree, so sentences may be put together over lines.
"""

import argparse
import ast
import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "core" / "zhiyuan"
DOMAIN = "zhiyuan"
LANGUAGES = ("zh_Hans",)
_PLUGINS = ("plugins/*/zhiyuan_*", "docs/examples/*/zhiyuan_*")

_WIDTH = 110
_HEADER = """\
# Words of {domain}. Brought up to date by: python -m tools.messages update
msgid ""
msgstr ""
"Project-Id-Version: zhiyuan\\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural_forms}\\n"

"""
"""Without dates, so that a catalogue moves only when its words do, and without anybody's address."""

_PLACE = re.compile(r"%\((\w+)\)")
_CALLS: dict[str, tuple[int | str, ...]] = {
    "_": (0,),
    "gettext": (0,),
    "gettext_noop": (0,),
    "IssueText": (1, 2, "message", "cure"),
    "RuleKey": ("doc",),
    "AppError": (1, "message"),
    "NotFound": (1, "message"),
    "Unauthenticated": (1, "message"),
    "Forbidden": (1, "message"),
    "Conflict": (1, "message"),
    "Invalid": (1, "message"),
    "Unavailable": (1, "message"),
}
"""Which arguments of which calls are words for readers, by position or name."""

Message = str | tuple[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """One message (or singular and plural) and where it stands."""

    message: Message
    place: str
    line: int


@dataclass(frozen=True, slots=True)
class Owner:
    """A package with words of its own, and the gettext domain they are kept under."""

    package: Path
    domain: str

    def catalogues(self) -> list[Path]:
        """Return the catalogues that exist, one for each language."""
        return sorted(self.package.glob(f"locale/*/LC_MESSAGES/{self.domain}.po"))


def owners(root: Path = ROOT) -> list[Owner]:
    """Return the core, then every plugin of the tree that has words: a package with a manifest beside its code."""
    manifests = sorted({path for place in _PLUGINS for path in root.glob(f"{place}/plugin.toml")})
    plugins = (Owner(path.parent, path.parent.name.removeprefix("zhiyuan_")) for path in manifests)
    return [Owner(root / "core" / "zhiyuan", DOMAIN), *(owner for owner in plugins if collect(owner.package))]


def collect(package: Path) -> list[Found]:
    """Return every message of ``package`` in the order of files and lines."""
    found: list[Found] = []
    for path in sorted(package.rglob("*")):
        place = path.relative_to(package).as_posix()
        if path.suffix == ".py" and "migrations" not in path.parts:
            found += _in_python(path.read_text(encoding="utf-8"), place)
        elif "templates" in path.parts and path.is_file():
            found += _in_template(path, place)
    return found


def template(package: Path, domain: str = DOMAIN) -> Catalog:
    """Return the catalogue of all messages of ``package`` without translations."""
    catalog = Catalog(domain=domain, charset="utf-8")
    for entry in collect(package):
        catalog.add(entry.message, locations=[(entry.place, entry.line)])
    return catalog


def update(package: Path = CORE, domain: str = DOMAIN) -> None:
    """Merge what ``package`` says into each language; new messages are empty, gone ones are dropped."""
    collected = template(package, domain)
    for language in LANGUAGES:
        path = package / "locale" / language / "LC_MESSAGES" / f"{domain}.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        catalog = _read(path, language) if path.exists() else Catalog(locale=language, domain=domain)
        # Nothing is guessed: a fuzzy translation is a wrong one that looks finished.
        catalog.update(collected, no_fuzzy_matching=True, update_creation_date=False)
        catalog.obsolete.clear()
        _write(path, catalog)


def compile_all(package: Path = CORE) -> list[Path]:
    """Compile every catalogue of ``package`` and return the files written."""
    written: list[Path] = []
    for path in sorted(package.glob("locale/*/LC_MESSAGES/*.po")):
        target = path.with_suffix(".mo")
        with target.open("wb") as file:
            write_mo(file, _read(path, path.parts[-3]))
        written.append(target)
    return written


def faults(package: Path, path: Path) -> list[str]:
    """Return what is wrong with the catalogue at ``path``: messages missing, empty, fuzzy, or with other places."""
    catalog = _read(path, path.parts[-3])
    found: list[str] = []
    for wanted in template(package):
        sources = _strings(wanted.id)
        first = sources[0]
        if not first:
            continue  # the header
        entry = catalog.get(first)
        if entry is None or not entry.string or not all(_strings(entry.string)):
            found.append(f"not translated: {first}")
        elif entry.fuzzy:
            found.append(f"fuzzy: {first}")
        elif any(_places(text) - _places(" ".join(sources)) for text in _strings(entry.string)):
            found.append(f"names places that the source does not have: {first}")
        elif len(sources) == 1 and _places(first) != _places(str(entry.string)):
            found.append(f"leaves out a place: {first}")
    return found


def main() -> None:
    """Read the command line and do what it asks."""
    parser = argparse.ArgumentParser(prog="python -m tools.messages", description=__doc__)
    parser.add_argument("action", choices=("update", "compile", "check"))
    action = parser.parse_args().action
    is_wrong = False
    for owner in owners():
        match action:
            case "update":
                update(owner.package, owner.domain)
                for path in owner.catalogues():
                    print(f"{path.relative_to(ROOT)}: {len(faults(owner.package, path))} to translate")
            case "compile":
                for path in compile_all(owner.package):
                    print(path.relative_to(ROOT))
            case _:
                wrong = [line for path in owner.catalogues() for line in faults(owner.package, path)]
                print(f"{owner.domain}:", *(wrong or ["complete"]), sep="\n  ")
                is_wrong = is_wrong or bool(wrong)
    sys.exit(is_wrong)


def _in_python(source: str, place: str) -> Iterator[Found]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        if isinstance(function, ast.Subscript):  # RuleKey[int](...)
            function = function.value
        name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
        if name == "ngettext" and len(node.args) >= 2:
            singular, plural = _text(node.args[0]), _text(node.args[1])
            if singular and plural:
                yield Found((singular, plural), place, node.lineno)
            continue
        named: dict[str | None, ast.expr] = {keyword.arg: keyword.value for keyword in node.keywords}
        for argument in _CALLS.get(name, ()):
            if isinstance(argument, int):
                value = node.args[argument] if argument < len(node.args) else None
            else:
                value = named.get(argument)
            if value is not None and (text := _text(value)):
                yield Found(text, place, value.lineno)


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _in_template(path: Path, place: str) -> Iterator[Found]:
    options = {"trimmed": "true", "silent": "false", "newstyle_gettext": "true", "encoding": "utf-8"}
    with path.open("rb") as file:
        for line, _, message, _ in babel_extract(file, ("_", "gettext", "ngettext"), (), options):
            parts = [part for part in (message if isinstance(message, tuple) else (message,)) if part]
            if len(parts) >= 2:
                yield Found((parts[0], parts[1]), place, line)
            elif parts:
                yield Found(parts[0], place, line)


def _read(path: Path, language: str) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=path.stem)


def _write(path: Path, catalog: Catalog) -> None:
    words = io.BytesIO()
    write_po(words, catalog, width=_WIDTH, omit_header=True, sort_output=True, no_location=True)
    header = _HEADER.format(domain=path.stem, language=path.parts[-3], plural_forms=catalog.plural_forms)
    path.write_bytes(header.encode() + words.getvalue().strip() + b"\n")


def _strings(value: object) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, tuple | list) else (str(value),)


def _places(text: str) -> set[str]:
    return set(_PLACE.findall(text))


if __name__ == "__main__":
    main()
