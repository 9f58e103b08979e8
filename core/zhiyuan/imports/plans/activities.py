"""Rows that are activities, or shifts of activities, with the organizations they name."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from zhiyuan.activities.models import Activity
from zhiyuan.activities.schemas import ActivityDetails
from zhiyuan.activities.service import (
    ADD_SHIFTS,
    CREATE,
    PUBLISH,
    AddShift,
    ChangeActivityState,
    CreateActivity,
)
from zhiyuan.imports.mapping import CompiledField, IdSpec, compile_id
from zhiyuan.imports.mapping.compiling import overnight
from zhiyuan.imports.mapping.faults import CellFault
from zhiyuan.imports.mapping.targets import ORGANIZATIONS, SHIFTS
from zhiyuan.imports.plans.plan import Fate, Plan, Ready, Setting, Submit, digest_of, fate_of
from zhiyuan.imports.readers import Row
from zhiyuan.imports.refusals import MappingRefused
from zhiyuan.kernel.commands import Outcome
from zhiyuan.kernel.external_ids import ExternalId
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations import service as organizations
from zhiyuan.organizations.schemas import CreateOrganization

_activity = Activity.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__

_ORGANIZATION = "organization"
_SHIFT = "shift"


class ActivitiesPlan(Plan):
    """One activity per row; or, with ``shifts`` in the mapping, one shift per row and one activity per group of rows.

    Details of an activity of several rows are those of its first row.
    """

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        if setting.organization_id is None:
            raise MappingRefused("imports.organization_needed")
        mapping, table = setting.mapping, setting.table
        self._scheme = (
            mapping.external_id.scheme if mapping.external_id else f"import.{setting.organization_code}"
        )
        self._id = self._activity_id()
        self._owner_id: CompiledField | None = None
        self._key: CompiledField | None = None
        self._counts: dict[str, Counter[str]] = {"organizations": Counter(), "activities": Counter()}
        self._counted: set[ExternalId] = set()
        self._groups: dict[str, Ready] = {}
        self._keys: Counter[tuple[str, str]] = Counter()
        if mapping.organization is not None:
            self._owner_id = compile_id(mapping.organization.external_id, table)
            self.parts[_ORGANIZATION] = self._compiled(mapping.organization.fields, ORGANIZATIONS)
        if mapping.shifts is not None:
            self._key = compile_id(IdSpec(scheme="key", columns=mapping.shifts.key), table)
            self.parts[_SHIFT] = self._compiled(mapping.shifts.fields, SHIFTS)

    def convert(self, row: Row) -> Ready:
        """See :class:`Plan`."""
        ready = self._read(row)
        if self._owner_id is not None:
            self._read_owner(ready)
        assert self._id is not None
        value = self._id.read(row.cells, [])
        if self._key is None:
            self._identify(ready, value, self._scheme, [ready.told, ready.extra])
            return ready
        if not value:
            ready.refusals.append(Issue("imports.row_without_id", field="external_id"))
            return ready
        shift = self._read_shift(ready, value)
        group = self._groups.setdefault(value, ready)
        ready.told = {**group.told, _SHIFT: shift}
        ready.extra = group.extra
        ready.external_id = ExternalId(self._scheme, value)
        details = {name: told for name, told in ready.told.items() if name != _SHIFT}
        ready.digest = digest_of([details, ready.extra])
        return ready

    def carry_out(self, tx: Tx, submit: Submit, chunk: Sequence[Ready]) -> list[Fate]:
        """See :class:`Plan`. An activity whose organization is refused is refused for the same reasons."""
        owners = self._carry_out_owners(submit, chunk)
        first: dict[ExternalId | None, Ready] = {}
        for ready in chunk:
            first.setdefault(ready.external_id, ready)
        asked = {key: ready for key, ready in first.items() if self._owner(owners, ready).is_done}
        outcomes: dict[ExternalId | None, Outcome] = {
            key: self._owner(owners, ready) for key, ready in first.items() if key not in asked
        }
        items = [self._item(ready, self._owner(owners, ready).id) for ready in asked.values()]
        outcomes.update(zip(asked, submit(CREATE, items), strict=True))
        self._count("activities", outcomes)
        if self.setting.mapping.publish:
            self._publish(tx, submit, [(first[key], outcome) for key, outcome in outcomes.items()], owners)
        if self._key is None:
            return [fate_of(outcomes[ready.external_id], ready.warnings) for ready in chunk]
        return self._carry_out_shifts(submit, chunk, outcomes, owners)

    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """See :class:`Plan`."""
        return {kind: dict(count) for kind, count in self._counts.items() if count}

    def columns_of(self, field_name: str) -> tuple[str, ...]:
        """See :class:`Plan`."""
        found = super().columns_of(field_name)
        return found or (
            super().columns_of("place") if field_name in ("latitude", "longitude", "place_text") else ()
        )

    def _activity_id(self) -> CompiledField:
        mapping, table = self.setting.mapping, self.setting.table
        if mapping.shifts is not None:
            return compile_id(IdSpec(scheme=self._scheme, columns=mapping.shifts.group_by), table)
        assert mapping.external_id is not None  # Loading a mapping without either is refused.
        return compile_id(mapping.external_id, table)

    def _read_owner(self, ready: Ready) -> None:
        assert self._owner_id is not None
        assert self.setting.mapping.organization is not None
        value = self._owner_id.read(ready.row.cells, [])
        if not value:
            return  # The row belongs to the organization of the command.
        told = self.parts[_ORGANIZATION].values(ready.row.cells, ready.warnings, ready.refusals)
        scheme = self.setting.mapping.organization.external_id.scheme
        ready.told[_ORGANIZATION] = {"id": (scheme, value), "told": told}

    def _read_shift(self, ready: Ready, group: str) -> dict[str, Any]:
        assert self._key is not None
        assert self.setting.mapping.shifts is not None
        told = self.parts[_SHIFT].values(ready.row.cells, ready.warnings, ready.refusals)
        zone: ZoneInfo = self.setting.context.zone
        for name in ("starts_at", "ends_at"):
            if name not in told and not any(issue.field == name for issue in ready.refusals):
                ready.refusals.append(Issue("imports.cell_empty", field=name))
        try:
            spec = self.setting.mapping.shifts.fields["ends_at"]
            told["ends_at"] = overnight(
                told.get("starts_at"), told.get("ends_at"), spec, zone, ready.warnings
            )
        except CellFault as fault:
            ready.refusals.append(replace(fault.issue, field="ends_at"))
        key = self._key.read(ready.row.cells, [])
        self._keys[group, key] += 1
        occurrence = self._keys[group, key]
        told["external_key"] = key if occurrence == 1 else f"{key}|{occurrence}"
        return told

    def _carry_out_owners(self, submit: Submit, chunk: Sequence[Ready]) -> dict[tuple[str, str], Outcome]:
        named: dict[tuple[str, str], dict[str, Any]] = {}
        for ready in chunk:
            if owner := ready.told.get(_ORGANIZATION):
                named.setdefault(owner["id"], owner["told"])
        items = [
            CreateOrganization(
                actor=self.setting.actor,
                organization_id=self.setting.organization_id,
                parent_id=self.setting.organization_id,
                external_id=ExternalId(*key),
                source_digest=digest_of(told),
                **{"name": "", **told},
            )
            for key, told in named.items()
        ]
        outcomes = dict(zip(named, submit(organizations.CREATE, items), strict=True))
        self._count("organizations", {ExternalId(*key): outcome for key, outcome in outcomes.items()})
        return outcomes

    def _owner(self, owners: Mapping[tuple[str, str], Outcome], ready: Ready) -> Outcome:
        owner = ready.told.get(_ORGANIZATION)
        return owners[owner["id"]] if owner else Outcome("unchanged", self.setting.organization_id)

    def _item(self, ready: Ready, organization_id: UUID | None) -> CreateActivity:
        told = {name: value for name, value in ready.told.items() if name not in (_ORGANIZATION, _SHIFT)}
        told.setdefault("time_zone", self.setting.mapping.time_zone)
        return CreateActivity(
            actor=self.setting.actor,
            organization_id=organization_id,
            details=ActivityDetails(**{"title": "", **told}, extra=ready.extra),
            external_id=ready.external_id,
            source_digest=ready.digest,
        )

    def _publish(
        self,
        tx: Tx,
        submit: Submit,
        made: Sequence[tuple[Ready, Outcome]],
        owners: Mapping[tuple[str, str], Outcome],
    ) -> None:
        """Publish what is new, or was left a draft by an import that broke off.

        A refusal leaves a draft behind and is said as a warning: the row itself came in.
        """
        query = select(_activity.c.id).where(
            _activity.c.id.in_({outcome.id for _, outcome in made if outcome.id}),
            _activity.c.status == "draft",
        )
        drafts = set(tx.connection.execute(query).scalars())
        new = [
            (ready, outcome)
            for ready, outcome in made
            if outcome.id and (outcome.status == "created" or outcome.id in drafts)
        ]
        items = [
            ChangeActivityState(
                actor=self.setting.actor,
                organization_id=self._owner(owners, ready).id,
                activity_id=outcome.id,  # type: ignore[arg-type]  # those without an id were left out
            )
            for ready, outcome in new
        ]
        for (ready, _), published in zip(new, submit(PUBLISH, items), strict=True):
            ready.warnings.extend(replace(issue, severity="warn") for issue in published.issues)

    def _carry_out_shifts(
        self,
        submit: Submit,
        chunk: Sequence[Ready],
        activities: Mapping[ExternalId | None, Outcome],
        owners: Mapping[tuple[str, str], Outcome],
    ) -> list[Fate]:
        fates: list[Fate] = [fate_of(activities[ready.external_id], ready.warnings) for ready in chunk]
        asking = [index for index, ready in enumerate(chunk) if activities[ready.external_id].is_done]
        items = [
            AddShift(
                actor=self.setting.actor,
                organization_id=self._owner(owners, chunk[index]).id,
                activity_id=activities[chunk[index].external_id].id,  # type: ignore[arg-type]  # done has an id
                source_digest=digest_of(chunk[index].told[_SHIFT]),
                **chunk[index].told[_SHIFT],
            )
            for index in asking
        ]
        for index, outcome in zip(asking, submit(ADD_SHIFTS, items), strict=True):
            fates[index] = fate_of(outcome, chunk[index].warnings)
        return fates

    def _count(self, kind: str, outcomes: Mapping[Any, Outcome]) -> None:
        for key, outcome in outcomes.items():
            if key is not None and key not in self._counted:
                self._counted.add(key)
                self._counts[kind][outcome.status] += 1
