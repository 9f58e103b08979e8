"""What the plugin has to say against a sign-up."""

from typing import Final

from zhiyuan.sdk import IssueText

NOT_CALLED: Final = "welcome_call.not_called"

ISSUES: Final = (
    IssueText(
        NOT_CALLED,
        "Before a first shift somebody calls every newcomer, and this call has not been made.",
        "Wait for the call, or ask the organizer to make it and note it.",
    ),
)
