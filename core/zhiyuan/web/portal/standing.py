"""How a volunteer stands with the shifts of an activity before asking for a place, told without taking a lock.

What stands against it is asked of the very command that decides, plugins included; the decision itself falls when the
place is asked for, and may differ when something changed in between.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from zhiyuan.activities.schemas import SignUpRequest
from zhiyuan.activities.service import SIGN_UP
from zhiyuan.kernel.commands import CommandBus
from zhiyuan.kernel.issues import Issue
from zhiyuan.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Standing:
    """What asking now would lead to: ``accepted``, ``waitlisted``, ``applied``, ``unchanged`` or ``refused``, and why."""

    status: str
    issues: tuple[Issue, ...]

    @property
    def is_open(self) -> bool:
        """True when asking now leads somewhere."""
        return self.status not in ("refused", "failed")


def of(
    bus: CommandBus, visit: Visit, organization_id: UUID, shift_ids: Sequence[UUID]
) -> dict[UUID, Standing]:
    """Return, by shift, how the visitor stands; nothing for somebody who cannot take a place at all."""
    if visit.person_id is None or not shift_ids:
        return {}
    wishes = [
        SignUpRequest(
            actor=visit.actor, organization_id=organization_id, shift_id=shift_id, person_id=visit.person_id
        )
        for shift_id in shift_ids
    ]
    outcomes = bus.foresee(SIGN_UP, wishes)
    return {
        shift_id: Standing(outcome.status, outcome.issues)
        for shift_id, outcome in zip(shift_ids, outcomes, strict=True)
    }
