"""What every plan has in common."""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from zhiyuan.imports.mapping import Compiled, CompiledField, Mapping, compile_fields
from zhiyuan.imports.mapping.compiling import Context
from zhiyuan.imports.mapping.targets import TARGETS
from zhiyuan.imports.readers import Limits, Row, Table
from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.commands import Command, ItemT, Outcome
from zhiyuan.kernel.external_ids import ExternalId
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Tx
from zhiyuan.policy import PlaceChain


class Submit(Protocol):
    """The road to commands: the bus, or a rehearsal that is undone."""

    def __call__(self, command: Command[ItemT], items: Sequence[ItemT]) -> Sequence[Outcome]:
        """Return one outcome per item, in order."""
        ...


@dataclass(frozen=True)
class Setting:
    """What an import happens in. ``organization_id`` is the one the command names; ``places`` rule there."""

    mapping: Mapping
    table: Table
    context: Context
    actor: Actor
    organization_id: UUID | None
    organization_code: str | None
    places: PlaceChain
    limits: Limits


@dataclass(slots=True)
class Ready:
    """One row on its way. ``told`` are its values by field; ``refusals`` keep it from being carried out."""

    row: Row
    told: dict[str, Any]
    extra: dict[str, Any] = field(default_factory=dict)
    external_id: ExternalId | None = None
    digest: bytes = b""
    refusals: list[Issue] = field(default_factory=list)
    warnings: list[Issue] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a row: ``created``, ``updated``, ``unchanged`` or ``rejected``, and why."""

    status: str
    issues: tuple[Issue, ...] = ()


class Plan(ABC):
    """One pass over one file: rows in their order, each converted once, carried out in chunks."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self._id: CompiledField | None = None
        self._seen: dict[ExternalId, bytes] = {}
        self.parts: dict[str, Compiled] = {
            "": self._compiled(setting.mapping.fields, TARGETS[setting.mapping.kind])
        }
        self.parts["extra"] = self._compiled(setting.mapping.extra, {})

    @abstractmethod
    def convert(self, row: Row) -> Ready:
        """Read a row. Faults become refusals of the row; later rows may be judged by earlier ones."""

    @abstractmethod
    def carry_out(self, tx: Tx, submit: Submit, chunk: Sequence[Ready]) -> list[Fate]:
        """Carry out rows without refusals (1..500) and return one fate each, in order.

        ``tx`` is for reading what was there before the chunk; it sees what a rehearsal has tried.
        """

    def columns_of(self, field_name: str) -> tuple[str, ...]:
        """Return the columns that a field is read from, for messages."""
        if field_name == "external_id" and self._id is not None:
            return self._id.columns
        return next((found for part in self.parts.values() if (found := part.columns_of(field_name))), ())

    def counts(self) -> AnyMapping[str, AnyMapping[str, int]]:
        """Return counts of things that are not rows (activities made of several shifts), by kind and status."""
        return {}

    def _compiled(self, specs: AnyMapping[str, Any], targets: AnyMapping[str, Any]) -> Compiled:
        return compile_fields(specs, targets, self.setting.table, self.setting.context)

    def _read(self, row: Row) -> Ready:
        refusals: list[Issue] = []
        warnings: list[Issue] = []
        if row.surplus:
            refusals.append(Issue("imports.too_many_cells"))
        told = self.parts[""].values(row.cells, warnings, refusals)
        extra = (
            self.parts["extra"].values(row.cells, warnings, refusals) if self.setting.mapping.extra else {}
        )
        return Ready(row, told, extra, refusals=refusals, warnings=warnings)

    def _identify(self, ready: Ready, value: str, scheme: str, told: object) -> None:
        """Give the row its external id and digest. An id that stands twice with different values is refused."""
        ready.digest = digest_of(told)
        if not value:
            ready.refusals.append(Issue("imports.row_without_id", field="external_id"))
            return
        ready.external_id = ExternalId(scheme, value)
        if self._seen.setdefault(ready.external_id, ready.digest) != ready.digest:
            ready.refusals.append(Issue("imports.id_twice", field="external_id"))


def digest_of(told: object) -> bytes:
    """Return the SHA-256 of values in a spelling of their own, the same for every kind of file they came in."""
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def fate_of(outcome: Outcome, warnings: Sequence[Issue] = ()) -> Fate:
    """Return the fate of a row from the outcome of its command."""
    status = outcome.status if outcome.status in ("created", "updated", "unchanged") else "rejected"
    return Fate(status, (*warnings, *outcome.issues))
