"""The verification trusts nothing but the database: each way of cheating is tried with plain SQL and found."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from zhiyuan.kernel.crypto import new_keyring
from zhiyuan.kernel.errors import Invalid
from zhiyuan.records import heads
from zhiyuan.records.certificates import ISSUE
from zhiyuan.records.chain.canonical import canonical
from zhiyuan.records.chain.links import GENESIS, link_hash
from zhiyuan.records.chain.merkle import leaf_hash, root
from zhiyuan.records.models import ChainLink
from zhiyuan.records.schemas import IssueCertificate
from zhiyuan.records.signing import trust_of


def _sql(ledger: Any, *statements: str) -> None:
    with ledger.runtime.database.engines.write.connect() as connection, connection.begin():
        for statement in statements:
            connection.execute(text(statement))


def _sign(ledger: Any) -> None:
    with ledger.runtime.database.uow() as tx:
        heads.sign_heads(tx, ledger.operator)


def _kept(ledger: Any, folder: Path) -> list[heads.KeptHead]:
    """Sign the heads and keep them in a file elsewhere."""
    _sign(ledger)
    with ledger.runtime.database.reading() as tx:
        (folder / "heads.json").write_text(json.dumps(heads.export(tx)))
        return heads.read_file(folder / "heads.json", trust_of(tx.keyring))


@pytest.fixture
def filled(ledger: Any) -> Any:
    """A ledger with every kind of entry, a certificate and signed heads."""
    city = ledger.organization("city")
    team = ledger.organization("team", city)
    people = [ledger.person(), ledger.person("韩梅梅")]
    for place in (city, team):
        rows = [
            ledger.item(
                place, person, minutes=30 + n, leader_name="王", service_date=date(2025 + n % 2, 1, 2)
            )
            for person in people
            for n in range(5)
        ]
        ids = [outcome.id for outcome in ledger.submit(rows)]
        ledger.correct(ids[0], minutes=10)
        ledger.void(ids[1])
        ledger.confirm(ledger.record(place, people[0], status="pending", minutes=77))
    ledger.runtime.bus.submit_one(
        ISSUE, IssueCertificate(actor=ledger.operator, organization_id=city, person_id=people[0])
    )
    _sign(ledger)
    return ledger


def test_an_untouched_ledger_is_whole(filled: Any, tmp_path: Path) -> None:
    report = filled.verify(heads=_kept(filled, tmp_path))

    assert report.told()["problems"] == []
    assert report.is_whole
    assert report.records == 24
    assert report.entries == 30
    assert report.links == 10
    assert report.certificates == 1
    assert report.signed_heads == 2
    assert report.kept_heads == 2


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        (
            "UPDATE core__service_record SET minutes = minutes + 1 WHERE status = 'confirmed'",
            "record.content_differs",
        ),
        ("UPDATE core__service_record SET title = title || '!'", "record.content_differs"),
        ("UPDATE core__service_record SET leader_name = 'X'", "record.content_differs"),
        (
            "UPDATE core__service_record SET person_id = (SELECT max(CAST(id AS VARCHAR(40))) FROM core__person)",
            "record.content_differs",
        ),
        (
            "UPDATE core__service_record SET status = 'confirmed' WHERE status = 'voided'",
            "record.status_differs",
        ),
        ("UPDATE core__service_record SET confirmed_at = NULL", "record.content_differs"),
        ("UPDATE core__record_entry SET payload = replace(payload, '陪', '赔')", "chain.entry_changed"),
        ("UPDATE core__record_entry SET reason = 'X' WHERE kind = 'voided'", "entry.witness_differs"),
        (
            "UPDATE core__chain_link SET linked_at = '2020-01-01 00:00:00+00' WHERE sequence = 2",
            "chain.link_changed",
        ),
        (
            "UPDATE core__chain_link SET entry_count = entry_count + 1 WHERE sequence = 1",
            "chain.entry_count_differs",
        ),
        (
            "UPDATE core__record_entry SET position = position + 100 WHERE sequence = 1",
            "chain.positions_differ",
        ),
        ("DELETE FROM core__record_entry WHERE sequence = 1 AND position = 3", "chain.root_differs"),
        ("DELETE FROM core__chain_link WHERE sequence = 2", "chain.gap"),
        ("DELETE FROM core__chain_link WHERE sequence = 2", "chain.entries_without_link"),
        ("DELETE FROM core__chain_head", "chain.head_missing"),
        ("UPDATE core__chain_head SET entry_count = 1", "chain.head_differs"),
        ("DELETE FROM core__record_salt", "record.salt_missing"),
        ("UPDATE core__service_total SET minutes = minutes + 1", "total.differs"),
        ("DELETE FROM core__service_total", "total.differs"),
        ("UPDATE core__service_total SET year = 1999 WHERE year = 2025", "total.without_records"),
        ("UPDATE core__certificate SET minutes = minutes + 60", "certificate.sum_differs"),
        ("DELETE FROM core__certificate_record", "certificate.of_another_person"),
        ("UPDATE core__certificate SET token = replace(token, '.', '.e')", "certificate.forged"),
        ("UPDATE core__certificate SET number = 'ZY-2026-000009-9'", "certificate.differs_from_token"),
        ("UPDATE core__signed_head SET signature = 'a.b.c'", "signed_head.forged"),
        ("UPDATE core__signed_head SET sequence = sequence + 100", "signed_head.differs"),
    ],
)
def test_each_way_of_cheating_is_found(filled: Any, statement: str, code: str) -> None:
    if "max(CAST" in statement and not filled.runtime.database.engines.is_sqlite:
        statement = "UPDATE core__service_record SET person_id = (SELECT id FROM core__person ORDER BY id DESC LIMIT 1)"

    _sql(filled, statement)

    assert code in filled.problems()


def test_an_inserted_record_without_entries_is_found(filled: Any) -> None:
    _sql(
        filled,
        "DELETE FROM core__certificate_record",
        "DELETE FROM core__record_entry WHERE kind = 'recorded' AND position = 4",
    )

    assert {"record.without_entries", "chain.root_differs"} <= filled.problems()


def test_an_inserted_entry_is_found(filled: Any) -> None:
    new_id = "'0198c000-0000-7000-8000-000000000001'"
    if filled.runtime.database.engines.is_sqlite:
        new_id = new_id.replace("-", "")
    _sql(
        filled,
        "INSERT INTO core__record_entry (id, organization_id, sequence, position, record_id, kind, payload, leaf_hash)"
        f" SELECT {new_id}, organization_id, sequence, 1, record_id, kind, payload, leaf_hash"
        " FROM core__record_entry WHERE kind = 'voided' AND position = 0 ORDER BY id LIMIT 1",
    )

    assert {"chain.entry_count_differs", "chain.root_differs", "record.impossible_step"} <= filled.problems()


def _cut_tail(ledger: Any, place: Any, *, rewind_head: bool) -> None:
    """Take back the last link of ``place`` (a confirmation) without leaving a trace in any table of its own."""
    is_sqlite = ledger.runtime.database.engines.is_sqlite
    own = f"'{place.hex if is_sqlite else place}'"
    last = f"organization_id = {own} AND sequence = (SELECT max(sequence) FROM core__chain_link WHERE organization_id = {own})"
    _sql(
        ledger,
        f"UPDATE core__service_total SET minutes = minutes - 50, entry_count = entry_count - 1 WHERE organization_id = {own}",
        "UPDATE core__service_record SET status = 'pending', confirmed_at = NULL WHERE id IN"
        f" (SELECT record_id FROM core__record_entry WHERE {last})",
        f"DELETE FROM core__record_entry WHERE {last}",
        f"DELETE FROM core__chain_link WHERE {last}",
    )
    if rewind_head:
        _sql(
            ledger,
            f"UPDATE core__chain_head SET sequence = sequence - 1, entry_count = entry_count - 1, hash ="
            f" (SELECT hash FROM core__chain_link WHERE {last}) WHERE organization_id = {own}",
        )


def _with_confirmation_last(ledger: Any) -> Any:
    place, person = ledger.organization("simao"), ledger.person()
    ledger.record(place, person, minutes=60)
    ledger.confirm(ledger.record(place, person, minutes=50, status="pending"))
    return place


def test_a_cut_tail_is_found_by_the_head_row(ledger: Any) -> None:
    place = _with_confirmation_last(ledger)

    _cut_tail(ledger, place, rewind_head=False)

    assert ledger.problems() == {"chain.head_differs"}


def test_a_cut_tail_with_the_head_row_rewound_is_found_by_signed_heads(ledger: Any, tmp_path: Path) -> None:
    place = _with_confirmation_last(ledger)
    kept = _kept(ledger, tmp_path)

    _cut_tail(ledger, place, rewind_head=True)

    assert ledger.problems(heads=kept) == {"signed_head.cut_off", "head.cut_off"}
    _sql(ledger, "DELETE FROM core__signed_head")
    assert ledger.problems(heads=kept) == {"head.cut_off"}
    assert ledger.problems() == set()  # Without a head kept elsewhere nobody could know.


def test_a_full_consistent_rewrite_is_found_by_a_kept_head(ledger: Any, tmp_path: Path) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    ledger.submit([ledger.item(place, person, minutes=60 + n) for n in range(3)])
    ledger.record(place, person, minutes=5)
    kept = _kept(ledger, tmp_path)

    _rewrite(ledger, place, more_minutes=600)

    assert ledger.problems() == {"signed_head.rewritten"}
    _sql(ledger, "DELETE FROM core__signed_head")
    assert ledger.problems() == set()
    assert ledger.problems(heads=kept) == {"head.rewritten"}


def _rewrite(ledger: Any, place: Any, *, more_minutes: int) -> None:
    """Give the first record more minutes, and compute every hash after it anew, as somebody with the code would."""
    with ledger.runtime.database.uow(unaudited="an attack") as tx:
        connection = tx.connection
        first = connection.execute(
            text("SELECT id, record_id, payload FROM core__record_entry ORDER BY id")
        ).first()
        told = json.loads(first.payload)
        told["minutes"] += more_minutes
        payload = canonical(told)
        connection.execute(
            text("UPDATE core__record_entry SET payload = :p, leaf_hash = :h WHERE id = :i"),
            {"p": payload, "h": leaf_hash(payload), "i": first.id},
        )
        connection.execute(
            text("UPDATE core__service_record SET minutes = minutes + :m WHERE id = :i"),
            {"m": more_minutes, "i": first.record_id},
        )
        connection.execute(text("UPDATE core__service_total SET minutes = minutes + :m"), {"m": more_minutes})
        table = ChainLink.__table__  # type: ignore[attr-defined]
        previous = GENESIS
        for link in connection.execute(table.select().order_by(table.c.sequence)).all():
            leaves = connection.execute(
                text("SELECT leaf_hash FROM core__record_entry WHERE sequence = :s ORDER BY position"),
                {"s": link.sequence},
            ).scalars()
            merkle = root([bytes(leaf) for leaf in leaves])
            own = link_hash(place, link.sequence, previous, merkle, link.entry_count, link.linked_at)
            connection.execute(
                table.update()
                .where(table.c.sequence == link.sequence)
                .values(previous_hash=previous, merkle_root=merkle, hash=own)
            )
            previous = own
        connection.execute(text("UPDATE core__chain_head SET hash = :h"), {"h": previous})


def test_a_heads_file_with_a_changed_or_foreign_head_is_refused(ledger: Any, tmp_path: Path) -> None:
    ledger.record(ledger.organization("simao"), ledger.person())
    _kept(ledger, tmp_path)
    file = tmp_path / "heads.json"
    trust = trust_of(ledger.runtime.database.keyring)

    with pytest.raises(Invalid, match="not signed by a key"):
        heads.read_file(file, trust_of(new_keyring()))
    file.write_text(file.read_text().replace(".eyJ", ".eyK"))
    with pytest.raises(Invalid, match="not signed by a key"):
        heads.read_file(file, trust)
    file.write_text("[1, 2]")
    with pytest.raises(Invalid, match="not a file of signed heads"):
        heads.read_file(file, trust)


def test_signing_again_signs_only_what_moved(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    ledger.organization("silent")
    ledger.record(place, person)

    def sign() -> int:
        with ledger.runtime.database.uow() as tx:
            return heads.sign_heads(tx, ledger.operator)

    assert [sign(), sign()] == [1, 0]
    ledger.record(place, person)
    assert sign() == 1


def test_a_chain_that_disappeared_with_its_organization_is_found_by_a_kept_head(
    ledger: Any, tmp_path: Path
) -> None:
    ledger.record(ledger.organization("simao"), ledger.person())
    kept = _kept(ledger, tmp_path)
    tables = (
        "signed_head",
        "chain_head",
        "chain_link",
        "record_entry",
        "record_salt",
        "service_total",
        "service_record",
    )
    _sql(
        ledger,
        *(f"DELETE FROM core__{table}" for table in tables),
        "DELETE FROM core__organization_path",
        "DELETE FROM core__organization",
    )

    assert ledger.problems(heads=kept) == {"head.chain_missing"}
