"""The tables that statements of this room name: its own, and the anchors of the rooms below it."""

from typing import Any, Final, TypeAlias, cast

from sqlalchemy import Table

from zhiyuan.activities.models import Activity, ActivityExternalId, Attendance, Shift, SignUp
from zhiyuan.organizations.models import Membership, Organization, OrganizationPath
from zhiyuan.people.models import Person

AnyRow: TypeAlias = Any
"""A row of columns that the module at hand selected: each column is an attribute."""


def _table(model: object) -> Table:
    return cast(Table, model.__table__)  # type: ignore[attr-defined]  # SQLModel types do not know __table__


activity: Final = _table(Activity)
activity_external_id: Final = _table(ActivityExternalId)
attendance: Final = _table(Attendance)
membership: Final = _table(Membership)
organization: Final = _table(Organization)
organization_path: Final = _table(OrganizationPath)
person: Final = _table(Person)
shift: Final = _table(Shift)
sign_up: Final = _table(SignUp)
