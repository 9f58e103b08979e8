"""The closed lists of this room: kinds, states and roles."""

from types import MappingProxyType
from typing import Final

from zhiyuan.kernel.i18n import gettext_noop as _

KINDS: Final = MappingProxyType(
    {
        "organization": _("Organization"),
        "federation": _("Federation"),
        "association": _("Association"),
        "branch": _("Branch"),
        "team": _("Service team"),
        "unit": _("Unit"),
        "station": _("Service station"),
        "base": _("Service base"),
        "guidance_centre": _("Guidance centre"),
    }
)
"""What an organization can be, with its English name. The level it stands on is data, not a kind."""

STATES: Final = MappingProxyType(
    {
        "preparing": ("incubated", "registered", "active", "dissolved"),
        "incubated": ("registered", "active", "dissolved"),
        "registered": ("active", "suspended", "dissolved"),
        "active": ("suspended", "dissolved"),
        "suspended": ("active", "dissolved"),
        "dissolved": (),
    }
)
"""Each state with the states that may follow it."""

STATES_WITH_REASON: Final = frozenset({"suspended", "dissolved"})

ROLES_ASCENDING: Final = ("volunteer", "organizer", "manager", "administrator")
"""Roles from the one that carries least to the one that carries most; ``accounts`` says what they carry."""
