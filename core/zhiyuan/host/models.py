"""Tables of the plugin host."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field

from zhiyuan.kernel.tables import Base, id_field, json_field


class PluginState(Base, table=True):
    """A plugin as this installation knows it, present or not. ``manifest`` is the copy kept at the last install.

    ``gates`` are what stays shut while an enabled plugin does not run, until ``gates_lifted_until``.
    """

    __tablename__ = "core__plugin"

    id: str = Field(primary_key=True, max_length=60)
    version: str = Field(max_length=40)
    schema_head: str | None = Field(default=None, max_length=80)
    state: str = Field(max_length=12)
    is_allowed: bool = False
    reason: str | None = Field(default=None, max_length=500)
    gates: list[str] = Field(default_factory=list, sa_type=JSON)
    gates_lifted_until: datetime | None = None
    manifest: dict[str, Any] = json_field()
    first_seen_at: datetime
    last_seen_at: datetime


class PluginScope(Base, table=True):
    """A switch: one plugin, on or off, for the whole site or for one organization and everything below it."""

    __tablename__ = "core__plugin_scope"
    __table_args__ = (UniqueConstraint("plugin_id", "scope_kind", "scope_id"),)

    id: UUID = id_field()
    plugin_id: str = Field(max_length=60, index=True)
    scope_kind: str = Field(max_length=12)
    scope_id: UUID | None = None
    is_enabled: bool
    switched_by: UUID | None = None
    switched_at: datetime
