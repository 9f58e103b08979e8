"""What a record must be like, whoever writes it. One look at one item; the rules come in resolved."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from zhiyuan import policy
from zhiyuan.kernel.clock import local_date
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.text import clean_text
from zhiyuan.kernel.uow import Tx
from zhiyuan.policy import PlaceChain
from zhiyuan.records import policy as rules

MOST_MINUTES: Final = 10_000_000
"""19 years in one entry: beyond any carried-over balance, and far from what a database column holds."""

_TEXT_COLUMNS: Final = {
    "title": 200,
    "place_text": 300,
    "region_code": 20,
    "position": 120,
    "content": 500,
    "service_kind": 60,
    "recipient_category": 60,
    "leader_name": 120,
    "recorder_name": 120,
}
_COUNT_COLUMNS: Final = ("no_show_count", "excused_count", "absence_count")
_OPTIONAL_COLUMNS: Final = frozenset(_TEXT_COLUMNS) | {"started_at", "ended_at", "activity_id"}
_KNOWN_FIELDS: Final = {
    "name": "title",
    "place": "place_text",
    "recipient": "recipient_category",
    "leader": "leader_name",
    "person_in_charge": "leader_name",
    "recorder": "recorder_name",
}
"""Words that rule documents use for our columns."""


@dataclass(frozen=True, slots=True)
class RecordRules:
    """The rules of one place on one service date, with their fingerprint."""

    day_cap_minutes: int
    required_columns: frozenset[str]
    deadline_working_days: int
    rounding_minutes: int
    rounding_mode: str
    cut_to_shift: bool
    fingerprint: str


@dataclass(frozen=True, slots=True)
class EntryRules:
    """The rules about when a service date is plausible, as of today at one place."""

    earliest: date
    latest: date
    today: date


def rules_on(tx: Tx, places: PlaceChain, on: date) -> RecordRules:
    """Return the rules of ``places`` for service on the local date ``on``; read once per place and date in a unit."""
    kept: dict[tuple[PlaceChain, date], RecordRules] = tx.memo.setdefault("records.rules", {})
    if (known := kept.get((places, on))) is None:
        known = kept[(places, on)] = RecordRules(
            day_cap_minutes=policy.resolve(tx, rules.DAY_CAP_MINUTES, places, on),
            required_columns=frozenset(
                _KNOWN_FIELDS.get(name, name)
                for name in policy.resolve(tx, rules.REQUIRED_FIELDS, places, on)
            ),
            deadline_working_days=policy.resolve(tx, rules.ENTRY_DEADLINE_WORKING_DAYS, places, on),
            rounding_minutes=policy.resolve(tx, rules.ROUNDING_MINUTES, places, on),
            rounding_mode=policy.resolve(tx, rules.ROUNDING_MODE, places, on),
            cut_to_shift=policy.resolve(tx, rules.CUT_TO_SHIFT, places, on),
            fingerprint=policy.fingerprint(tx, rules.RECORDING_RULES, places, on),
        )
    return known


def entry_rules(tx: Tx, places: PlaceChain, time_zone: str) -> EntryRules:
    """Return which service dates are plausible now at ``places``, seen from ``time_zone`` (a valid name)."""
    kept: dict[tuple[PlaceChain, str], EntryRules] = tx.memo.setdefault("records.entry_rules", {})
    if (known := kept.get((places, time_zone))) is None:
        today = local_date(tx.now, time_zone)
        known = kept[(places, time_zone)] = EntryRules(
            earliest=date(policy.resolve(tx, rules.EARLIEST_SERVICE_YEAR, places, today), 1, 1),
            latest=today + timedelta(days=policy.resolve(tx, rules.DAYS_AHEAD, places, today)),
            today=today,
        )
    return known


def check_texts(columns: dict[str, Any], names: Iterable[str] = _TEXT_COLUMNS) -> list[Issue]:
    """Clean the text columns in place (empty ones become ``None``) and return what is wrong with them."""
    issues = []
    for name in names:
        value = columns[name]
        if value is None:
            continue
        cleaned = clean_text(value, field=name, maximum=_TEXT_COLUMNS[name], multiline=name == "content")
        if isinstance(cleaned, Issue):
            issues.append(cleaned)
        else:
            columns[name] = cleaned or None
    return issues


def check_values(columns: dict[str, Any], plausible: EntryRules) -> list[Issue]:
    """Return what is wrong with the figures and dates of a record."""
    issues = []
    minutes = columns["minutes"]
    if minutes < 0:
        issues.append(Issue("records.negative_minutes", field="minutes", params={"minutes": minutes}))
    elif minutes > MOST_MINUTES:
        issues.append(Issue("records.number_too_large", field="minutes", params={"number": minutes}))
    for name in _COUNT_COLUMNS:
        if columns[name] < 0:
            issues.append(Issue("records.negative_count", field=name, params={"count": columns[name]}))
        elif columns[name] > MOST_MINUTES:
            issues.append(Issue("records.number_too_large", field=name, params={"number": columns[name]}))
    if not plausible.earliest <= columns["service_date"] <= plausible.latest:
        issues.append(
            Issue(
                "records.date_not_plausible",
                field="service_date",
                params={
                    "date": columns["service_date"].isoformat(),
                    "earliest": plausible.earliest.isoformat(),
                    "latest": plausible.latest.isoformat(),
                },
                rule=rules.EARLIEST_SERVICE_YEAR.id,
            )
        )
    issues.extend(_check_times(columns["started_at"], columns["ended_at"]))
    return issues


def check_required(columns: dict[str, Any], required: frozenset[str]) -> list[Issue]:
    """Return an issue per column that the rules want and the record lacks.

    Names that are no column of a record (quality may come later than the hours) ask for nothing here.
    """
    return [
        Issue("records.field_required", field=name, params={"name": name}, rule=rules.REQUIRED_FIELDS.id)
        for name in sorted(required & _OPTIONAL_COLUMNS)
        if columns[name] is None
    ]


def is_late(service_date: date, today: date, working_days: int) -> bool:
    """Tell whether ``today`` lies more than ``working_days`` working days (Monday to Friday) after the service.

    Public holidays and working days moved to a weekend are not known here yet.
    """
    if (today - service_date).days <= working_days:
        return False
    weeks, rest = divmod(working_days, 5)
    deadline = service_date + timedelta(weeks=weeks)
    while rest > 0:
        deadline += timedelta(days=1)
        rest -= deadline.weekday() < 5
    # A deadline counted in whole weeks from a Saturday or Sunday ends on the Friday of its last working day.
    if deadline.weekday() >= 5:
        deadline -= timedelta(days=deadline.weekday() - 4)
    return today > deadline


def _check_times(started_at: datetime | None, ended_at: datetime | None) -> list[Issue]:
    issues = []
    for name, value in (("started_at", started_at), ("ended_at", ended_at)):
        if value is not None and value.tzinfo is None:
            issues.append(Issue("records.naive_time", field=name))
    if not issues and started_at is not None and ended_at is not None and ended_at < started_at:
        issues.append(Issue("records.end_before_start", field="ended_at"))
    return issues
