"""Which site answers a request, and which chain of places rules at an organization."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from zhiyuan.kernel.clock import local_date
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations import queries as organizations
from zhiyuan.policy import PlaceChain
from zhiyuan.regions import queries as regions
from zhiyuan.sites.models import Site
from zhiyuan.sites.schemas import SiteView

_site = Site.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_SHOWN = (
    _site.c.id, _site.c.slug, _site.c.name, _site.c.host, _site.c.path_prefix, _site.c.root_organization_id,
    _site.c.theme, _site.c.languages, _site.c.time_zone, _site.c.filing_number,
)  # fmt: skip
_MEMO = "sites.all"


def all_sites(tx: Tx) -> list[SiteView]:
    """Return every site, by slug. Read once per unit of work: there are few, and every request needs them."""
    known: list[SiteView] | None = tx.memo.get(_MEMO)
    if known is None:
        known = [_view(row) for row in tx.connection.execute(select(*_SHOWN).order_by(_site.c.slug))]
        tx.memo[_MEMO] = known
    return known


def site_for(tx: Tx, host: str, path: str) -> SiteView | None:
    """Return the site that answers ``path`` at ``host`` (as the request says it, port and all).

    A site of that host wins over one without a host; then the longest matching path prefix; then the default site.
    None when no site claims the request.
    """
    name = normalized_host(host)
    claiming = [site for site in all_sites(tx) if site.host in ("", name) and _claims(site.path_prefix, path)]
    return max(claiming, key=lambda site: (site.host != "", len(site.path_prefix.rstrip("/"))), default=None)


def by_slug(tx: Tx, slug: str) -> SiteView | None:
    """Return the site of that slug, or None."""
    return next((site for site in all_sites(tx) if site.slug == slug), None)


def sites_of(tx: Tx, organization_ids: Collection[UUID]) -> dict[UUID, SiteView | None]:
    """Return the site that shows each organization: that of the nearest node at or above it, first by slug."""
    roots: dict[UUID, SiteView] = {}
    for site in all_sites(tx):
        roots.setdefault(site.root_organization_id, site)
    lines = organizations.ancestor_ids(tx, organization_ids)
    return {
        node: next((roots[ancestor] for ancestor in lines.get(node, ()) if ancestor in roots), None)
        for node in organization_ids
    }


def place_chains(
    tx: Tx, organization_ids: Collection[UUID], on: date | None = None
) -> dict[UUID, PlaceChain]:
    """Return the places that rule at each organization, most specific first: its site, then its region and those above.

    An organization without a region takes that of the nearest node above it. ``on`` is a local date (each
    organization's today when None), because regions change. Same few queries for one and for five hundred.
    """
    sites = sites_of(tx, organization_ids)
    codes = organizations.region_codes(tx, organization_ids)
    days = _days(tx, organization_ids, on)
    chains: dict[tuple[str, date], tuple[str, ...]] = {}
    for day in set(days.values()):
        wanted = {code for node, code in codes.items() if code is not None and days.get(node) == day}
        chains.update({(code, day): chain for code, chain in regions.region_chains(tx, wanted, day).items()})
    answers: dict[UUID, PlaceChain] = {}
    for node in organization_ids:
        site, code = sites.get(node), codes.get(node)
        own = (f"site:{site.slug}",) if site is not None else ()
        answers[node] = (*own, *(chains[code, days[node]] if code is not None else ()))
    return answers


def place_chain(tx: Tx, organization_id: UUID, on: date | None = None) -> PlaceChain:
    """Return the places that rule at one organization; see :func:`place_chains`."""
    return place_chains(tx, [organization_id], on)[organization_id]


def normalized_host(host: str) -> str:
    """Return a host as it is kept: lower case, ASCII (IDNA), without port and final dot."""
    name = host.strip().lower()
    if not name.startswith("["):
        name = name.partition(":")[0]
    name = name.rstrip(".")
    try:
        return name if name.isascii() else name.encode("idna").decode()
    except UnicodeError:
        return name


def _days(tx: Tx, ids: Collection[UUID], on: date | None) -> dict[UUID, date]:
    if on is not None:
        return dict.fromkeys(ids, on)
    return {node: local_date(tx.now, zone) for node, zone in organizations.time_zones(tx, ids).items()}


def _claims(prefix: str, path: str) -> bool:
    bare = prefix.rstrip("/")
    return not bare or path == bare or path.startswith(f"{bare}/")


def _view(row: Any) -> SiteView:
    values = row._asdict()
    return SiteView(**{**values, "languages": tuple(values["languages"])})
