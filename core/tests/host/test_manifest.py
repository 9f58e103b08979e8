"""A manifest is checked key by key before any code of the plugin runs."""

from typing import Any

import pytest

from zhiyuan.host.manifest import BadManifest, parse, read

GOOD: dict[str, Any] = {
    "id": "acme_talks",
    "name": {"en": "Talks", "zh-Hans": "讲座"},
    "version": "1.2.0",
    "hook_api": 1,
    "requires_core": ">=0.1",
}


def refusals(**changes: Any) -> list[tuple[str, str | None]]:
    table = {key: value for key, value in {**GOOD, **changes}.items() if value is not ...}
    with pytest.raises(BadManifest) as caught:
        parse({"plugin": table}, entry_point="acme_talks")
    return [(issue.code, issue.field) for issue in caught.value.issues]


def test_a_good_manifest_is_read() -> None:
    manifest = parse({"plugin": GOOD}, entry_point="acme_talks")

    assert ("acme_talks", "1.2.0", 100) == (manifest.id, str(manifest.version), manifest.order)
    assert manifest.warnings == ()


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"colour": "red"}, "plugins.manifest_unknown_key", "plugin.colour"),
        ({"id": ...}, "plugins.manifest_key_missing", "plugin.id"),
        ({"version": ...}, "plugins.manifest_key_missing", "plugin.version"),
        ({"hook_api": ...}, "plugins.manifest_key_missing", "plugin.hook_api"),
        ({"id": 7}, "plugins.manifest_wrong_type", "plugin.id"),
        ({"name": "Talks"}, "plugins.manifest_wrong_type", "plugin.name"),
        ({"name": {"zh-Hans": "讲座"}}, "plugins.manifest_wrong_type", "plugin.name"),
        ({"hook_api": "1"}, "plugins.manifest_wrong_type", "plugin.hook_api"),
        ({"hook_api": True}, "plugins.manifest_wrong_type", "plugin.hook_api"),
        ({"order": 1001}, "plugins.manifest_wrong_type", "plugin.order"),
        ({"gates": "activities.sign_up"}, "plugins.manifest_wrong_type", "plugin.gates"),
        ({"gates": ["activities.fly"]}, "plugins.manifest_unknown_gate", "plugin.gates"),
        ({"requires": ["a b"]}, "plugins.manifest_bad_requirement", "plugin.requires"),
        ({"version": "one"}, "plugins.manifest_bad_version", "plugin.version"),
        ({"requires_core": "0.1"}, "plugins.manifest_bad_specifier", "plugin.requires_core"),
        ({"requires_core": ">=99"}, "plugins.core_too_old", "plugin.requires_core"),
        ({"requires_core": "~=99.1"}, "plugins.core_too_old", "plugin.requires_core"),
        ({"hook_api": 2}, "plugins.hook_api_mismatch", "plugin.hook_api"),
        ({"id": "core"}, "plugins.manifest_reserved_id", "plugin.id"),
        ({"id": "site"}, "plugins.manifest_reserved_id", "plugin.id"),
        ({"id": "zhiyuan"}, "plugins.manifest_reserved_id", "plugin.id"),
        ({"id": "other"}, "plugins.manifest_other_id", "plugin.id"),
        ({"id": "Talks"}, "plugins.manifest_bad_id", "plugin.id"),
        ({"id": "talks__x"}, "plugins.manifest_bad_id", "plugin.id"),
        ({"id": "talks_"}, "plugins.manifest_bad_id", "plugin.id"),
        ({"id": "9talks"}, "plugins.manifest_bad_id", "plugin.id"),
        ({"id": "t"}, "plugins.manifest_bad_id", "plugin.id"),
        ({"id": "t" * 41}, "plugins.manifest_bad_id", "plugin.id"),
    ],
)
def test_a_fault_is_refused_by_name(changes: dict[str, Any], code: str, field: str) -> None:
    assert refusals(**changes) == [(code, field)]


def test_all_faults_are_told_at_once() -> None:
    told = refusals(version=1, order=-1, colour="red")

    assert [field for _, field in told] == ["plugin.version", "plugin.order", "plugin.colour"]


def test_an_upper_bound_on_the_core_only_warns() -> None:
    manifest = parse({"plugin": {**GOOD, "requires_core": ">=0.1,<0.1.0"}}, entry_point="acme_talks")

    assert len(manifest.warnings) == 1


def test_a_table_beside_plugin_is_refused() -> None:
    with pytest.raises(BadManifest) as caught:
        parse({"plugin": GOOD, "extra": {}}, entry_point="acme_talks")

    assert [issue.field for issue in caught.value.issues] == ["extra"]


@pytest.mark.parametrize("raw", [{}, {"plugin": 3}])
def test_a_manifest_without_its_table_is_refused_once(raw: dict[str, Any]) -> None:
    with pytest.raises(BadManifest) as caught:
        parse(raw, entry_point="acme_talks")

    assert len(caught.value.issues) == 1


def test_a_file_that_is_missing_or_not_toml_is_refused(tmp_path: Any) -> None:
    with pytest.raises(BadManifest, match="manifest_missing"):
        read(tmp_path, entry_point="acme_talks")
    (tmp_path / "plugin.toml").write_bytes(b"id = \xff")
    with pytest.raises(BadManifest, match="manifest_unreadable"):
        read(tmp_path, entry_point="acme_talks")
