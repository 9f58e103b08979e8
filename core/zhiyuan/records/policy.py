"""Rule keys of the ledger. Every number here is a default that a place may change with a document behind it."""

from typing import Final

from zhiyuan.policy import RuleKey

EARLIEST_SERVICE_YEAR: Final = RuleKey(
    id="records.earliest_service_year",
    kind=int,
    default=1950,
    unit="year",
    merge="replace",
    as_of="decision_date",
    doc="Service dates before this year are taken for typing errors and refused.",
    minimum=1900,
    maximum=2100,
)
DAYS_AHEAD: Final = RuleKey(
    id="records.days_ahead",
    kind=int,
    default=1,
    unit="days",
    merge="replace",
    as_of="decision_date",
    doc="How far a service date may lie after today's local date; 1 forgives a clock that is ahead.",
    minimum=0,
    maximum=31,
)
DAY_CAP_MINUTES: Final = RuleKey(
    id="records.day_cap_minutes",
    kind=int,
    default=1440,
    unit="minutes",
    merge="stricter",
    strict="lower",
    as_of="service_date",
    doc="Most minutes of one person on one day. Imports above it are marked as carried over, claims and paper refused.",
    minimum=1,
    maximum=1500,  # A local day that ends summer time has 25 hours.
)
REQUIRED_FIELDS: Final = RuleKey(
    id="records.required_fields",
    kind=frozenset,
    default=frozenset(),
    merge="union",
    as_of="service_date",
    doc="Fields that must be filled in a record, by the date of the service; what lies before a rule is exempt from it.",
)
ROUNDING_MINUTES: Final = RuleKey(
    id="records.rounding_minutes",
    kind=int,
    default=1,
    unit="minutes",
    merge="replace",
    as_of="service_date",
    doc="Attended time is rounded to a multiple of this many minutes.",
    minimum=1,
    maximum=60,
)
ROUNDING_MODE: Final = RuleKey(
    id="records.rounding_mode",
    kind=str,
    default="nearest",
    choices=("down", "nearest", "up"),
    merge="replace",
    as_of="service_date",
    doc="How attended time is rounded: down, nearest (halves go up) or up.",
)
CUT_TO_SHIFT: Final = RuleKey(
    id="records.cut_to_shift",
    kind=bool,
    default=True,
    merge="replace",
    as_of="service_date",
    doc="Whether time before the shift's start and after its end is left out.",
)
ENTRY_DEADLINE_WORKING_DAYS: Final = RuleKey(
    id="records.entry_deadline_working_days",
    kind=int,
    default=10,
    unit="working_days",
    merge="stricter",
    strict="lower",
    as_of="service_date",
    doc="A record entered later than this many working days after the service is accepted and marked late. "
    "Working days leave out Saturdays and Sundays; public holidays are not known.",
    minimum=1,
    maximum=366,
    document="Civil Affairs Order 67",
    clause="article 11",
)
CERTIFICATE_NUMBER_PREFIX: Final = RuleKey(
    id="records.certificate_number_prefix",
    kind=str,
    default="ZY",
    merge="replace",
    as_of="decision_date",
    doc="What the numbers of certificates issued from now on begin with: 1 to 8 letters or digits.",
)
CERTIFICATE_MOST_RECORDS: Final = RuleKey(
    id="records.certificate_most_records",
    kind=int,
    default=2000,
    unit="records",
    merge="replace",
    as_of="decision_date",
    doc="Most records that one certificate lists; a longer list is split by period.",
    minimum=1,
    maximum=10_000,
)

RECORDING_RULES: Final = (
    EARLIEST_SERVICE_YEAR,
    DAYS_AHEAD,
    DAY_CAP_MINUTES,
    REQUIRED_FIELDS,
    ROUNDING_MINUTES,
    ROUNDING_MODE,
    CUT_TO_SHIFT,
    ENTRY_DEADLINE_WORKING_DAYS,
)
"""The rules that a record is made under; their fingerprint is kept with it."""

RULES: Final = (*RECORDING_RULES, CERTIFICATE_NUMBER_PREFIX, CERTIFICATE_MOST_RECORDS)
"""All of them; the composition root declares them."""
