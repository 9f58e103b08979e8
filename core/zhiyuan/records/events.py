"""What happens in the ledger, once per organization and batch. Points, stars and rosters follow these."""

from dataclasses import dataclass, fields
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from zhiyuan.kernel.events import Event


@dataclass(frozen=True, slots=True)
class ConfirmedRecord:
    """One record that counts from now on. ``minutes`` are 0 or more; ``service_date`` is a local date."""

    record_id: UUID
    person_id: UUID
    activity_id: UUID | None
    service_date: date
    minutes: int


@dataclass(frozen=True, slots=True)
class CorrectedRecord:
    """``record_id`` replaces ``corrects_id``. ``counts`` is false when the old record had not been confirmed."""

    record_id: UUID
    corrects_id: UUID
    person_id: UUID
    activity_id: UUID | None
    service_date: date
    minutes: int
    previous_service_date: date
    previous_minutes: int
    counts: bool


@dataclass(frozen=True, slots=True)
class VoidedRecord:
    """One record that counts no more. ``counted`` is false when it had not been confirmed."""

    record_id: UUID
    person_id: UUID
    activity_id: UUID | None
    service_date: date
    minutes: int
    counted: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordsConfirmed(Event):
    """Records began to count: by confirmation, or recorded as confirmed (imports)."""

    name: ClassVar[str] = "records_confirmed"

    items: tuple[ConfirmedRecord, ...]

    def payload(self) -> dict[str, Any]:
        """Return the event as plain JSON values."""
        return {
            "items": [
                {
                    "record_id": str(item.record_id),
                    "person_id": str(item.person_id),
                    "activity_id": str(item.activity_id) if item.activity_id is not None else None,
                    "service_date": item.service_date.isoformat(),
                    "minutes": item.minutes,
                }
                for item in self.items  # Spelled out: imports make hundreds of these at a time.
            ]
        }

    @classmethod
    def from_payload(cls, organization_id: UUID, payload: dict[str, Any]) -> "RecordsConfirmed":
        """Rebuild the event that :meth:`payload` described."""
        return cls(
            organization_id=organization_id,
            items=tuple(
                ConfirmedRecord(
                    record_id=UUID(item["record_id"]),
                    person_id=UUID(item["person_id"]),
                    activity_id=_id(item["activity_id"]),
                    service_date=date.fromisoformat(item["service_date"]),
                    minutes=item["minutes"],
                )
                for item in payload["items"]
            ),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordsCorrected(Event):
    """Records were replaced by new ones."""

    name: ClassVar[str] = "records_corrected"

    items: tuple[CorrectedRecord, ...]

    def payload(self) -> dict[str, Any]:
        """Return the event as plain JSON values."""
        return {"items": [_plain(item) for item in self.items]}

    @classmethod
    def from_payload(cls, organization_id: UUID, payload: dict[str, Any]) -> "RecordsCorrected":
        """Rebuild the event that :meth:`payload` described."""
        return cls(
            organization_id=organization_id,
            items=tuple(
                CorrectedRecord(
                    record_id=UUID(item["record_id"]),
                    corrects_id=UUID(item["corrects_id"]),
                    person_id=UUID(item["person_id"]),
                    activity_id=_id(item["activity_id"]),
                    service_date=date.fromisoformat(item["service_date"]),
                    minutes=item["minutes"],
                    previous_service_date=date.fromisoformat(item["previous_service_date"]),
                    previous_minutes=item["previous_minutes"],
                    counts=item["counts"],
                )
                for item in payload["items"]
            ),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordsVoided(Event):
    """Records were declared void."""

    name: ClassVar[str] = "records_voided"

    items: tuple[VoidedRecord, ...]

    def payload(self) -> dict[str, Any]:
        """Return the event as plain JSON values."""
        return {"items": [_plain(item) for item in self.items]}

    @classmethod
    def from_payload(cls, organization_id: UUID, payload: dict[str, Any]) -> "RecordsVoided":
        """Rebuild the event that :meth:`payload` described."""
        return cls(
            organization_id=organization_id,
            items=tuple(
                VoidedRecord(
                    record_id=UUID(item["record_id"]),
                    person_id=UUID(item["person_id"]),
                    activity_id=_id(item["activity_id"]),
                    service_date=date.fromisoformat(item["service_date"]),
                    minutes=item["minutes"],
                    counted=item["counted"],
                )
                for item in payload["items"]
            ),
        )


def _plain(item: CorrectedRecord | VoidedRecord) -> dict[str, Any]:
    return {entry.name: _value(getattr(item, entry.name)) for entry in fields(item)}


def _value(value: Any) -> Any:
    return str(value) if isinstance(value, UUID | date) else value


def _id(value: str | None) -> UUID | None:
    return UUID(value) if value is not None else None
