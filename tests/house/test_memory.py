"""Temporary files of tests lie in memory only where that is wanted and there is room."""

from tools import memory


def test_a_folder_with_room_is_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "LEAST_FREE_BYTES", 1)

    assert str(tmp_path) == memory.folder({}, tmp_path)


def test_a_full_folder_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "LEAST_FREE_BYTES", 2**62)

    assert memory.folder({}, tmp_path) is None


def test_who_names_another_folder_gets_that(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "LEAST_FREE_BYTES", 1)

    assert memory.folder({"TMPDIR": "/var/tmp"}, tmp_path) is None


def test_a_machine_without_such_a_folder_uses_its_disk(tmp_path):
    assert memory.folder({}, tmp_path / "missing") is None
