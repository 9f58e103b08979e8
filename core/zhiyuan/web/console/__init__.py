"""The organization console: everything under ``/o/<code>/``."""

from zhiyuan.web.console import (
    activities,
    audit,
    certificates,
    exports,
    organizations,
    overview,
    people,
    records,
    roster,
)

CONSOLE_HANDLERS = [
    *overview.HANDLERS,
    *activities.HANDLERS,
    *roster.HANDLERS,
    *records.HANDLERS,
    *certificates.HANDLERS,
    *people.HANDLERS,
    *organizations.HANDLERS,
    *audit.HANDLERS,
    *exports.HANDLERS,
]
