"""One request as pages see it: which site, who is there, in which language, at which organization.

Made by the front before routing, kept in the request's state, never changed. Handlers read it with :func:`visit_of`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency

from zhiyuan.accounts.schemas import AccountView, HeldRole
from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.errors import NotFound
from zhiyuan.kernel.i18n import gettext_noop
from zhiyuan.organizations.schemas import OrganizationView
from zhiyuan.runtime import Runtime
from zhiyuan.sites.schemas import SiteView

Connection = ASGIConnection[Any, Any, Any, Any]
Asked = Request[Any, Any, Any]
"""What every handler is asked with."""
Installation = NamedDependency[Runtime]
"""The annotation of a handler's ``runtime``."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What is known about a request before any handler runs.

    ``prefix`` is the path under which the site is mounted (empty or ``/simao``), ``path`` what follows it.
    ``organization`` and ``permissions`` are of the ``/o/<code>/`` in the path; ``offices`` are the organizations whose
    console the visitor may enter. ``now`` is the instant the request arrived, in UTC.
    """

    correlation_id: str
    prefix: str
    path: str
    language: str
    actor: Actor
    now: datetime
    site: SiteView | None = None
    languages: tuple[str, ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    account: AccountView | None = None
    session_id: UUID | None = None
    organization: OrganizationView | None = None
    permissions: frozenset[str] = frozenset()
    offices: tuple[HeldRole, ...] = ()

    def url(self, path: str, **query: object) -> str:
        """Return the address of ``path`` (beginning with ``/``) on this site; empty query values are left out."""
        kept = {name: value for name, value in query.items() if value not in (None, "")}
        return self.prefix + path + (f"?{urlencode(kept)}" if kept else "")

    def with_query(self, **changes: object) -> str:
        """Return the address of this very page with some query values changed, so that filters stay."""
        kept = [(name, value) for name, value in self.query if name not in changes]
        kept += [(name, str(value)) for name, value in changes.items() if value not in (None, "")]
        return self.prefix + self.path + (f"?{urlencode(kept)}" if kept else "")

    def at(self, path: str = "", **query: object) -> str:
        """Return the address of ``path`` in the console of the organization in the path."""
        return self.url(f"/o/{self.here.code}{path}", **query)

    def may(self, permission: str) -> bool:
        """Return whether the visitor holds ``permission`` at the organization in the path."""
        return permission in self.permissions

    @property
    def here(self) -> OrganizationView:
        """Return the organization in the path. Raises NotFound where there is none."""
        if self.organization is None:
            raise NotFound("web.organization_unknown", gettext_noop("There is no such organization here."))
        return self.organization

    @property
    def place(self) -> SiteView:
        """Return the site. Raises NotFound on an installation without one."""
        if self.site is None:
            raise NotFound("web.no_site", gettext_noop("No site answers at this address yet."))
        return self.site

    @property
    def zone(self) -> str:
        """Return the time zone in which the site speaks of instants."""
        return self.site.time_zone if self.site is not None else "UTC"

    @property
    def person_id(self) -> UUID | None:
        """Return the person behind the account, if there is one."""
        return self.actor.person_id


def visit_of(connection: Connection) -> Visit:
    """Return the visit that the front made for this request."""
    visit: Visit = connection.scope["state"]["visit"]
    return visit
