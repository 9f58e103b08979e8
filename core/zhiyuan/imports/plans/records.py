"""Rows that are hours already served: confirmed entries of the organization of the command, whatever their length."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from zhiyuan.imports.mapping import CompiledField, IdSpec, compile_id
from zhiyuan.imports.mapping.compiling import overnight
from zhiyuan.imports.mapping.faults import CellFault
from zhiyuan.imports.plans.plan import Fate, Plan, Ready, Setting, Submit, digest_of, fate_of
from zhiyuan.imports.readers import Row
from zhiyuan.imports.refusals import MappingRefused
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Tx
from zhiyuan.people import queries as people
from zhiyuan.records.schemas import RecordService
from zhiyuan.records.service import RECORD

_COUNTS = ("no_show_count", "excused_count", "absence_count")


class RecordsPlan(Plan):
    """Equal rows of one file are different services; the same file again is the same services.

    The repeat key of a row is the digest of what it says and of how many equal rows stood before it.
    """

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        if setting.organization_id is None:
            raise MappingRefused("imports.organization_needed")
        self._person = _person_column(setting)
        self._scheme = setting.mapping.person.scheme if setting.mapping.person else None
        self._occurrences: dict[bytes, int] = {}
        # What the mapping says of every row does not tell rows apart; a changed constant must not make rows new.
        self._same_for_all = {name for name in setting.mapping.fields if not self.columns_of(name)}

    def convert(self, row: Row) -> Ready:
        """See :class:`Plan`."""
        ready = self._read(row)
        told = ready.told
        told["person"] = self._person.read(row.cells, [])
        if not told["person"]:
            ready.refusals.append(Issue("imports.row_without_person", field="person"))
        for name in ("service_date", "minutes"):
            if name not in told and not any(issue.field == name for issue in ready.refusals):
                ready.refusals.append(Issue("imports.cell_empty", field=name))
        for name in _COUNTS:
            if told.get(name, 0) < 0:
                ready.refusals.append(Issue("imports.count_negative", field=name))
        if "ended_at" in told:
            spec = self.setting.mapping.fields.get("ended_at")
            zone = self.setting.context.zone
            try:
                told["ended_at"] = overnight(
                    told.get("started_at"), told["ended_at"], spec, zone, ready.warnings
                )
            except CellFault as fault:
                ready.refusals.append(replace(fault.issue, field="ended_at"))
        if not ready.refusals:
            equal = digest_of(
                [self._scheme, {name: told[name] for name in told if name not in self._same_for_all}]
            )
            self._occurrences[equal] = self._occurrences.get(equal, 0) + 1
            ready.digest = digest_of([equal.hex(), self._occurrences[equal]])
        return ready

    def carry_out(self, tx: Tx, submit: Submit, chunk: Sequence[Ready]) -> list[Fate]:
        """See :class:`Plan`."""
        words = {ready.told["person"] for ready in chunk}
        known = (
            people.by_external_ids(tx, self._scheme, words) if self._scheme else people.by_numbers(tx, words)
        )
        fates: list[Fate | None] = [None] * len(chunk)
        items: list[tuple[int, RecordService]] = []
        for index, ready in enumerate(chunk):
            person_id = known.get(ready.told["person"])
            if person_id is None:
                unknown = Issue(
                    "imports.person_unknown", field="person", params={"scheme": self._scheme or ""}
                )
                fates[index] = Fate("rejected", (*ready.warnings, unknown))
                continue
            told: dict[str, Any] = {name: value for name, value in ready.told.items() if name != "person"}
            items.append(
                (
                    index,
                    RecordService(
                        actor=self.setting.actor,
                        organization_id=self.setting.organization_id,
                        person_id=person_id,
                        time_zone=self.setting.context.zone.key,
                        source="import",
                        status="confirmed",
                        repeat_key=ready.digest,
                        **{"title": "", **told},
                    ),
                )
            )
        outcomes = submit(RECORD, [item for _, item in items])
        for (index, _), outcome in zip(items, outcomes, strict=True):
            fates[index] = fate_of(outcome, chunk[index].warnings)
        return [fate for fate in fates if fate is not None]

    def columns_of(self, field_name: str) -> tuple[str, ...]:
        """See :class:`Plan`."""
        return (
            self._person.columns if field_name in ("person", "person_id") else super().columns_of(field_name)
        )


def _person_column(setting: Setting) -> CompiledField:
    spec = setting.mapping.person
    assert spec is not None  # Loading a mapping of records without one is refused.
    if spec.number is not None:
        return compile_id(IdSpec(scheme="number", column=spec.number), setting.table)
    if spec.column is None and not spec.columns:
        raise MappingRefused("imports.mapping_field_missing", field="person.column")
    columns = {"columns": spec.columns} if spec.columns else {"column": spec.column}
    return compile_id(IdSpec.model_validate({"scheme": spec.scheme, **columns}), setting.table)
