"""Activities and shifts, sent and shown. Instants are aware; dates are local to the activity's time zone."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from zhiyuan.api.schemas.base import Code, Cursor, Reason, Shown, Told, ToldItem, Zone, several

MOST_PEOPLE = 2_000_000_000

ActivityId = Annotated[UUID, Meta(description="The activity meant.")]
People = Annotated[int, Meta(ge=0, le=MOST_PEOPLE, description="A number of people.")]
Instant = Annotated[datetime, Meta(description="With offset.")]
Long = Annotated[str, Meta(max_length=1_000_000)]
Name = Annotated[str, Meta(max_length=120)]
Kind = Annotated[str, Meta(max_length=60, description="A code of the vocabularies that the rules name.")]


class ActivityFields(ToldItem, kw_only=True, frozen=True):
    """Everything that can be said about an activity."""

    title: Annotated[str, Meta(max_length=200, description="What volunteers are wanted for.")]
    summary: Annotated[str, Meta(max_length=500)] = ""
    description: Long = ""
    guaranteeing_organization: (
        Annotated[
            str,
            Meta(
                max_length=59, description="Code of the organization that vouches for insurance and supplies."
            ),
        ]
        | None
    ) = None
    service_kind: Kind | None = None
    recipient_category: Kind | None = None
    mode: Literal["onsite", "remote", "hybrid"] = "onsite"
    place_text: Annotated[str, Meta(max_length=300)] | None = None
    region_code: Annotated[str, Meta(max_length=20)] | None = None
    latitude: (
        Annotated[float, Meta(ge=-90, le=90, description="Degrees, WGS 84; both or neither.")] | None
    ) = None
    longitude: (
        Annotated[float, Meta(ge=-180, le=180, description="Degrees, WGS 84; both or neither.")] | None
    ) = None
    time_zone: Zone | None = None
    starts_on: Annotated[date, Meta(description="First local day.")] | None = None
    ends_on: Annotated[date, Meta(description="Last local day, included.")] | None = None
    wanted_count: People | None = None
    leader_name: Name | None = None
    recorder_name: Name | None = None
    is_volunteer_service: Annotated[
        bool, Meta(description="What is not must not be recorded as service.")
    ] = True
    is_hazardous: bool = False
    is_emergency: bool = False
    risks: Long = ""
    guarantees: Long = ""
    recruit_from: Instant | None = None
    recruit_to: Instant | None = None
    audience: Literal["public", "members"] = "public"
    approval: Annotated[
        Literal["instant", "reviewed"], Meta(description="Whether an organizer decides on every sign-up.")
    ] = "instant"


class NewActivity(ActivityFields, kw_only=True, frozen=True):
    """A new activity, or news about the one that another system calls ``external_value``."""

    organization: Code
    external_scheme: Annotated[str, Meta(min_length=1, max_length=60)] | None = None
    external_value: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


class NewActivities(Told, kw_only=True, frozen=True):
    """Activities to be made."""

    items: Annotated[list[NewActivity], several("Activities")]


class ChangedActivity(ActivityFields, kw_only=True, frozen=True):
    """Everything about an activity said anew: what is left out goes back to its default."""

    activity_id: ActivityId


class ChangedActivities(Told, kw_only=True, frozen=True):
    """Activities to be changed."""

    items: Annotated[list[ChangedActivity], several("Activities")]


class ActivityStep(ToldItem, kw_only=True, frozen=True):
    """One step in the life of an activity."""

    activity_id: ActivityId
    reason: Annotated[Reason, Meta(description="Needed to cancel what was public.")] | None = None


class ActivitySteps(Told, kw_only=True, frozen=True):
    """Activities that take a step."""

    items: Annotated[list[ActivityStep], several("Activities")]


class ShiftFields(ToldItem, kw_only=True, frozen=True):
    """What a shift is."""

    starts_at: Instant
    ends_at: Instant
    position: Name | None = None
    place_text: Annotated[str, Meta(max_length=300)] | None = None
    capacity: (
        Annotated[int, Meta(ge=0, le=MOST_PEOPLE, description="Places; no limit when empty.")] | None
    ) = None
    minimum_count: People | None = None
    reserved_count: Annotated[
        int, Meta(ge=0, le=MOST_PEOPLE, description="Head counts without names; they use places.")
    ] = 0
    waitlist_limit: (
        Annotated[
            int,
            Meta(ge=0, le=MOST_PEOPLE, description="Who may wait; 0 for no waitlist, no limit when empty."),
        ]
        | None
    ) = None


class NewShift(ShiftFields, kw_only=True, frozen=True):
    """A new shift, or news about the one with this ``external_key``."""

    activity_id: ActivityId
    external_key: (
        Annotated[str, Meta(min_length=1, max_length=200, description="Unique within the activity.")] | None
    ) = None


class NewShifts(Told, kw_only=True, frozen=True):
    """Shifts to be added."""

    items: Annotated[list[NewShift], several("Shifts")]


class ChangedShift(ShiftFields, kw_only=True, frozen=True):
    """Everything about a shift said anew."""

    shift_id: Annotated[UUID, Meta(description="The shift meant.")]
    status: Annotated[
        Literal["open", "closed"],
        Meta(description="`closed`: takes no more sign-ups and keeps those it has."),
    ] = "open"


class ChangedShifts(Told, kw_only=True, frozen=True):
    """Shifts to be changed."""

    items: Annotated[list[ChangedShift], several("Shifts")]


class ActivityLine(Shown, kw_only=True, frozen=True):
    """One activity of a list. ``places_left`` is null when some shift has no limit."""

    id: UUID
    organization_id: UUID
    organization_name: str
    title: str
    summary: str
    status: Annotated[
        str, Meta(description="draft, submitted, published, underway, finished, settled or cancelled.")
    ]
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


class ActivityLines(Shown, kw_only=True, frozen=True):
    """Activities, by date."""

    items: list[ActivityLine]
    next_after: Cursor


class ShownActivity(Shown, kw_only=True, frozen=True):
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


class ShownShift(Shown, kw_only=True, frozen=True):
    """One shift. ``places_left`` is null when there is no limit."""

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
    places_left: int | None
    status: str
    external_key: str | None


class ShownShifts(Shown, kw_only=True, frozen=True):
    """Shifts of an activity, by time."""

    items: list[ShownShift]
    next_after: Cursor


class ShownCode(Shown, kw_only=True, frozen=True):
    """The check-in code on show now."""

    code: Annotated[str, Meta(description="Six digits.")]
    valid_until: Annotated[datetime, Meta(description="When the next one replaces it.")]
