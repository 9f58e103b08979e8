"""Decisions name their guard; nothing names a place that only one machine has; news can be collected."""

import os
import re
import subprocess
import sys

import pytest

from tools.architecture import documents
from tools.architecture.source import ROOT, tracked_files
from tools.lock import with_header

# Assembled here, so that this file does not hold what it forbids.
SCHEME = "https" + "://"
DECISION = "\n".join([*documents.SECTIONS[:-1], "## Guarded by", "`{guard}`"])


def test_every_decision_is_complete_and_names_a_guard_that_exists():
    pages = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))

    assert pages
    assert [] == [finding for page in pages for finding in documents.decision_findings(page, ROOT)]


@pytest.mark.parametrize("guard", ["tests/architecture/test_gone.py", "nothing at all"])
def test_a_decision_without_a_guard_is_found(tmp_path, guard):
    page = tmp_path / "0001-a.md"
    page.write_text(DECISION.format(guard=guard), encoding="utf-8")

    assert documents.decision_findings(page, ROOT)


def test_decisions_are_numbered_without_gaps():
    numbers = sorted(int(page.name[:4]) for page in (ROOT / "docs" / "decisions").glob("[0-9]*.md"))

    assert list(range(len(numbers))) == numbers


def own_indexes() -> frozenset[str]:
    """The hosts this machine installs from, without those every machine has."""
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    listing += "\n".join(value for name, value in os.environ.items() if "INDEX" in name)
    hosts = {host.split("@")[-1].split(":")[0] for host in re.findall(r"https?://([^/'\"\s]+)", listing)}
    return frozenset(host for host in hosts if "." in host and not host.startswith("127."))


def test_the_tree_names_no_package_index_and_no_machine():
    hosts, found = own_indexes(), []
    for path in tracked_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # pictures, spreadsheets
        found += documents.addresses(text, str(path.relative_to(ROOT)), hosts)

    assert [] == found


@pytest.mark.parametrize(
    "line",
    [
        f"--index-url {SCHEME}packages.example/simple/",
        f'"resolved": "{SCHEME}registry.example/a/-/a-1.0.tgz"',
        "data = open('" + "/ho" + "me/somebody/list.csv')",
        "see " + "/wo" + "rk/shared/plan.md",
    ],
)
def test_an_address_is_found(line):
    assert documents.addresses(line, "file")


def test_a_host_of_this_machine_is_found():
    assert documents.addresses("from mirror.example", "file", frozenset({"mirror.example"}))


def test_ordinary_links_and_routes_are_left_alone():
    text = f"{SCHEME}www.apache.org/licenses/ and /o/{{org}}/records and ~/work/x and /srv/zhiyuan"

    assert [] == documents.addresses(text, "file")


def test_pins_that_name_an_address_are_refused():
    with pytest.raises(ValueError, match="line 2"):
        with_header(f"a==1\nb @ {SCHEME}host.example/b.whl\n", ["x"])


def test_links_between_pages_lead_somewhere():
    pages = [path for path in tracked_files() if path.suffix == ".md"]

    assert [] == [finding for page in pages for finding in documents.broken_links(page, ROOT)]


def test_a_link_that_leads_nowhere_is_found(tmp_path):
    page = tmp_path / "a.md"
    page.write_text(f"[here](a.md#top) [there]({SCHEME}host.example) [gone](b.md)", encoding="utf-8")

    assert ["a.md:1: b.md does not exist"] == documents.broken_links(page, tmp_path)


def test_every_news_fragment_can_be_collected():
    folder = ROOT / "changes"
    files = [path for path in folder.iterdir() if path.name != "README.md"]

    assert [
        f for path in files for f in documents.fragment_findings(path.name, path.read_text(encoding="utf-8"))
    ] == []


@pytest.mark.parametrize("name", ["a.md", "a.news.md", "Über.fix.md", "a.fix.txt"])
def test_a_fragment_with_a_wrong_name_is_found(name):
    assert documents.fragment_findings(name, "Text.")


def test_an_empty_fragment_is_found():
    assert documents.fragment_findings("a.fix.md", " \n")
