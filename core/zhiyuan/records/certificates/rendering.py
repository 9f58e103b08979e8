"""From a certificate's token to its PDF: A4, PDF/A-3, fonts and signed data inside.

The same token gives the same page on every machine. All text reaches the template as data (``sys.inputs``), so nothing
that people typed can act as markup. The page is drawn first, its digest signed, and both tokens are attached to it.
"""

import io
import json
import threading
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final
from urllib.parse import quote

import segno
import typst
from babel.dates import format_date
from pypdf import PdfReader

from zhiyuan.kernel.crypto import Keyring
from zhiyuan.records.certificates.claims import PAGE_KIND, Statement
from zhiyuan.records.certificates.glyphs import font_folder, printable
from zhiyuan.records.certificates.page import page_digest
from zhiyuan.records.certificates.wording import words
from zhiyuan.records.schemas import CertificateItem
from zhiyuan.records.signing import sign

CERTIFICATE_FILE: Final = "certificate.jws"
PAGE_FILE: Final = "page.jws"

_BABEL_LOCALES: Final = {"en": "en", "zh-Hans": "zh_Hans"}
_drawing = threading.Lock()  # One compiler serves all threads, one at a time; a page takes some milliseconds.


def render(told: Statement, *, token: str, check_code: str, public_url: str, keyring: Keyring) -> bytes:
    """Return the PDF of the certificate that says ``told``, with its ``token`` and a signature of the page attached.

    ``public_url`` is the address of this installation, printed with number and ``check_code`` as a QR code.
    """
    shown = _shown(told, check_code=check_code, public_url=public_url)
    issued_at = datetime.fromisoformat(told.issued_at)
    bare = _draw(shown, issued_at)
    _, page_token = sign(
        keyring,
        PAGE_KIND,
        {
            "v": 1,
            "certificate": sha256(token.encode()).hexdigest(),
            "page": page_digest(PdfReader(io.BytesIO(bare))),
        },
    )
    shown["attachments"] = [
        {"name": CERTIFICATE_FILE, "text": token, "about": "Signed statement of this certificate"},
        {"name": PAGE_FILE, "text": page_token, "about": "Signature of the page"},
    ]
    return _draw(shown, issued_at)


def verification_url(public_url: str, number: str, check_code: str) -> str:
    """Return the public address that checks one certificate."""
    return f"{public_url.rstrip('/')}/-/verify/{quote(number)}?code={quote(check_code)}"


def duration(minutes: int, locale: str) -> str:
    """Return a number of minutes in words of ``locale``: hours, and minutes where there is a rest."""
    said = words(locale)
    hours, rest = divmod(minutes, 60)
    if not hours:
        return said["minutes"] % {"minutes": rest}
    if not rest:
        return said["hours"] % {"hours": hours}
    return said["hours_and_minutes"] % {"hours": hours, "minutes": rest}


def _shown(told: Statement, *, check_code: str, public_url: str) -> dict[str, Any]:
    said = words(told.locale)
    name, issuer = printable(told.person_name), printable(told.issuer_name)
    facts = {
        "name": name,
        "person_number": told.person_number,
        "total": duration(told.minutes, told.locale),
        "entries": str(told.entries),
        "issuer": issuer,
    }
    rows = [_row(item, told.locale) for item in told.items]
    notes = [
        said["note_verify"] % {"url": f"{public_url.rstrip('/')}/-/verify"},
        said["note_file"],
        said["note_law"],
    ]
    texts = (
        told.person_name,
        told.issuer_name,
        *(f"{item.title} {item.content or ''}{item.unit}" for item in told.items),
    )
    if any("[U+" in printable(text) and "[U+" not in text for text in texts):
        notes.append(said["note_glyphs"])
    statement = said["statement"] % {
        "issuer": issuer,
        "name": name,
        "person_number": told.person_number,
        "duration": facts["total"],
        "period": _period(told),
    }
    return {
        "words": said,
        "lang": said["lang"],
        "number": told.number,
        "issuer": issuer,
        "statement": statement,
        "facts": [[said[word], value] for word, value in facts.items()],
        "qr": _qr(verification_url(public_url, told.number, check_code)),
        "check_code": check_code,
        "items": rows,
        "issued": _day(told.issued_on, told.locale),
        "notes": notes,
        "attachments": [],
    }


def _row(item: CertificateItem, locale: str) -> dict[str, str]:
    content = item.title if item.content is None else f"{item.title} · {item.content}"
    return {
        "date": item.date.isoformat(),
        "content": printable(content),
        "duration": duration(item.minutes, locale),
        "unit": printable(item.unit),
    }


def _period(told: Statement) -> str:
    said = words(told.locale)
    ends = {
        name: _day(day, told.locale)
        for name, day in (("from", told.period_from), ("to", told.period_to))
        if day is not None
    }
    match sorted(ends):
        case ["from", "to"]:
            return said["period_both"] % ends
        case ["from"]:
            return said["period_from"] % ends
        case ["to"]:
            return said["period_to"] % ends
    return said["period_all"]


def _day(day: date, locale: str) -> str:
    return format_date(day, "long", locale=_BABEL_LOCALES[locale])


def _qr(url: str) -> str:
    out = io.BytesIO()
    segno.make(url, error="m", micro=False).save(out, kind="svg", border=1)
    return out.getvalue().decode()


@cache
def _compiler() -> tuple[typst.Compiler, bytes]:
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(font_folder())]
    )
    template = (files(__package__) / "template.typ").read_bytes()
    return typst.Compiler(template, font_paths=fonts, ignore_system_fonts=True), template


def _draw(shown: dict[str, Any], issued_at: datetime) -> bytes:
    with _drawing:
        compiler, template = _compiler()
        drawn = compiler.compile(
            input=template,
            format="pdf",
            sys_inputs={"data": json.dumps(shown, ensure_ascii=False)},
            pdf_standards=["a-3b"],
            timestamp=int(issued_at.timestamp()),
        )
    if not isinstance(drawn, bytes):
        raise TypeError("a certificate is one file")
    return drawn
