"""All that a plugin may import from the core.

Whatever is not named here is not part of the contract and may change in any release. Tables of the core that a plugin
may refer to by foreign key, and whose classes it may join, are in :mod:`zhiyuan.sdk.anchors`.
"""

from zhiyuan.accounts.permissions import (
    ACTIVITIES_MANAGE,
    ACTIVITIES_VIEW,
    ATTENDANCE_MANAGE,
    ORGANIZATIONS_MANAGE,
    ORGANIZATIONS_VIEW,
    PEOPLE_MANAGE,
    PEOPLE_VIEW,
    RECORDS_CONFIRM,
    RECORDS_VIEW,
    SIGN_UPS_MANAGE,
)
from zhiyuan.activities.schemas import SignUpCheck
from zhiyuan.hookspecs import HOOK_API, hookimpl
from zhiyuan.host.columns import Cell, Column
from zhiyuan.host.context import HookContext
from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.commands import Command, Item, Outcome, refused
from zhiyuan.kernel.errors import AppError, Conflict, Forbidden, Invalid, NotFound, RuleViolation, Unavailable
from zhiyuan.kernel.events import Event
from zhiyuan.kernel.i18n import gettext_noop
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.issues import Issue, IssueText
from zhiyuan.kernel.tables import Base, id_field, json_field, key_to, optional_key_to
from zhiyuan.kernel.uow import Tx
from zhiyuan.records.events import ConfirmedRecord, RecordsConfirmed
from zhiyuan.records.queries import minutes_of

__all__ = [
    "ACTIVITIES_MANAGE",
    "ACTIVITIES_VIEW",
    "ATTENDANCE_MANAGE",
    "HOOK_API",
    "ORGANIZATIONS_MANAGE",
    "ORGANIZATIONS_VIEW",
    "PEOPLE_MANAGE",
    "PEOPLE_VIEW",
    "RECORDS_CONFIRM",
    "RECORDS_VIEW",
    "SIGN_UPS_MANAGE",
    "Actor",
    "AppError",
    "Audit",
    "Base",
    "Cell",
    "Column",
    "Command",
    "ConfirmedRecord",
    "Conflict",
    "Event",
    "Forbidden",
    "HookContext",
    "Invalid",
    "Issue",
    "IssueText",
    "Item",
    "NotFound",
    "Outcome",
    "RecordsConfirmed",
    "RuleViolation",
    "SignUpCheck",
    "Tx",
    "Unavailable",
    "gettext_noop",
    "hookimpl",
    "id_field",
    "json_field",
    "key_to",
    "minutes_of",
    "new_id",
    "optional_key_to",
    "refused",
]
