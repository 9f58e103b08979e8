"""Going on in a list: ``after`` and ``limit`` in, ``next_after`` out."""

from collections.abc import Callable, Sequence
from typing import Annotated, Final, TypeVar
from uuid import UUID

from litestar.params import QueryParameter

from zhiyuan.kernel.errors import Invalid
from zhiyuan.kernel.i18n import gettext_noop
from zhiyuan.kernel.issues import Issue

LARGEST: Final = 200
USUAL: Final = 50

Limit = Annotated[int, QueryParameter(ge=1, le=LARGEST, description="Most rows of the answer.")]
After = Annotated[
    str | None,
    QueryParameter(max_length=200, description="The `next_after` of the answer before, to go on from there."),
]

RowT = TypeVar("RowT")


def begun(after: str | None) -> UUID | None:
    """Return the id that a continuation names. Raises Invalid when it names none."""
    if after is None:
        return None
    try:
        return UUID(after)
    except ValueError:
        raise Invalid(
            "api.bad_cursor",
            gettext_noop("This is not a continuation that a list gave out."),
            issues=(Issue("api.bad_cursor", field="after"),),
        ) from None


def part(
    rows: Sequence[RowT], after: str | None, limit: int, mark: Callable[[RowT], str]
) -> tuple[Sequence[RowT], str | None]:
    """Return the rows that follow the one marked ``after``, and the mark to go on from, of a list that is all here.

    A mark that is not in the list any more continues nothing: the answer is empty.
    """
    start = 0
    if after is not None:
        start = next((index + 1 for index, row in enumerate(rows) if mark(row) == after), len(rows))
    found = rows[start : start + limit]
    return found, mark(found[-1]) if start + limit < len(rows) else None


def mark_of_full(rows: Sequence[RowT], limit: int, mark: Callable[[RowT], str]) -> str | None:
    """Return the mark of the last row when the list may go on after it."""
    return mark(rows[-1]) if len(rows) == limit else None


def usable_text(**values: str | None) -> None:
    """Refuse query values that databases do not take. Raises Invalid."""
    if issues := [
        Issue("api.text_unusable", field=name)
        for name, value in values.items()
        if value is not None
        and ("\0" in value or any("\ud800" <= character <= "\udfff" for character in value))
    ]:
        raise Invalid(
            "request.invalid", gettext_noop("Some fields are not as they should be."), issues=issues
        )
