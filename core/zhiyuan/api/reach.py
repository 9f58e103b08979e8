"""What a caller may know of.

Every row belongs to an organization, and that is read from the row, never from the request. A row at an organization
where the caller holds no role (there or above) does not exist for the caller, unless it is public or the caller's own:
refusals then say the same as for an id that was never given out.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Row, Select, bindparam, or_, select

from zhiyuan.accounts import queries as accounts
from zhiyuan.activities.models import Activity, Shift, SignUp
from zhiyuan.activities.schemas import PUBLIC
from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.clock import local_date
from zhiyuan.kernel.errors import Forbidden, NotFound
from zhiyuan.kernel.i18n import gettext_noop
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations import queries as organizations
from zhiyuan.organizations.models import Membership, OrganizationPath
from zhiyuan.records import certificates
from zhiyuan.records.models import ServiceRecord

_activity = Activity.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_shift = Shift.__table__  # type: ignore[attr-defined]  # likewise
_sign_up = SignUp.__table__  # type: ignore[attr-defined]  # likewise
_record = ServiceRecord.__table__  # type: ignore[attr-defined]  # likewise
_membership = Membership.__table__  # type: ignore[attr-defined]  # likewise
_path = OrganizationPath.__table__  # type: ignore[attr-defined]  # likewise

_IDS: Final[BindParameter[Any]] = bindparam("ids", expanding=True)
_ABOUT: Final = (_activity.c.organization_id, _activity.c.status, _activity.c.audience)
_ACTIVITIES: Final = select(_activity.c.id, *_ABOUT).where(_activity.c.id.in_(_IDS))
_SHIFTS: Final = (
    select(_shift.c.id, *_ABOUT, _shift.c.activity_id)
    .join(_activity, _activity.c.id == _shift.c.activity_id)
    .where(_shift.c.id.in_(_IDS))
)
_SIGN_UPS: Final = (
    select(_sign_up.c.id, _activity.c.organization_id, _sign_up.c.person_id)
    .join(_activity, _activity.c.id == _sign_up.c.activity_id)
    .where(_sign_up.c.id.in_(_IDS))
)
_RECORDS: Final = select(_record.c.id, _record.c.organization_id, _record.c.person_id).where(
    _record.c.id.in_(_IDS)
)


@dataclass(frozen=True, slots=True)
class Place:
    """The organization that a code names."""

    id: UUID
    code: str


class Reach:
    """What ``actor`` may know of, within one snapshot. Every question is about many ids at once."""

    def __init__(self, tx: Tx, actor: Actor) -> None:
        self.tx = tx
        self._actor = actor

    def organizations(self, codes: Iterable[str]) -> dict[str, UUID]:
        """Return the organizations of these codes where the caller holds a role; the others are left out."""
        named = organizations.by_codes(self.tx, set(codes))
        known = self._known(named.values())
        return {code: key for code, key in named.items() if key in known}

    def activities(self, ids: Iterable[UUID]) -> dict[UUID, UUID]:
        """Return the organization of each activity that the caller may know of."""
        return self._of_activities(_ACTIVITIES, ids)

    def shifts(self, ids: Iterable[UUID]) -> dict[UUID, UUID]:
        """Return the organization of each shift that the caller may know of."""
        return self._of_activities(_SHIFTS, ids)

    def sign_ups(self, ids: Iterable[UUID]) -> dict[UUID, UUID]:
        """Return the organization of each sign-up that the caller may know of: the caller's own are among them."""
        return self._of_people(_SIGN_UPS, ids)

    def records(self, ids: Iterable[UUID]) -> dict[UUID, UUID]:
        """Return the organization of each service record that the caller may know of: the caller's own are among them."""
        return self._of_people(_RECORDS, ids)

    def certificates(self, ids: Iterable[UUID]) -> dict[UUID, UUID]:
        """Return the organization of each certificate that the caller may know of: the caller's own are among them."""
        owners = certificates.owners(self.tx, set(ids))
        known = self._known(place for place, _ in owners.values())
        mine = self._actor.person_id
        return {
            key: place
            for key, (place, person) in owners.items()
            if place in known or (mine is not None and person == mine)
        }

    def people(self, ids: Iterable[UUID]) -> set[UUID]:
        """Return those of ``ids`` whom the caller may know: themselves, and who belongs or came to a place of theirs."""
        asked = set(ids)
        if self._actor.is_operator:
            return asked
        known = asked & {self._actor.person_id}
        others = list(asked - known)
        if others and self._offices:
            for question in _who_came(others, self._offices, local_date(self.tx.now, "UTC")):
                known.update(self.tx.connection.execute(question).scalars())
        return known

    def place(self, code: str, permission: str) -> Place:
        """Return the organization of ``code``, where the caller holds ``permission``. Raises NotFound, Forbidden."""
        key = self.organizations([code]).get(code)
        if key is None:
            raise nothing_here()
        self.require(permission, key)
        return Place(key, code)

    def require(self, permission: str, organization_id: UUID) -> None:
        """Refuse a caller who may know of the organization and lacks ``permission`` there. Raises Forbidden."""
        if permission not in accounts.permissions_at(self.tx, self._actor, organization_id):
            raise Forbidden("api.not_permitted", gettext_noop("Your role there does not include this."))

    def own_organizations(self, codes: Iterable[str]) -> dict[str, UUID]:
        """Return the organizations of these codes to which the caller belongs, there or below, in whatever role."""
        wanted = set(codes)
        named = organizations.by_codes(self.tx, wanted) if wanted else {}
        return {code: key for code, key in named.items() if key in self._memberships}

    def among(self, ids: Iterable[UUID]) -> set[UUID]:
        """Return those organizations where the caller holds a role, there or above."""
        return self._known(ids)

    @property
    def is_operator(self) -> bool:
        """Return whether the caller may do everything everywhere (within the scopes)."""
        return self._actor.is_operator

    @property
    def offices(self) -> list[UUID]:
        """Return the organizations where the caller's roles begin; they reach everything below."""
        return self._offices

    @cached_property
    def _offices(self) -> list[UUID]:
        if self._actor.person_id is None:
            return []
        return sorted({role.organization_id for role in accounts.roles_of(self.tx, self._actor.person_id)})

    @cached_property
    def _memberships(self) -> set[UUID]:
        """Return every organization that the caller belongs to, those above included."""
        if self._actor.person_id is None:
            return set()
        today = local_date(self.tx.now, "UTC")
        rows = self.tx.connection.execute(
            select(_path.c.ancestor_id)
            .join(_membership, _membership.c.organization_id == _path.c.descendant_id)
            .where(
                _membership.c.person_id == self._actor.person_id,
                _membership.c.valid_from <= today,
                or_(_membership.c.valid_to.is_(None), _membership.c.valid_to > today),
            )
        )
        return set(rows.scalars())

    def _known(self, ids: Iterable[UUID]) -> set[UUID]:
        asked = set(ids)
        if self._actor.is_operator or not asked:
            return asked
        if not self._offices:
            return set()
        rows = self.tx.connection.execute(
            select(_path.c.descendant_id).where(
                _path.c.descendant_id.in_(asked), _path.c.ancestor_id.in_(self._offices)
            )
        )
        return set(rows.scalars())

    def _of_activities(self, question: Select[Any], ids: Iterable[UUID]) -> dict[UUID, UUID]:
        rows = self._rows(question, ids)
        hidden = [row for row in rows if not (row.status in PUBLIC and row.audience == "public")]
        known = self._known(row.organization_id for row in hidden)
        gone = {
            row.id
            for row in hidden
            if row.organization_id not in known
            and not (row.status in PUBLIC and row.organization_id in self._memberships)
        }
        return {row.id: row.organization_id for row in rows if row.id not in gone}

    def _of_people(self, question: Select[Any], ids: Iterable[UUID]) -> dict[UUID, UUID]:
        rows = self._rows(question, ids)
        mine = self._actor.person_id
        known = self._known(row.organization_id for row in rows if mine is None or row.person_id != mine)
        return {
            row.id: row.organization_id
            for row in rows
            if row.organization_id in known or (mine is not None and row.person_id == mine)
        }

    def _rows(self, question: Select[Any], ids: Iterable[UUID]) -> list[Row[Any]]:
        asked = list(set(ids))
        return list(self.tx.connection.execute(question, {"ids": asked})) if asked else []


def nothing_here() -> NotFound:
    """Return the one error for what is not there and for what is not there for this caller."""
    return NotFound("api.not_found", gettext_noop("There is nothing of this name here."))


def _who_came(people: Collection[UUID], offices: Collection[UUID], today: Any) -> list[Select[Any]]:
    def below(column: ColumnElement[Any]) -> ColumnElement[bool]:
        return column.in_(select(_path.c.descendant_id).where(_path.c.ancestor_id.in_(offices)))

    return [
        select(_membership.c.person_id).where(
            _membership.c.person_id.in_(people),
            or_(_membership.c.valid_to.is_(None), _membership.c.valid_to > today),
            below(_membership.c.organization_id),
        ),
        select(_sign_up.c.person_id)
        .join(_activity, _activity.c.id == _sign_up.c.activity_id)
        .where(_sign_up.c.person_id.in_(people), below(_activity.c.organization_id)),
        select(_record.c.person_id).where(_record.c.person_id.in_(people), below(_record.c.organization_id)),
    ]
