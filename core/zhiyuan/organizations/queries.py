"""What others ask about organizations. All read-only, all batched."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select

from zhiyuan.kernel.errors import NotFound
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations.models import Membership, Organization, OrganizationExternalId, OrganizationPath
from zhiyuan.organizations.schemas import MembershipView, OrganizationView

_organization = Organization.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_path = OrganizationPath.__table__  # type: ignore[attr-defined]  # likewise
_external = OrganizationExternalId.__table__  # type: ignore[attr-defined]  # likewise
_membership = Membership.__table__  # type: ignore[attr-defined]  # likewise

_SHOWN = [
    _organization.c[name]
    for name in (
        "id", "code", "name", "kind", "level_name", "parent_id", "region_code", "unified_social_credit_code",
        "legal_form", "carrier_id", "time_zone", "contact_name", "contact_public", "status", "status_reason",
    )
]  # fmt: skip
_BELOW: Select[Any] = select(*_SHOWN, _path.c.depth).join(_path, _path.c.descendant_id == _organization.c.id)

MOST_PER_PAGE = 200


def get(tx: Tx, organization_id: UUID) -> OrganizationView:
    """Return one organization. Raises NotFound."""
    row = tx.connection.execute(select(*_SHOWN).where(_organization.c.id == organization_id)).first()
    if row is None:
        raise NotFound("organizations.not_found", "There is no such organization.")
    return _view(row)


def views(tx: Tx, ids: Collection[UUID]) -> dict[UUID, OrganizationView]:
    """Return the organizations of those ``ids`` that exist."""
    if not ids:
        return {}
    rows = tx.connection.execute(select(*_SHOWN).where(_organization.c.id.in_(set(ids))))
    return {row.id: _view(row) for row in rows}


def by_codes(tx: Tx, codes: Collection[str]) -> dict[str, UUID]:
    """Return the ids of those ``codes`` that exist."""
    if not codes:
        return {}
    rows = tx.connection.execute(
        select(_organization.c.code, _organization.c.id).where(_organization.c.code.in_(set(codes)))
    )
    return {row.code: row.id for row in rows}


def by_external_ids(tx: Tx, scheme: str, values: Collection[str]) -> dict[str, UUID]:
    """Return the ids of those ``values`` of ``scheme`` that are known."""
    if not values:
        return {}
    rows = tx.connection.execute(
        select(_external.c.value, _external.c.organization_id).where(
            _external.c.scheme == scheme, _external.c.value.in_(set(values))
        )
    )
    return {row.value: row.organization_id for row in rows}


def tree(tx: Tx, root_id: UUID) -> list[OrganizationView]:
    """Return ``root_id`` and everything below it, each node after the one above it, siblings by name."""
    rows = tx.connection.execute(_BELOW.where(_path.c.ancestor_id == root_id).order_by(_organization.c.name))
    children: dict[UUID | None, list[OrganizationView]] = {}
    root: OrganizationView | None = None
    for row in rows:
        view = _view(row, row.depth)
        if view.id == root_id:
            root = view
        else:
            children.setdefault(view.parent_id, []).append(view)
    ordered: list[OrganizationView] = []
    waiting = [root] if root is not None else []
    while waiting:
        node = waiting.pop()
        ordered.append(node)
        waiting.extend(reversed(children.get(node.id, ())))
    return ordered


def roots(tx: Tx) -> list[OrganizationView]:
    """Return every organization that nothing stands above, by name."""
    rows = tx.connection.execute(
        select(*_SHOWN).where(_organization.c.parent_id.is_(None)).order_by(_organization.c.name)
    )
    return [_view(row) for row in rows]


def page(
    tx: Tx, root_id: UUID, *, search: str = "", after: UUID | None = None, limit: int = 50
) -> list[OrganizationView]:
    """Return up to ``limit`` (1..200) organizations at or below ``root_id`` in order of making, begun after ``after``.

    ``search`` matches any part of name or code; two characters are enough.
    """
    query = _BELOW.where(_path.c.ancestor_id == root_id)
    if search.strip():
        term = search.strip()
        query = query.where(
            or_(
                _organization.c.name.icontains(term, autoescape=True),
                _organization.c.code.icontains(term, autoescape=True),
            )
        )
    if after is not None:
        query = query.where(_organization.c.id > after)
    rows = tx.connection.execute(query.order_by(_organization.c.id).limit(max(1, min(limit, MOST_PER_PAGE))))
    return [_view(row, row.depth) for row in rows]


def below(tx: Tx, organization_id: UUID) -> set[UUID]:
    """Return the ids of ``organization_id`` and of everything below it (empty when it does not exist)."""
    rows = tx.connection.execute(select(_path.c.descendant_id).where(_path.c.ancestor_id == organization_id))
    return set(rows.scalars())


def above(tx: Tx, organization_id: UUID) -> list[OrganizationView]:
    """Return ``organization_id`` and its ancestors, the root last. ``depth`` counts upwards."""
    rows = tx.connection.execute(
        select(*_SHOWN, _path.c.depth)
        .join(_path, _path.c.ancestor_id == _organization.c.id)
        .where(_path.c.descendant_id == organization_id)
        .order_by(_path.c.depth)
    )
    return [_view(row, row.depth) for row in rows]


def ancestor_ids(tx: Tx, ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Return, for each known id, itself and its ancestors, the root last."""
    found: dict[UUID, list[UUID]] = {}
    if ids:
        rows = tx.connection.execute(
            select(_path.c.descendant_id, _path.c.ancestor_id)
            .where(_path.c.descendant_id.in_(set(ids)))
            .order_by(_path.c.depth)
        )
        for node, ancestor in rows:
            found.setdefault(node, []).append(ancestor)
    return found


def time_zones(tx: Tx, ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the IANA time zone of each known id."""
    if not ids:
        return {}
    rows = tx.connection.execute(
        select(_organization.c.id, _organization.c.time_zone).where(_organization.c.id.in_(set(ids)))
    )
    return {row.id: row.time_zone for row in rows}


def region_codes(tx: Tx, ids: Collection[UUID]) -> dict[UUID, str | None]:
    """Return the division code of each known id: its own, else that of the nearest node above that has one."""
    if not ids:
        return {}
    rows = tx.connection.execute(
        select(_path.c.descendant_id, _organization.c.region_code)
        .join(_organization, _organization.c.id == _path.c.ancestor_id)
        .where(_path.c.descendant_id.in_(set(ids)))
        .order_by(_path.c.depth)
    )
    found: dict[UUID, str | None] = {}
    for node, code in rows:
        if found.get(node) is None:
            found[node] = code
    return found


def members(
    tx: Tx, organization_id: UUID, on: date, *, after: UUID | None = None, limit: int = 50
) -> list[MembershipView]:
    """Return up to ``limit`` (1..200) memberships at ``organization_id`` itself in force on the local date ``on``."""
    query = _in_force(on).where(_membership.c.organization_id == organization_id)
    if after is not None:
        query = query.where(_membership.c.id > after)
    rows = tx.connection.execute(query.order_by(_membership.c.id).limit(max(1, min(limit, MOST_PER_PAGE))))
    return [MembershipView(*row) for row in rows]


def memberships_of(tx: Tx, person_id: UUID, on: date) -> list[MembershipView]:
    """Return every membership of a person in force on the local date ``on``."""
    rows = tx.connection.execute(_in_force(on).where(_membership.c.person_id == person_id))
    return [MembershipView(*row) for row in rows]


def _in_force(on: date) -> Select[Any]:
    columns = _membership.c
    return select(
        columns.id,
        columns.person_id,
        columns.organization_id,
        columns.role,
        columns.valid_from,
        columns.valid_to,
    ).where(columns.valid_from <= on, or_(columns.valid_to.is_(None), columns.valid_to > on))


def _view(row: Any, depth: int = 0) -> OrganizationView:
    return OrganizationView(**{column.name: getattr(row, column.name) for column in _SHOWN}, depth=depth)
