"""Gates: what must not pass while a plugin that guards it is switched on and does not run.

A manifest names its gates; the installation remembers them with the manifest. When the plugin is missing, refused or
quarantined in this process, each of its gates blocks with ``plugin.unavailable`` wherever the plugin is switched on,
until the people who run the site lift it, with an end date. A failing plugin that does run answers ``plugin.error``
instead; a lifted gate turns both into warnings.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

GATES: Final[Mapping[str, str]] = MappingProxyType({"activities.sign_up": "check_signups"})
"""Every gate, with the hook that a running plugin is asked through."""


def hooks_of(gates: tuple[str, ...]) -> frozenset[str]:
    """Return the hooks that ``gates`` guard; a gate that this core no longer has guards nothing."""
    return frozenset(GATES[gate] for gate in gates if gate in GATES)
