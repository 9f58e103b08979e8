"""Words in the reader's language: gettext through Babel, one domain per owner.

The core's domain is ``zhiyuan``, a plugin's is its id; each keeps ``locale/<locale>/LC_MESSAGES/<domain>.po``. English
is the source. Python code marks sentences with :func:`gettext_noop` and translates them in front of the reader only;
templates are bound to their owner's domain when they are compiled (:mod:`zhiyuan.kernel.i18n_templates`).
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

CORE_DOMAIN: Final = "zhiyuan"
SOURCE_LOCALE: Final = "en"
LOCALES: Final = ("en", "zh-Hans")
"""Languages the core speaks, as BCP 47 tags; the first is the source language."""

_folders: dict[str, Path] = {CORE_DOMAIN: Path(__file__).parent.parent / "locale"}


def gettext_noop(message: str) -> str:
    """Return ``message`` unchanged: marks an English source sentence for extraction."""
    return message


def declare_catalogue(domain: str, folder: Path) -> None:
    """Say where the catalogues of ``domain`` (a plugin id) lie. Raises ValueError when another folder was declared."""
    if _folders.setdefault(domain, folder) != folder:
        raise ValueError(f"catalogues of {domain!r} are declared to lie in {_folders[domain]} already")


def domains() -> frozenset[str]:
    """Return every declared domain."""
    return frozenset(_folders)


class Translator:
    """Translates for one locale (``en``, ``zh-Hans``). Cheap to make; catalogues are read once per process."""

    def __init__(self, locale: str) -> None:
        self.locale = locale

    @property
    def babel_locale(self) -> Locale:
        """Return Babel's object for this locale, for formats."""
        return _babel_locale(self.locale)

    def translate(self, domain: str, message: str) -> str:
        """Return ``message`` (an English source sentence) in this language, or unchanged when nobody translated it."""
        if not message:
            return ""  # gettext keeps the catalogue's header under the empty message.
        return _catalogue(domain, self.locale).gettext(message)

    def translate_plural(self, domain: str, singular: str, plural: str, number: int) -> str:
        """Return the form for ``number`` of things, with ``%(num)s`` and other places still open."""
        return _catalogue(domain, self.locale).ngettext(singular, plural, number)


_ENGLISH: Final = Translator(SOURCE_LOCALE)
_active: ContextVar[Translator] = ContextVar("zhiyuan_translator", default=_ENGLISH)


def active_translator() -> Translator:
    """Return the translator of the reader that the current task or thread serves; English when none was set."""
    return _active.get()


def activate(locale: str) -> None:
    """Let the rest of the current task or thread speak ``locale``: what a web middleware calls once per request."""
    _active.set(Translator(locale))


@contextmanager
def speaking(locale: str) -> Iterator[Translator]:
    """Speak ``locale`` inside the block, and what was spoken before after it."""
    token = _active.set(Translator(locale))
    try:
        yield _active.get()
    finally:
        _active.reset(token)


def negotiate(
    accept_language: str | None, supported: Sequence[str] = LOCALES, *, wishes: Sequence[str | None] = ()
) -> str:
    """Return the locale of ``supported`` that an ``Accept-Language`` header likes best; the first one when none fits.

    ``wishes`` go before the header: what the reader chose, most recent first; those not supported are passed over.
    Any Chinese (``zh``, ``zh-CN``, ``zh-TW`` ...) is served with ``zh-Hans``, any English with ``en``. Headers that
    make no sense count as absent.
    """
    for wish in wishes:
        if wish in supported:
            return str(wish)
    by_language: dict[str, str] = {}
    for tag in supported:
        by_language.setdefault(tag.split("-")[0].lower(), tag)
    for tag in _by_preference(accept_language or ""):
        if tag == "*":
            return supported[0]
        exact = next((known for known in supported if known.lower() == tag), None)
        found = exact or by_language.get(tag.split("-")[0])
        if found is not None:
            return found
    return supported[0]


def _by_preference(header: str) -> list[str]:
    wanted: list[tuple[float, int, str]] = []
    for position, part in enumerate(header.split(",")[:20]):
        tag, _, parameters = part.partition(";")
        quality = 1.0
        name, _, value = parameters.strip().partition("=")
        if name.strip() == "q":
            try:
                quality = float(value)
            except ValueError:
                continue
        if tag.strip() and quality > 0:
            wanted.append((-quality, position, tag.strip().lower()))
    return [tag for _, _, tag in sorted(wanted)]


@cache
def _babel_locale(locale: str) -> Locale:
    return Locale.parse(locale, sep="-")


def catalogue_state(domain: str, locale: str) -> Literal["compiled", "stale", "missing"]:
    """Return whether the catalogue is compiled, would have to be, or is not there at all."""
    source, compiled = _paths(domain, locale)
    if not source.exists():
        return "compiled" if compiled.exists() else "missing"
    is_fresh = compiled.exists() and compiled.stat().st_mtime_ns >= source.stat().st_mtime_ns
    return "compiled" if is_fresh else "stale"


@cache
def _catalogue(domain: str, locale: str) -> NullTranslations:
    if domain not in _folders or locale == SOURCE_LOCALE:
        return NullTranslations()
    source, compiled = _paths(domain, locale)
    match catalogue_state(domain, locale):
        case "compiled":
            with compiled.open("rb") as file:
                return Translations(file, domain)
        case "stale":  # A checkout nobody compiled yet still speaks: reading takes a few milliseconds, once.
            buffer = io.BytesIO()
            with source.open("rb") as file:
                write_mo(buffer, read_po(file, locale=locale.replace("-", "_")))
            buffer.seek(0)
            return Translations(buffer, domain)
        case _:
            return NullTranslations()


def _paths(domain: str, locale: str) -> tuple[Path, Path]:
    source = _folders[domain] / locale.replace("-", "_") / "LC_MESSAGES" / f"{domain}.po"
    return source, source.with_suffix(".mo")


def fill(template: str, params: Mapping[str, Any]) -> str:
    """Put ``params`` into the ``%(name)s`` places of ``template``; a template that does not fit stays as it is."""
    try:
        return template % params
    except (KeyError, TypeError, ValueError):
        return template
