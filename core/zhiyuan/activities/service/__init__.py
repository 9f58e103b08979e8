"""Commands of this room. Each is submitted through the command bus, in batches; see the items for what they take."""

from typing import Final

from zhiyuan.accounts.permissions import ACTIVITIES_MANAGE, SIGN_UPS_MANAGE
from zhiyuan.activities.schemas import (
    AddShift,
    CancelSignUp,
    ChangeActivity,
    ChangeActivityState,
    ChangeShift,
    CheckIn,
    CheckOut,
    CorrectAttendance,
    CreateActivity,
    DecideSignUp,
    MarkNoShow,
    SignUpRequest,
)
from zhiyuan.activities.service import (
    activities,
    attendance,
    corrections,
    eligibility,
    releases,
    shifts,
    sign_ups,
    states,
)
from zhiyuan.kernel.commands import Command

CREATE: Final = Command[CreateActivity]("activities.create", ACTIVITIES_MANAGE, activities.create)
CHANGE: Final = Command[ChangeActivity]("activities.change", ACTIVITIES_MANAGE, activities.change)

SUBMIT: Final = Command[ChangeActivityState]("activities.submit", ACTIVITIES_MANAGE, states.write("submit"))
PUBLISH: Final = Command[ChangeActivityState](
    "activities.publish", ACTIVITIES_MANAGE, states.write("publish")
)
START: Final = Command[ChangeActivityState]("activities.start", ACTIVITIES_MANAGE, states.write("start"))
FINISH: Final = Command[ChangeActivityState]("activities.finish", ACTIVITIES_MANAGE, states.write("finish"))
SETTLE: Final = Command[ChangeActivityState]("activities.settle", ACTIVITIES_MANAGE, states.write("settle"))
CANCEL: Final = Command[ChangeActivityState]("activities.cancel", ACTIVITIES_MANAGE, states.write("cancel"))

ADD_SHIFTS: Final = Command[AddShift]("shifts.add", ACTIVITIES_MANAGE, shifts.add)
CHANGE_SHIFTS: Final = Command[ChangeShift]("shifts.change", ACTIVITIES_MANAGE, shifts.change)

SIGN_UP: Final = Command[SignUpRequest](
    "sign_ups.sign_up",
    SIGN_UPS_MANAGE,
    sign_ups.sign_up,
    owner=lambda item: item.person_id,
    hook="check_signups",
    requests=sign_ups.requests,
    foresee=eligibility.foresee,
)
CANCEL_SIGN_UPS: Final = Command[CancelSignUp]("sign_ups.cancel", None, releases.cancel)
ACCEPT: Final = Command[DecideSignUp](
    "sign_ups.accept", SIGN_UPS_MANAGE, releases.accept, hook="check_signups", requests=releases.requests
)
DECLINE: Final = Command[DecideSignUp]("sign_ups.decline", SIGN_UPS_MANAGE, releases.decline)

CHECK_IN: Final = Command[CheckIn]("attendance.check_in", None, attendance.check_in)
CHECK_OUT: Final = Command[CheckOut]("attendance.check_out", None, attendance.check_out)
NO_SHOW: Final = Command[MarkNoShow]("attendance.no_show", None, corrections.mark_no_shows)
CORRECT_ATTENDANCE: Final = Command[CorrectAttendance]("attendance.correct", None, corrections.correct)

__all__ = [
    "ACCEPT",
    "ADD_SHIFTS",
    "CANCEL",
    "CANCEL_SIGN_UPS",
    "CHANGE",
    "CHANGE_SHIFTS",
    "CHECK_IN",
    "CHECK_OUT",
    "CORRECT_ATTENDANCE",
    "CREATE",
    "DECLINE",
    "FINISH",
    "NO_SHOW",
    "PUBLISH",
    "SETTLE",
    "SIGN_UP",
    "START",
    "SUBMIT",
    "AddShift",
    "CancelSignUp",
    "ChangeActivity",
    "ChangeActivityState",
    "ChangeShift",
    "CheckIn",
    "CheckOut",
    "CorrectAttendance",
    "CreateActivity",
    "DecideSignUp",
    "MarkNoShow",
    "SignUpRequest",
]
