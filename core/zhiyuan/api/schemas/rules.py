"""Rules in force, and why."""

from datetime import date
from typing import Annotated, Any

from msgspec import Meta

from zhiyuan.api.schemas.base import Shown

Value = Annotated[
    Any, Meta(description="Of the rule's kind: a number, text, truth value, or a sorted list of codes.")
]


class ShownRule(Shown, kw_only=True, frozen=True):
    """One rule that places may decide differently."""

    key: Annotated[str, Meta(description="`<room>.<words>`.")]
    kind: Annotated[str, Meta(description="int, Decimal, bool, str, date or frozenset.")]
    unit: str | None
    merge: Annotated[str, Meta(description="How values of several places are merged.")]
    as_of: Annotated[str, Meta(description="Which date decides.")]
    about: Annotated[str, Meta(description="What it is about, in English.")]
    default: Value


class ShownRules(Shown, kw_only=True, frozen=True):
    """Every rule of this installation, by key."""

    items: list[ShownRule]


class ShownLink(Shown, kw_only=True, frozen=True):
    """One value that had a say."""

    layer: Annotated[str, Meta(description="`default`, `site` or the id of a policy pack.")]
    place: str | None
    value: Value
    mark: Annotated[str, Meta(description="S source document, L law, P borrowed practice, D default.")]
    document: str | None
    clause: str | None
    effective_from: date | None
    effective_to: Annotated[date | None, Meta(description="First day on which it no longer holds.")]
    overridden: Annotated[bool, Meta(description="The value in force would be the same without it.")]


class ExplainedRule(Shown, kw_only=True, frozen=True):
    """The value of a rule at an organization on a date, and every value behind it, the most general first."""

    key: str
    value: Value
    unit: str | None
    merge: str
    on: Annotated[date, Meta(description="The local date asked about.")]
    chain: list[ShownLink]
