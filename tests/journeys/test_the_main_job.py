"""The whole main job by the command line alone: lists come in, totals agree, a certificate holds, tampering is found."""

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText
from sqlalchemy import create_engine, text

from tools.installation import ROOT, Installation

pytestmark = pytest.mark.timeout(600)

_DATA = ROOT / "docs/examples/data"
_MAPPINGS = ROOT / "docs/examples/mappings"
_PEOPLE = ("import", "people", _DATA / "shelter_people.csv", "--mapping", _MAPPINGS / "paws_master.toml")
_SERVICE = ("import", "records", _DATA / "shelter_service.csv", "--mapping", _MAPPINGS / "paws_service.toml")
_HERE = ("--organization", "shelter")


def _counts(told: dict[str, int]) -> tuple[int, int, int, int]:
    return told["created"], told["updated"], told["unchanged"], told["rejected"]


def _filled(installation: Installation) -> None:
    installation.json(
        "organizations", "create", "Harbour Shelter", "--code", "shelter", "--time-zone", "America/New_York"
    )
    assert _counts(installation.json(*_PEOPLE, *_HERE)) == (60, 0, 0, 0)
    assert _counts(installation.json(*_SERVICE, *_HERE)) == (770, 0, 0, 0)


def test_a_shelters_year_from_its_files_to_a_certificate_that_a_stranger_checks(
    installation: Installation, tmp_path: Path
) -> None:
    installation.has_processes = True
    installation.json(
        "organizations", "create", "Harbour Shelter", "--code", "shelter", "--time-zone", "America/New_York"
    )

    dry = installation.json(*_PEOPLE, *_HERE, "--dry-run")
    assert (_counts(dry), dry["written"]) == ((60, 0, 0, 0), False)
    assert _counts(installation.json(*_PEOPLE, *_HERE)) == (60, 0, 0, 0)
    assert _counts(installation.json(*_SERVICE, *_HERE)) == (770, 0, 0, 0)
    assert _counts(installation.json(*_PEOPLE, *_HERE)) == (0, 0, 60, 0)
    assert _counts(installation.json(*_SERVICE, *_HERE)) == (0, 0, 770, 0)

    life = {t["external_id"]: t for t in installation.json("records", "totals", *_HERE)["totals"]}
    year = {
        t["external_id"]: t for t in installation.json("records", "totals", *_HERE, "--year", 2018)["totals"]
    }
    with (_DATA / "shelter_people.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            total, this_year = life.get(row["ID"]), year.get(row["ID"])
            assert (total["minutes"] if total else 0) == round(Decimal(row["Life.hours"]) * 60)
            assert (this_year["minutes"] if this_year else 0) == round(Decimal(row["YTD.hours"]) * 60)
    assert {"external_id", "minutes", "entries"} <= life["5000"].keys()

    verified = installation.json("records", "verify")
    assert (verified["ok"], verified["checked"]["records"]) == (True, 770)

    issued = installation.json(
        "certificates", "issue", "--person", life["5000"]["number"], *_HERE, "--out", tmp_path / "paper.pdf"
    )
    assert issued["minutes"] == life["5000"]["minutes"]
    installation.json("records", "key", "--out", tmp_path / "key.json")
    here = installation.json("certificates", "verify", tmp_path / "paper.pdf")
    assert (here["state"], here["revocation"], here["text_covered"]) == ("valid", "not_revoked", True)

    elsewhere = {
        name: value for name, value in installation.environment.items() if not name.startswith("ZHIYUAN_")
    }
    elsewhere["ZHIYUAN_DATA_DIR"] = str(tmp_path / "never")
    there = installation.json(
        "certificates",
        "verify",
        tmp_path / "paper.pdf",
        "--key",
        tmp_path / "key.json",
        environment=elsewhere,
    )
    assert (there["state"], there["revocation"], there["minutes"]) == ("valid", "unknown", issued["minutes"])
    assert not (tmp_path / "never").exists()

    by_number = installation.json("certificates", "verify", issued["number"])
    assert by_number["state"] == "valid"
    installation.json("certificates", "revoke", issued["number"], "--reason", "name misspelled")
    assert (
        installation.json("certificates", "verify", tmp_path / "paper.pdf", code=1)["revocation"] == "revoked"
    )
    assert installation.json("certificates", "verify", issued["number"], code=1)["revocation"] == "revoked"
    offline = installation.json(
        "certificates",
        "verify",
        tmp_path / "paper.pdf",
        "--key",
        tmp_path / "key.json",
        environment=elsewhere,
    )
    assert offline["revocation"] == "unknown"


def test_a_paper_that_was_changed_is_told_from_one_that_was_forged(
    installation: Installation, tmp_path: Path
) -> None:
    _filled(installation)
    who = installation.json("records", "totals", *_HERE)["totals"][0]["number"]
    paper = tmp_path / "paper.pdf"
    installation.json("certificates", "issue", "--person", who, *_HERE, "--out", paper)
    installation.json("records", "key", "--out", tmp_path / "key.json")
    key = ("--key", tmp_path / "key.json")

    painted = PdfWriter(clone_from=io.BytesIO(paper.read_bytes()))
    painted.add_annotation(0, FreeText(text="9999 h", rect=(100, 500, 300, 560)))
    with (tmp_path / "painted.pdf").open("wb") as file:
        painted.write(file)
    told = installation.json("certificates", "verify", tmp_path / "painted.pdf", *key, code=1)
    assert (told["valid"], told["text_covered"]) == (False, False)
    assert (
        "TEXT NOT COVERED" in installation.run("certificates", "verify", tmp_path / "painted.pdf", *key).err
    )

    other = Installation(tmp_path / "other", f"sqlite:///{tmp_path / 'other.sqlite3'}")
    other.folder.mkdir()
    other.json("migrate")
    other.json("records", "key", "--out", tmp_path / "wrong_key.json")
    forged = installation.json("certificates", "verify", paper, "--key", tmp_path / "wrong_key.json", code=1)
    assert not forged["valid"]

    bare = PdfWriter()
    bare.append_pages_from_reader(PdfReader(io.BytesIO(paper.read_bytes())))
    with (tmp_path / "bare.pdf").open("wb") as file:
        bare.write(file)
    assert not installation.json("certificates", "verify", tmp_path / "bare.pdf", *key, code=1)["valid"]
    (tmp_path / "text.pdf").write_text("not a certificate", encoding="utf-8")
    assert not installation.json("certificates", "verify", tmp_path / "text.pdf", *key, code=1)["valid"]


def _change(installation: Installation, *statements: str) -> None:
    """Do what somebody with the database's password can do, behind the application's back."""
    engine = create_engine(installation.url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def _found(installation: Installation, *options: object) -> set[str]:
    told = installation.json("records", "verify", *options, code=1)
    assert told["ok"] is False
    return set(told["problem_counts"])


def test_whoever_holds_the_database_cannot_change_the_past_unseen(
    installation: Installation, tmp_path: Path
) -> None:
    _filled(installation)
    kept = tmp_path / "heads.json"
    installation.json("records", "heads", "--sign", "--out", kept)
    assert installation.json("records", "verify", "--head", kept)["checked"]["kept_heads"] == 1
    kept_elsewhere = json.loads(kept.read_text(encoding="utf-8"))
    assert kept_elsewhere["heads"][0]["sequence"] == 2

    # An edited byte, and back again.
    title = "UPDATE core__record_entry SET payload = replace(payload, '{}', '{}')"
    _change(installation, title.format("Cat care", "Cat cart"))
    assert "chain.entry_changed" in _found(installation)
    _change(installation, title.format("Cat cart", "Cat care"))
    installation.json("records", "verify", "--head", kept)

    # An inserted entry, with a hash that is right for its text.
    _change(
        installation,
        "INSERT INTO core__record_entry"
        " SELECT '01a200c22ab474cb9edd99f8c78ad691', organization_id, sequence, 500, record_id, kind, payload,"
        " leaf_hash, acted_by, reason FROM core__record_entry WHERE sequence = 1 AND position = 0"
        if installation.url.startswith("sqlite")
        else "INSERT INTO core__record_entry SELECT gen_random_uuid(), organization_id, sequence, 500, record_id,"
        " kind, payload, leaf_hash, acted_by, reason FROM core__record_entry WHERE sequence = 1 AND position = 0",
    )
    assert "chain.root_differs" in _found(installation)
    _change(installation, "DELETE FROM core__record_entry WHERE sequence = 1 AND position = 500")
    installation.json("records", "verify", "--head", kept)

    # A cut tail: entries, their records and their link are gone, the head points at the link before.
    tail = "SELECT record_id FROM core__record_entry WHERE sequence = 2"
    _change(
        installation,
        f"CREATE TABLE cut AS {tail}",
        "DELETE FROM core__record_entry WHERE sequence = 2",
        "DELETE FROM core__record_salt WHERE record_id IN (SELECT record_id FROM cut)",
        "DELETE FROM core__service_record WHERE id IN (SELECT record_id FROM cut)",
        "DELETE FROM core__chain_link WHERE sequence = 2",
        "DELETE FROM core__signed_head",
        "UPDATE core__chain_head SET sequence = 1, entry_count = 500, hash = (SELECT hash FROM core__chain_link)",
        "DROP TABLE cut",
    )
    assert any(code.startswith(("head.", "kept_head.")) for code in _found(installation, "--head", kept))

    # A full rewrite: everything is thrown away and made again with other hours. Only the kept head tells.
    _change(
        installation,
        *(
            f"DELETE FROM core__{table}"
            for table in ("record_entry", "record_salt", "service_total", "service_record", "chain_link")
        ),
        "DELETE FROM core__chain_head",
    )
    rewritten = tmp_path / "rewritten.csv"
    service = (_DATA / "shelter_service.csv").read_text(encoding="utf-8")
    rewritten.write_text(service.replace(",3.25,", ",9.25,"), encoding="utf-8")
    installation.json("import", "records", rewritten, "--mapping", _MAPPINGS / "paws_service.toml", *_HERE)
    assert installation.json("records", "verify")["ok"] is True
    assert any(code.startswith(("head.", "kept_head.")) for code in _found(installation, "--head", kept))


def test_refusals_and_wrong_usage_are_told_apart_and_in_json_too(
    installation: Installation, tmp_path: Path
) -> None:
    _filled(installation)
    bad = tmp_path / "bad.csv"
    bad.write_text(
        "ID,Site,Assignment,From.date,To.date,From.time,To.time,Hours,No.Call.No.Show,Call.Email.to.miss.shift,Absence\n"
        "5000,,Cats,01-09-2018,01-09-2018,,,-3,0,0,0\n5002,,Cats,01-09-0202,01-09-0202,,,2,0,0,0\n",
        encoding="utf-8",
    )
    mapping = ("--mapping", _MAPPINGS / "paws_service.toml")

    refused = installation.json("import", "records", bad, *mapping, *_HERE, code=1)
    assert (refused["created"], refused["rejected"], refused["written"]) == (0, 2, False)
    for problem in refused["problems"]:
        assert problem["field"]
        assert problem["message"]
        assert problem["cure"]

    assert installation.json("import", "records", bad, *_HERE, code=2)["error"] == "usage.wrong"
    installation.json("import", "records", tmp_path / "none.csv", *mapping, *_HERE, code=1)
    installation.json("records", "totals", "--organization", "nowhere", code=2)
    installation.json("records", "verify", "--head", tmp_path / "none.json", code=2)
    installation.json("certificates", "verify", "ZY-2026-999999-9", code=1)
    installation.json("tokens", "create", "--account", "nobody", "--scope", "all", code=1)
    installation.json("frobnicate", code=2)
    plain = installation.run("records", "totals", "--organization", "nowhere")
    assert (plain.code, plain.out) == (2, "")
    assert "nowhere" in plain.err
    assert len(installation.json("records", "totals", *_HERE)["totals"]) > 0
