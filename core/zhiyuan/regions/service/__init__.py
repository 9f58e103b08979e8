"""The commands of this room. Divisions and head counts belong to the whole installation: the operator brings them in."""

from typing import Final

from zhiyuan.kernel.commands import Command
from zhiyuan.regions.schemas import ImportPopulation, ImportRegion
from zhiyuan.regions.service.counting import import_population
from zhiyuan.regions.service.importing import import_regions

IMPORT_REGIONS: Final[Command[ImportRegion]] = Command("regions.import", "rules.edit", import_regions)
IMPORT_POPULATION: Final[Command[ImportPopulation]] = Command(
    "regions.import_population", "rules.edit", import_population
)

__all__ = [
    "IMPORT_POPULATION",
    "IMPORT_REGIONS",
    "ImportPopulation",
    "ImportRegion",
]
