"""What goes into the activities room and what comes out of it, as plain frozen values.

Read by every channel. Instants are aware and in UTC, dates are local to the activity's ``time_zone``, counts are whole.
``organization_id`` of an item about an existing thing is the organization of its activity (the permission is looked up
there and above); the service refuses an item that names another one. Only an operator may leave it empty, and people
who act for themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID

from zhiyuan.kernel.commands import Item
from zhiyuan.kernel.external_ids import ExternalId

Status = Literal["draft", "submitted", "published", "underway", "finished", "settled", "cancelled"]
SignUpStatus = Literal[
    "applied", "accepted", "waitlisted", "offered", "declined", "cancelled", "attended", "no_show"
]

HOLDING: Final = ("accepted", "offered", "attended")
"""States of a sign-up that occupy a place: they count against capacity, and no two of one person may overlap."""

PUBLIC: Final = ("published", "underway", "finished", "settled")
"""States in which an activity may be shown to the public."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ActivityDetails:
    """Everything that can be said about an activity, as told by somebody and not yet checked.

    Bounds (checked by the service, each with its own issue): ``title`` 1..200 characters, ``summary`` 0..500,
    ``description``, ``risks`` and ``guarantees`` any length up to the rule key ``activities.description_maximum``.
    ``time_zone`` is an IANA name, empty for the organization's. ``starts_on``/``ends_on`` are local dates, both
    included. ``mode``: ``onsite``, ``remote`` or ``hybrid``; ``audience``: ``public`` or ``members`` (of the
    organization or one below it); ``approval``: ``instant`` or ``reviewed``. ``recruit_from``/``recruit_to`` are aware
    instants, half-open. ``latitude``/``longitude`` in degrees (WGS 84), both or neither.
    """

    title: str
    summary: str = ""
    description: str = ""
    guaranteeing_organization_id: UUID | None = None
    service_kind: str | None = None
    recipient_category: str | None = None
    mode: str = "onsite"
    place_text: str | None = None
    region_code: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    time_zone: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    wanted_count: int | None = None
    leader_name: str | None = None
    recorder_name: str | None = None
    is_volunteer_service: bool = True
    is_hazardous: bool = False
    is_emergency: bool = False
    risks: str = ""
    guarantees: str = ""
    recruit_from: datetime | None = None
    recruit_to: datetime | None = None
    audience: str = "public"
    approval: str = "instant"
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateActivity(Item):
    """A new activity of ``organization_id``, or news about the one known under ``external_id``.

    ``source_digest`` (32 bytes) is of the row this comes from: the same digest again changes nothing. Without one the
    details themselves are compared.
    """

    details: ActivityDetails
    external_id: ExternalId | None = None
    source_digest: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeActivity(Item):
    """Everything about ``activity_id`` replaced by ``details``."""

    activity_id: UUID
    details: ActivityDetails


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeActivityState(Item):
    """One step of an activity's life. ``reason`` (0..500 characters) is needed to cancel what was public."""

    activity_id: UUID
    reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ShiftFields(Item):
    """What a shift is. ``starts_at``/``ends_at`` are aware; empty ``capacity`` or ``waitlist_limit`` means no limit.

    ``waitlist_limit`` 0 means that there is no waitlist. ``reserved_count`` are head counts without names.
    """

    starts_at: datetime
    ends_at: datetime
    position: str | None = None
    place_text: str | None = None
    capacity: int | None = None
    minimum_count: int | None = None
    reserved_count: int = 0
    waitlist_limit: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AddShift(ShiftFields):
    """A new shift of an activity, or news about the one known under ``external_key`` (unique within the activity)."""

    activity_id: UUID
    external_key: str | None = None
    source_digest: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeShift(ShiftFields):
    """Everything about ``shift_id`` replaced. A ``closed`` shift takes no more sign-ups and keeps those it has."""

    shift_id: UUID
    status: Literal["open", "closed"] = "open"


@dataclass(frozen=True, kw_only=True, slots=True)
class SignUpRequest(Item):
    """One person's wish for one shift. ``accept_waitlist``: wait when it is full, instead of being refused."""

    shift_id: UUID
    person_id: UUID
    accept_waitlist: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class CancelSignUp(Item):
    """The place, the application or the wait given up, by the person or an organizer. ``reason``: 0..200 characters."""

    sign_up_id: UUID
    reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DecideSignUp(Item):
    """An application accepted or declined by an organizer. ``reason``: 0..200 characters."""

    sign_up_id: UUID
    reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckIn(Item):
    """A person has come. ``method``: ``code`` (then the ``code`` on show at the shift is needed) or ``hand``.

    ``at`` (aware, empty for now) may be told only by those who manage attendance.
    """

    sign_up_id: UUID
    method: str
    code: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckOut(Item):
    """A person has gone. Fields as in :class:`CheckIn`."""

    sign_up_id: UUID
    method: str
    code: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MarkNoShow(Item):
    """A person with a place did not come; known only after the shift has begun."""

    sign_up_id: UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class CorrectAttendance(Item):
    """Observed times set right by an organizer; the audit keeps the old ones. ``reason``: 1..200 characters."""

    sign_up_id: UUID
    checked_in_at: datetime
    checked_out_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class SignUpCheck:
    """What the hook ``check_signups`` is asked about: one person's wish for one shift.

    ``key`` is unique within the batch and addresses the answer; ``organization_id`` organizes the activity.
    """

    key: str
    organization_id: UUID
    activity_id: UUID
    shift_id: UUID
    person_id: UUID
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class ActivityFilter:
    """Which activities a list shows; every filter left empty lets everything through.

    ``organization_id`` means it and everything below it; ``region_codes`` the regions themselves (give a region with
    everything below it). ``from_on``/``to_on`` are local dates, both included: activities that touch them. ``search``
    holds words that must all occur in title, summary or place; two Chinese characters are a word.
    """

    organization_id: UUID | None = None
    statuses: tuple[str, ...] = ()
    region_codes: tuple[str, ...] = ()
    from_on: date | None = None
    to_on: date | None = None
    search: str = ""
    audience: str | None = None
    order: Literal["soonest", "latest"] = "soonest"


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One line of a list. ``places_left`` is empty when some shift has no limit, or nothing says how many are wanted."""

    id: UUID
    organization_id: UUID
    organization_name: str
    title: str
    summary: str
    status: str
    mode: str
    place_text: str | None
    region_code: str | None
    time_zone: str
    starts_on: date | None
    ends_on: date | None
    wanted_count: int | None
    audience: str
    approval: str
    shift_count: int
    places_left: int | None


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """One page of a list; ``next_after`` continues it, empty at the end."""

    rows: tuple[ActivityRow, ...]
    next_after: str | None


@dataclass(frozen=True, slots=True)
class ActivityView:
    """One activity, complete."""

    id: UUID
    organization_id: UUID
    organization_name: str
    guaranteeing_organization_id: UUID | None
    title: str
    summary: str
    description: str
    service_kind: str | None
    recipient_category: str | None
    mode: str
    place_text: str | None
    region_code: str | None
    latitude: float | None
    longitude: float | None
    time_zone: str
    starts_on: date | None
    ends_on: date | None
    wanted_count: int | None
    leader_name: str | None
    recorder_name: str | None
    is_volunteer_service: bool
    is_hazardous: bool
    is_emergency: bool
    risks: str
    guarantees: str
    recruit_from: datetime | None
    recruit_to: datetime | None
    audience: str
    approval: str
    status: str
    status_reason: str | None
    created_at: datetime
    published_at: datetime | None
    extra: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ShiftView:
    """One shift. ``places_left`` is empty when there is no limit. The check-in secret is not here."""

    id: UUID
    activity_id: UUID
    position: str | None
    place_text: str | None
    starts_at: datetime
    ends_at: datetime
    capacity: int | None
    minimum_count: int | None
    reserved_count: int
    taken_count: int
    waitlist_limit: int | None
    waitlisted_count: int
    status: str
    external_key: str | None

    @property
    def minutes(self) -> int:
        """Return how long the shift is: the minutes that pass, whatever the clocks are changed to meanwhile."""
        return int((self.ends_at - self.starts_at).total_seconds() // 60)

    @property
    def places_left(self) -> int | None:
        """Return how many more people can be accepted, or None without a limit."""
        return None if self.capacity is None else self.capacity - self.taken_count - self.reserved_count


@dataclass(frozen=True, slots=True)
class SignUpRow:
    """One sign-up of a shift, with who it is and when they came and went."""

    id: UUID
    shift_id: UUID
    activity_id: UUID
    person_id: UUID
    person_number: str
    person_name: str
    status: str
    status_reason: str | None
    queued_at: datetime
    checked_in_at: datetime | None
    check_in_method: str | None
    checked_out_at: datetime | None
    check_out_method: str | None


@dataclass(frozen=True, slots=True)
class PersonSignUpRow:
    """One sign-up of a person, with what it is for."""

    id: UUID
    shift_id: UUID
    activity_id: UUID
    organization_id: UUID
    title: str
    position: str | None
    place_text: str | None
    time_zone: str
    starts_at: datetime
    ends_at: datetime
    status: str
    status_reason: str | None
    activity_status: str
    checked_in_at: datetime | None
    checked_out_at: datetime | None


@dataclass(frozen=True, slots=True)
class DisplayedCode:
    """The check-in code that a shift's organizer shows now, and the instant at which the next one replaces it."""

    code: str
    valid_until: datetime
