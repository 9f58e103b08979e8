"""Tables of administrative divisions."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Numeric, UniqueConstraint
from sqlmodel import Field

from zhiyuan.kernel.tables import Base, id_field


class Region(Base, table=True):
    """One name of one division code, valid from one date to another (half-open; empty ends are open).

    Codes are kept as the standard writes them, without padding zeros removed or added (GB/T 2260: 2, 4 or 6 digits for
    province, city, county; statistics bureau: 9 and 12 below). A renamed division is two rows of one code. The parent
    is a code, because a division may skip a level: Zhongshan's towns stand under a city without counties.
    """

    __tablename__ = "core__region"
    __table_args__ = (UniqueConstraint("code", "valid_from"),)

    id: UUID = id_field()
    code: str = Field(max_length=20, index=True)
    name: str = Field(max_length=120, index=True)
    level: str = Field(max_length=20)
    parent_code: str | None = Field(default=None, max_length=20, index=True)
    valid_from: date
    valid_to: date | None = None


class RegionPopulation(Base, table=True):
    """A published head count: ``kind`` is ``residents``, ``urban_residents``, ``households`` ...; ``source`` says where."""

    __tablename__ = "core__region_population"
    __table_args__ = (UniqueConstraint("code", "kind", "year"),)

    id: UUID = id_field()
    code: str = Field(max_length=20, index=True)
    kind: str = Field(max_length=30)
    year: int
    count: Decimal = Field(sa_type=Numeric(14, 2))
    source: str = Field(max_length=200)
