"""Lists as files: exactly what the list shows, and nothing in them that a spreadsheet would run."""

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from zhiyuan.accounts.queries import audit_entries
from zhiyuan.kernel.errors import Invalid
from zhiyuan.web import exports


def lines(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", '=HYPERLINK("http://x")']
)
def test_no_text_is_live_in_either_format(text):
    plain, sheet = io.BytesIO(), io.BytesIO()

    exports.write_csv(plain, [text], [[text]], zone="UTC")
    exports.write_xlsx(sheet, [text], [[text]], zone="UTC")

    assert lines(plain.getvalue()) == [[f"'{text}"], [f"'{text}"]]
    inside = zipfile.ZipFile(sheet)
    written = inside.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in written
    assert "hyperlink" not in written


def test_values_keep_their_kind_and_instants_are_local():
    plain = io.BytesIO()
    row = ["text", -5, Decimal("1.25"), date(2026, 3, 2), datetime(2026, 3, 2, 16, tzinfo=UTC), None]

    count = exports.write_csv(plain, list("abcdef"), [row], zone="Asia/Shanghai")

    assert count == 1
    assert lines(plain.getvalue())[1] == ["text", "-5", "1.25", "2026-03-02", "2026-03-03 00:00", ""]


def test_a_list_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(exports, "MOST_ROWS", 2)

    with pytest.raises(Invalid):
        exports.write_csv(io.BytesIO(), ["a"], [["x"]] * 3, zone="UTC")


@pytest.mark.parametrize("section", ["people", "activities", "ledger", "certificates", "audit"])
def test_each_list_comes_in_both_formats_and_links_to_them(browser, place, section):
    browser.sign_in("root")

    for kind, begins in (("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK")):
        answer = browser.get(f"/o/root/{section}/export/{kind}")
        assert answer.status_code == 200, answer.text
        assert answer.content.startswith(begins)
        assert "attachment" in answer.headers["content-disposition"]
        assert answer.headers["cache-control"] == "private, no-store"
    assert browser.get(f"/o/root/{section}/export/pdf").status_code == 404


def test_a_file_holds_the_filtered_list_and_is_audited_without_what_was_searched(browser, place, database):
    browser.sign_in("jing")

    everybody = lines(browser.get("/o/root/people/export/csv").content)
    some = lines(browser.get("/o/root/people/export/csv?q=Xiaoming").content)

    assert [row[0] for row in everybody[1:]] == ["Wang Xiaoming", "Li Hua", "Chen Jing"]
    assert [row[0] for row in some[1:]] == ["Wang Xiaoming"]
    assert "/o/root/people/export/csv?q=Xiaoming" in browser.get("/o/root/people?q=Xiaoming").text
    with database.reading() as tx:
        last = audit_entries(tx, place.root, limit=1)[0]
    assert (last.action, last.who) == ("lists.export", "Chen Jing")
    assert last.detail == {"list": "people", "format": "csv", "rows": 1, "filters": ["q"]}


def test_only_those_who_may_see_the_list_get_the_file(browser, place):
    browser.sign_in("lei")
    assert browser.get("/o/root/people/export/csv").status_code == 404
    browser.post("/sign-out")
    browser.sign_in("hua")
    assert browser.get("/o/branch/audit/export/csv").status_code == 403
