"""Sites made, and brought up to date."""

import re
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from babel import Locale, UnknownLocaleError
from sqlalchemy import insert, text, update

from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.clock import is_time_zone
from zhiyuan.kernel.commands import Outcome, refused
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.text import clean_text
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations import queries as organizations
from zhiyuan.sites.models import Site
from zhiyuan.sites.queries import all_sites, normalized_host
from zhiyuan.sites.schemas import RESERVED_PREFIXES, CreateSite, SiteView

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,38}")
_HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\]")
_PREFIX = re.compile(r"/[a-z0-9][a-z0-9-]{0,38}")
_THEME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_SITES_LOCK: Final = 0x7A79_0002
_site = Site.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__


def create_sites(tx: Tx, items: Sequence[CreateSite]) -> list[Outcome]:
    """Make each site, or bring the one of that slug up to date: ``created``, ``updated`` or ``unchanged``."""
    if not tx.is_sqlite:
        tx.connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _SITES_LOCK})
    tx.memo.pop("sites.all", None)
    zones = organizations.time_zones(tx, {i.organization_id for i in items if i.organization_id is not None})
    known = {site.slug: site for site in all_sites(tx)}
    return [_create(tx, item, zones, known) for item in items]


def _create(tx: Tx, item: CreateSite, zones: dict[UUID, str], known: dict[str, SiteView]) -> Outcome:
    row, issues = _checked(item, zones)
    for other in known.values():
        if other.slug != item.slug and (other.host, other.path_prefix) == (row["host"], row["path_prefix"]):
            issues.append(Issue("sites.address_taken", field="path_prefix", params={"value": other.slug}))
    site = known.get(item.slug)
    if site is not None and site.root_organization_id != item.organization_id and not item.actor.is_operator:
        issues.append(Issue("sites.slug_taken", field="slug", params={"value": item.slug}))
    if not row["host"] and not row["path_prefix"] and not item.actor.is_operator:
        issues.append(Issue("sites.default_is_the_operators", field="host"))
    if issues:
        return refused(*issues)
    if site is None:
        node = new_id()
        tx.connection.execute(insert(_site).values(id=node, created_at=tx.now, **row))
        status = "created"
    elif any(getattr(site, name) != value for name, value in _told(row).items()):
        node = site.id
        tx.connection.execute(update(_site).where(_site.c.id == node).values(row))
        status = "updated"
    else:
        return Outcome("unchanged", site.id)
    tx.memo.pop("sites.all", None)
    known[item.slug] = SiteView(id=node, **_told(row))
    tx.audit(Audit(item.actor, f"sites.{status}", "site", node, item.organization_id, {"slug": item.slug}))
    return Outcome(status, node)


def _told(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "languages": tuple(row["languages"])}


def _checked(item: CreateSite, zones: dict[UUID, str]) -> tuple[dict[str, Any], list[Issue]]:
    issues: list[Issue] = []
    host, prefix = normalized_host(item.host), item.path_prefix.rstrip("/").lower()
    if item.organization_id not in zones:
        issues.append(Issue("sites.unknown_root", field="organization_id"))
    if not _SLUG.fullmatch(item.slug):
        issues.append(Issue("sites.bad_slug", field="slug", params={"value": item.slug[:60]}))
    if len(host) > 253 or re.search(r"[/@?#\s]", item.host.strip()) or (host and not _HOST.fullmatch(host)):
        issues.append(Issue("sites.bad_host", field="host", params={"value": item.host[:80]}))
    if prefix in RESERVED_PREFIXES:
        issues.append(Issue("sites.reserved_prefix", field="path_prefix", params={"value": prefix}))
    elif prefix and not _PREFIX.fullmatch(prefix):
        issues.append(Issue("sites.bad_prefix", field="path_prefix", params={"value": item.path_prefix[:60]}))
    if not _THEME.fullmatch(item.theme):
        issues.append(Issue("sites.bad_theme", field="theme", params={"value": item.theme[:60]}))
    languages = list(dict.fromkeys(item.languages))
    if not languages or not all(_is_language(tag) for tag in languages):
        issues.append(
            Issue("sites.bad_language", field="languages", params={"value": ", ".join(languages)[:80]})
        )
    zone = item.time_zone or (zones.get(item.organization_id, "UTC") if item.organization_id else "UTC")
    if not is_time_zone(zone):
        issues.append(Issue("sites.bad_time_zone", field="time_zone", params={"value": zone[:60]}))
    name = clean_text(item.name, field="name", maximum=120)
    filing = clean_text(item.filing_number or "", field="filing_number", maximum=60)
    issues.extend(answer for answer in (name, filing) if isinstance(answer, Issue))
    if name == "":
        issues.append(Issue("sites.name_missing", field="name"))
    row = {
        "slug": item.slug,
        "name": name,
        "host": host,
        "path_prefix": prefix,
        "root_organization_id": item.organization_id,
        "theme": item.theme,
        "languages": languages,
        "time_zone": zone,
        "filing_number": filing or None,
    }
    return row, issues


def _is_language(tag: str) -> bool:
    try:
        Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return False
    return True
