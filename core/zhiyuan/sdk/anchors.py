"""Tables of the core that plugins may refer to by foreign key and join: read them, never write them."""

from zhiyuan.activities.models import Activity, Attendance, Shift, SignUp
from zhiyuan.organizations.models import Membership, Organization, OrganizationPath
from zhiyuan.people.models import Person
from zhiyuan.records.models import ServiceRecord

__all__ = [
    "Activity",
    "Attendance",
    "Membership",
    "Organization",
    "OrganizationPath",
    "Person",
    "ServiceRecord",
    "Shift",
    "SignUp",
]
