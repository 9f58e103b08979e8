"""The states of a service record, and which entry of the ledger leads where.

One table, used by the commands that write and by the verification that trusts nothing: both cannot drift apart.
"""

from typing import Final

PENDING: Final = "pending"
CONFIRMED: Final = "confirmed"
DISPUTED: Final = "disputed"
CORRECTED: Final = "corrected"
VOIDED: Final = "voided"

COUNTING: Final = (CONFIRMED, DISPUTED)
"""The states whose minutes count: a dispute takes nothing away before somebody decides."""

RECORDED: Final = "recorded"
UPHELD: Final = "upheld"
ERASED: Final = "erased"

TRANSITIONS: Final[dict[str, dict[str, str]]] = {
    CONFIRMED: {PENDING: CONFIRMED},
    CORRECTED: {PENDING: CORRECTED, CONFIRMED: CORRECTED, DISPUTED: CORRECTED},
    VOIDED: {PENDING: VOIDED, CONFIRMED: VOIDED, DISPUTED: VOIDED},
    DISPUTED: {CONFIRMED: DISPUTED},
    UPHELD: {DISPUTED: CONFIRMED},
}
"""Kind of entry -> state before -> state after. What is not listed is refused. ``recorded`` starts a record."""


def after(kind: str, status: str) -> str | None:
    """Return the state that an entry of ``kind`` leads to from ``status``, or ``None`` when it may not happen."""
    return TRANSITIONS.get(kind, {}).get(status)
