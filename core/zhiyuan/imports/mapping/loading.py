"""From a TOML file to a mapping whose every key is known."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ValidationError

from zhiyuan.imports.mapping.model import Mapping
from zhiyuan.imports.mapping.targets import ORGANIZATIONS, REQUIRED, SHIFTS, TARGETS
from zhiyuan.imports.refusals import MappingRefused


def load_mapping(path: Path, kind: str) -> Mapping:
    """Read the mapping in ``path`` for an import of ``kind``. Raises MappingRefused naming the key at fault."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise MappingRefused(
            "imports.mapping_unreadable", path=path.name, reason=error.strerror or ""
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MappingRefused("imports.mapping_not_toml", path=path.name, reason=str(error)[:200]) from error
    try:
        mapping = Mapping.model_validate(told)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "?"
        if first["type"] == "extra_forbidden":
            raise MappingRefused("imports.mapping_unknown_key", key=key) from error
        raise MappingRefused("imports.mapping_wrong", key=key, reason=str(first["msg"])) from error
    if mapping.kind != kind:
        raise MappingRefused("imports.mapping_other_kind", kind=kind, mapping_kind=mapping.kind)
    _check_fields(mapping)
    return mapping


def _check_fields(mapping: Mapping) -> None:
    _check_known("fields", mapping.fields, TARGETS[mapping.kind])
    missing = [name for name in REQUIRED[mapping.kind] if name not in mapping.fields]
    if missing:
        raise MappingRefused("imports.mapping_field_missing", field=f"fields.{missing[0]}")
    if mapping.organization is not None:
        _check_known("organization.fields", mapping.organization.fields, ORGANIZATIONS)
        if "name" not in mapping.organization.fields:
            raise MappingRefused("imports.mapping_field_missing", field="organization.fields.name")
    if mapping.shifts is not None:
        _check_known("shifts.fields", mapping.shifts.fields, SHIFTS)
        for name in ("starts_at", "ends_at"):
            if name not in mapping.shifts.fields:
                raise MappingRefused("imports.mapping_field_missing", field=f"shifts.fields.{name}")
    if mapping.kind == "records" and mapping.person is None:
        raise MappingRefused("imports.mapping_field_missing", field="person")
    _check_parts(mapping)


def _check_parts(mapping: Mapping) -> None:
    for part, kinds in (("person", ("records",)), ("organization", ("activities",)), ("shifts", ("activities",)),
                        ("extra", ("people", "activities"))):  # fmt: skip
        if getattr(mapping, part) and mapping.kind not in kinds:
            raise MappingRefused("imports.mapping_unknown_key", key=part)
    if mapping.kind == "activities" and mapping.external_id is None and mapping.shifts is None:
        raise MappingRefused("imports.mapping_field_missing", field="external_id")
    if mapping.time_zone is not None:
        try:
            ZoneInfo(mapping.time_zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise MappingRefused("imports.time_zone_unknown", zone=mapping.time_zone) from error


def _check_known(part: str, names: Iterable[str], known: Iterable[str]) -> None:
    unknown = [name for name in names if name not in set(known)]
    if unknown:
        raise MappingRefused(
            "imports.mapping_unknown_field", key=f"{part}.{unknown[0]}", known=", ".join(sorted(known))
        )
