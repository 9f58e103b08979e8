"""Style sheets and pictures of the core: read once, served under addresses that change with their content."""

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from litestar import MediaType, Response, get
from litestar.params import FromPath

from zhiyuan.kernel.errors import NotFound
from zhiyuan.kernel.i18n import gettext_noop
from zhiyuan.web.guards import PUBLIC

_FOLDER = Path(__file__).parent / "static"
_HASH_LENGTH = 12
_FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its bytes, media type and the address that names this content."""

    content: bytes
    media_type: str
    url: str


def _read() -> dict[str, Asset]:
    assets = {}
    for path in sorted(_FOLDER.iterdir()):
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()[:_HASH_LENGTH]
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        assets[path.name] = Asset(content, media_type, f"/static/core/{digest}/{path.name}")
    return assets


ASSETS = _read()


@get(
    "/static/core/{digest:str}/{name:str}",
    opt=PUBLIC,
    include_in_schema=False,
    sync_to_thread=False,  # answers from memory
    media_type=MediaType.TEXT,
)
def asset(digest: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """Answer one file; an old address of a changed file is gone."""
    found = ASSETS.get(name)
    if found is None or found.url != f"/static/core/{digest}/{name}":
        raise NotFound("web.page_unknown", gettext_noop("There is no such page."))
    return Response(found.content, media_type=found.media_type, headers={"Cache-Control": _FOR_EVER})
