"""Values of rules as people and files write them, and as the database keeps them."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from zhiyuan.kernel.issues import Issue
from zhiyuan.policy.keys import RuleKey

_EARLIEST, _LATEST = date(1900, 1, 1), date(2200, 1, 1)
_TRUE, _FALSE = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})
_LONGEST_WORD = 200
_MOST_CODES = 500


def parse(key: RuleKey[Any], raw: object) -> Any | Issue:
    """Return ``raw`` (a typed value, JSON, or text as typed on a command line) as a value of ``key``, or the refusal.

    Refuses a wrong type, a wrong unit (10 where 0.10 is meant, text with a unit in it), a value out of bounds, an
    unknown choice. Nothing is rounded.
    """
    value = raw if key.has_kind(raw) else _converted(key, raw)
    if value is None:
        return _refusal(key, "policy.wrong_type", raw)
    if isinstance(value, Decimal) and not value.is_finite():
        return _refusal(key, "policy.wrong_type", raw)
    if isinstance(value, str) and (not value.strip() or len(value) > _LONGEST_WORD):
        return _refusal(key, "policy.wrong_type", raw)
    if isinstance(value, frozenset) and (
        len(value) > _MOST_CODES or not all(0 < len(code) <= 60 for code in value)
    ):
        return _refusal(key, "policy.wrong_type", raw)
    if key.unit == "ratio" and isinstance(value, Decimal) and not key.is_in_bounds(value) and value > 1:
        return _refusal(key, "policy.percent_for_ratio", raw, ratio=str(value / 100))
    if not key.is_in_bounds(value):
        return _refusal(
            key,
            "policy.out_of_bounds",
            raw,
            minimum=_told(key.lower_bound()),
            maximum=_told(key.upper_bound()),
        )
    if not key.is_choice(value):
        return _refusal(key, "policy.unknown_choice", raw, choices=", ".join(key.choices or ()))
    if isinstance(value, date) and not _EARLIEST <= value < _LATEST:
        return _refusal(key, "policy.implausible_date", raw)
    return value


def encode(value: Any) -> Any:
    """Return ``value`` as JSON: decimals and dates as text, sets as sorted lists."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    return value


def decode(key: RuleKey[Any], kept: Any) -> Any:
    """Return what :func:`encode` made, as a value of ``key``. Raises ValueError when it is none (a changed key)."""
    value = kept if key.has_kind(kept) else _converted(key, kept)
    if value is None:
        raise ValueError(f"the value {kept!r} kept for rule {key.id!r} is not of kind {key.kind.__name__}")
    return value


def is_plausible_date(day: date) -> bool:
    """Tell whether a rule may begin or end on ``day``: between 1900 and 2199."""
    return _EARLIEST <= day < _LATEST


def _converted(key: RuleKey[Any], raw: object) -> Any:
    if isinstance(raw, str):
        return _from_text(key, raw.strip())
    if key.kind is Decimal and type(raw) is int:
        return Decimal(raw)
    if key.kind is Decimal and type(raw) is float:
        return Decimal(str(raw))
    if key.kind is frozenset and isinstance(raw, Iterable):
        codes = list(raw)
        return frozenset(codes) if all(isinstance(code, str) for code in codes) else None
    return None


def _from_text(key: RuleKey[Any], text: str) -> Any:
    if key.kind is frozenset:
        return frozenset(code.strip() for code in text.split(",") if code.strip())
    if key.kind is bool:
        return True if text.lower() in _TRUE else False if text.lower() in _FALSE else None
    try:
        if key.kind is int:
            return int(text) if text.isascii() and "_" not in text else None
        if key.kind is Decimal:
            return Decimal(text) if text.isascii() and "_" not in text else None
        if key.kind is date:
            return date.fromisoformat(text)
    except (ValueError, InvalidOperation):
        return None
    return None


def _refusal(key: RuleKey[Any], code: str, raw: object, **params: str) -> Issue:
    told = {
        "key": key.id,
        "value": str(raw)[:80],
        "kind": _KIND_WORDS[key.kind],
        "unit": key.unit or "-",
        **params,
    }
    return Issue(code, field="value", rule=key.id, params=told)


def _told(bound: Any) -> str:
    return "-" if bound is None else str(encode(bound))


_KIND_WORDS = {
    bool: "yes or no",
    int: "a whole number",
    Decimal: "a decimal number",
    str: "a word",
    date: "a date such as 2026-03-01",
    frozenset: "codes separated by commas",
}
