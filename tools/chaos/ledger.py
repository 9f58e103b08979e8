"""The hash chain, computed a second time from its description and from nothing of the product.

Leaf: SHA-256 of 0x00 and the entry's text. Node: SHA-256 of 0x01, left, right, split at the largest power of two
(RFC 6962, 2.1). Link: SHA-256 of 0x02 and the canonical JSON of organization, sequence, previous, root, entries, time.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from hashlib import sha256
from typing import Any
from uuid import UUID

Row = Mapping[str, Any]


def broken(
    entries: Sequence[Row], links: Sequence[Row], heads: Mapping[str, Row], records: Mapping[str, Row]
) -> Iterable[str]:
    """Say what does not fit: leaves, roots, links, heads, records without entries, states that differ from the ledger."""
    of_link: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for entry in entries:
        of_link[entry["organization_id"], entry["sequence"]].append(entry)
    chains: dict[str, list[Row]] = defaultdict(list)
    for link in links:
        chains[link["organization_id"]].append(link)

    for organization_id in heads.keys() | chains.keys():
        yield from _broken_chain(
            organization_id, chains[organization_id], of_link, heads.get(organization_id)
        )
    if unlinked := of_link.keys() - {(link["organization_id"], link["sequence"]) for link in links}:
        yield f"entries outside any link: {sorted(unlinked)[:3]}"
    yield from _broken_records(entries, records)


def _broken_chain(
    organization_id: str, links: list[Row], of_link: Mapping[tuple[str, int], list[Row]], head: Row | None
) -> Iterable[str]:
    previous, count = bytes(32), 0
    for expected, link in enumerate(sorted(links, key=lambda row: row["sequence"]), start=1):
        where = f"chain {organization_id} link {link['sequence']}"
        if link["sequence"] != expected:
            yield f"{where}: {expected} is missing before it"
            return
        batch = sorted(of_link.get((organization_id, expected), []), key=lambda row: row["position"])
        leaves = [sha256(b"\0" + row["payload"].encode()).digest() for row in batch]
        if [row["position"] for row in batch] != list(range(link["entry_count"])):
            yield f"{where}: entries are missing or too many"
        elif any(leaf != row["leaf_hash"] for leaf, row in zip(leaves, batch, strict=True)):
            yield f"{where}: an entry differs from its hash"
        elif _root(leaves) != link["merkle_root"]:
            yield f"{where}: the entries differ from the root"
        if link["previous_hash"] != previous:
            yield f"{where}: it does not follow the link before"
        if link["hash"] != _link_hash(link):
            yield f"{where}: it differs from its hash"
        previous, count = link["hash"], count + link["entry_count"]
    held = (head["sequence"], head["hash"], head["entry_count"]) if head else (0, bytes(32), 0)
    if held != (len(links), previous, count):
        yield f"chain {organization_id}: the head does not stand at its end"


def _broken_records(entries: Sequence[Row], records: Mapping[str, Row]) -> Iterable[str]:
    last: dict[str, Row] = {}
    opened: dict[str, int] = defaultdict(int)
    for entry in sorted(entries, key=lambda row: (row["sequence"], row["position"])):
        last[entry["record_id"]] = entry
        opened[entry["record_id"]] += entry["kind"] == "recorded"
    for record_id, record in records.items():
        if opened[record_id] != 1:
            yield f"record {record_id} was opened {opened[record_id]} times in the ledger"
        elif json.loads(last[record_id]["payload"])["status"] != record["status"]:
            yield f"record {record_id} is {record['status']}, its last entry says otherwise"


def _root(leaves: Sequence[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\1" + _root(leaves[:split]) + _root(leaves[split:])).digest()


def _link_hash(link: Row) -> bytes:
    at = link["linked_at"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    text = (
        f'{{"at":"{at}","entries":{link["entry_count"]},"organization":"{UUID(link["organization_id"])}",'
        f'"previous":"{link["previous_hash"].hex()}","root":"{link["merkle_root"].hex()}",'
        f'"sequence":{link["sequence"]},"v":1}}'
    )
    return sha256(b"\2" + text.encode()).digest()
