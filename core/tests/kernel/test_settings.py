"""Settings come from file and environment, say where from, and hide what is secret."""

from pathlib import Path

import pytest

from zhiyuan.kernel.settings import BadSettings, Settings, load_settings


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder and an environment without settings."""
    import os

    for name in [name for name in os.environ if name.startswith("ZHIYUAN_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def _sources() -> dict[str, str]:
    return {name: source for name, source in load_settings().sources.items() if source != "default"}


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("zhiyuan.toml").write_text('log_format = "json"\nhistory_days = 30\n')
    monkeypatch.setenv("ZHIYUAN_HISTORY_DAYS", "60")

    loaded = load_settings()

    assert (loaded.settings.log_format, loaded.settings.history_days) == ("json", 60)
    assert _sources() == {"log_format": "file", "history_days": "environment"}


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYUAN_DATABASE_URL", "")

    assert load_settings().settings.url == "sqlite:///var/zhiyuan.sqlite3"
    assert _sources() == {}


def test_plugins_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYUAN_PLUGINS", "a, b,")
    assert Settings().plugins == ("a", "b")

    monkeypatch.delenv("ZHIYUAN_PLUGINS")
    Path("zhiyuan.toml").write_text('plugins = ["c"]\n')
    assert Settings().plugins == ("c",)


def test_secrets_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYUAN_DATABASE_URL", "postgresql://me:hunter2@db/zhiyuan")
    monkeypatch.setenv("ZHIYUAN_SECRET_KEY", "hunter2")

    loaded = load_settings()

    shown = {setting.name: setting.value for setting in loaded.shown()}
    assert shown["database_url"] == "postgresql://me:***@db/zhiyuan"
    assert "hunter2" not in str(loaded.shown()) + repr(loaded)


def test_unknown_names_are_told_with_what_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYUAN_PLUGIN", "x")
    monkeypatch.setenv("ZHIYUAN_TEST_POSTGRES_URL", "not a setting")
    Path("zhiyuan.toml").write_text("log_fromat = 1\n")

    warnings = load_settings().warnings

    assert warnings == (
        "unknown environment variable ZHIYUAN_PLUGIN: did you mean ZHIYUAN_PLUGINS?",
        "unknown setting in zhiyuan.toml log_fromat: did you mean log_format?",
    )


def test_every_wrong_value_is_told_with_its_place_and_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYUAN_DATABASE_URL", "mysql://me:hunter2@db/x")
    Path("zhiyuan.toml").write_text('log_format = "xml"\n')

    with pytest.raises(BadSettings) as caught:
        load_settings()

    assert {wrong.field for wrong in caught.value.wrong} == {
        "ZHIYUAN_DATABASE_URL",
        "log_format in zhiyuan.toml",
    }
    assert all(wrong.rule and wrong.cure for wrong in caught.value.wrong)
    assert "hunter2" not in str(caught.value) + repr(caught.value.wrong)


@pytest.mark.parametrize(
    "url", ["x", "sqlite://", "sqlite:///:memory:", "//me:hunter2@", "postgresql://me:hunter2@h:x/y"]
)
def test_a_database_url_that_makes_no_sense_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYUAN_DATABASE_URL", url)

    with pytest.raises(BadSettings) as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("text", ["log_format = ", "\xff"])
def test_a_file_that_is_no_toml_is_refused(text: str) -> None:
    Path("zhiyuan.toml").write_bytes(text.encode("latin-1"))

    with pytest.raises(BadSettings):
        load_settings()


def test_a_named_file_must_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYUAN_CONFIG_FILE", "elsewhere.toml")
    with pytest.raises(BadSettings):
        load_settings()

    Path("elsewhere.toml").write_text("history_days = 8\n")
    assert load_settings().settings.history_days == 8
