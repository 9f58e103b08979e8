"""Checking a certificate with nothing but the file and public keys: no database, no network, no secret.

What only the issuing installation can know, whether the certificate was revoked, is ``unknown`` here.
"""

import io
import logging
import re
import zlib
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Literal

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from zhiyuan.records.certificates.claims import CERTIFICATE_KIND, PAGE_KIND, Statement, from_claims
from zhiyuan.records.certificates.page import PageUnreadable, page_digest
from zhiyuan.records.certificates.rendering import CERTIFICATE_FILE, PAGE_FILE
from zhiyuan.records.signing import BadToken, Trust, UnknownKey, opened

State = Literal["valid", "text_not_covered", "forged", "unknown_key", "no_certificate", "unreadable"]
Revocation = Literal["unknown", "not_revoked", "revoked"]

MOST_FILE_BYTES: Final = 32 * 2**20
_MOST_TOKEN_BYTES: Final = 4 * 2**20
_COMPACT_JWS: Final = re.compile(rb"\s*[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\s*")
_MALFORMED: Final = (
    # What pypdf lets through when a file is broken or hostile; it has no common base for these.
    PyPdfError,
    PageUnreadable,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What can be said about a file.

    ``valid``: signature and page hold. ``text_not_covered``: the signed data hold, but the page is not the one that was
    issued: believe ``statement``, not the page. ``forged``: the signed data were changed. ``unknown_key``: signed by
    somebody whose key is not trusted here. ``no_certificate``: nothing signed inside. ``unreadable``: not a sound file.
    """

    state: State
    statement: Statement | None = None
    detail: str = ""
    revocation: Revocation = "unknown"
    token: str | None = None

    @property
    def is_valid(self) -> bool:
        """True when the file may be believed as it stands, as far as is known here."""
        return self.state == "valid" and self.revocation != "revoked"


def verify_pdf(data: bytes, keys: Trust) -> Verdict:
    """Check a PDF (or the bare token file) against ``keys``. Pure; never raises for what is in ``data``."""
    if len(data) > MOST_FILE_BYTES:
        return Verdict("unreadable", detail=f"larger than {MOST_FILE_BYTES} bytes")
    if _COMPACT_JWS.fullmatch(data):
        return _verify_token(data.strip().decode("ascii"), keys)
    if b"%PDF-" not in data[:1024]:
        return Verdict("unreadable", detail="not a PDF file")
    logging.getLogger("pypdf").setLevel(
        logging.CRITICAL
    )  # A broken file is our caller's news, not the log's.
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted:
            return Verdict("unreadable", detail="the file is encrypted")
        attached = _attachments(reader)
    except _MALFORMED as error:
        return Verdict("unreadable", detail=f"not a sound PDF file ({type(error).__name__})")
    certificates = attached.get(CERTIFICATE_FILE, [])
    if not certificates:
        return Verdict("no_certificate", detail="no signed certificate is attached to this file")
    if len(certificates) > 1:
        return Verdict("forged", detail="more than one certificate is attached to this file")
    verdict = _verify_token(certificates[0], keys)
    if verdict.state != "valid":
        return verdict
    return _with_page(verdict, reader, attached.get(PAGE_FILE, []), keys)


def _verify_token(token: str, keys: Trust) -> Verdict:
    try:
        statement = from_claims(opened(token, CERTIFICATE_KIND, keys))
    except UnknownKey as error:
        return Verdict("unknown_key", detail=f"signed with key {error}")
    except (BadToken, ValueError, KeyError, TypeError):
        return Verdict("forged", detail="the signed data were changed")
    return Verdict("valid", statement, token=token)


def _with_page(verdict: Verdict, reader: PdfReader, page_tokens: list[str], keys: Trust) -> Verdict:
    uncovered = Verdict("text_not_covered", verdict.statement, token=verdict.token)
    if len(page_tokens) != 1 or verdict.token is None:
        return uncovered
    try:
        claims = opened(page_tokens[0], PAGE_KIND, keys)
        fits = claims.get("certificate") == sha256(verdict.token.encode()).hexdigest() and claims.get(
            "page"
        ) == page_digest(reader)
    except (BadToken, *_MALFORMED):
        return uncovered
    return verdict if fits else uncovered


def _attachments(reader: PdfReader) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    names: Any = reader.attachments
    for name in (CERTIFICATE_FILE, PAGE_FILE):
        if name in names:
            held = names[name]
            listed = held if isinstance(held, list) else [held]
            found[name] = [
                data[:_MOST_TOKEN_BYTES].decode("ascii", "replace")
                for data in listed
                if isinstance(data, bytes)
            ]
    return found
