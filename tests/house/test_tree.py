"""The folders, their metadata and their copies say the same."""

import tomllib

from tools.architecture.source import ROOT, tracked_files
from tools.environment import distributions


def project(folder):
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_suite_pins_the_versions_of_its_folders():
    folders = distributions(ROOT)
    versions = {f"{(meta := project(folder)['project'])['name']}=={meta['version']}" for folder in folders}

    assert versions == set(project(ROOT)["project"]["dependencies"])


def test_every_distribution_is_a_member_of_the_workspace():
    members = {
        path for glob in project(ROOT)["tool"]["uv"]["workspace"]["members"] for path in ROOT.glob(glob)
    }

    assert set(distributions(ROOT)) == members


def test_the_core_carries_the_licence_of_the_tree():
    for name in ("LICENSE", "NOTICE"):
        assert (ROOT / name).read_bytes() == (ROOT / "core" / name).read_bytes()


def test_test_folders_are_not_packages():
    """With __init__.py, equal file names in two plugins collide under pytest's importlib mode."""
    assert [
        path for path in tracked_files() if path.name == "__init__.py" and path.parent.name == "tests"
    ] == []


def test_pins_are_written_by_the_tool_and_hashed():
    for name in ("lock", "build", "runtime", "dev"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        pins = [line for line in text.splitlines() if "==" in line and not line.startswith((" ", "#"))]

        assert text.startswith("# Written by `make lock`")
        assert pins
        assert all(line.endswith("\\") for line in pins), f"{name}.txt has a pin without a hash"


def test_the_tests_environment_holds_all_that_a_site_has_at_the_same_versions():
    """So one environment serves both, and what was tested is what runs."""

    def pins(name):
        text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        return {
            line.split(" ")[0]
            for line in text.splitlines()
            if "==" in line and not line.startswith((" ", "#"))
        }

    assert set() == (pins("runtime") | pins("build")) - pins("dev")


def test_every_dependency_of_a_distribution_is_pinned():
    text = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8").lower()
    wanted = [need for folder in distributions(ROOT) for need in project(folder)["project"]["dependencies"]]
    names = [
        need.split(";")[0].split("[")[0].split(">")[0].split("=")[0].split("<")[0].strip() for need in wanted
    ]

    missing = [name for name in names if f"\n{name.lower()}" not in text and not name.startswith("zhiyuan")]

    assert missing == [], "run `make lock`"
