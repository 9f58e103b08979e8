"""One hash for a batch of entries, as in RFC 6962, section 2.1.

Leaves and inner nodes are hashed under different prefixes and an odd leaf is never doubled, so neither can a node pass
for a leaf nor can two different batches share a root.
"""

from collections.abc import Sequence
from hashlib import sha256

_LEAF = b"\x00"
_NODE = b"\x01"


def leaf_hash(payload: str) -> bytes:
    """Return the 32-byte hash of one entry's canonical text."""
    return sha256(_LEAF + payload.encode()).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the 32-byte root over ``leaves`` (one or more leaf hashes) in their order. Raises ValueError for none."""
    if not leaves:
        raise ValueError("a Merkle tree needs a leaf")
    level = list(leaves)
    while len(level) > 1:
        # Pairing level by level and carrying an odd one up gives the same tree as RFC 6962's split at a power of two.
        paired = [sha256(_NODE + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
        if len(level) % 2:
            paired.append(level[-1])
        level = paired
    return level[0]
