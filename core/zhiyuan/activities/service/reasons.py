"""The reasons that people give for what they do."""

from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.text import clean_text


def clean_reason(reason: str | None, *, maximum: int) -> str | Issue | None:
    """Return a reason cleaned, None when nothing was said, or the issue that refuses it."""
    if reason is None:
        return None
    told = clean_text(reason, field="reason", maximum=maximum)
    return told if isinstance(told, Issue) else told or None
