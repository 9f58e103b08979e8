"""Whether the details of an organization can be kept as they came."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, Final

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from zhiyuan.kernel.clock import is_time_zone
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.text import clean_text
from zhiyuan.organizations.words import KINDS, STATES

TEXTS: Final = {"name": 200, "level_name": 60, "legal_form": 60, "contact_name": 120, "contact_public": 200}
"""Columns of free text, with the most characters each may have."""

_CODE = re.compile(r"[a-z0-9][a-z0-9-]{1,58}")
_REGION = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,19}")


def checked(details: Mapping[str, Any]) -> tuple[dict[str, Any], list[Issue]]:
    """Return ``details`` (column names and values) cleaned, and every reason why they cannot be kept.

    Knows nothing of the database: whether a parent, a carrier or a region exists is looked up by the caller.
    """
    clean = dict(details)
    issues: list[Issue] = []
    for name, maximum in TEXTS.items():
        if (text := clean.get(name)) is not None:
            answer = clean_text(text, field=name, maximum=maximum)
            if isinstance(answer, Issue):
                issues.append(answer)
            else:
                clean[name] = answer or None
    if "name" in clean and not clean["name"]:
        issues.append(Issue("organizations.name_missing", field="name"))
    if clean.get("name") and re.search("[<>]", clean["name"]):
        issues.append(Issue("organizations.markup_in_name", field="name"))
    for name, is_sound in _SHAPES.items():
        value = clean.get(name)
        if value is not None and not is_sound(value):
            issues.append(Issue(f"organizations.bad_{name}", field=name, params={"value": str(value)[:60]}))
    if (number := clean.get("unified_social_credit_code")) is not None:
        answer = _credit_code(number)
        if isinstance(answer, Issue):
            issues.append(answer)
        else:
            clean["unified_social_credit_code"] = answer
    return clean, issues


def slug(name: str) -> str | None:
    """Return a code made from the Latin letters and digits of ``name``, or None when too few of them are there."""
    ascii_text = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    # Two characters of a name that is mostly another script say nothing about it.
    if len(ascii_text.replace(" ", "")) * 2 < len(name.replace(" ", "")):
        return None
    made = re.sub(r"[^a-z0-9]+", "-", ascii_text).strip("-")[:50].strip("-")
    return made if _CODE.fullmatch(made) else None


def _credit_code(number: str) -> str | Issue:
    try:
        return str(uscc.validate(number))
    except ValidationError:
        shown = number.strip()[:30]
        return Issue(
            "organizations.bad_credit_code", field="unified_social_credit_code", params={"value": shown}
        )


_SHAPES: Final[Mapping[str, Callable[[str], bool]]] = {
    "code": lambda value: _CODE.fullmatch(value) is not None,
    "region_code": lambda value: _REGION.fullmatch(value) is not None,
    "kind": lambda value: value in KINDS,
    "status": lambda value: value in STATES,
    "time_zone": is_time_zone,
}
