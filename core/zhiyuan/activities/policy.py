"""Rule keys of this room: what places may decide differently about activities, sign-ups and attendance."""

from typing import Final

from zhiyuan.policy import RuleKey

OVERLAP_TOLERANCE_MINUTES: Final = RuleKey(
    id="activities.overlap_tolerance_minutes",
    kind=int,
    default=0,
    unit="minutes",
    minimum=0,
    maximum=240,
    strict="lower",
    doc="How long two successive places of one person may overlap, for handing over from one shift to the next.",
)
MINIMUM_AGE: Final = RuleKey(
    id="activities.minimum_age",
    kind=int,
    default=0,
    unit="years",
    merge="stricter",
    minimum=0,
    maximum=100,
    doc="The age, on the day of service, from which people may sign up; 0 asks for no birth date.",
)
MINIMUM_AGE_HAZARDOUS: Final = RuleKey(
    id="activities.minimum_age_hazardous",
    kind=int,
    default=18,
    unit="years",
    merge="stricter",
    minimum=0,
    maximum=100,
    doc="The age, on the day of service, from which people may sign up for an activity marked as hazardous.",
)
CHECK_IN_OPENS_MINUTES_BEFORE: Final = RuleKey(
    id="activities.check_in_opens_minutes_before",
    kind=int,
    default=60,
    unit="minutes",
    minimum=0,
    maximum=1440,
    doc="How long before a shift begins people may be checked in.",
)
CHECK_IN_CLOSES_MINUTES_AFTER: Final = RuleKey(
    id="activities.check_in_closes_minutes_after",
    kind=int,
    default=0,
    unit="minutes",
    minimum=0,
    maximum=1440,
    doc="How long after a shift has ended people may still be checked in.",
)
CHECK_OUT_CLOSES_MINUTES_AFTER: Final = RuleKey(
    id="activities.check_out_closes_minutes_after",
    kind=int,
    default=240,
    unit="minutes",
    minimum=0,
    maximum=2880,
    doc="How long after a shift has ended people may still be checked out.",
)
CHECK_IN_CODE_TOLERANCE_SECONDS: Final = RuleKey(
    id="activities.check_in_code_tolerance_seconds",
    kind=int,
    default=30,
    unit="seconds",
    minimum=0,
    maximum=600,
    doc="How long before and after its 30 seconds a check-in code is taken.",
)
CHECK_IN_CODE_TRIES: Final = RuleKey(
    id="activities.check_in_code_tries",
    kind=int,
    default=10,
    unit=None,
    minimum=1,
    maximum=100,
    doc="How many wrong check-in codes may be typed for one sign-up before it has to wait.",
)
CHECK_IN_CODE_TRIES_MINUTES: Final = RuleKey(
    id="activities.check_in_code_tries_minutes",
    kind=int,
    default=10,
    unit="minutes",
    minimum=1,
    maximum=1440,
    doc="For how long a wrong check-in code is counted.",
)
SHIFT_LONGEST_MINUTES: Final = RuleKey(
    id="activities.shift_longest_minutes",
    kind=int,
    default=1440,
    unit="minutes",
    minimum=1,
    maximum=14400,
    strict="lower",
    doc="The longest that one shift may be.",
)
EARLIEST_YEAR: Final = RuleKey(
    id="activities.earliest_year",
    kind=int,
    default=1900,
    unit="year",
    minimum=1,
    maximum=9999,
    as_of="today",
    doc="The first year that a date of an activity may lie in; anything before is taken for a slip of the keyboard.",
)
LATEST_YEARS_AHEAD: Final = RuleKey(
    id="activities.latest_years_ahead",
    kind=int,
    default=10,
    unit="years",
    minimum=0,
    maximum=1000,
    as_of="today",
    doc="How many years ahead of the present one a date of an activity may lie.",
)
LARGEST_CAPACITY: Final = RuleKey(
    id="activities.largest_capacity",
    kind=int,
    default=1_000_000,
    unit="people",
    minimum=1,
    maximum=2_000_000_000,
    as_of="today",
    doc="The largest number of people that an activity or a shift may ask for.",
)
DESCRIPTION_MAXIMUM: Final = RuleKey(
    id="activities.description_maximum",
    kind=int,
    default=20_000,
    unit="characters",
    minimum=500,
    maximum=1_000_000,
    as_of="today",
    doc="The longest that a description, a list of risks or of guarantees may be.",
)
PUBLISH_NEEDS_SUBMISSION: Final = RuleKey(
    id="activities.publish_needs_submission",
    kind=bool,
    default=False,
    as_of="decision_date",
    doc="Whether an activity must be submitted, and published by somebody else, before people see it.",
)

RULES: Final = (
    OVERLAP_TOLERANCE_MINUTES,
    MINIMUM_AGE,
    MINIMUM_AGE_HAZARDOUS,
    CHECK_IN_OPENS_MINUTES_BEFORE,
    CHECK_IN_CLOSES_MINUTES_AFTER,
    CHECK_OUT_CLOSES_MINUTES_AFTER,
    CHECK_IN_CODE_TOLERANCE_SECONDS,
    CHECK_IN_CODE_TRIES,
    CHECK_IN_CODE_TRIES_MINUTES,
    SHIFT_LONGEST_MINUTES,
    EARLIEST_YEAR,
    LATEST_YEARS_AHEAD,
    LARGEST_CAPACITY,
    DESCRIPTION_MAXIMUM,
    PUBLISH_NEEDS_SUBMISSION,
)
"""Every rule key of this room; the composition root declares them."""
