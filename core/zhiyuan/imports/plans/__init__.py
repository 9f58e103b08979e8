"""Plans: what the rows of each kind of file become, and which commands carry them out."""

from zhiyuan.imports.mapping import Kind
from zhiyuan.imports.plans.activities import ActivitiesPlan
from zhiyuan.imports.plans.organizations import OrganizationsPlan
from zhiyuan.imports.plans.people import PeoplePlan
from zhiyuan.imports.plans.plan import Fate, Plan, Ready, Setting, Submit
from zhiyuan.imports.plans.records import RecordsPlan

__all__ = ["Fate", "Plan", "Ready", "Setting", "Submit", "plan_for"]


def plan_for(kind: Kind, setting: Setting) -> Plan:
    """Return a fresh plan for one pass over one file. Raises MappingRefused when the mapping does not fit the file."""
    match kind:
        case "people":
            return PeoplePlan(setting)
        case "organizations":
            return OrganizationsPlan(setting)
        case "activities":
            return ActivitiesPlan(setting)
        case "records":
            return RecordsPlan(setting)
