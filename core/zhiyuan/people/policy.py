"""Rule keys of people, and their values for one place on one day."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from zhiyuan import policy
from zhiyuan.kernel.uow import Tx
from zhiyuan.policy import PlaceChain, RuleKey

NUMBER_PREFIX: Final = RuleKey(
    id="people.number_prefix",
    kind=str,
    default="V",
    merge="replace",
    as_of="decision_date",
    doc="What volunteer numbers given out from now on begin with.",
)
NUMBER_WIDTH: Final = RuleKey(
    id="people.number_width",
    kind=int,
    default=8,
    unit="digits",
    minimum=1,
    maximum=12,
    merge="replace",
    as_of="decision_date",
    doc="Digits of a volunteer number after its prefix; shorter numbers are filled with zeros.",
)
PHONE_REGION: Final = RuleKey(
    id="people.phone_region",
    kind=str,
    default="CN",
    merge="replace",
    as_of="decision_date",
    doc="Country (two letters) whose code a phone number without one gets.",
)
EARLIEST_BIRTH_DATE: Final = RuleKey(
    id="people.earliest_birth_date",
    kind=date,
    default=date(1900, 1, 1),
    merge="replace",
    as_of="decision_date",
    doc="Birth dates before this day are taken for a mistake and refused.",
)

RULES: Final = (NUMBER_PREFIX, NUMBER_WIDTH, PHONE_REGION, EARLIEST_BIRTH_DATE)


@dataclass(frozen=True, slots=True)
class PeopleRules:
    """The values in force at one place on one day."""

    today: date
    number_prefix: str
    number_width: int
    phone_region: str
    earliest_birth_date: date


def rules_at(tx: Tx, places: PlaceChain, today: date) -> PeopleRules:
    """Return the rules of ``places`` (most specific first) on the day ``today``."""
    return PeopleRules(
        today=today,
        number_prefix=policy.resolve(tx, NUMBER_PREFIX, places, today),
        number_width=policy.resolve(tx, NUMBER_WIDTH, places, today),
        phone_region=policy.resolve(tx, PHONE_REGION, places, today),
        earliest_birth_date=policy.resolve(tx, EARLIEST_BIRTH_DATE, places, today),
    )
