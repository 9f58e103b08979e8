"""The base of every table class, and what all tables share.

One ``MetaData`` for core and plugins, so that a plugin's foreign key to core resolves; names of constraints follow one
convention, so that every one can be dropped again on SQLite and PostgreSQL alike.
"""

from typing import Any

from sqlalchemy import JSON, MetaData
from sqlmodel import Field, SQLModel

from zhiyuan.kernel.ids import new_id

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(SQLModel):
    """Parent of every table class. Table classes are never input types: they do not validate (see ``schemas``)."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


def id_field() -> Any:
    """Return a primary-key column that makes its own UUIDv7."""
    return Field(default_factory=new_id, primary_key=True)


def key_to(column: str, *, index: bool = True, primary_key: bool = False) -> Any:
    """Return a required foreign key to ``table.column``; the row it names can never be deleted under it."""
    return Field(foreign_key=column, ondelete="RESTRICT", index=index, primary_key=primary_key)


def optional_key_to(column: str, *, index: bool = True) -> Any:
    """Return a foreign key to ``table.column`` that may be empty."""
    return Field(default=None, foreign_key=column, ondelete="RESTRICT", index=index)


def json_field() -> Any:
    """Return a JSON column holding a mapping, empty by default. Never for protected personal fields."""
    return Field(default_factory=dict, sa_type=JSON)
