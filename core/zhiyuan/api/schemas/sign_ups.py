"""Sign-ups and attendance, sent and shown. Instants are aware; what is shown is in UTC."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from zhiyuan.api.schemas.base import Cursor, Reason, Shown, Told, ToldItem, several

SignUpId = Annotated[UUID, Meta(description="The sign-up meant.")]


class NewSignUp(ToldItem, kw_only=True, frozen=True):
    """One person's wish for one shift."""

    shift_id: Annotated[UUID, Meta(description="The shift wished for.")]
    person_id: Annotated[UUID, Meta(description="Who comes: the caller, or somebody the caller may sign up.")]
    accept_waitlist: Annotated[bool, Meta(description="Wait when it is full, instead of being refused.")] = (
        True
    )


class NewSignUps(Told, kw_only=True, frozen=True):
    """Wishes for shifts."""

    items: Annotated[list[NewSignUp], several("Wishes")]


class NamedSignUp(ToldItem, kw_only=True, frozen=True):
    """A sign-up to be cancelled, accepted or declined."""

    sign_up_id: SignUpId
    reason: Annotated[str, Meta(max_length=200, description="Why, told to the person.")] | None = None


class NamedSignUps(Told, kw_only=True, frozen=True):
    """Sign-ups to be decided on or given up."""

    items: Annotated[list[NamedSignUp], several("Sign-ups")]


class Presence(ToldItem, kw_only=True, frozen=True):
    """Somebody has come, or has gone."""

    sign_up_id: SignUpId
    method: Annotated[
        Literal["code", "hand"],
        Meta(
            description="`code`: with the code on show at the shift; `hand`: an organizer's word for somebody else."
        ),
    ]
    code: (
        Annotated[str, Meta(max_length=20, description="The code on show, for the method `code`.")] | None
    ) = None
    at: (
        Annotated[
            datetime, Meta(description="When it was, with offset; now when empty. For organizers only.")
        ]
        | None
    ) = None


class Presences(Told, kw_only=True, frozen=True):
    """Who has come, or gone."""

    items: Annotated[list[Presence], several("Check-ins or check-outs")]


class Absence(ToldItem, kw_only=True, frozen=True):
    """Somebody with a place who did not come."""

    sign_up_id: SignUpId


class Absences(Told, kw_only=True, frozen=True):
    """Who did not come."""

    items: Annotated[list[Absence], several("People who did not come")]


class CorrectedPresence(ToldItem, kw_only=True, frozen=True):
    """Observed times set right; the audit keeps the old ones."""

    sign_up_id: SignUpId
    checked_in_at: Annotated[datetime, Meta(description="When the person came, with offset.")]
    checked_out_at: Annotated[datetime, Meta(description="When the person left, with offset.")] | None = None
    reason: Reason


class CorrectedPresences(Told, kw_only=True, frozen=True):
    """Attendance to be set right."""

    items: Annotated[list[CorrectedPresence], several("Corrections")]


class ShownSignUp(Shown, kw_only=True, frozen=True):
    """One sign-up of a shift, with who it is and when they came and went."""

    id: UUID
    shift_id: UUID
    activity_id: UUID
    person_id: UUID
    person_number: Annotated[str, Meta(description="Volunteer number.")]
    person_name: Annotated[str, Meta(description="Full name: who manages sign-ups may see it.")]
    status: Annotated[
        str,
        Meta(description="applied, accepted, waitlisted, offered, declined, cancelled, attended or no_show."),
    ]
    status_reason: str | None
    queued_at: Annotated[datetime, Meta(description="Place in the queue.")]
    checked_in_at: datetime | None
    check_in_method: str | None
    checked_out_at: datetime | None
    check_out_method: str | None


class ShownSignUps(Shown, kw_only=True, frozen=True):
    """Sign-ups of a shift, in order of arrival."""

    items: list[ShownSignUp]
    next_after: Cursor


class ShownPersonSignUp(Shown, kw_only=True, frozen=True):
    """One sign-up of a person, with what it is for."""

    id: UUID
    shift_id: UUID
    activity_id: UUID
    organization_id: UUID
    title: Annotated[str, Meta(description="Title of the activity.")]
    position: str | None
    place_text: str | None
    time_zone: Annotated[str, Meta(description="IANA name; where the times below are local.")]
    starts_at: datetime
    ends_at: datetime
    status: str
    status_reason: str | None
    activity_status: str
    checked_in_at: datetime | None
    checked_out_at: datetime | None


class ShownPersonSignUps(Shown, kw_only=True, frozen=True):
    """Sign-ups of a person, latest first."""

    items: list[ShownPersonSignUp]
    next_after: Cursor
