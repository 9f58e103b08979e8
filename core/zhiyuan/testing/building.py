"""Rows that most tests start from, written past the commands: organizations with their paths, people, roles.

For tests of the rooms above; what the commands of these rooms themselves do is tested with the commands.
"""

from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations.models import Membership, Organization, OrganizationPath
from zhiyuan.people.models import Person

_path = OrganizationPath.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__

LONG_AGO: Final = date(2020, 1, 1)
"""The local date since which roles are held when a test says nothing else."""


def organization(tx: Tx, code: str, parent: UUID | None = None, **columns: Any) -> UUID:
    """Write an organization in UTC, below ``parent`` if one is given, and its paths; return its id."""
    told = {"name": code.title(), "time_zone": "UTC", "created_at": tx.now, **columns}
    made = Organization(code=code, parent_id=parent, **told)
    tx.session.add(made)
    tx.session.flush()
    above = tx.connection.execute(
        select(_path.c.ancestor_id, _path.c.depth).where(_path.c.descendant_id == parent)
    )
    paths = [(made.id, 0), *((row.ancestor_id, row.depth + 1) for row in above)]
    tx.session.add_all(
        OrganizationPath(ancestor_id=ancestor, descendant_id=made.id, depth=depth)
        for ancestor, depth in paths
    )
    tx.session.flush()
    return made.id


def person(tx: Tx, name: str = "Person", **columns: Any) -> UUID:
    """Write a person with a number of no series; return the id."""
    told = {"number": f"V{new_id().hex[-18:]}", "created_at": tx.now, **columns}
    made = Person(name=name, **told)
    tx.session.add(made)
    tx.session.flush()
    return made.id


def membership(
    tx: Tx, person_id: UUID, organization_id: UUID, role: str = "volunteer", **columns: Any
) -> UUID:
    """Write that a person holds a role, since :data:`LONG_AGO` and without an end unless ``columns`` say so."""
    made = Membership(
        person_id=person_id,
        organization_id=organization_id,
        role=role,
        **{"valid_from": LONG_AGO, **columns},
    )
    tx.session.add(made)
    tx.session.flush()
    return made.id
