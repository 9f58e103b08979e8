"""Tables of sites: the public faces of one installation."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field

from zhiyuan.kernel.tables import Base, id_field, key_to


class Site(Base, table=True):
    """A host name or path prefix, and the organization whose tree it shows.

    ``slug`` names the site in rules (``site:<slug>``) and on the command line. ``host`` is a host name in lower case
    without port, or empty; ``path_prefix`` is ``/`` or one segment such as ``/simao``. Exactly one site may have
    neither: it answers everything that no other site claims. ``languages`` are in order of preference.
    """

    __tablename__ = "core__site"
    __table_args__ = (UniqueConstraint("host", "path_prefix"),)

    id: UUID = id_field()
    slug: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=120)
    host: str = Field(default="", max_length=253)
    path_prefix: str = Field(default="", max_length=40)
    root_organization_id: UUID = key_to("core__organization.id")
    theme: str = Field(default="base", max_length=40)
    languages: list[str] = Field(default_factory=lambda: ["en", "zh-Hans"], sa_type=JSON)
    time_zone: str = Field(default="UTC", max_length=60)
    filing_number: str | None = Field(default=None, max_length=60)
    created_at: datetime
