"""Keys rotate while the installation runs: nothing is lost, nothing is missed, nothing old opens in the end."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from zhiyuan.kernel import jobs
from zhiyuan.kernel.crypto import Keyring, Undecryptable, new_keyring, read_keyring, save_keyring
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.keys import KeyringFile, exposed_to
from zhiyuan.kernel.reencryption import ProtectedColumn, ProtectedColumns, enqueue_reencryption, remaining
from zhiyuan.kernel.uow import Tx
from zhiyuan.people.models import Person
from zhiyuan.runtime import Runtime

_person = Person.__table__
PHONE = ProtectedColumn(
    _person, "phone_encrypted", "phone_index", "test.phone", key=lambda value: value.replace(" ", "")
)
ADDRESS = ProtectedColumn(_person, "address_encrypted")
COLUMNS = ProtectedColumns([PHONE, ADDRESS])


def test_a_value_opens_at_its_place_only() -> None:
    keyring = new_keyring()
    closed = keyring.encrypt("张三", place="t.c:1")

    assert keyring.decrypt(closed, place="t.c:1") == "张三"
    for place in ("t.c:2", "t.d:1", ""):
        with pytest.raises(Undecryptable):
            keyring.decrypt(closed, place=place)


@pytest.mark.parametrize("position", [0, 4, 16, -1])
def test_a_value_that_was_tampered_with_does_not_open(position: int) -> None:
    keyring = new_keyring()
    closed = bytearray(keyring.encrypt("13800001111", place="p"))
    closed[position] ^= 1

    with pytest.raises(Undecryptable):
        keyring.decrypt(bytes(closed), place="p")


@pytest.mark.parametrize("stored", [b"", b"abc", b"\0" * 16])
def test_what_was_never_a_ciphertext_does_not_open(stored: bytes) -> None:
    with pytest.raises(Undecryptable):
        new_keyring().decrypt(stored, place="p")


def test_a_truncated_value_does_not_open() -> None:
    keyring = new_keyring()
    closed = keyring.encrypt("13800001111", place="p")

    for length in range(len(closed)):
        with pytest.raises(Undecryptable):
            keyring.decrypt(closed[:length], place="p")


def test_equal_values_look_different_when_closed_and_equal_when_blinded() -> None:
    keyring = new_keyring()

    assert keyring.encrypt("x", place="p") != keyring.encrypt("x", place="p")
    assert keyring.blind("x", use="phone") == keyring.blind("x", use="phone")
    assert keyring.blind("x", use="phone") != keyring.blind("x", use="mail")


def test_a_rotated_keyring_opens_and_finds_what_was_before() -> None:
    before = new_keyring()
    closed, blind = before.encrypt("x", place="p"), before.blind("x", use="u")

    after = before.rotated()

    assert after.decrypt(closed, place="p") == "x"
    assert after.needs_new_key(closed)
    assert blind in after.blinds("x", use="u")
    assert blind != after.blind("x", use="u")
    assert after.signing == before.signing
    with pytest.raises(Undecryptable):
        after.retired().decrypt(closed, place="p")


def test_a_key_never_shows_its_secret() -> None:
    keyring = new_keyring()

    assert keyring.fields[0].secret.hex() not in repr(keyring)
    assert repr(keyring.fields[0].secret) not in repr(keyring)


def test_the_keyring_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "keyring.json"

    first, second = KeyringFile(path).current(), KeyringFile(path).current()

    assert first == second
    assert exposed_to(path) == 0
    path.chmod(0o644)
    assert exposed_to(path) == 0o044


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        '{"fields": [], "index": [], "signing": []}',
        '{"fields": [{"id": "zz", "secret": ""}]}',
    ],
)
def test_a_damaged_keyring_is_refused_and_not_replaced(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keyring.json"
    path.write_text(text)

    with pytest.raises(ValueError, match="never make a new one"):
        KeyringFile(path)
    assert path.read_text() == text


def test_a_running_process_notices_a_rotation_by_another(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    server = KeyringFile(path)
    before = server.current()

    after = KeyringFile(path).change(Keyring.rotated)

    assert server.current() == after != before


def test_a_keyring_that_is_damaged_later_leaves_the_running_process_its_keys(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    server = KeyringFile(path)
    held = server.current()

    path.write_text("oops")
    assert server.current() == held
    path.unlink()
    assert server.current() == held
    other = new_keyring()
    save_keyring(path, other)
    assert server.current() == other == read_keyring(path)


def test_the_keys_stay_the_same_within_one_unit_of_work(runtime: Runtime) -> None:
    with runtime.database.reading() as tx:
        before = tx.keyring
        runtime.keys.change(Keyring.rotated)
        assert tx.keyring is before

    with runtime.database.reading() as tx:
        assert tx.keyring.fields[1:] == before.fields


# -- closing everything again


def _add_people(runtime: Runtime, count: int) -> list[Any]:
    with runtime.database.uow(unaudited="test") as tx:
        ids = [new_id() for _ in range(count)]
        rows = [
            {
                "id": row_id, "number": str(number), "name": "x", "categories": [], "skills": [], "languages": [],
                "status": "registered", "identity_level": "none", "extra": {}, "created_at": tx.now,
                "phone_encrypted": tx.keyring.encrypt(f"138 {number}", place=PHONE.place(row_id)),
                "phone_index": tx.keyring.blind(f"138{number}", use="test.phone"),
                "address_encrypted": tx.keyring.encrypt("street", place=ADDRESS.place(row_id)) if number % 2 else None,
            }
            for number, row_id in enumerate(ids)
        ]  # fmt: skip
        tx.connection.execute(insert(_person), rows)
    return ids


def _found(tx: Tx, phone: str) -> list[Any]:
    blinds = tx.keyring.blinds(phone, use="test.phone")
    return list(
        tx.connection.execute(select(_person.c.id).where(_person.c.phone_index.in_(blinds))).scalars()
    )


def _run_job(runtime: Runtime) -> None:
    registry = jobs.JobRegistry()
    registry.declare("tests", [COLUMNS.job()])
    with runtime.database.uow(unaudited="test") as tx:
        enqueue_reencryption(tx)
    assert jobs.run_one(runtime.database, registry, worker="w")


def test_everything_is_closed_again_and_the_old_key_can_go(runtime: Runtime) -> None:
    ids = _add_people(runtime, 450)
    runtime.keys.change(Keyring.rotated)
    with runtime.database.reading() as tx:
        assert remaining(tx, COLUMNS) == {
            "core__person.phone_encrypted": 450,
            "core__person.address_encrypted": 225,
        }
        assert _found(tx, "1387") == [ids[7]], "found by the old hash while the new one is not written yet"

    _run_job(runtime)

    runtime.keys.change(Keyring.retired)
    with runtime.database.reading() as tx:
        assert remaining(tx, COLUMNS) == {}
        assert _found(tx, "1387") == [ids[7]]
        for row in tx.connection.execute(select(_person)).mappings():
            assert (
                tx.keyring.decrypt(row["phone_encrypted"], place=PHONE.place(row["id"]))
                == f"138 {row['number']}"
            )
            if row["address_encrypted"] is not None:
                assert (
                    tx.keyring.decrypt(row["address_encrypted"], place=ADDRESS.place(row["id"])) == "street"
                )


def test_a_value_that_does_not_open_keeps_its_key_and_stops_nobody(runtime: Runtime) -> None:
    ids = _add_people(runtime, 3)
    with runtime.database.uow(unaudited="test") as tx:  # moved from one row to another
        stolen = select(_person.c.phone_encrypted).where(_person.c.id == ids[0]).scalar_subquery()
        tx.connection.execute(update(_person).where(_person.c.id == ids[1]).values(phone_encrypted=stolen))
    runtime.keys.change(Keyring.rotated)

    _run_job(runtime)

    with runtime.database.reading() as tx:
        assert remaining(tx, COLUMNS) == {"core__person.phone_encrypted": 1}
        (job,) = tx.connection.execute(select(jobs.queue._job)).all()
    assert (job.state, job.result) == ("done", {"done": 3, "unreadable": 1})


def test_a_file_others_can_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    KeyringFile(path)
    path.chmod(0o640)

    assert exposed_to(path) == 0o040
