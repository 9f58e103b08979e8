"""Which characters the bytes of a text file stand for.

Tried in an order in which a right answer cannot be taken for a wrong one: a byte order mark, UTF-8, UTF-16 without a
mark, GB18030 when the high bytes come in Chinese pairs, and Windows-1252 last. A file that is mostly UTF-8 and broken in
places is refused with the place, not read as something else.
"""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from zhiyuan.imports.refusals import FileRefused, MappingRefused

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE_BYTES: Final = 2**20
_CHUNK_BYTES: Final = 2**20
_CONTROLS: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_HIGH: Final = re.compile(rb"[\x80-\xff]")
_CHINESE_PAIRS: Final = re.compile(rb"(?:[\xb0-\xf7\xa1-\xa3][\xa1-\xfe])+")
_PAIRED_SHARE: Final = 0.9
_UTF16_SHARE: Final = 0.3


def encoding_of(path: Path, wanted: str = "") -> str:
    """Return the Python name of the encoding in which all of ``path`` can be read.

    ``wanted`` is what the mapping says; empty means "find out". Raises FileRefused naming line and byte.
    """
    if wanted:
        encoding = _known(wanted)
        _verify(path, encoding)
        return encoding
    with path.open("rb") as file:
        sample = file.read(_SAMPLE_BYTES)
    for mark, encoding in _MARKS:
        if sample.startswith(mark):
            _verify(path, encoding)
            return encoding
    if (wide := _utf16_without_mark(sample)) is not None:
        _verify(path, wide)
        return wide
    broken = _first_fault(path, "utf-8")
    if _CONTROLS.search(sample):
        raise FileRefused("imports.not_text")
    if broken is None:
        return "utf-8"
    if _is_mostly_utf8(_around(path, broken)):
        raise _refusal(path, broken, "UTF-8")
    encoding = "gb18030" if _has_chinese_pairs(_around(path, broken)) else "cp1252"
    _verify(path, encoding)
    return encoding


def _known(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError as error:
        raise MappingRefused("imports.encoding_unknown", encoding=name) from error


def _utf16_without_mark(sample: bytes) -> str | None:
    if len(sample) < 4 or b"\x00" not in sample:
        return None
    half = len(sample) // 2
    if sample[1::2].count(0) > _UTF16_SHARE * half and sample[0::2].count(0) == 0:
        return "utf-16-le"
    if sample[0::2].count(0) > _UTF16_SHARE * half and sample[1::2].count(0) == 0:
        return "utf-16-be"
    return None


def _around(path: Path, offset: int) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, offset - _SAMPLE_BYTES // 2))
        return file.read(_SAMPLE_BYTES)


def _is_mostly_utf8(sample: bytes) -> bool:
    text = sample.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    return sum(1 for character in text if character > "\x7f") - broken >= max(broken, 1)


def _has_chinese_pairs(sample: bytes) -> bool:
    high = len(_HIGH.findall(sample))
    paired = sum(len(found) for found in _CHINESE_PAIRS.findall(sample))
    return high > 0 and paired >= _PAIRED_SHARE * high


def _verify(path: Path, encoding: str) -> None:
    broken = _first_fault(path, encoding)
    if broken is not None:
        raise _refusal(path, broken, encoding)


def _first_fault(path: Path, encoding: str) -> int | None:
    """Return the offset of the first byte that cannot be read, or ``None``."""
    decoder = codecs.getincrementaldecoder(encoding)()
    offset = 0
    for chunk in _chunks(path):
        held = len(decoder.getstate()[0])
        try:
            decoder.decode(chunk)
        except UnicodeError as error:
            return max(0, offset - held + getattr(error, "start", 0))
        offset += len(chunk)
    try:
        decoder.decode(b"", final=True)
    except UnicodeError:
        return max(0, offset - 1)
    return None


def _refusal(path: Path, offset: int, encoding: str) -> FileRefused:
    line, seen = 1, 0
    for chunk in _chunks(path):
        line += chunk[: max(0, offset - seen)].count(b"\n")
        seen += len(chunk)
        if seen > offset:
            break
    return FileRefused("imports.broken_encoding", encoding=encoding, line=line, byte=offset + 1)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk
