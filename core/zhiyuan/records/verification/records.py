"""Records against the entries of the ledger: same content, and the status that the entries lead to."""

import json
from collections import defaultdict
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from zhiyuan.kernel.uow import Tx
from zhiyuan.records.chain.canonical import canonical, instant, plain
from zhiyuan.records.chain.entries import CLEAR_COLUMNS, DIGEST_COLUMNS, VERSION, digest
from zhiyuan.records.models import RecordEntry, RecordSalt, ServiceRecord
from zhiyuan.records.statuses import CONFIRMED, CORRECTED, ERASED, PENDING, RECORDED, after
from zhiyuan.records.verification.report import Report

_CHUNK = 500

_record = ServiceRecord.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_entry = RecordEntry.__table__  # type: ignore[attr-defined]  # likewise
_salt = RecordSalt.__table__  # type: ignore[attr-defined]  # likewise

_RECORDS = (
    select(_record, _salt.c.salt)
    .join(_salt, _salt.c.record_id == _record.c.id, isouter=True)
    .where(_record.c.organization_id == bindparam("place"))
    .order_by(_record.c.id)
    .limit(_CHUNK)
)
_NEXT_RECORDS = _RECORDS.where(_record.c.id > bindparam("after"))
_ENTRIES = (
    select(_entry)
    .where(_entry.c.record_id.in_(bindparam("ids", expanding=True)))
    .order_by(_entry.c.sequence, _entry.c.position)
)
_FOREIGN_ENTRIES = (
    select(_entry.c.sequence, _entry.c.position, _entry.c.record_id)
    .join(_record, _record.c.id == _entry.c.record_id, isouter=True)
    .where(
        _entry.c.organization_id == bindparam("place"),
        _record.c.organization_id.is_distinct_from(_entry.c.organization_id),
    )
    .limit(_CHUNK)
)
_OPENING_FIELDS = frozenset({"v", "kind", "record", "status", "person_name", *CLEAR_COLUMNS, *DIGEST_COLUMNS})


def check_records(tx: Tx, report: Report, organization_id: UUID) -> None:
    """Check every record of one organization against its entries, in chunks."""
    after_id: UUID | None = None
    while rows := _chunk(tx, organization_id, after_id):
        entries: dict[UUID, list[Any]] = defaultdict(list)
        for entry in tx.connection.execute(_ENTRIES, {"ids": [row.id for row in rows]}):
            entries[entry.record_id].append(entry)
        for row in rows:
            report.records += 1
            _Check(report, row, entries[row.id]).carry_out()
        after_id = rows[-1].id
    for entry in tx.connection.execute(_FOREIGN_ENTRIES, {"place": organization_id}):
        report.found(
            "entry.of_no_record_here",
            organization=organization_id,
            sequence=entry.sequence,
            position=entry.position,
            record=entry.record_id,
        )


def _chunk(tx: Tx, organization_id: UUID, after_id: UUID | None) -> list[Any]:
    if after_id is None:
        return list(tx.connection.execute(_RECORDS, {"place": organization_id}))
    return list(tx.connection.execute(_NEXT_RECORDS, {"place": organization_id, "after": after_id}))


class _Check:
    """One record."""

    def __init__(self, report: Report, row: Any, entries: list[Any]) -> None:
        self._report = report
        self._row = row
        self._entries = entries
        self._is_erased = any(entry.kind == ERASED for entry in entries)

    def carry_out(self) -> None:
        row = self._row
        if not self._entries:
            self._found("record.without_entries")
            return
        if row.salt is None:
            self._report.erased += 1
            if not self._is_erased:
                self._found("record.salt_missing")
        reached = self._replay()
        if reached is None:
            return
        status, confirmed_at = reached
        if row.status != status:
            self._found("record.status_differs", stored=row.status, entries_say=status)
        if (instant(row.confirmed_at) if row.confirmed_at is not None else None) != confirmed_at:
            self._found("record.content_differs", columns=["confirmed_at"])

    def _replay(self) -> tuple[str, str | None] | None:
        """Return the status and the instant of confirmation that the entries lead to, or ``None`` when they lead nowhere."""
        told = self._read(self._entries[0])
        if told is None:
            return None
        if self._entries[0].kind != RECORDED or told.get("status") not in (PENDING, CONFIRMED):
            self._found("record.not_opened")
            return None
        self._check_content(told)
        status: str = told["status"]
        confirmed_at = told.get("recorded_at") if status == CONFIRMED else None
        for entry in self._entries[1:]:
            told = self._read(entry)
            if told is None:
                return None
            if entry.kind == ERASED:
                continue
            reached = after(entry.kind, status)
            if reached is None or told.get("status") != reached:
                self._found("record.impossible_step", kind=entry.kind, was=status)
                return None
            if entry.kind == CONFIRMED:
                confirmed_at = told.get("at")
            if entry.kind == CORRECTED and "replaced_by" not in told:
                self._found("record.correction_unnamed")
            self._check_witness(entry, told)
            status = reached
        return status, confirmed_at

    def _read(self, entry: Any) -> dict[str, Any] | None:
        try:
            told = json.loads(entry.payload)
        except ValueError:
            told = None
        if (
            not isinstance(told, dict)
            or canonical(told) != entry.payload
            or told.get("v") != VERSION
            or told.get("kind") != entry.kind
            or told.get("record") != str(self._row.id)
            or told.get("organization_id") != str(entry.organization_id)
        ):
            self._found("entry.not_of_this_record", sequence=entry.sequence, position=entry.position)
            return None
        return told

    def _check_content(self, told: dict[str, Any]) -> None:
        row = self._row
        differing = [name for name in CLEAR_COLUMNS if told.get(name) != _plain_or_none(getattr(row, name))]
        if row.salt is not None:
            for name in DIGEST_COLUMNS:
                value = getattr(row, name)
                if told.get(name) != (digest(row.salt, name, value) if value is not None else None):
                    differing.append(name)
        if differing:
            self._found("record.content_differs", columns=differing)
        if not told.keys() <= _OPENING_FIELDS:
            self._found("entry.unknown_fields", fields=sorted(told.keys() - _OPENING_FIELDS))

    def _check_witness(self, entry: Any, told: dict[str, Any]) -> None:
        if self._row.salt is None:
            return
        for name, value in (("acted_by", entry.acted_by), ("reason", entry.reason)):
            if told.get(name) != (digest(self._row.salt, name, value) if value is not None else None):
                self._found(
                    "entry.witness_differs", sequence=entry.sequence, position=entry.position, field=name
                )

    def _found(self, code: str, **where: Any) -> None:
        self._report.found(code, organization=self._row.organization_id, record=self._row.id, **where)


def _plain_or_none(value: Any) -> Any:
    return plain(value) if value is not None else None
