"""Who acts. Every command item carries one; the audit keeps it."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Channel = Literal["web", "api", "cli", "worker"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody, or the system itself, doing something through one channel.

    ``account_id`` is the log-in that acts and ``person_id`` the person behind it; ``on_behalf_of`` is the person it
    is done for, when that is somebody else. ``scopes`` limits an API token; ``None`` means no limit beyond the
    account's roles. ``address`` is where the request came from (an IP address or a host name), for the audit only.
    """

    channel: Channel
    account_id: UUID | None = None
    person_id: UUID | None = None
    on_behalf_of: UUID | None = None
    scopes: frozenset[str] | None = None
    address: str | None = None
    is_operator: bool = False

    @property
    def is_anonymous(self) -> bool:
        """True when nobody has signed in and the system itself is not acting either."""
        return self.account_id is None and not self.is_operator


def operator(channel: Channel = "cli") -> Actor:
    """Return the actor of the person at the machine (or of a job): may do everything, and is audited as such."""
    return Actor(channel=channel, is_operator=True)


def anonymous(channel: Channel = "web", address: str | None = None) -> Actor:
    """Return the actor of a visitor who has not signed in."""
    return Actor(channel=channel, address=address)
