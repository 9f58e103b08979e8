"""Everything that writes to the ledger. Each command is a batch; see the modules for what each one promises."""

from typing import Final

from zhiyuan.accounts.permissions import ATTENDANCE_MANAGE, RECORDS_CONFIRM, RECORDS_CORRECT
from zhiyuan.kernel.commands import Command
from zhiyuan.records.schemas import (
    ConfirmRecord,
    CorrectRecord,
    DisputeRecord,
    RecordAttendance,
    RecordService,
    UpholdRecord,
    VoidRecord,
)
from zhiyuan.records.service.attendance import record_attendance
from zhiyuan.records.service.confirming import confirm_records
from zhiyuan.records.service.correcting import correct_records
from zhiyuan.records.service.recording import claimed_by, record_services
from zhiyuan.records.service.voiding import dispute_records, uphold_records, void_records

RECORD: Final = Command[RecordService]("records.record", RECORDS_CONFIRM, record_services, owner=claimed_by)
RECORD_ATTENDANCE: Final = Command[RecordAttendance](
    "records.record_attendance", ATTENDANCE_MANAGE, record_attendance
)
CONFIRM: Final = Command[ConfirmRecord]("records.confirm", RECORDS_CONFIRM, confirm_records)
CORRECT: Final = Command[CorrectRecord]("records.correct", RECORDS_CORRECT, correct_records)
VOID: Final = Command[VoidRecord]("records.void", RECORDS_CORRECT, void_records)
DISPUTE: Final = Command[DisputeRecord]("records.dispute", None, dispute_records)
UPHOLD: Final = Command[UpholdRecord]("records.uphold", RECORDS_CORRECT, uphold_records)

__all__ = [
    "CONFIRM",
    "CORRECT",
    "DISPUTE",
    "RECORD",
    "RECORD_ATTENDANCE",
    "UPHOLD",
    "VOID",
    "ConfirmRecord",
    "CorrectRecord",
    "DisputeRecord",
    "RecordAttendance",
    "RecordService",
    "UpholdRecord",
    "VoidRecord",
]
