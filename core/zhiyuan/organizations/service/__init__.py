"""The commands of this room."""

from typing import Final

from zhiyuan.kernel.commands import Command
from zhiyuan.organizations.schemas import (
    ChangeOrganization,
    ChangeOrganizationState,
    CreateOrganization,
    JoinOrganization,
    LeaveOrganization,
    MoveOrganization,
)
from zhiyuan.organizations.service.changing import change_organizations, change_states, move_organizations
from zhiyuan.organizations.service.creating import write_organizations
from zhiyuan.organizations.service.joining import join_organizations, leave_organizations

_MANAGE: Final = "organizations.manage"

CREATE: Final[Command[CreateOrganization]] = Command("organizations.create", _MANAGE, write_organizations)
CHANGE: Final[Command[ChangeOrganization]] = Command("organizations.change", _MANAGE, change_organizations)
MOVE: Final[Command[MoveOrganization]] = Command("organizations.move", _MANAGE, move_organizations)
CHANGE_STATE: Final[Command[ChangeOrganizationState]] = Command(
    "organizations.change_state", _MANAGE, change_states
)
JOIN: Final[Command[JoinOrganization]] = Command("organizations.join", _MANAGE, join_organizations)
LEAVE: Final[Command[LeaveOrganization]] = Command("organizations.leave", _MANAGE, leave_organizations)

ADMIT: Final[Command[JoinOrganization]] = Command("organizations.admit", "people.manage", join_organizations)
"""As JOIN, for those who register people: whoever may register somebody may take them in as a volunteer."""

__all__ = [
    "ADMIT",
    "CHANGE",
    "CHANGE_STATE",
    "CREATE",
    "JOIN",
    "LEAVE",
    "MOVE",
    "ChangeOrganization",
    "ChangeOrganizationState",
    "CreateOrganization",
    "JoinOrganization",
    "LeaveOrganization",
    "MoveOrganization",
]
