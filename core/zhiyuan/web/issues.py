"""What pages object to by themselves; everything else is said by the rooms below."""

from zhiyuan.kernel.issues import IssueText

ISSUES: tuple[IssueText, ...] = (
    IssueText("web.field_required", "This field is empty.", "Fill it in."),
    IssueText("web.field_choice", "This choice is not on offer.", "Choose one from the list."),
    IssueText(
        "web.field_number",
        "This is not a whole number between %(minimum)s and %(maximum)s.",
        "Type digits only.",
    ),
    IssueText("web.field_date", "This is not a date.", "Write it as year-month-day, for example 2026-03-02."),
    IssueText("web.field_time", "This is not a date and time.", "Write it as 2026-03-02T09:30."),
    IssueText(
        "web.field_time_skipped",
        "This time does not exist here: clocks are put forward over it.",
        "Choose a time before or after the change.",
    ),
    IssueText(
        "web.no_person",
        "This account stands for no person, so it cannot take part itself.",
        "Sign in with a volunteer's account.",
    ),
    IssueText("web.nothing_selected", "Nothing was selected.", "Tick at least one row."),
    IssueText("web.too_many_requests", "Too many tries in a short time.", "Wait a minute and try again."),
    IssueText(
        "request.unknown_field", "There is no field of this name.", "Leave it out, or check its spelling."
    ),
    IssueText("request.invalid_field", "%(reason)s", "Send what the description of the interface asks for."),
)
