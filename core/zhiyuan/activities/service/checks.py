"""Whether what was told about an activity or a shift can be true. Pure: nothing here reads the database.

Every function answers with cleaned values or with all issues at once, each naming the field, the rule and the cure.
"""

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from zhiyuan.activities import policy
from zhiyuan.activities.schemas import ActivityDetails, ShiftFields
from zhiyuan.kernel.clock import is_time_zone, local_date
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.text import clean_text

MODES: Final = ("onsite", "remote", "hybrid")
AUDIENCES: Final = ("public", "members")
APPROVALS: Final = ("instant", "reviewed")

_TITLE_MAXIMUM: Final = 200
# A letter, a slash or an exclamation mark right after the bracket: "<b", "</b", "<!--", but not "ages < 12".
_MARKUP: Final = re.compile(r"<[A-Za-z/!?]")
_REGION_CODE: Final = re.compile(r"[0-9A-Za-z-]{1,20}")
_SHORT_TEXTS: Final = (
    ("service_kind", 60),
    ("recipient_category", 60),
    ("leader_name", 120),
    ("recorder_name", 120),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds in force where the activity is: values of the rule keys of the same names."""

    earliest_year: int
    latest_year: int
    largest_capacity: int
    description_maximum: int
    shift_longest_minutes: int


def checked_activity(details: ActivityDetails, limits: Limits, zone: str) -> dict[str, Any] | list[Issue]:
    """Return the columns of an activity, or every issue. ``zone`` is the organization's, for details that name none."""
    issues: list[Issue] = []
    values: dict[str, Any] = {
        "guaranteeing_organization_id": details.guaranteeing_organization_id,
        "is_volunteer_service": details.is_volunteer_service,
        "is_hazardous": details.is_hazardous,
        "is_emergency": details.is_emergency,
        "extra": dict(details.extra),
    }
    title = _text(issues, details.title, "title", _TITLE_MAXIMUM)
    if title is not None and not title:
        issues.append(Issue("activities.title_missing", field="title"))
    if title and _MARKUP.search(title):
        issues.append(Issue("activities.markup_in_title", field="title"))
    values["title"] = title
    values["summary"] = _text(issues, details.summary, "summary", 500, multiline=True)
    for name in ("description", "risks", "guarantees"):
        values[name] = _text(
            issues, getattr(details, name), name, limits.description_maximum, multiline=True,
            rule=policy.DESCRIPTION_MAXIMUM.id,
        )  # fmt: skip
    values["place_text"] = _text(issues, details.place_text, "place_text", 300, multiline=True) or None
    for name, maximum in _SHORT_TEXTS:
        values[name] = _text(issues, getattr(details, name), name, maximum) or None
    for name, known in (("mode", MODES), ("audience", AUDIENCES), ("approval", APPROVALS)):
        values[name] = _choice(issues, getattr(details, name), name, known)
    values["region_code"] = _region(issues, details.region_code)
    values["latitude"], values["longitude"] = _position(issues, details.latitude, details.longitude)
    values["time_zone"] = _zone(issues, details.time_zone or zone)
    values["starts_on"], values["ends_on"] = _dates(issues, details.starts_on, details.ends_on, limits)
    values["wanted_count"] = _count(issues, details.wanted_count, "wanted_count", limits)
    values["recruit_from"] = _instant(issues, details.recruit_from, "recruit_from")
    values["recruit_to"] = _instant(issues, details.recruit_to, "recruit_to")
    if values["recruit_from"] and values["recruit_to"] and values["recruit_to"] <= values["recruit_from"]:
        issues.append(Issue("activities.recruitment_ends_before_start", field="recruit_to"))
    if not _is_json(values["extra"], limits.description_maximum):
        issues.append(
            Issue(
                "activities.extra_unusable",
                field="extra",
                params={"maximum": limits.description_maximum},
                rule=policy.DESCRIPTION_MAXIMUM.id,
            )
        )
    return issues or values


def checked_shift(fields: ShiftFields, limits: Limits, zone: str) -> dict[str, Any] | list[Issue]:
    """Return the columns of a shift, or every issue. ``zone`` is the activity's."""
    issues: list[Issue] = []
    starts_at = _instant(issues, fields.starts_at, "starts_at")
    ends_at = _instant(issues, fields.ends_at, "ends_at")
    values: dict[str, Any] = {
        "starts_at": starts_at,
        "ends_at": ends_at,
        "position": _text(issues, fields.position, "position", 120) or None,
        "place_text": _text(issues, fields.place_text, "place_text", 300, multiline=True) or None,
        "capacity": _count(issues, fields.capacity, "capacity", limits),
        "minimum_count": _count(issues, fields.minimum_count, "minimum_count", limits),
        "reserved_count": _count(issues, fields.reserved_count, "reserved_count", limits) or 0,
        "waitlist_limit": _count(issues, fields.waitlist_limit, "waitlist_limit", limits),
    }
    if starts_at is not None and ends_at is not None:
        _check_span(issues, starts_at, ends_at, limits)
        _check_year(issues, local_date(starts_at, zone), "starts_at", limits)
    capacity, minimum, reserved = values["capacity"], values["minimum_count"], values["reserved_count"]
    if capacity is not None and minimum is not None and minimum > capacity:
        counts = {"minimum": minimum, "capacity": capacity}
        issues.append(Issue("shifts.minimum_above_capacity", field="minimum_count", params=counts))
    if capacity is not None and reserved > capacity:
        counts = {"reserved": reserved, "capacity": capacity}
        issues.append(Issue("shifts.reserved_above_capacity", field="reserved_count", params=counts))
    return issues or values


def _check_span(issues: list[Issue], starts_at: datetime, ends_at: datetime, limits: Limits) -> None:
    if ends_at <= starts_at:
        issues.append(Issue("shifts.ends_before_start", field="ends_at"))
        return
    minutes = int((ends_at - starts_at).total_seconds() // 60)
    if (ends_at - starts_at).total_seconds() > limits.shift_longest_minutes * 60:
        issues.append(
            Issue(
                "shifts.too_long",
                field="ends_at",
                params={"minutes": minutes, "maximum": limits.shift_longest_minutes},
                rule=policy.SHIFT_LONGEST_MINUTES.id,
            )
        )


def _text(
    issues: list[Issue],
    value: str | None,
    field: str,
    maximum: int,
    *,
    multiline: bool = False,
    rule: str | None = None,
) -> str | None:
    if value is None:
        return None
    told = clean_text(value, field=field, maximum=maximum, multiline=multiline)
    if isinstance(told, Issue):
        issues.append(told if rule is None else Issue(told.code, params=told.params, field=field, rule=rule))
        return None
    return told


def _choice(issues: list[Issue], value: str, field: str, known: Iterable[str]) -> str | None:
    if value in known:
        return value
    issues.append(Issue("activities.not_a_choice", field=field, params={"choices": ", ".join(known)}))
    return None


def _region(issues: list[Issue], code: str | None) -> str | None:
    if not code or not code.strip():
        return None
    if _REGION_CODE.fullmatch(code.strip()):
        return code.strip()
    issues.append(Issue("activities.bad_region_code", field="region_code"))
    return None


def _position(
    issues: list[Issue], latitude: float | None, longitude: float | None
) -> tuple[float | None, float | None]:
    if latitude is None and longitude is None:
        return None, None
    if latitude is None or longitude is None:
        missing = "latitude" if latitude is None else "longitude"
        issues.append(Issue("activities.half_a_position", field=missing))
        return None, None
    for field, degrees, most in (("latitude", latitude, 90), ("longitude", longitude, 180)):
        if not math.isfinite(degrees) or abs(degrees) > most:
            issues.append(Issue("activities.not_on_earth", field=field, params={"maximum": most}))
    return float(latitude), float(longitude)


def _zone(issues: list[Issue], name: str) -> str:
    if not is_time_zone(name):
        issues.append(Issue("activities.unknown_time_zone", field="time_zone"))
    return name


def _dates(
    issues: list[Issue], starts_on: date | None, ends_on: date | None, limits: Limits
) -> tuple[date | None, date | None]:
    for field, day in (("starts_on", starts_on), ("ends_on", ends_on)):
        if day is not None:
            _check_year(issues, day, field, limits)
    if ends_on is not None and starts_on is None:
        issues.append(Issue("activities.start_missing", field="starts_on"))
    if starts_on is not None and ends_on is not None and ends_on < starts_on:
        issues.append(Issue("activities.ends_before_start", field="ends_on"))
    return starts_on, ends_on or starts_on


def _check_year(issues: list[Issue], day: date, field: str, limits: Limits) -> None:
    params = {"year": day.year, "earliest": limits.earliest_year, "latest": limits.latest_year}
    if day.year < limits.earliest_year:
        issues.append(
            Issue("activities.year_unlikely", field=field, params=params, rule=policy.EARLIEST_YEAR.id)
        )
    elif day.year > limits.latest_year:
        issues.append(
            Issue("activities.year_unlikely", field=field, params=params, rule=policy.LATEST_YEARS_AHEAD.id)
        )


def _count(issues: list[Issue], value: int | None, field: str, limits: Limits) -> int | None:
    if value is None:
        return None
    if 0 <= value <= limits.largest_capacity:
        return value
    issues.append(
        Issue(
            "activities.bad_count",
            field=field,
            params={"maximum": limits.largest_capacity},
            rule=policy.LARGEST_CAPACITY.id,
        )
    )
    return None


def _instant(issues: list[Issue], value: datetime | None, field: str) -> datetime | None:
    """Return an aware instant in UTC. A time that the clocks jump over does not exist and is refused."""
    if value is None:
        return None
    if value.tzinfo is None:
        issues.append(Issue("activities.no_time_zone", field=field))
        return None
    try:
        instant = value.astimezone(UTC)
    except OverflowError:
        issues.append(Issue("activities.no_time_zone", field=field))
        return None
    if instant.astimezone(value.tzinfo).replace(tzinfo=None, fold=0) != value.replace(tzinfo=None, fold=0):
        issues.append(Issue("activities.time_does_not_exist", field=field))
        return None
    return instant


def _is_json(extra: dict[str, Any], maximum: int) -> bool:
    try:
        return len(json.dumps(extra, ensure_ascii=False, allow_nan=False)) <= maximum
    except (TypeError, ValueError):
        return False
