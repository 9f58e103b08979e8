"""The install is remembered exactly as long as it is true."""

import ast
import subprocess

import pytest

from tools import dev, environment, postgres
from tools.architecture.source import ROOT
from tools.environment import Environment, InstallError


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A small tree, and an environment whose installs are recorded instead of done."""
    for name in (
        "requirements/runtime.txt",
        "requirements/build.txt",
        "requirements/dev.txt",
        "core/pyproject.toml",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    there = Environment(tmp_path, tmp_path / ".venv")
    there.programs.mkdir(parents=True)
    there.programs.joinpath("python").touch()
    monkeypatch.setattr(environment, "_install", lambda _there, profile: installed.append(profile))
    installed = there.__dict__.setdefault("installed", [])
    return there


def test_a_second_install_does_nothing(tree):
    assert environment.ensure(tree, "dev")
    assert not environment.ensure(tree, "dev")
    assert ["dev"] == tree.installed


def test_the_tests_environment_serves_the_demo_but_not_the_other_way_round(tree):
    environment.ensure(tree, "runtime")
    assert environment.ensure(tree, "dev")

    assert not environment.ensure(tree, "runtime")
    assert ["runtime", "dev"] == tree.installed


def test_a_change_of_the_pins_installs_again_what_was_there(tree):
    environment.ensure(tree, "dev")
    tree.root.joinpath("requirements/dev.txt").write_text("other", encoding="utf-8")

    assert environment.ensure(tree, "runtime")
    assert ["dev", "dev"] == tree.installed


def test_a_new_plugin_installs_again(tree):
    environment.ensure(tree, "runtime")
    plugin = tree.root / "plugins" / "new"
    plugin.mkdir(parents=True)
    plugin.joinpath("pyproject.toml").touch()

    assert environment.ensure(tree, "runtime")
    assert [tree.root / "core", plugin] == environment.distributions(tree.root)


def test_examples_are_checked_and_never_installed(tree):
    example = tree.root / "docs" / "examples" / "gate"
    example.mkdir(parents=True)
    example.joinpath("pyproject.toml").touch()

    assert [example] == environment.examples(tree.root)
    assert example not in environment.distributions(tree.root)


@pytest.mark.parametrize("failure", [InstallError("no index"), KeyboardInterrupt()])
def test_a_failed_or_interrupted_install_leaves_no_stamp(tree, monkeypatch, failure):
    environment.ensure(tree, "dev")
    tree.root.joinpath("requirements/dev.txt").write_text("other", encoding="utf-8")

    def fail(*_):
        raise failure

    monkeypatch.setattr(environment, "_install", fail)
    with pytest.raises(type(failure)):
        environment.ensure(tree, "dev")

    assert not tree.stamp.exists()
    assert not environment.is_installed(tree, "dev")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"profile": "dev", "digest": "old"}'])
def test_a_stamp_that_says_nothing_true_is_no_stamp(tree, text):
    tree.stamp.write_text(text, encoding="utf-8")

    assert not environment.is_installed(tree, "dev")


def test_an_old_python_is_told_which_one_it_needs():
    assert "3.11 or newer; this is Python 3.8" in dev.refusal((3, 8, 1))
    assert "" == dev.refusal((3, 11, 0))


def test_the_door_parses_on_any_python_3():
    """Otherwise the sentence above would be a syntax error instead."""
    text = (ROOT / "tools" / "dev.py").read_text(encoding="utf-8")

    ast.parse(text, feature_version=(3, 4))


@pytest.mark.parametrize(
    ("variables", "required"),
    [
        ({}, False),
        ({"CI": "true"}, True),
        ({"CI": "false"}, False),
        ({"ZHIYUAN_REQUIRE_POSTGRES": "1"}, True),
        ({"ZHIYUAN_TEST_POSTGRES_URL": "postgresql+psycopg://db.example/test"}, True),
    ],
)
def test_an_absent_postgresql_fails_where_it_was_asked_for(variables, required):
    assert required == postgres.is_required(variables)


def test_an_absent_postgresql_is_said_without_showing_the_address(monkeypatch):
    """The address may hold a password."""
    monkeypatch.setattr(
        postgres.subprocess,
        "run",
        lambda *_, **__: subprocess.CompletedProcess([], 1, "", "secret in an error"),
    )

    server = postgres.find(
        Environment(ROOT, ROOT / ".venv"), {"ZHIYUAN_TEST_POSTGRES_URL": "postgresql://u:secret@db.example/x"}
    )

    assert "" == server.url
    assert "FAIL" in server.sentence
    assert "secret" not in server.sentence


def test_an_absent_postgresql_nobody_asked_for_is_a_visible_skip(monkeypatch):
    monkeypatch.setattr(
        postgres.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 1, "", "")
    )

    assert "SKIPPED" in postgres.find(Environment(ROOT, ROOT / ".venv"), {}).sentence
