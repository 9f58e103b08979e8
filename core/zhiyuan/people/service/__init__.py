"""Commands that change people. A batch of 500 costs the same few statements as a single person."""

from typing import Final

from zhiyuan.kernel.commands import Command
from zhiyuan.people.schemas import ChangePersonStatus, RegisterPerson
from zhiyuan.people.service.changing import change_statuses
from zhiyuan.people.service.registering import register

REGISTER: Final = Command[RegisterPerson]("people.register", "people.manage", register)
"""Register people, or bring them up to date: statuses ``created``, ``updated``, ``unchanged``."""

CHANGE_STATUS: Final = Command[ChangePersonStatus]("people.change_status", "people.manage", change_statuses)
"""Change people's standing: statuses ``updated``, ``unchanged``."""

__all__ = ["CHANGE_STATUS", "REGISTER", "ChangePersonStatus", "RegisterPerson"]
