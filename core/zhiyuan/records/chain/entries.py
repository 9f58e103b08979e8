"""What an entry says, and which of it is hidden behind the record's salt.

The entry that opens a record repeats every column of it; later entries name what happened. Values that may point to a
person are replaced by salted digests: with the salt anybody can check them, without it they mean nothing.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from zhiyuan.records.chain.canonical import Plain, canonical, instant, plain
from zhiyuan.records.statuses import RECORDED

VERSION: Final = 1

CLEAR_COLUMNS: Final = (
    "organization_id",
    "activity_id",
    "sign_up_id",
    "title",
    "service_date",
    "time_zone",
    "started_at",
    "ended_at",
    "minutes",
    "region_code",
    "position",
    "service_kind",
    "recipient_category",
    "no_show_count",
    "excused_count",
    "absence_count",
    "is_carried_over",
    "is_late",
    "source",
    "repeat_key",
    "corrects_id",
    "rules_fingerprint",
    "recorded_at",
)
"""Columns of a record that stand in its opening entry as they are; empty ones are left out."""

DIGEST_COLUMNS: Final = ("person_id", "place_text", "content", "leader_name", "recorder_name", "recorded_by")
"""Columns that may point to a person: they stand there as digests."""

FROZEN_COLUMNS: Final = (*CLEAR_COLUMNS, *DIGEST_COLUMNS)

_SALT_BYTES = 16
_PLAIN_TYPES = frozenset({str, int, bool})


def new_salt() -> bytes:
    """Return a fresh random salt for one record."""
    return secrets.token_bytes(_SALT_BYTES)


def digest(salt: bytes, place: str, value: object) -> str:
    """Return the hex digest that stands for a personal ``value`` at ``place`` (a column name)."""
    return sha256(b"%s%s\0%s" % (salt, place.encode(), str(plain(value)).encode())).hexdigest()


def recorded(row: Mapping[str, Any], *, salt: bytes, person_name: str) -> str:
    """Return the text of the entry that opens the record ``row`` (column name -> value, with ``id`` and ``status``).

    ``person_name`` is the name at this moment; its digest lets a holder of the salt prove it later.
    """
    payload: dict[str, Plain] = {
        "v": VERSION,
        "kind": RECORDED,
        "record": str(row["id"]),
        "status": row["status"],
        "person_name": digest(salt, "person_name", person_name),
    }
    for column in CLEAR_COLUMNS:
        value = row[column]
        if value is not None:
            # Most values are text and numbers already; this runs for every column of every imported row.
            payload[column] = value if type(value) in _PLAIN_TYPES else plain(value)
    for column in DIGEST_COLUMNS:
        if (value := row[column]) is not None:
            payload[column] = digest(salt, column, value)
    return canonical(payload)


def happened(
    kind: str,
    *,
    record_id: UUID,
    organization_id: UUID,
    status: str,
    at: datetime,
    salt: bytes | None,
    acted_by: UUID | None = None,
    reason: str | None = None,
    replaced_by: UUID | None = None,
) -> str:
    """Return the text of an entry that says what became of a record: its new ``status``, when, by whom and why.

    Without a salt (it was erased) neither person nor reason can be kept.
    """
    payload: dict[str, Plain] = {
        "v": VERSION,
        "kind": kind,
        "record": str(record_id),
        "organization_id": str(organization_id),
        "status": status,
        "at": instant(at),
    }
    if salt is not None and acted_by is not None:
        payload["acted_by"] = digest(salt, "acted_by", acted_by)
    if salt is not None and reason is not None:
        payload["reason"] = digest(salt, "reason", reason)
    if replaced_by is not None:
        payload["replaced_by"] = str(replaced_by)
    return canonical(payload)
