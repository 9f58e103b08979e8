"""Rule keys of imports: what is believed about dates in files."""

from typing import Final

from zhiyuan.policy import RuleKey

EARLIEST_YEAR: Final = RuleKey(
    id="imports.earliest_year",
    kind=int,
    default=1900,
    unit="year",
    merge="replace",
    as_of="decision_date",
    doc="Dates in imported files before this year are taken for typing errors and refused.",
    minimum=1,
    maximum=2100,
)
YEARS_AHEAD: Final = RuleKey(
    id="imports.years_ahead",
    kind=int,
    default=10,
    unit="years",
    merge="replace",
    as_of="decision_date",
    doc="How many years after the current one a date in an imported file may lie.",
    minimum=0,
    maximum=200,
)

RULES: Final = (EARLIEST_YEAR, YEARS_AHEAD)
"""All of them; the composition root declares them."""
