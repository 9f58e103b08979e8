"""The rules in force for the organizations of one batch, asked once for a unit of work."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

from zhiyuan.kernel.clock import local_date
from zhiyuan.kernel.uow import Tx
from zhiyuan.policy import PlaceChain, RuleKey, is_set_anywhere, resolve
from zhiyuan.sites.queries import place_chains

_MEMO = "activities.place_chains"

T = TypeVar("T")


class Rules:
    """Answers for ``organization_ids``; an organization that is not among them gets the defaults.

    The places of the organizations are looked up only when some place has set a rule that is asked for: the look-up
    costs several statements, and most installations set few rules.
    """

    def __init__(self, tx: Tx, organization_ids: Iterable[UUID]) -> None:
        self._tx = tx
        self._ids = set(organization_ids)

    def value(self, key: RuleKey[T], organization_id: UUID | None, on: date) -> T:
        """Return the value of ``key`` at the organization's places on the local date ``on``."""
        if organization_id is None or not is_set_anywhere(self._tx, key):
            return resolve(self._tx, key, (), on)
        return resolve(self._tx, key, self._chains().get(organization_id, ()), on)

    def at(self, key: RuleKey[T], organization_id: UUID | None, instant: datetime, zone: str) -> T:
        """Return the value of ``key`` on the date that people at ``zone`` read off the wall at ``instant``."""
        return self.value(key, organization_id, local_date(instant, zone))

    def _chains(self) -> dict[UUID, PlaceChain]:
        chains: dict[UUID, PlaceChain] = self._tx.memo.setdefault(_MEMO, {})
        missing = self._ids - chains.keys()
        if missing:
            chains.update(place_chains(self._tx, missing))
        return chains
