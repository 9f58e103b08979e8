"""Routes of the API, one module per room."""

from zhiyuan.api.handlers import (
    activities,
    attendance,
    certificates,
    me,
    organizations,
    people,
    records,
    rules,
    shifts,
    sign_ups,
)

API_HANDLERS = [
    *me.HANDLERS,
    *organizations.HANDLERS,
    *people.HANDLERS,
    *activities.HANDLERS,
    *shifts.HANDLERS,
    *sign_ups.HANDLERS,
    *attendance.HANDLERS,
    *records.HANDLERS,
    *certificates.HANDLERS,
    *rules.HANDLERS,
]
