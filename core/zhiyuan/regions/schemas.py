"""What goes into and comes out of this room."""

import math
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from zhiyuan.kernel.commands import Item

BEGINNING = date(1, 1, 1)
"""``valid_from`` of a division of which nobody said since when it is called so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportRegion(Item):
    """A division as a table states it. ``organization_id`` is None: divisions belong to the whole installation.

    Without dates it says how things stand today; with ``valid_from`` alone, how they stand from that day on.
    ``is_history`` says that name and dates (half-open, an empty end is open) are a closed statement about the past,
    true up to ``known_until``: what is known of later times stays.
    """

    code: str
    name: str
    level: str
    parent_code: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    is_history: bool = False
    known_until: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportPopulation(Item):
    """A published head count. ``kind``: ``residents``, ``urban_residents``, ``households`` or another word."""

    code: str
    kind: str
    year: int
    count: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class RegionView:
    """A division under one of its names. ``valid_from`` is None when nobody said since when."""

    code: str
    name: str
    level: str
    parent_code: str | None
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class PopulationFigure:
    """A head count. ``rows`` is the number of published rows it is made of: 1 for a row of its own."""

    code: str
    kind: str
    year: int
    count: Decimal
    rows: int
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PopulationShare:
    """``percent`` of a head count, exactly (``share``), and the least whole number of people that reaches it."""

    figure: PopulationFigure
    percent: Decimal
    share: Decimal

    @property
    def people(self) -> int:
        """Return the least whole number of people that reaches the share."""
        return math.ceil(self.share)
