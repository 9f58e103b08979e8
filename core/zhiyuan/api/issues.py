"""What the interface objects to by itself: the shape of a request, and names that lead nowhere for this caller."""

from zhiyuan.kernel.issues import IssueText

ISSUES: tuple[IssueText, ...] = (
    IssueText(
        "api.unknown_organization",
        "There is no such organization here.",
        "Use the code of an organization that this token reaches.",
    ),
    IssueText(
        "api.no_time_zone",
        "The time does not say which time zone it is in.",
        "Send the time with its offset, for example 2026-03-02T09:00:00+08:00.",
    ),
    IssueText(
        "api.time_out_of_range",
        "This time lies outside what a calendar here can hold.",
        "Send a time between the years 2 and 9998.",
    ),
    IssueText(
        "api.text_unusable",
        "The text holds a character that no database keeps (U+0000, or half of a surrogate pair).",
        "Leave the character out.",
    ),
    IssueText(
        "api.bad_idempotency_key",
        "The header Idempotency-Key is empty or too long.",
        "Send 1 to %(maximum)s characters.",
    ),
    IssueText(
        "api.bad_cursor", "This is not a continuation that a list gave out.", "Begin again without it."
    ),
)
