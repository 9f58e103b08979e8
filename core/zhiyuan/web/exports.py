"""Lists as files: CSV and XLSX of whatever rows a list shows, with no cell that a spreadsheet would run.

Rows are written one after another into a temporary file that is gone once it is sent, so memory stays small however long
the list is. In CSV a text that a spreadsheet would take for a formula gets an apostrophe before it (the advice of OWASP on
CSV injection); in XLSX every text is stored as text.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from litestar.response import Stream
from xlsxwriter import Workbook

from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.clock import local_date
from zhiyuan.kernel.errors import Invalid, NotFound
from zhiyuan.kernel.i18n import gettext_noop
from zhiyuan.runtime import Runtime
from zhiyuan.web.downloads import safe_name
from zhiyuan.web.visit import Visit

Cell: TypeAlias = str | int | float | Decimal | date | datetime | None
"""What a row may hold. Instants are aware; they are written as the wall of the organization shows them."""

Format = Literal["csv", "xlsx"]

MOST_ROWS: Final = 500_000
"""Most rows of one file, below the 1,048,576 that a sheet can hold."""

_MEDIA_TYPES: Final[dict[Format, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_LIVE: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_MOST_CHARACTERS: Final = 32_000
_PIECE: Final = 64 * 1024
_BOM: Final = "\ufeff"


def format_named(name: str) -> Format:
    """Return the format that an address asks for. Raises NotFound for any other word."""
    match name:
        case "csv" | "xlsx":
            return name
        case _:
            pass
    raise NotFound("web.page_unknown", gettext_noop("There is no such page."))


def export(
    runtime: Runtime,
    visit: Visit,
    name: str,
    wanted: Format,
    labels: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    filters: Mapping[str, object],
) -> Stream:
    """Return the list ``name`` of the organization in the path as a file with a line of ``labels`` on top.

    That it was taken is audited, with the names of the ``filters`` in use and never their values, which may be somebody's
    name. ``rows`` are read once, to the end, before the answer begins. Raises Invalid when there are more than MOST_ROWS.
    """
    here = visit.here
    content = TemporaryFile()  # noqa: SIM115  # closed by _pieces when it is sent
    try:
        write = write_csv if wanted == "csv" else write_xlsx
        count = write(content, labels, rows, zone=here.time_zone)
        detail = {
            "list": name,
            "format": wanted,
            "rows": count,
            "filters": sorted(key for key, value in filters.items() if value),
        }
        with runtime.database.uow() as tx:
            tx.audit(Audit(visit.actor, "lists.export", "organization", here.id, here.id, detail))
        size = content.tell()
        content.seek(0)
    except BaseException:
        content.close()
        raise
    file_name = f"{safe_name(f'{name}-{here.code}')}-{local_date(visit.now, here.time_zone)}.{wanted}"
    return Stream(
        _pieces(content),
        media_type=_MEDIA_TYPES[wanted],
        headers={
            "Content-Disposition": f'attachment; filename="{file_name}"',
            "Content-Length": str(size),
            "Cache-Control": "private, no-store",
        },
    )


def write_csv(content: IO[bytes], labels: Sequence[str], rows: Iterable[Sequence[Cell]], *, zone: str) -> int:
    """Write UTF-8 with a byte order mark (spreadsheets need it) into ``content``. Returns how many rows there were."""
    text = io.TextIOWrapper(content, encoding="utf-8", newline="", write_through=True)
    text.write(_BOM)
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow([harmless(label) for label in labels])
    count = 0
    for number, row in _counted(rows):
        count = number
        writer.writerow([_csv_cell(cell, zone) for cell in row])
    text.flush()
    text.detach()
    return count


def write_xlsx(
    content: IO[bytes], labels: Sequence[str], rows: Iterable[Sequence[Cell]], *, zone: str
) -> int:
    """Write one sheet with a fixed first line into ``content``. Returns how many rows there were."""
    with TemporaryDirectory() as folder:
        book = Workbook(
            content,
            {
                "constant_memory": True,
                "tmpdir": folder,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, max(len(labels) - 1, 0), 22)
        for column, label in enumerate(labels):
            sheet.write_string(0, column, label, bold)
        count = 0
        for count, row in _counted(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, datetime):
                    local = cell.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
                    sheet.write_datetime(count, column, local, moment)
                elif isinstance(cell, date):
                    # A sheet has no day before 1900.
                    if cell.year > 1900:
                        sheet.write_datetime(count, column, cell, day)
                    else:
                        sheet.write_string(count, column, cell.isoformat())
                elif isinstance(cell, int | float | Decimal):
                    sheet.write_number(count, column, cell)
                elif cell:
                    sheet.write_string(count, column, cell[:_MOST_CHARACTERS])
        book.close()
    return count


def harmless(text: str) -> str:
    """Return ``text`` as a CSV cell that no spreadsheet runs: an apostrophe stands before what looks like a formula."""
    return f"'{text}" if text.startswith(_LIVE) else text


def _csv_cell(cell: Cell, zone: str) -> str | int | float | Decimal:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, str):
        return harmless(cell)
    return cell


def _counted(rows: Iterable[Sequence[Cell]]) -> Iterator[tuple[int, Sequence[Cell]]]:
    for number, row in enumerate(rows, 1):
        if number > MOST_ROWS:
            raise Invalid(
                "web.export_too_large",
                gettext_noop(
                    "This list has more than %(maximum)s rows. Narrow it down and export it in parts."
                ),
                maximum=MOST_ROWS,
            )
        yield number, row


def _pieces(content: IO[bytes]) -> Iterator[bytes]:
    with content:
        while piece := content.read(_PIECE):
            yield piece
