"""The command of this room."""

from typing import Final

from zhiyuan.kernel.commands import Command
from zhiyuan.sites.schemas import CreateSite
from zhiyuan.sites.service.creating import create_sites

CREATE: Final = Command[CreateSite]("sites.create", "plugins.switch", create_sites)
"""Needs what an administrator of the organization shown has: a site decides what the public sees."""

__all__ = ["CREATE", "CreateSite"]
