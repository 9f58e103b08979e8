"""A digest of what a PDF shows, so that a signature covers the page and not only the data inside the file.

Everything that decides what a reader sees goes in: page boxes, drawing instructions, fonts, images, annotations, forms,
layers, actions. What does not, stays out: attachments (the signature itself is one), metadata, how streams are packed and
how objects are numbered. So the digest is the same on every machine, and survives a program that only saves the file anew.
"""

from hashlib import sha256
from typing import Final

from pypdf import PdfReader
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    ByteStringObject,
    DictionaryObject,
    FloatObject,
    IndirectObject,
    NameObject,
    NullObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)

_PAGE_KEYS: Final = (
    "/MediaBox",
    "/CropBox",
    "/Rotate",
    "/UserUnit",
    "/Resources",
    "/Annots",
    "/AA",
    "/Group",
)
_INHERITED: Final = frozenset({"/MediaBox", "/CropBox", "/Rotate", "/Resources"})
_CATALOG_KEYS: Final = ("/AcroForm", "/OCProperties", "/OpenAction", "/AA")
_IGNORED: Final = frozenset(
    {"/Parent", "/P", "/StructParent", "/StructParents", "/Metadata", "/PieceInfo", "/LastModified"}
)
_PACKING: Final = frozenset({"/Length", "/Filter", "/DecodeParms", "/DL"})
_MOST_PAGES: Final = 500
_MOST_OBJECTS: Final = 200_000
_MOST_DEPTH: Final = 60
_MOST_DECODED_BYTES: Final = 128 * 2**20


class PageUnreadable(Exception):
    """The pages are too many, too large or too tangled to be looked at."""


def page_digest(reader: PdfReader) -> str:
    """Return the hex SHA-256 of what the pages of ``reader`` show. Raises PageUnreadable, and what pypdf raises."""
    return _Digest(reader).whole()


class _Digest:
    def __init__(self, reader: PdfReader) -> None:
        self._reader = reader
        self._known: dict[tuple[int, int], bytes] = {}
        self._objects = 0
        self._bytes = 0

    def whole(self) -> str:
        pages = self._reader.pages
        if len(pages) > _MOST_PAGES:
            raise PageUnreadable("too many pages")
        result = sha256(b"zhiyuan page digest 1")
        for page in pages:
            result.update(b"page")
            for key in _PAGE_KEYS:
                value = _inherited(page, key) if key in _INHERITED else page.get(key)
                if value is not None:
                    result.update(key.encode() + self._of(value, 0))
            contents = page.get_contents()
            data = contents.get_data() if contents is not None else b""
            self._count(len(data))
            # Where one content stream ends and the next begins does not matter to a reader.
            result.update(sha256(b" ".join(data.split())).digest())
        catalog = self._reader.root_object
        for key in _CATALOG_KEYS:
            if key in catalog:
                result.update(key.encode() + self._of(catalog.raw_get(key), 0))
        names = catalog.get("/Names")
        if isinstance(names, DictionaryObject):
            for key in sorted(set(names) - {"/EmbeddedFiles"}):
                result.update(key.encode() + self._of(names.raw_get(key), 0))
        return result.hexdigest()

    def _of(self, value: object, depth: int) -> bytes:
        self._objects += 1
        if depth > _MOST_DEPTH or self._objects > _MOST_OBJECTS:
            raise PageUnreadable("too tangled")
        match value:
            case IndirectObject():
                return self._of_reference(value, depth)
            case StreamObject():
                data = value.get_data()
                self._count(len(data))
                return sha256(
                    b"S" + self._of_entries(value, depth, _PACKING) + sha256(data).digest()
                ).digest()
            case DictionaryObject():
                return sha256(b"D" + self._of_entries(value, depth, frozenset())).digest()
            case ArrayObject():
                return sha256(
                    b"A" + b"".join(self._of(entry, depth + 1) for entry in list.__iter__(value))
                ).digest()
            case NameObject():
                return sha256(b"N" + str(value).encode("utf-8", "surrogateescape")).digest()
            case TextStringObject():
                return sha256(b"T" + value.original_bytes).digest()
            case ByteStringObject():
                return sha256(b"T" + bytes(value)).digest()
            case BooleanObject():
                return sha256(b"B1" if value.value else b"B0").digest()
            case NumberObject() | FloatObject():
                return sha256(b"R" + f"{float(value):.6f}".encode()).digest()
            case NullObject() | None:
                return sha256(b"0").digest()
        raise PageUnreadable(f"unknown kind of object {type(value).__name__}")

    def _of_reference(self, reference: IndirectObject, depth: int) -> bytes:
        key = (reference.idnum, reference.generation)
        if key not in self._known:
            self._known[key] = b"cycle"
            self._known[key] = self._of(reference.get_object(), depth + 1)
        return self._known[key]

    def _of_entries(self, entries: DictionaryObject, depth: int, without: frozenset[str]) -> bytes:
        return b"".join(
            sha256(key.encode("utf-8", "surrogateescape")).digest()
            + self._of(entries.raw_get(key), depth + 1)
            for key in sorted(entries)
            if key not in without and key not in _IGNORED
        )

    def _count(self, size: int) -> None:
        self._bytes += size
        if self._bytes > _MOST_DECODED_BYTES:
            raise PageUnreadable("too large")


def _inherited(page: DictionaryObject, key: str) -> object:
    node: object = page
    for _ in range(_MOST_DEPTH):
        if not isinstance(node, DictionaryObject):
            return None
        if key in node:
            return node.raw_get(key)
        node = node.get("/Parent")
        if isinstance(node, IndirectObject):
            node = node.get_object()
    raise PageUnreadable("too tangled")
