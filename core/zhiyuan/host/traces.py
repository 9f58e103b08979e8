"""Where a plugin failed, without what it failed on: messages and local values may hold personal data."""

import traceback
from typing import Final

_FRAMES: Final = 8


def trace(error: BaseException) -> dict[str, str | list[str]]:
    """Return the type of ``error`` and the places it passed, innermost last, as fields for the log."""
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "error": type(error).__qualname__,
        "trace": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-_FRAMES:]],
    }
