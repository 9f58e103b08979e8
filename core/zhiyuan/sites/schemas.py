"""What goes into and comes out of this room."""

from dataclasses import dataclass
from uuid import UUID

from zhiyuan.kernel.commands import Item

RESERVED_PREFIXES = frozenset({"/o", "/-", "/api", "/static", "/schema"})
"""First segments of paths that belong to the program itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateSite(Item):
    """A public face of the installation; found again by ``slug``. ``organization_id`` is the root of what it shows.

    ``slug``: 2..39 of ``a-z 0-9 -``. ``host``: a host name in any case, without port; internationalized names as
    people write them. ``path_prefix``: empty, ``/``, or one segment such as ``/simao``. With neither it is the default
    site, of which there is one. ``languages`` are BCP 47 tags in order of preference.
    """

    slug: str
    name: str
    host: str = ""
    path_prefix: str = ""
    theme: str = "base"
    languages: tuple[str, ...] = ("en", "zh-Hans")
    time_zone: str | None = None
    filing_number: str | None = None


@dataclass(frozen=True, slots=True)
class SiteView:
    """A site as the web layer needs it for every request."""

    id: UUID
    slug: str
    name: str
    host: str
    path_prefix: str
    root_organization_id: UUID
    theme: str
    languages: tuple[str, ...]
    time_zone: str
    filing_number: str | None
