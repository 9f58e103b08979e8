"""Files of the repository that the demonstration brings in through the ordinary importers.

An installed wheel has no such files; the demonstration then says what it leaves out.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zhiyuan.cli.demo_content import HARBOUR_PARTNERS
from zhiyuan.imports import ImportSummary, run
from zhiyuan.imports.mapping import Kind
from zhiyuan.kernel.actor import operator
from zhiyuan.kernel.errors import RuleViolation
from zhiyuan.regions.files import read_file
from zhiyuan.regions.service import loading
from zhiyuan.runtime import Runtime

_EXAMPLES: Final = Path(__file__).resolve().parents[3] / "docs" / "examples"
_REGION_FILES: Final = (
    "cn_provinces.csv",
    "cn_cities.csv",
    "cn_areas.csv",
    "cn_census2020_county_yunnan_guangdong_hunan.csv",
)
_CENSUS_YEAR: Final = 2020
_CENSUS: Final = "Seventh national population census of China, 2020"


@dataclass(frozen=True, slots=True)
class SampleFile:
    """One table, the mapping that reads it, and the organization its rows belong to."""

    kind: Kind
    name: str
    mapping: str
    organization_code: str


SAMPLES: Final = (
    SampleFile("people", "shelter_people.csv", "paws_master.toml", "harbour"),
    SampleFile("records", "shelter_service.csv", "paws_service.toml", "harbour"),
    SampleFile("activities", "nyc_service_2011_export35.csv", "nyc_service.toml", HARBOUR_PARTNERS),
)


def import_regions(runtime: Runtime, folder: Path = _EXAMPLES) -> tuple[int, list[str]]:
    """Bring in divisions and head counts. Returns how many rows are new, and the files that are not there."""
    there = [folder / "data" / "regions" / name for name in _REGION_FILES]
    missing = [path.name for path in there if not path.is_file()]
    if missing:
        return 0, missing
    limit = runtime.settings.max_upload_bytes
    tables = [(path.name, read_file(path, maximum_bytes=limit)) for path in there]
    created = 0
    for _, table in loading.in_order(tables):
        summary = loading.load(runtime.bus, operator("cli"), table, source=_CENSUS, year=_CENSUS_YEAR)
        if summary.rejected:
            raise RuleViolation([issue for _, issue in summary.problems])
        created += summary.created + summary.updated
    return created, []


def import_samples(runtime: Runtime, folder: Path = _EXAMPLES) -> tuple[dict[str, ImportSummary], list[str]]:
    """Bring in the sample tables. Returns a summary by name of file, and the files that are not there."""
    summaries, missing = {}, []
    for sample in SAMPLES:
        table, mapping = folder / "data" / sample.name, folder / "mappings" / sample.mapping
        if not (table.is_file() and mapping.is_file()):
            missing.append(sample.name)
            continue
        summary = run(runtime, sample.kind, table, mapping, organization_code=sample.organization_code)
        if summary.is_refused:
            raise RuleViolation([problem.issue for problem in summary.problems if problem.blocks])
        summaries[sample.name] = summary
    return summaries, missing
