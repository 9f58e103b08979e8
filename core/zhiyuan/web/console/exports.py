"""The lists of the console as files: exactly what the list shows under its filters, all of its pages."""

from collections.abc import Iterator
from itertools import chain
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from zhiyuan.accounts.permissions import (
    ACTIVITIES_VIEW,
    AUDIT_VIEW,
    CERTIFICATES_ISSUE,
    PEOPLE_VIEW,
    RECORDS_VIEW,
)
from zhiyuan.accounts.queries import audit_entries
from zhiyuan.activities import queries as activities
from zhiyuan.activities.schemas import ActivityFilter
from zhiyuan.kernel.i18n import CORE_DOMAIN, active_translator, gettext_noop
from zhiyuan.kernel.uow import Tx
from zhiyuan.people import masking
from zhiyuan.people import queries as people
from zhiyuan.records import certificates
from zhiyuan.records import queries as records
from zhiyuan.runtime import Runtime
from zhiyuan.web.console.columns import ShownColumns, plugin_columns
from zhiyuan.web.exports import Cell, export, format_named
from zhiyuan.web.guards import needs
from zhiyuan.web.rendering import word
from zhiyuan.web.threads import in_thread
from zhiyuan.web.visit import Asked, Installation, Visit, visit_of

_PAGE = 200
_HOUR = 60

Text = Annotated[str, QueryParameter(max_length=200)]

_ = gettext_noop
_PEOPLE = (_("Name"), _("Number"), _("State"), _("Residence"), _("Registered on"), _("Hours"))
_ACTIVITIES = (
    _("Title"), _("Begins"), _("Ends"), _("Organizer"), _("Place"), _("Shifts"), _("Places left"), _("State")
)  # fmt: skip
_RECORDS = (
    _("Volunteer"), _("Number"), _("What"), _("Date"), _("Hours"), _("Organization"), _("Source"), _("State")
)  # fmt: skip
_CERTIFICATES = (
    _("Number"), _("Volunteer"), _("Hours"), _("Issued on"), _("State"), _("Revoked on"), _("Reason")
)  # fmt: skip
_AUDIT = (_("When"), _("Who"), _("What"), _("To what"), _("Number"), _("Through"))


@get("/o/{org_code:str}/people/export/{kind:str}", opt=needs(PEOPLE_VIEW), include_in_schema=False)
@in_thread
def people_file(request: Asked, runtime: Installation, kind: FromPath[str], q: Text = "") -> Stream:
    """Answer the list of people with their confirmed hours and the columns of plugins."""
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        pages = _people(runtime, tx, visit, q)
        first = next(pages, ([], ShownColumns()))
        labels = [*_told(_PEOPLE), *first[1].labels.values()]
        keys = list(first[1].labels)

        rows = (row for page, extra in chain([first], pages) for row in _with_columns(page, extra, keys))
        return export(runtime, visit, "people", format_named(kind), labels, rows, filters={"q": q})


@get("/o/{org_code:str}/activities/export/{kind:str}", opt=needs(ACTIVITIES_VIEW), include_in_schema=False)
@in_thread
def activities_file(
    request: Asked, runtime: Installation, kind: FromPath[str], q: Text = "", status: Text = ""
) -> Stream:
    """Answer the list of activities."""
    visit = visit_of(request)
    wanted = ActivityFilter(
        organization_id=visit.here.id, statuses=(status,) if status else (), search=q, order="latest"
    )
    with runtime.database.reading() as tx:
        return export(
            runtime, visit, "activities", format_named(kind), _told(_ACTIVITIES), _activities(tx, wanted),
            filters={"q": q, "status": status},
        )  # fmt: skip


@get("/o/{org_code:str}/ledger/export/{kind:str}", opt=needs(RECORDS_VIEW), include_in_schema=False)
@in_thread
def records_file(request: Asked, runtime: Installation, kind: FromPath[str], status: Text = "") -> Stream:
    """Answer the list of service records."""
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        return export(
            runtime, visit, "records", format_named(kind), _told(_RECORDS), _records(tx, visit, status),
            filters={"status": status},
        )  # fmt: skip


@get(
    "/o/{org_code:str}/certificates/export/{kind:str}", opt=needs(CERTIFICATES_ISSUE), include_in_schema=False
)
@in_thread
def certificates_file(request: Asked, runtime: Installation, kind: FromPath[str]) -> Stream:
    """Answer the list of certificates, without the codes that open them."""
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        rows = _certificates(tx, visit)
        return export(
            runtime, visit, "certificates", format_named(kind), _told(_CERTIFICATES), rows, filters={}
        )


@get("/o/{org_code:str}/audit/export/{kind:str}", opt=needs(AUDIT_VIEW), include_in_schema=False)
@in_thread
def audit_file(request: Asked, runtime: Installation, kind: FromPath[str]) -> Stream:
    """Answer the audit log."""
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        return export(
            runtime, visit, "audit", format_named(kind), _told(_AUDIT), _audit(tx, visit), filters={}
        )


def _people(
    runtime: Runtime, tx: Tx, visit: Visit, search: str
) -> Iterator[tuple[list[tuple[UUID, list[Cell]]], ShownColumns]]:
    after = None
    while rows := people.page(tx, visit.here.id, search=search, after=after, limit=_PAGE):
        ids = [row.id for row in rows]
        minutes = records.minutes_of(tx, ids)
        cells: list[tuple[UUID, list[Cell]]] = [
            (
                row.id,
                [
                    row.name, row.number, word("person", row.status), row.residence_text, row.registered_on,
                    minutes[row.id] / _HOUR,
                ],
            )
            for row in rows
        ]  # fmt: skip
        yield cells, plugin_columns(runtime, tx, "people", visit, ids)
        after = rows[-1].id


def _with_columns(
    page: list[tuple[UUID, list[Cell]]], extra: ShownColumns, keys: list[str]
) -> Iterator[list[Cell]]:
    for row_id, cells in page:
        added = extra.cells.get(row_id, {})
        yield [*cells, *(added[key].text if key in added else None for key in keys)]


def _activities(tx: Tx, wanted: ActivityFilter) -> Iterator[list[Cell]]:
    after: str | None = None
    while True:
        found = activities.page(tx, wanted, after=after, limit=_PAGE)
        for row in found.rows:
            yield [
                row.title, row.starts_on, row.ends_on, row.organization_name, row.place_text, row.shift_count,
                row.places_left if row.shift_count else None, word("activity", row.status),
            ]  # fmt: skip
        after = found.next_after
        if after is None:
            return


def _records(tx: Tx, visit: Visit, status: str) -> Iterator[list[Cell]]:
    after: str | None = None
    while True:
        found = records.page(tx, visit.here.id, status=status or None, after=after, limit=_PAGE)
        for row in found.rows:
            yield [
                _name(visit, row.person_name), row.person_number, row.title, row.service_date,
                row.minutes / _HOUR, row.organization_name, word("source", row.source),
                word("record", row.status),
            ]  # fmt: skip
        after = found.next_after
        if after is None:
            return


def _certificates(tx: Tx, visit: Visit) -> Iterator[list[Cell]]:
    after = None
    while rows := certificates.page(tx, visit.here.id, after=after, limit=_PAGE):
        names = people.names(tx, {row.person_id for row in rows})
        for row in rows:
            state = "revoked" if row.revoked_at else "valid"
            yield [
                row.number, _name(visit, names.get(row.person_id, "")), row.minutes / _HOUR, row.issued_at,
                word("certificate", state), row.revoked_at, row.revoked_reason,
            ]  # fmt: skip
        after = rows[-1].id


def _audit(tx: Tx, visit: Visit) -> Iterator[list[Cell]]:
    before = None
    while rows := audit_entries(tx, visit.here.id, before=before, limit=_PAGE):
        for row in rows:
            subject = str(row.subject_id) if row.subject_id else None
            who = _name(visit, row.who) if row.who else None
            yield [row.at, who, row.action, row.subject_kind, subject, row.channel]
        before = rows[-1].id


def _name(visit: Visit, name: str) -> str:
    """Return a name in full to those who may see people here, else masked."""
    return name if visit.may(PEOPLE_VIEW) else masking.name(name)


def _told(labels: tuple[str, ...]) -> list[str]:
    return [active_translator().translate(CORE_DOMAIN, label) for label in labels]


HANDLERS = [people_file, activities_file, records_file, certificates_file, audit_file]
