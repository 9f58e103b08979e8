"""What can be permitted in the core, and which roles carry it.

A permission is ``<room>.<verb>``. A role held at an organization reaches down the tree, never up or sideways.
"""

from typing import Final

PEOPLE_VIEW: Final = "people.view"
PEOPLE_MANAGE: Final = "people.manage"
PEOPLE_UNMASK: Final = "people.unmask"
ORGANIZATIONS_VIEW: Final = "organizations.view"
ORGANIZATIONS_MANAGE: Final = "organizations.manage"
ACTIVITIES_VIEW: Final = "activities.view"
ACTIVITIES_MANAGE: Final = "activities.manage"
SIGN_UPS_MANAGE: Final = "sign_ups.manage"
ATTENDANCE_MANAGE: Final = "attendance.manage"
RECORDS_VIEW: Final = "records.view"
RECORDS_CONFIRM: Final = "records.confirm"
RECORDS_CORRECT: Final = "records.correct"
CERTIFICATES_ISSUE: Final = "certificates.issue"
IMPORTS_RUN: Final = "imports.run"
PLUGINS_SWITCH: Final = "plugins.switch"
RULES_EDIT: Final = "rules.edit"
AUDIT_VIEW: Final = "audit.view"
ACCOUNTS_MANAGE: Final = "accounts.manage"
"""Making log-ins and keys for others: no role carries it, because whoever has it can become anybody."""

ALL: Final = frozenset(
    {
        PEOPLE_VIEW, PEOPLE_MANAGE, PEOPLE_UNMASK, ORGANIZATIONS_VIEW, ORGANIZATIONS_MANAGE, ACTIVITIES_VIEW,
        ACTIVITIES_MANAGE, SIGN_UPS_MANAGE, ATTENDANCE_MANAGE, RECORDS_VIEW, RECORDS_CONFIRM, RECORDS_CORRECT,
        CERTIFICATES_ISSUE, IMPORTS_RUN, PLUGINS_SWITCH, RULES_EDIT, AUDIT_VIEW,
    }
)  # fmt: skip

SCOPES: Final = ALL | {ACCOUNTS_MANAGE}
"""What an API token may be limited to."""

ROLES: Final[dict[str, frozenset[str]]] = {
    "volunteer": frozenset(),
    "organizer": frozenset(
        {PEOPLE_VIEW, ORGANIZATIONS_VIEW, ACTIVITIES_VIEW, ACTIVITIES_MANAGE, SIGN_UPS_MANAGE, ATTENDANCE_MANAGE,
         RECORDS_VIEW, RECORDS_CONFIRM}
    ),
    "manager": ALL - {PLUGINS_SWITCH, AUDIT_VIEW},
    "administrator": ALL,
}  # fmt: skip
"""Permissions by role. A person may hold several roles at several organizations."""
