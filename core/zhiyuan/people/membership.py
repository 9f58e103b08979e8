"""Which people belong to an organization or to one below it.

Organizations stand above people, so their two tables are spelled out here by the columns this room reads; it never
writes them.
"""

from collections.abc import Collection
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Date, Select, String, Uuid, column, or_, select, table

from zhiyuan.kernel.clock import local_date
from zhiyuan.kernel.uow import Tx

_membership: Final = table(
    "core__membership",
    column("person_id", Uuid()),
    column("organization_id", Uuid()),
    column("role", String()),
    column("valid_from", Date()),
    column("valid_to", Date()),
)
_path: Final = table(
    "core__organization_path", column("ancestor_id", Uuid()), column("descendant_id", Uuid())
)

_ORDINARY: Final = "volunteer"
"""The role that gives no say over others."""


def people_below(organization_id: UUID, on: date) -> Select[Any]:
    """Return a query for the ids of people with any role at ``organization_id`` or below it on the day ``on``."""
    return (
        select(_membership.c.person_id)
        .join(_path, _path.c.descendant_id == _membership.c.organization_id)
        .where(
            _path.c.ancestor_id == organization_id,
            or_(_membership.c.valid_to.is_(None), _membership.c.valid_to > on),
        )
    )


def members_among(tx: Tx, organization_id: UUID, people: Collection[UUID]) -> set[UUID]:
    """Return those of ``people`` who belong to ``organization_id`` or below it today."""
    if not people:
        return set()
    query = people_below(organization_id, local_date(tx.now, "UTC")).where(
        _membership.c.person_id.in_(people)
    )
    return set(tx.connection.execute(query).scalars())


def known_to(tx: Tx, viewers: Collection[UUID], people: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """Return the (viewer, person) pairs of which the person belongs today where the viewer has a say, or below.

    Both are ids of people; to be a volunteer like others gives no say. One query.
    """
    if not viewers or not people:
        return set()
    today = local_date(tx.now, "UTC")
    office, member = _membership.alias("office"), _membership.alias("member")
    rows = tx.connection.execute(
        select(office.c.person_id, member.c.person_id)
        .join(_path, _path.c.ancestor_id == office.c.organization_id)
        .join(member, member.c.organization_id == _path.c.descendant_id)
        .where(
            office.c.person_id.in_(viewers),
            office.c.role != _ORDINARY,
            office.c.valid_from <= today,
            or_(office.c.valid_to.is_(None), office.c.valid_to > today),
            member.c.person_id.in_(people),
            or_(member.c.valid_to.is_(None), member.c.valid_to > today),
        )
    )
    return {(viewer, person) for viewer, person in rows}
