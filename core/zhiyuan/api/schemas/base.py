"""What all shapes of the interface share.

A shape that is sent refuses fields it does not know; a shape that is shown may grow new ones within ``/api/v1``.
"""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from msgspec import Meta, Struct

MOST_ITEMS: Final = 500
"""Most items of one request."""

Key = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        description="Chosen by the caller: the same key and item again change nothing.",
    ),
]
Code = Annotated[
    str, Meta(min_length=1, max_length=59, description="Code of an organization, as in its address.")
]
Reason = Annotated[str, Meta(max_length=500, description="Why, in a sentence.")]
Zone = Annotated[
    str, Meta(min_length=1, max_length=60, description="IANA name of a time zone, as Asia/Shanghai.")
]


def several(what: str) -> Meta:
    """Return the bounds of the list of items of a batch, which are ``what``."""
    return Meta(
        min_length=1, max_length=MOST_ITEMS, description=f"{what}: 1 to {MOST_ITEMS}, answered in order."
    )


class Told(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Base of what is sent."""


class ToldItem(Told, kw_only=True, frozen=True):
    """Base of one item of a batch."""

    idempotency_key: Key | None = None


class Shown(Struct, kw_only=True, frozen=True):
    """Base of what is shown."""


class ShownIssue(Shown, kw_only=True, frozen=True):
    """One reason, for people (``message``, ``cure``: in the language asked for) and for programs (``code``)."""

    code: Annotated[str, Meta(description="Stable name of the reason, `<room>.<reason>`.")]
    severity: Annotated[
        str, Meta(description="`block`: nothing was written for it; `warn`: it was written anyway.")
    ]
    field: Annotated[str | None, Meta(description="The field at fault, if one is.")]
    message: Annotated[str, Meta(description="What is wrong.")]
    cure: Annotated[str, Meta(description="What would cure it.")]
    rule: Annotated[str | None, Meta(description="Key of the rule that decided.")]
    clause: Annotated[str | None, Meta(description="Article of the document behind the rule.")]
    plugin: Annotated[str | None, Meta(description="Plugin that said so.")]


class ShownOutcome(Shown, kw_only=True, frozen=True):
    """What became of one item."""

    status: Annotated[
        str,
        Meta(
            description="The state reached, or `refused` (see issues), or `failed` (a defect; nothing was written)."
        ),
    ]
    id: Annotated[UUID | None, Meta(description="The row concerned.")]
    issues: Annotated[list[ShownIssue], Meta(description="Reasons of a refusal, or warnings.")]


class Outcomes(Shown, kw_only=True, frozen=True):
    """What became of a batch."""

    outcomes: Annotated[list[ShownOutcome], Meta(description="One per item, in the order of the items.")]


class Problem(Shown, kw_only=True, frozen=True):
    """An error (RFC 9457). Media type `application/problem+json`."""

    type: Annotated[str, Meta(description="Always `about:blank`: `code` names the kind.")]
    title: Annotated[str, Meta(description="The kind of error, for people.")]
    status: Annotated[int, Meta(description="HTTP status.")]
    detail: Annotated[str, Meta(description="What happened, for people.")]
    code: Annotated[str, Meta(description="Stable name of the error.")]
    instance: Annotated[str, Meta(description="URN with the number under which the log has the rest.")]
    issues: Annotated[list[ShownIssue], Meta(description="One per field or reason; may be empty.")]


Cursor = Annotated[str | None, Meta(description="Send as `after` to go on; null at the end.")]
Day = Annotated[date, Meta(description="A local date.")]
