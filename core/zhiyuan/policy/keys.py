"""What a rule key is: an id, the kind of its values, a default, and how values of several places are merged."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, Generic, Literal, TypeVar, cast

PlaceChain = tuple[str, ...]
"""Places from the most specific to the most general: ``("site:simao", "530802", "5308", "53", "CN")``."""

MergeWord = Literal["replace", "stricter", "union", "locked", "per_level"]
AsOf = Literal["service_date", "decision_date", "today"]
Mark = Literal["S", "L", "P", "D"]
"""Where a value comes from: S a source document, L a law, P a practice borrowed elsewhere, D our default."""

BINDING_MARKS: Final = frozenset({"S", "L"})
"""Marks whose strictness binds the places below."""

T = TypeVar("T")

_ID = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_KINDS: Final = (bool, int, Decimal, str, date, frozenset)


@dataclass(frozen=True)
class RuleKey(Generic[T]):
    """One rule that places may decide differently.

    ``id`` is ``<room>.<words>``. ``kind`` is the type of every value: ``int``, ``Decimal``, ``bool``, ``str``, ``date`` or
    ``frozenset`` (of codes). ``unit`` is a word such as ``minutes``, ``years`` or ``ratio``; a ratio lies in 0..1 unless
    bounds say otherwise. ``choices`` closes the set of values of a ``str``, or of the members of a ``frozenset``; for a
    ``str`` merged as ``stricter`` they stand from mildest to strictest. ``minimum`` and ``maximum`` are inclusive.
    ``strict`` says which direction is the stricter one. ``as_of`` says which date decides. ``doc`` is one English
    sentence for the person who sets it. ``mark``, ``document`` and ``clause`` say where the default comes from.
    Raises ValueError when the parts do not fit each other: that is a defect of the owner.
    """

    id: str
    kind: type[T]
    default: T
    unit: str | None = None
    merge: MergeWord = "replace"
    as_of: AsOf = "service_date"
    doc: str = ""
    minimum: T | None = None
    maximum: T | None = None
    choices: tuple[str, ...] | None = None
    strict: Literal["higher", "lower"] = "higher"
    mark: Mark = "D"
    document: str | None = None
    clause: str | None = None

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id) or len(self.id) > 120:
            raise ValueError(
                f"rule key {self.id!r}: an id is words in lower case joined by dots, at most 120 characters"
            )
        if self.kind not in _KINDS:
            raise ValueError(f"rule key {self.id!r}: values of kind {self.kind!r} are not served")
        if not self.has_kind(self.default):
            raise ValueError(
                f"rule key {self.id!r}: the default {self.default!r} is not {self.kind.__name__}"
            )
        if self.merge == "union" and self.kind is not frozenset:
            raise ValueError(f"rule key {self.id!r}: only sets of codes merge by union")
        if self.merge == "stricter" and self.kind is frozenset:
            raise ValueError(f"rule key {self.id!r}: sets of codes grow stricter by union")
        if self.merge == "stricter" and self.kind is str and self.choices is None:
            raise ValueError(f"rule key {self.id!r}: words have no strictness without choices in order")
        if self.mark in BINDING_MARKS and self.document is None:
            raise ValueError(f"rule key {self.id!r}: a default with mark {self.mark} names its document")
        if not self.is_in_bounds(self.default) or not self.is_choice(self.default):
            raise ValueError(f"rule key {self.id!r}: the default {self.default!r} is out of bounds")

    def has_kind(self, value: object) -> bool:
        """Tell whether ``value`` is exactly of this key's kind (a ``bool`` is no ``int`` here)."""
        if self.kind is frozenset:
            return isinstance(value, frozenset) and all(isinstance(code, str) for code in value)
        return type(value) is self.kind

    def lower_bound(self) -> Any:
        """Return the least value allowed, or None: a ratio without bounds of its own starts at 0."""
        return Decimal(0) if self.minimum is None and self._is_plain_ratio else self.minimum

    def upper_bound(self) -> Any:
        """Return the greatest value allowed, or None: a ratio without bounds of its own ends at 1."""
        return Decimal(1) if self.maximum is None and self._is_plain_ratio else self.maximum

    def is_in_bounds(self, value: T) -> bool:
        """Tell whether ``value`` lies within the bounds, ends included."""
        lower, upper, comparable = self.lower_bound(), self.upper_bound(), cast(Any, value)
        return (lower is None or comparable >= lower) and (upper is None or comparable <= upper)

    def is_choice(self, value: T) -> bool:
        """Tell whether ``value``, or every member of it, is one of the choices (true when there are none to keep to)."""
        if self.choices is None:
            return True
        members = value if isinstance(value, frozenset) else (value,)
        return all(member in self.choices for member in members)

    def strictness(self, value: T) -> Any:
        """Return something that orders values of this key from mild to strict. Not for sets of codes."""
        comparable: Any = value
        if self.choices is not None and isinstance(value, str):
            comparable = self.choices.index(value)
        elif isinstance(value, date):
            comparable = value.toordinal()
        return comparable if self.strict == "higher" else -comparable

    @property
    def _is_plain_ratio(self) -> bool:
        return self.unit == "ratio" and self.kind is Decimal
