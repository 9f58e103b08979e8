"""An import writes all or nothing of a bad file, resumes after a crash, and says why it refused."""

from pathlib import Path
from uuid import UUID
from zipfile import ZipFile

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select

from zhiyuan.imports import FileRefused, ImportSummary, MappingRefused, run
from zhiyuan.kernel.commands import CommandBus
from zhiyuan.kernel.models import AuditEntry
from zhiyuan.organizations import queries as organizations
from zhiyuan.people import queries as people
from zhiyuan.people.models import Person
from zhiyuan.records import queries as records
from zhiyuan.records.models import ServiceRecord
from zhiyuan.runtime import Runtime

PEOPLE = """kind = "people"
[external_id]
scheme = "roster"
column = "id"
[fields.name]
column = "name"
[fields.phone]
column = "phone"
optional = true
[fields.birth_date]
column = "born"
optional = true
"""
RECORDS = """kind = "records"
[person]
scheme = "roster"
column = "id"
[fields.title]
column = "what"
default = "Service"
[fields.service_date]
column = "day"
[fields.minutes]
column = "hours"
as = "hours"
[fields.started_at]
columns = ["day", "from"]
as = "local_time"
optional = true
[fields.ended_at]
columns = ["day", "to"]
as = "local_time"
optional = true
"""
SHIFTS = """kind = "activities"
[fields.title]
column = "what"
[shifts]
group_by = ["what"]
key = ["from"]
[shifts.fields.starts_at]
column = "from"
[shifts.fields.ends_at]
column = "to"
[shifts.fields.capacity]
column = "places"
[shifts.fields.reserved_count]
column = "taken"
optional = true
"""


class Desk:
    """Writes files and imports them."""

    def __init__(self, runtime: Runtime, folder: Path) -> None:
        self.runtime = runtime
        self.folder = folder

    def file(self, text: str, name: str = "file.csv") -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, kind: str, text: str, mapping: str, **options: object) -> ImportSummary:
        options = {"organization_code": "here", **options}
        return run(self.runtime, kind, self.file(text), self.file(mapping, "map.toml"), **options)  # type: ignore[arg-type]

    def count(self, model: type) -> int:
        with self.runtime.database.reading() as tx:
            return tx.connection.execute(select(func.count()).select_from(model.__table__)).scalar_one()  # type: ignore[attr-defined, no-any-return]


@pytest.fixture
def desk(runtime: Runtime, place: str, tmp_path: Path) -> Desk:
    return Desk(runtime, tmp_path)


def _numbers(summary: ImportSummary) -> tuple[int, int, int, int]:
    return summary.created, summary.updated, summary.unchanged, summary.rejected


def _codes(summary: ImportSummary) -> list[tuple[int, str]]:
    return [(problem.row, problem.issue.code) for problem in summary.problems if problem.blocks]


def test_one_bad_row_refuses_the_file_and_names_it(desk: Desk) -> None:
    text = "id,name,born\n1,张伟,1990-01-02\n2,<b>x</b>,0202-01-02\n"

    summary = desk.run("people", text, PEOPLE)

    assert _numbers(summary) == (0, 0, 0, 1)
    assert _codes(summary) == [(3, "imports.year_implausible")]
    assert desk.count(Person) == 0
    assert "0202" not in summary.problems[0].value


def test_the_domains_own_refusal_counts_as_a_bad_row(desk: Desk) -> None:
    summary = desk.run("people", "id,name\n1,张伟\n2,<b>x</b>\n3,a\u202eb\n", PEOPLE)

    assert _codes(summary) == [(3, "people.name_holds_markup"), (4, "text.direction_override")]
    assert desk.count(Person) == 0


def test_good_rows_can_be_taken_alone_and_the_others_sent_back(desk: Desk) -> None:
    text = "id,name,phone\n1,张伟,13800138000\n2,<b>=1+1</b>,13900139000\n"
    errors = desk.folder / "errors.xlsx"

    summary = desk.run("people", text, PEOPLE, skip_bad_rows=True, errors_path=errors)

    assert _numbers(summary) == (1, 0, 0, 1)
    rows = CalamineWorkbook.from_path(str(errors)).get_sheet_by_index(0).to_python()
    assert rows[0] == ["id", "name", "phone", "Row", "What is wrong", "What helps"]
    assert rows[1][:4] == ["2", "<b>=1+1</b>", "(hidden)", "3"]
    assert errors.stat().st_mode & 0o077 == 0
    back = run(
        desk.runtime, "people", errors, desk.folder / "map.toml", organization_code="here", skip_bad_rows=True
    )
    assert "imports.cell_hidden" in [code for _, code in _codes(back)]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t="])
def test_formulas_never_come_out_alive(desk: Desk, start: str) -> None:
    errors = desk.folder / "errors.xlsx"

    desk.run("people", f'id,name\n1,"<{start}cmd>"\n2,"{start}1+1<"\n', PEOPLE, errors_path=errors)

    with ZipFile(errors) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_a_dry_run_counts_the_same_and_writes_nothing(desk: Desk) -> None:
    text = "id,name\n1,张伟\n2,李四\n"

    dry = desk.run("people", text, PEOPLE, dry_run=True)

    assert (desk.count(Person), desk.count(AuditEntry)) == (0, 1)
    assert _numbers(dry) == _numbers(desk.run("people", text, PEOPLE)) == (2, 0, 0, 0)
    assert _numbers(desk.run("people", text, PEOPLE, dry_run=True)) == (0, 0, 2, 0)


def test_people_join_the_organization_even_when_they_were_known(desk: Desk, place_id: UUID) -> None:
    text = "id,name\n1,张伟\n"
    desk.run("people", text, PEOPLE, organization_code=None)

    summary = desk.run("people", text, PEOPLE)

    assert _numbers(summary) == (0, 1, 0, 0)
    with desk.runtime.database.reading() as tx:
        assert [row.name for row in people.page(tx, place_id)] == ["张伟"]


def test_one_identifier_with_two_meanings_is_refused(desk: Desk) -> None:
    summary = desk.run("people", "id,name\n1,张伟\n1,张伟\n1,李四\n", PEOPLE)

    assert _codes(summary) == [(4, "imports.id_twice")]
    assert (summary.problems[0].column, summary.problems[0].value) == ("id", "1")


def _hours(desk: Desk, place_id: UUID) -> int:
    with desk.runtime.database.reading() as tx:
        return sum(row.minutes for row in records.totals(tx, place_id))


def test_equal_rows_all_count_and_the_same_file_again_changes_nothing(desk: Desk, place_id: UUID) -> None:
    desk.run("people", "id,name\n1,张伟\n", PEOPLE)
    text = "id,what,day,hours\n" + "1,Cats,2018-02-16,2\n" * 3 + "1,,2018-02-16,0.5\n"

    assert _numbers(desk.run("records", text, RECORDS)) == (4, 0, 0, 0)
    shuffled = "hours,id,day,what,note\n0.50,1,2018-02-16,,x\n" + "2.0,1,2018-02-16, Cats ,y\n" * 3
    assert _numbers(desk.run("records", shuffled, RECORDS)) == (0, 0, 4, 0)
    assert _hours(desk, place_id) == 390


def test_a_crash_in_the_middle_is_completed_by_the_same_call(
    desk: Desk, place_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.run("people", "id,name\n1,张伟\n", PEOPLE)
    text = "id,what,day,hours\n" + "1,Cats,2018-02-16,0.5\n" * 1200
    submit, calls = CommandBus.submit, []

    def dying(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return submit(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(CommandBus, "submit", dying)
    with pytest.raises(KeyboardInterrupt):
        desk.run("records", text, RECORDS)
    assert desk.count(ServiceRecord) == 500

    assert _numbers(desk.run("records", text, RECORDS)) == (700, 0, 500, 0)
    assert _hours(desk, place_id) == 1200 * 30


@pytest.mark.parametrize(
    ("row", "code", "field"),
    [
        ("9,x,2018-02-16,1,,", "imports.person_unknown", "person"),
        (",x,2018-02-16,1,,", "imports.row_without_person", "person"),
        ("1,x,,1,,", "imports.cell_empty", "service_date"),
        ("1,x,2018-02-16,,,", "imports.cell_empty", "minutes"),
        ("1,x,2018-02-16,-1,,", "imports.minutes_negative", "minutes"),
        ("1,x,0202-02-16,1,,", "imports.year_implausible", "service_date"),
        ("1,x,2018-03-11,1,2:30,5:00", "imports.time_in_gap", "started_at"),
        ("1,x,2018-02-16,1,15:00,14:00", "imports.end_before_start", "ended_at"),
        ("1,x,2018-02-16,1,15:00,16:00,17", "imports.too_many_cells", None),
        ("1," + "x" * 10_001 + ",2018-02-16,1,,", "imports.cell_too_long", None),
    ],
)
def test_bad_records_are_refused_for_the_stated_reason(
    desk: Desk, row: str, code: str, field: str | None
) -> None:
    desk.run("people", "id,name\n1,张伟\n", PEOPLE)

    summary = desk.run("records", f"id,what,day,hours,from,to\n{row}\n", RECORDS)

    assert (code, field) in [(problem.issue.code, problem.issue.field) for problem in summary.problems]
    assert desk.count(ServiceRecord) == 0


def test_rows_become_shifts_of_one_activity(desk: Desk) -> None:
    text = "what,from,to,places\nDoor,2018-02-16 10:00,2018-02-16 12:00,3\nDoor,2018-02-16 12:00,2018-02-16 14:00,3\n"

    summary = desk.run("activities", text, SHIFTS)

    assert _numbers(summary) == (2, 0, 0, 0)
    assert summary.others == {"activities": {"created": 1}}
    assert _numbers(desk.run("activities", text.replace(",3\n", ",4\n", 1), SHIFTS)) == (0, 1, 1, 0)


@pytest.mark.parametrize(
    ("row", "field"),
    [("Door,2018-02-16 10:00,2018-02-16 09:00,3,0", "ends_at"), ("Door,2018-02-16 10:00,2018-02-16 12:00,3,4", None),
     (",2018-02-16 10:00,2018-02-16 12:00,3,0", None)],
)  # fmt: skip
def test_bad_shifts_are_refused(desk: Desk, row: str, field: str | None) -> None:
    summary = desk.run("activities", f"what,from,to,places,taken\n{row}\n", SHIFTS)

    assert (summary.created, summary.rejected) == (0, 1)
    if field:
        assert field in [problem.issue.field for problem in summary.problems]


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        ("kind = ", "imports.mapping_not_toml"),
        (RECORDS, "imports.mapping_other_kind"),
        (PEOPLE + "nonsense = 1\n", "imports.mapping_unknown_key"),
        (PEOPLE + '[fields.nonsense]\ncolumn = "x"\n', "imports.mapping_unknown_field"),
        (PEOPLE + '[fields.email]\ncolumn = "mail"\n', "imports.column_missing"),
        (PEOPLE + '[fields.email]\ncolumn = "x"\ntemplate = "y"\n', "imports.mapping_wrong"),
        (PEOPLE.replace("[fields.name]", "[fields.unit]"), "imports.mapping_field_missing"),
        ('time_zone = "Mars/Base"\n' + PEOPLE, "imports.time_zone_unknown"),
    ],
)
def test_a_wrong_mapping_is_refused_by_name(desk: Desk, mapping: str, code: str) -> None:
    with pytest.raises(MappingRefused) as caught:
        desk.run("people", "id,name\n1,x\n", mapping)

    assert caught.value.issue.code == code


def test_an_unknown_organization_and_a_missing_file_are_refused(desk: Desk) -> None:
    with pytest.raises(MappingRefused):
        desk.run("people", "id,name\n1,x\n", PEOPLE, organization_code="nowhere")
    with pytest.raises(FileRefused):
        run(desk.runtime, "people", desk.folder / "none.csv", desk.folder / "map.toml")


def test_every_issue_has_a_text() -> None:
    import re

    from zhiyuan import imports
    from zhiyuan.imports.issues import ISSUES
    from zhiyuan.imports.policy import RULES

    folder = Path(imports.__file__).parent
    used = {
        code
        for path in folder.rglob("*.py")
        for code in re.findall(r'"(imports\.[a-z_0-9]+)"', path.read_text())
    }

    assert used - {rule.id for rule in RULES} - {"imports.file_refused", "imports.mapping_refused"} == {
        text.code for text in ISSUES
    }


ORGANIZATIONS = """kind = "organizations"
[external_id]
scheme = "register"
column = "id"
[fields.name]
column = "name"
[fields.code]
column = "code"
[fields.parent_code]
column = "above"
[fields.kind]
column = "kind"
optional = true
"""


def test_a_tree_of_organizations_comes_in_below_the_one_of_the_command(desk: Desk) -> None:
    text = "id,name,code,above\n1,Branch,branch,\n2,Team,team,branch\n"

    first = desk.run("organizations", text, ORGANIZATIONS)
    again = desk.run("organizations", text, ORGANIZATIONS)
    lost = desk.run("organizations", text + "3,Lost,lost,nowhere\n", ORGANIZATIONS)

    assert (_numbers(first), _numbers(again)) == ((2, 0, 0, 0), (0, 0, 2, 0))
    assert {row for row, _ in _codes(lost)} == {4}
    with desk.runtime.database.reading() as tx:
        ids = organizations.by_codes(tx, ["here", "branch", "team"])
        assert [view.code for view in organizations.above(tx, ids["team"])] == ["team", "branch", "here"]
