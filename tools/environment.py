"""Makes `.venv` hold exactly what the tree asks for, and knows when it already does.

An install is remembered by a stamp inside the environment: a digest of everything that decides what gets
installed. The stamp is removed before the first change and written after the last, so an install that failed
or was interrupted is never mistaken for a finished one.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Profile = Literal["runtime", "dev"]

# What a profile is installed from. `dev` contains everything of `runtime` at the same versions, so an
# environment made for tests also serves the demo, and the demo's grows into the other.
PINS: Mapping[Profile, tuple[str, ...]] = {
    "runtime": ("requirements/runtime.txt", "requirements/build.txt"),
    "dev": ("requirements/dev.txt",),
}


class InstallError(Exception):
    """The environment could not be made; the message is a sentence for the person at the terminal."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment at `home` for the tree at `root`."""

    root: Path
    home: Path

    @property
    def stamp(self) -> Path:
        """The file that says what was installed; absent while that is not known."""
        return self.home / "zhiyuan-install.json"

    @property
    def programs(self) -> Path:
        """The folder of the environment's programs."""
        return self.home / ("Scripts" if os.name == "nt" else "bin")

    def program(self, name: str) -> str:
        """The path of one installed program, as an argument for `subprocess`."""
        return str(self.programs / name)

    @property
    def python(self) -> str:
        """The environment's interpreter."""
        return self.program("python")


def distributions(root: Path) -> list[Path]:
    """The folders to install in place, the core first.

    Examples are not among them: tests bring them in for themselves, as their readers would.
    """
    return [root / "core", *sorted(path.parent for path in root.glob("plugins/*/pyproject.toml"))]


def examples(root: Path) -> list[Path]:
    """The folders of example plugins, whose code is checked like ours."""
    places = ("docs/examples/*", "docs/examples/*/*")
    return sorted({path.parent for place in places for path in root.glob(f"{place}/pyproject.toml")})


def digest(root: Path, profile: Profile) -> str:
    """A digest of all that decides what an install does: pins, build files, this Python, the tree's own place.

    The place counts because an installation in place points at it: a moved clone has to be installed again.
    """
    parts = hashlib.sha256(f"{sys.version_info[:3]} {sys.prefix} {root} {profile}".encode())
    files = [root / name for name in PINS[profile]]
    for folder in distributions(root):
        files += [folder / "pyproject.toml", folder / "hatch_build.py"]
    for file in files:
        parts.update(str(file.relative_to(root)).encode() + b"\0")
        parts.update(file.read_bytes() if file.exists() else b"absent")
    return parts.hexdigest()


def is_installed(environment: Environment, profile: Profile) -> bool:
    """Whether the environment holds at least `profile`, as the tree asks for it now."""
    try:
        stamp = json.loads(environment.stamp.read_text(encoding="utf-8"))
        held, remembered = stamp["profile"], stamp["digest"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    if held not in ("dev", profile) or not Path(environment.python).exists():
        return False
    return bool(remembered == digest(environment.root, held))


def ensure(environment: Environment, profile: Profile) -> bool:
    """Install `profile` if it is not there yet. True when something was done.

    Two commands started together take turns. Raises InstallError with what to do; no stamp is left then.
    """
    if is_installed(environment, profile):
        return False
    with _alone(environment.root / ".venv-install.lock"):
        if is_installed(environment, profile):
            return False
        # What the environment held stays in it: `make demo` after `make test` must not take pytest's stamp away.
        if _held(environment) == "dev":
            profile = "dev"
        environment.stamp.unlink(missing_ok=True)
        _install(environment, profile)
        _write_stamp(environment, profile)
    return True


def _held(environment: Environment) -> str:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return str(json.loads(environment.stamp.read_text(encoding="utf-8"))["profile"])
    return ""


def _install(environment: Environment, profile: Profile) -> None:
    print(
        f"Installing into {environment.home} ({profile}); this happens once per change of the requirements."
    )
    if not _is_our_python(environment):
        _run(
            [sys.executable, "-m", "venv", "--clear", str(environment.home)],
            "Python could not make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv",
        )
    pip = [environment.python, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    pins = [part for name in PINS[profile] for part in ("-r", str(environment.root / name))]
    _run(
        [*pip, "install", "-qq", "--require-hashes", *pins],
        "A pinned requirement could not be installed. Is the package index reachable? Then say it again.",
    )
    # pip refuses folders in hash mode, hence a second command. --no-deps: everything they need is pinned above;
    # --no-build-isolation: so are the build tools.
    folders = [part for folder in distributions(environment.root) for part in ("-e", str(folder))]
    _run(
        [*pip, "install", "-qq", "--no-deps", "--no-build-isolation", *folders],
        "The tree itself could not be installed; the message above names the folder.",
    )
    _run([*pip, "check"], "The pins do not fit the pyproject files. After changing dependencies: make lock")


def _is_our_python(environment: Environment) -> bool:
    """Whether the environment exists, runs, and was made by this version of Python."""
    try:
        answer = subprocess.run(
            [environment.python, "-c", "import sys, pip; print(sys.version_info[:3])"],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return False
    return answer.returncode == 0 and answer.stdout.strip() == str(sys.version_info[:3])


def _write_stamp(environment: Environment, profile: Profile) -> None:
    text = json.dumps({"profile": profile, "digest": digest(environment.root, profile)})
    unfinished = environment.stamp.with_suffix(".new")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(environment.stamp)


def _run(command: list[str], cure: str) -> None:
    done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise InstallError(cure)


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
