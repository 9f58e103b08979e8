"""Rule keys of organizations: how many volunteers a place aims at."""

from decimal import Decimal
from typing import Final

from zhiyuan.policy import RuleKey

TARGET_PERCENT: Final = RuleKey(
    id="organizations.target_percent",
    kind=Decimal,
    default=Decimal(0),
    unit="percent",
    minimum=Decimal(0),
    maximum=Decimal(100),
    merge="replace",
    as_of="today",
    doc="How many in a hundred of the population are to be registered volunteers; 0 sets no target.",
)
TARGET_POPULATION: Final = RuleKey(
    id="organizations.target_population",
    kind=str,
    default="residents",
    choices=("residents", "urban_residents", "rural_residents", "households"),
    merge="replace",
    as_of="today",
    doc="The head count that the target is a share of.",
)

RULES: Final = (TARGET_PERCENT, TARGET_POPULATION)
