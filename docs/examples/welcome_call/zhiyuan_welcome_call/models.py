"""Tables of welcome calls. Names begin with the plugin's id, so that owners never get into each other's way."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from zhiyuan.sdk import Base, key_to


class WelcomeCallCall(Base, table=True):
    """A person was called at ``called_at`` and has served ``minutes_since`` confirmed minutes after that was known."""

    __tablename__ = "welcome_call__call"

    person_id: UUID = key_to("core__person.id", index=False, primary_key=True)
    called_at: datetime
    called_by: UUID | None = None
    minutes_since: int = 0


class WelcomeCallHeardEvent(Base, table=True):
    """An event whose minutes are counted already: the same one may be told twice."""

    __tablename__ = "welcome_call__heard_event"

    event_id: UUID = Field(primary_key=True)
    heard_at: datetime
