"""Files that are handed out."""

import re

from litestar import Response

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def pdf_response(content: bytes, name: str) -> Response[bytes]:
    """Return a PDF to be shown or saved as ``<name>.pdf``; only harmless characters of ``name`` are kept."""
    return Response(
        content,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{safe_name(name)}.pdf"',
            "Cache-Control": "private, no-store",
        },
    )


def safe_name(name: str) -> str:
    """Return ``name`` with only those characters that every file system and header takes."""
    return _UNSAFE.sub("-", name) or "file"
