"""What the ledger refuses or marks, and what would cure it."""

from typing import Final

from zhiyuan.kernel.issues import IssueText

ISSUES: Final = (
    IssueText("records.unknown_person", "There is no such person.", "Register the person first."),
    IssueText(
        "records.unknown_organization",
        "There is no such organization.",
        "Choose the organization that records the service.",
    ),
    IssueText(
        "records.negative_minutes",
        "Minutes of service cannot be negative: %(minutes)s.",
        "Enter 0 or more; to take service back, correct or void its record.",
    ),
    IssueText(
        "records.over_day_cap",
        "%(minutes)s minutes are more than the %(cap)s that one day may hold.",
        "Split the service into one record per day, or enter the true time.",
    ),
    IssueText(
        "records.date_not_plausible",
        "The service date %(date)s cannot be right: it must lie between %(earliest)s and %(latest)s.",
        "Enter the local calendar date of the service.",
    ),
    IssueText(
        "records.unknown_time_zone",
        "%(time_zone)s is not a time zone.",
        "Use an IANA name such as Asia/Shanghai.",
    ),
    IssueText(
        "records.end_before_start", "The service ends before it starts.", "Exchange or correct the two times."
    ),
    IssueText("records.negative_count", "A count cannot be negative: %(count)s.", "Enter 0 or more."),
    IssueText(
        "records.number_too_large", "The number %(number)s is too large to be true.", "Enter the true number."
    ),
    IssueText(
        "records.field_required",
        "%(name)s must be filled before this service can be recorded here.",
        "Fill it in, or ask who set the rule at this place.",
    ),
    IssueText("records.reason_required", "A reason is needed.", "Say why in a sentence."),
    IssueText(
        "records.repeat_key_malformed",
        "A repeat key has exactly 32 bytes.",
        "Use a SHA-256 digest, or leave it out.",
    ),
    IssueText(
        "records.own_record",
        "Nobody confirms or corrects service of their own.",
        "Ask another person who may confirm records here.",
    ),
    IssueText(
        "records.unknown_activity",
        "This organization has no such activity.",
        "Choose an activity of the organization that records the service, or leave it out.",
    ),
    IssueText(
        "records.not_volunteer_service",
        "This activity is not volunteer service, so nothing of it may be recorded or certified.",
        "If it is volunteer service after all, have the organization say so on the activity first.",
    ),
    IssueText(
        "records.unknown_sign_up", "There is no such sign-up.", "Choose a sign-up of this organization."
    ),
    IssueText(
        "records.no_attendance",
        "This person was not checked in, or not checked out yet.",
        "Check the person in and out, by hand if need be, and record again.",
    ),
    IssueText(
        "records.no_time_in_shift",
        "Nothing of the time between check-in and check-out lies within the shift.",
        "Correct the attendance or the shift, and record again.",
    ),
    IssueText(
        "records.naive_time",
        "A time without a time zone was given.",
        "Give the time with its offset from UTC.",
    ),
    IssueText(
        "records.unknown_record", "There is no such record here.", "Choose a record of this organization."
    ),
    IssueText(
        "records.status_forbids",
        "The state of the record is “%(status)s”, so this cannot be done to it.",
        "Look at the record again: somebody may have been faster.",
        words={"status": "record"},
    ),
    IssueText(
        "records.twice_in_batch", "The same record stands twice in one request.", "Name every record once."
    ),
    IssueText(
        "records.nothing_changed", "The correction changes nothing.", "Enter what should stand instead."
    ),
    IssueText(
        "records.nothing_to_certify",
        "There is no confirmed service of this person in this period here.",
        "Have the records confirmed first, or choose another period or organization.",
    ),
    IssueText(
        "records.too_many_for_one_certificate",
        "%(count)s records are more than the %(limit)s that one certificate can list.",
        "Choose a shorter period.",
    ),
    IssueText("records.period_reversed", "The period ends before it starts.", "Exchange the two dates."),
    IssueText(
        "records.unknown_locale",
        "Certificates do not exist in the language %(locale)s.",
        "Use en or zh-Hans.",
    ),
    IssueText("records.unknown_certificate", "There is no such certificate here.", "Check the number."),
    IssueText(
        "records.already_revoked", "This certificate was revoked before.", "Nothing more needs to be done."
    ),
)
