"""Identifiers: UUIDv7, so that keys made later sort later (RFC 9562)."""

from uuid import UUID

import uuid_utils.compat


def new_id() -> UUID:
    """Return a new UUIDv7: unique across installations, ordered by the millisecond it was made in."""
    return uuid_utils.compat.uuid7()
