"""Signed heads: the end of each chain, signed once a day and kept elsewhere too.

Whoever holds a signed head can prove later that nothing before it was rewritten, by anybody, the operator included.
Signing and exporting is a job of the worker every night and a command of its own.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select

from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.errors import Invalid
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations.models import Organization
from zhiyuan.records.chain.canonical import instant
from zhiyuan.records.models import ChainHead, SignedHead
from zhiyuan.records.signing import BadToken, Trust, opened, sign

HEAD_KIND: Final = "zhiyuan-chain-head"
FILE_FORMAT: Final = "zhiyuan-signed-heads"
_MOST_FILE_BYTES: Final = 64 * 2**20

_head = ChainHead.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_signed = SignedHead.__table__  # type: ignore[attr-defined]  # likewise
_organization = Organization.__table__  # type: ignore[attr-defined]  # likewise
_INSERT: Final = insert(_signed)


@dataclass(frozen=True, slots=True)
class KeptHead:
    """What one signed head says: link ``sequence`` of the organization's chain has ``hash`` and ends ``entry_count`` entries."""

    organization_id: UUID
    sequence: int
    hash: bytes
    entry_count: int


def sign_heads(tx: Tx, actor: Actor) -> int:
    """Sign every chain head that moved since it was last signed, and return how many. Inside the caller's unit of work."""
    rows = tx.connection.execute(
        select(_head)
        .join(
            _signed,
            (_signed.c.organization_id == _head.c.organization_id) & (_signed.c.sequence == _head.c.sequence),
            isouter=True,
        )
        .where(_signed.c.id.is_(None), _head.c.sequence > 0)
        .order_by(_head.c.organization_id)
        .with_for_update(of=_head)
    ).all()
    new = [_signed_row(tx, row) for row in rows]
    if new:
        tx.connection.execute(_INSERT, new)
        tx.audit(Audit(actor, "records.sign_heads", "chain_head", detail={"heads": len(new)}))
    return len(new)


def export(tx: Tx, organization_ids: Collection[UUID] | None = None) -> dict[str, Any]:
    """Return the newest signed head of each organization (of all, or of those given) as plain JSON, to be kept elsewhere."""
    wanted = (
        select(_signed, _organization.c.code)
        .join(_organization, _organization.c.id == _signed.c.organization_id)
        .order_by(_organization.c.code, _signed.c.sequence)
    )
    if organization_ids is not None:
        wanted = wanted.where(_signed.c.organization_id.in_(list(organization_ids)))
    newest = {row.organization_id: row for row in tx.connection.execute(wanted)}
    return {
        "format": FILE_FORMAT,
        "version": 1,
        "exported_at": instant(tx.now),
        "heads": [
            {
                "organization": row.code,
                "organization_id": str(row.organization_id),
                "sequence": row.sequence,
                "hash": row.hash.hex(),
                "signed_at": instant(row.signed_at),
                "key_id": row.key_id,
                "token": row.signature,
            }
            for row in newest.values()
        ],
    }


def read_file(path: Path, trust: Trust) -> list[KeptHead]:
    """Return the heads in a file that :func:`export` wrote. Only what the tokens say counts, not the text around them.

    Raises Invalid when the file is not one of ours or a head in it is not signed by a trusted key.
    """
    try:
        if path.stat().st_size > _MOST_FILE_BYTES:
            raise ValueError("too large")
        held = json.loads(path.read_text(encoding="utf-8-sig"))
        if held["format"] != FILE_FORMAT:
            raise ValueError("another format")
        tokens = [str(entry["token"]) for entry in held["heads"]]
    except (ValueError, KeyError, TypeError) as error:
        raise Invalid(
            "records.bad_heads_file", "%(file)s is not a file of signed heads.", file=path.name
        ) from error
    return read_tokens(tokens, trust, file=path.name)


def read_tokens(tokens: Sequence[str], trust: Trust, *, file: str) -> list[KeptHead]:
    """Return what each head token says. Raises Invalid naming ``file`` when one is not signed by a trusted key."""
    heads = []
    for token in tokens:
        try:
            heads.append(claimed(opened(token, HEAD_KIND, trust)))
        except (BadToken, ValueError, KeyError, TypeError) as error:
            raise Invalid(
                "records.untrusted_head",
                "A head in %(file)s is not signed by a key of this installation: %(reason)s.",
                file=file,
                reason=str(error),
            ) from error
    return heads


def claimed(claims: Mapping[str, Any]) -> KeptHead:
    """Return the head that the claims of a token speak of. Raises ValueError, KeyError or TypeError for other claims."""
    return KeptHead(
        organization_id=UUID(claims["organization"]),
        sequence=int(claims["sequence"]),
        hash=bytes.fromhex(claims["hash"]),
        entry_count=int(claims["entries"]),
    )


def _signed_row(tx: Tx, row: Any) -> dict[str, Any]:
    signed_at: datetime = tx.now
    key_id, token = sign(
        tx.keyring,
        HEAD_KIND,
        {
            "v": 1,
            "organization": str(row.organization_id),
            "sequence": row.sequence,
            "hash": row.hash.hex(),
            "entries": row.entry_count,
            "signed_at": instant(signed_at),
        },
    )
    return {
        "id": new_id(),
        "organization_id": row.organization_id,
        "sequence": row.sequence,
        "hash": row.hash,
        "signed_at": signed_at,
        "key_id": key_id,
        "signature": token,
    }
