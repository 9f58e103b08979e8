"""Tables of the rules engine."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field

from zhiyuan.kernel.tables import Base, id_field


class RuleValue(Base, table=True):
    """A value set for one key at one place (a region code, or ``site:<slug>``) from a date on.

    Values are never edited: a change is a later row. ``set_at`` decides between two rows of the same date.
    """

    __tablename__ = "core__rule_value"
    __table_args__ = (UniqueConstraint("key", "place", "effective_from", "set_at"),)

    id: UUID = id_field()
    key: str = Field(max_length=120, index=True)
    place: str = Field(max_length=80)
    value: Any = Field(sa_type=JSON)
    effective_from: date
    effective_to: date | None = None
    mark: str = Field(default="D", max_length=1)
    document: str | None = Field(default=None, max_length=200)
    clause: str | None = Field(default=None, max_length=80)
    set_at: datetime
