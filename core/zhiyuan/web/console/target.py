"""How far a place is from the number of volunteers it aims at."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from zhiyuan import policy
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations.policy import TARGET_PERCENT, TARGET_POPULATION
from zhiyuan.organizations.schemas import OrganizationView
from zhiyuan.people import queries as people
from zhiyuan.regions import queries as regions
from zhiyuan.sites import queries as sites


@dataclass(frozen=True, slots=True)
class Target:
    """Where a place stands: ``population`` of ``kind`` in ``year``, and ``wanted`` people as ``percent`` of it, if set.

    ``registered`` are the people of the organization and of all below it; ``sources`` say who counted the population.
    """

    region_name: str
    kind: str
    year: int
    population: Decimal
    sources: tuple[str, ...]
    percent: Decimal
    wanted: int
    registered: int

    @property
    def reached(self) -> float:
        """Return how much of the target is reached, 0.25 for a quarter; 0 without a target."""
        return self.registered / self.wanted if self.wanted else 0.0


def target_of(tx: Tx, here: OrganizationView, today: date) -> Target | None:
    """Return where ``here`` stands on the local date ``today``; nothing without a region of its own or a head count."""
    if here.region_code is None:
        return None
    chain = sites.place_chain(tx, here.id, today)
    percent = policy.resolve(tx, TARGET_PERCENT, chain, today)
    kind = policy.resolve(tx, TARGET_POPULATION, chain, today)
    share = regions.share_of_population(tx, here.region_code, kind, percent, today)
    if share is None:
        return None
    return Target(
        region_name=regions.name_of(tx, here.region_code, today) or here.region_code,
        kind=kind,
        year=share.figure.year,
        population=share.figure.count,
        sources=share.figure.sources,
        percent=percent,
        wanted=share.people,
        registered=people.count(tx, here.id),
    )
