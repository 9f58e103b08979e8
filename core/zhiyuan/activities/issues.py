"""Every reason this room gives for refusing or warning, and what would cure it."""

from typing import Final

from zhiyuan.kernel.issues import IssueText

ISSUES: Final = (
    IssueText(
        "activities.unknown_activity",
        "There is no such activity at this organization.",
        "Open the activity again from the organization's list.",
    ),
    IssueText(
        "activities.unknown_organization",
        "There is no such organization.",
        "Create the organization first, or choose one that exists.",
    ),
    IssueText(
        "activities.not_here",
        "The activity belongs to another organization than the request says.",
        "Open the activity at its own organization and try again.",
    ),
    IssueText(
        "activities.external_id_empty",
        "The name under which another system knows this activity is empty.",
        "Fill in both the scheme and the value, or leave both out.",
    ),
    IssueText(
        "activities.external_id_elsewhere",
        "Another organization already has an activity under this external id.",
        "Ask that organization to hand the activity over, or correct the id.",
    ),
    IssueText(
        "activities.title_missing", "The activity has no title.", "Write what volunteers are wanted for."
    ),
    IssueText(
        "activities.markup_in_title",
        "The title holds what looks like HTML.",
        "Write the title as plain text; less-than signs need a blank after them.",
    ),
    IssueText(
        "activities.not_a_choice",
        "This value is not one of the choices.",
        "Choose one of: %(choices)s.",
    ),
    IssueText(
        "activities.bad_region_code",
        "This is not the code of a region.",
        "Use the code as the standard writes it: up to 20 letters and digits.",
    ),
    IssueText(
        "activities.half_a_position",
        "Only one half of the coordinates is given.",
        "Give latitude and longitude, or neither.",
    ),
    IssueText(
        "activities.not_on_earth",
        "These coordinates lie outside the earth.",
        "Give degrees between -%(maximum)s and %(maximum)s.",
    ),
    IssueText(
        "activities.unknown_time_zone",
        "There is no such time zone.",
        "Use a name such as Asia/Shanghai or Europe/Berlin.",
    ),
    IssueText(
        "activities.start_missing",
        "There is a last day and no first day.",
        "Give the first day too.",
    ),
    IssueText(
        "activities.ends_before_start",
        "The last day lies before the first.",
        "Correct one of the two dates.",
    ),
    IssueText(
        "activities.year_unlikely",
        "The year %(year)s is unlikely: dates here lie between %(earliest)s and %(latest)s.",
        "Correct the year.",
    ),
    IssueText(
        "activities.recruitment_ends_before_start",
        "Recruitment would end before it begins.",
        "Correct one of the two times.",
    ),
    IssueText(
        "activities.bad_count",
        "This number of people is not possible here.",
        "Give a whole number from 0 to %(maximum)s.",
    ),
    IssueText(
        "activities.no_time_zone",
        "The time does not say which time zone it is in.",
        "Send the time with its offset, for example 2026-03-02T09:00+08:00.",
    ),
    IssueText(
        "activities.time_does_not_exist",
        "The clocks jump over this time: on that day it does not exist.",
        "Choose a time before or after the change of the clocks.",
    ),
    IssueText(
        "activities.extra_unusable",
        "The additional fields cannot be kept.",
        "Use texts, numbers and lists only, of at most %(maximum)s characters together.",
    ),
    IssueText(
        "activities.wrong_state",
        "Nothing about this activity can change any more: it is in state “%(status)s”.",
        "Make a new activity instead.",
        words={"status": "activity"},
    ),
    IssueText(
        "activities.step_not_possible",
        "“%(verb)s” is not possible while the activity is in state “%(status)s”.",
        "It is possible from these states: %(allowed)s.",
        words={"status": "activity", "verb": "step", "allowed": "activity"},
    ),
    IssueText(
        "activities.reason_missing",
        "People will want to know why, and no reason is given.",
        "Write the reason in a sentence.",
    ),
    IssueText(
        "activities.no_time",
        "Nothing says when the activity takes place.",
        "Add a shift, or give the first and last day.",
    ),
    IssueText(
        "activities.organization_not_active",
        "The organization cannot call for volunteers: its state is “%(status)s”.",
        "Make the organization active again first.",
        words={"status": "organization"},
    ),
    IssueText(
        "activities.not_submitted",
        "Here an activity must be submitted before it is published.",
        "Submit it, and let somebody else publish it.",
    ),
    IssueText(
        "activities.published_by_submitter",
        "Here nobody publishes what they submitted themselves.",
        "Let somebody else look at it and publish it.",
    ),
    IssueText(
        "activities.attendance_unmarked",
        "Nobody has said whether %(people)s people with a place came.",
        "Check them in by hand, or mark them as not having come.",
    ),
    IssueText(
        "shifts.unknown_shift",
        "There is no such shift.",
        "Open the activity again and choose one of its shifts.",
    ),
    IssueText("shifts.cancelled", "This shift is cancelled.", "Add a new shift instead."),
    IssueText(
        "shifts.twice_in_batch",
        "The same shift stands twice in one request.",
        "Send one change for each shift.",
    ),
    IssueText(
        "shifts.key_twice_in_batch",
        "Two different shifts of one request have the same external key.",
        "Give every shift a key of its own.",
    ),
    IssueText(
        "shifts.ends_before_start",
        "The shift does not end after it starts.",
        "Correct one of the two times; a shift over midnight ends on the next day.",
    ),
    IssueText(
        "shifts.too_long",
        "The shift takes %(minutes)s minutes; at most %(maximum)s are allowed.",
        "Split it into several shifts.",
    ),
    IssueText(
        "shifts.minimum_above_capacity",
        "At least %(minimum)s people are needed and there are only %(capacity)s places.",
        "Lower the one or raise the other.",
    ),
    IssueText(
        "shifts.reserved_above_capacity",
        "%(reserved)s places are reserved and there are only %(capacity)s.",
        "Reserve fewer places, or raise the capacity.",
    ),
    IssueText(
        "shifts.capacity_below_accepted",
        "%(accepted)s people have a place and %(reserved)s places are reserved: %(capacity)s places are too few.",
        "Keep at least as many places as are taken, or cancel sign-ups first.",
    ),
    IssueText(
        "shifts.move_overlaps",
        "At the new time %(people)s people with a place here would be at another shift.",
        "Choose another time, or cancel their sign-ups first.",
    ),
    IssueText(
        "sign_ups.unknown_shift",
        "There is no such shift.",
        "Open the activity again and choose one of its shifts.",
    ),
    IssueText(
        "sign_ups.unknown_person",
        "There is no such person here.",
        "Register the person first.",
    ),
    IssueText(
        "sign_ups.unknown_sign_up",
        "There is no such sign-up at this organization.",
        "Open the list of sign-ups again.",
    ),
    IssueText(
        "sign_ups.activity_not_open",
        "The activity takes no sign-ups: its state is “%(status)s”.",
        "Choose an activity that is published.",
        words={"status": "activity"},
    ),
    IssueText("sign_ups.shift_closed", "This shift takes no more sign-ups.", "Choose another shift."),
    IssueText(
        "sign_ups.shift_started",
        "The shift began at %(starts_at)s.",
        "Choose a later shift, or ask the organizer on site.",
    ),
    IssueText(
        "sign_ups.recruitment_not_open",
        "Sign-up opens at %(opens_at)s.",
        "Come back then.",
    ),
    IssueText(
        "sign_ups.recruitment_over",
        "Sign-up closed at %(closed_at)s.",
        "Ask the organizer, or choose another activity.",
    ),
    IssueText(
        "sign_ups.person_not_active",
        "The volunteer cannot join: the state of the registration is “%(status)s”.",
        "Ask your organization to complete or renew the registration.",
        words={"status": "person"},
    ),
    IssueText(
        "sign_ups.members_only",
        "Only members of the organization can join.",
        "Ask the organization to become a member, or choose a public activity.",
    ),
    IssueText(
        "sign_ups.birth_date_unknown",
        "Volunteers must be at least %(minimum)s years old and no birth date is known.",
        "Add the birth date to the registration.",
    ),
    IssueText(
        "sign_ups.too_young",
        "Volunteers must be at least %(minimum)s years old on %(on)s.",
        "Choose an activity for younger volunteers.",
    ),
    IssueText(
        "sign_ups.overlaps",
        "At that time there is a place already at “%(title)s”, from %(starts_at)s to %(ends_at)s.",
        "Cancel the other place first, or choose another shift.",
    ),
    IssueText(
        "sign_ups.overlaps_elsewhere",
        "At that time there is a place already elsewhere, from %(starts_at)s to %(ends_at)s.",
        "Choose another shift, or ask the volunteer to cancel the other place.",
    ),
    IssueText(
        "sign_ups.shift_full",
        "All %(capacity)s places are taken (%(taken)s people, %(reserved)s reserved).",
        "Join the waitlist or choose another shift.",
    ),
    IssueText(
        "sign_ups.shift_full_no_waitlist",
        "All %(capacity)s places are taken (%(taken)s people, %(reserved)s reserved) and there is no waitlist.",
        "Choose another shift.",
    ),
    IssueText(
        "sign_ups.waitlist_full",
        "All %(capacity)s places are taken, and so are all %(limit)s places on the waitlist.",
        "Choose another shift.",
    ),
    IssueText(
        "sign_ups.declined_before",
        "The organizer has declined this sign-up.",
        "Ask the organizer, or choose another shift.",
    ),
    IssueText(
        "sign_ups.no_place_to_give",
        "All %(capacity)s places are taken (%(taken)s people, %(reserved)s reserved).",
        "Raise the capacity, or cancel another sign-up first.",
    ),
    IssueText(
        "sign_ups.not_waiting_for_decision",
        "There is nothing to decide: the state of this sign-up is “%(status)s”.",
        "Cancel the place instead, or let the volunteer sign up again.",
        words={"status": "sign_up"},
    ),
    IssueText(
        "sign_ups.attendance_known",
        "Attendance is written down already: “%(status)s”.",
        "Let the organizer correct the attendance instead.",
        words={"status": "sign_up"},
    ),
    IssueText(
        "sign_ups.too_late_to_cancel",
        "The shift began at %(starts_at)s.",
        "Tell the organizer that you cannot come.",
    ),
    IssueText(
        "attendance.own_by_hand",
        "Nobody writes down their own attendance.",
        "Use the code shown on site, or let another organizer do it.",
    ),
    IssueText(
        "attendance.own_time",
        "Only somebody else who manages attendance may say at what time it was.",
        "Leave the time out: it is now.",
    ),
    IssueText(
        "attendance.wrong_code",
        "The code is not the one on show.",
        "Type the code that is on show now; it changes every 30 seconds.",
    ),
    IssueText(
        "attendance.too_many_codes",
        "%(tries)s wrong codes were typed for this place within %(minutes)s minutes.",
        "Wait and try again, or ask an organizer to check you in by hand.",
    ),
    IssueText(
        "attendance.unknown_method",
        "This way of checking in does not exist.",
        "Use “code” or “hand”.",
    ),
    IssueText(
        "attendance.no_place",
        "This person has no place here: the state of the sign-up is “%(status)s”.",
        "Sign the person up first.",
        words={"status": "sign_up"},
    ),
    IssueText(
        "attendance.marked_no_show",
        "This person is marked as not having come.",
        "Let an organizer correct the attendance.",
    ),
    IssueText(
        "attendance.activity_not_open",
        "Attendance cannot be written down while the activity is in state “%(status)s”.",
        "Publish the activity first; once it is settled, correct the service record.",
        words={"status": "activity"},
    ),
    IssueText(
        "attendance.in_the_future",
        "This time lies in the future.",
        "Give the time at which it happened.",
    ),
    IssueText(
        "attendance.check_in_closed",
        "Check-in is possible from %(opens_at)s to %(closes_at)s.",
        "Come back within that time, or ask the organizer.",
    ),
    IssueText(
        "attendance.check_out_closed",
        "Check-out is possible from %(opens_at)s to %(closes_at)s.",
        "Ask the organizer to correct the attendance.",
    ),
    IssueText(
        "attendance.not_checked_in",
        "This person has not been checked in.",
        "Check the person in first.",
    ),
    IssueText(
        "attendance.out_before_in",
        "The person came at %(checked_in_at)s and cannot have left before.",
        "Correct one of the two times.",
    ),
    IssueText(
        "attendance.not_started",
        "The shift begins at %(starts_at)s: the person may still come.",
        "Wait until the shift has begun.",
    ),
    IssueText(
        "attendance.outside_shift",
        "The time lies too far from the shift: from %(opens_at)s to %(closes_at)s is possible.",
        "Correct the time, or change the shift first.",
    ),
    IssueText(
        "attendance.twice_in_batch",
        "The same attendance stands twice in one request.",
        "Send one correction for each sign-up.",
    ),
)
"""Texts of every issue code of this room; declared by the composition root."""
