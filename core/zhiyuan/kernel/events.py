"""What an event is. Domains define their own frozen classes in their ``events.py``."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something that happened, in the past tense, to a batch of things of one organization.

    Carries ids, versions and the values needed, never table rows and never protected personal fields.
    ``name`` is the hook that hears it without the leading ``on_``, for example ``records_confirmed``.
    """

    name: ClassVar[str]
    schema_version: ClassVar[int] = 1

    organization_id: UUID

    def payload(self) -> dict[str, Any]:
        """Return the event as plain JSON values: what the outbox keeps and a handler is given back."""
        raise NotImplementedError

    @classmethod
    def from_payload(cls, organization_id: UUID, payload: dict[str, Any]) -> "Event":
        """Rebuild the event that :meth:`payload` described."""
        raise NotImplementedError
