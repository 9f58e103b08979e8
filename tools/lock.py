"""Writes `requirements/*.txt`: every pin, with the hashes of every file a supported platform may need.

The pins are universal (one file for all systems and Pythons from 3.11) and name no package index: where
packages come from is the installing machine's affair. The resolver lives in `.venv-resolver`, itself from pins.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from tools.environment import distributions

HEADER = "# Written by `make lock` from {sources}.\n# Do not edit: change the source and run it again.\n"

# A requirement on the core or on a plugin of this tree.
OWN = re.compile(r"zhiyuan(-[a-z-]+)?\b(?!-)")

# Anything that says where a package comes from. Version markers and hashes hold neither.
ADDRESS = re.compile(r"://|^\s*--(?:index-url|extra-index-url|find-links|trusted-host)", re.MULTILINE)


def lock(root: Path, arguments: list[str]) -> None:
    """Resolve and write all pin files. `arguments` go to the resolver, for example `--upgrade`.

    Pins that still fit stay as they are. Raises CalledProcessError where requirements contradict each other.
    """
    resolver = _resolver(root)
    site = [str(folder.relative_to(root) / "pyproject.toml") for folder in distributions(root)]
    shared = ["requirements/runtime.txt", "requirements/build.txt"]
    _compile(root, resolver, "lock", ["requirements/lock.in"], [], arguments)
    _compile(root, resolver, "runtime", site, [], arguments)
    _compile(root, resolver, "build", ["requirements/build.in"], shared[:1], arguments)
    _compile(
        root, resolver, "dev", [*site, "requirements/build.in", "requirements/dev.in"], shared, arguments
    )


def requirements(source: Path) -> list[str]:
    """What one source asks for, a line each. Our own distributions are left out: they come from this tree."""
    if source.suffix != ".toml":
        return source.read_text(encoding="utf-8").splitlines()
    asked = tomllib.loads(source.read_text(encoding="utf-8"))["project"].get("dependencies", [])
    return [line for line in asked if not OWN.match(line)]


def with_header(pins: str, sources: list[str]) -> str:
    """The text of a pin file. Raises ValueError when it names an address."""
    found = ADDRESS.search(pins)
    if found:
        line = pins.count("\n", 0, found.start()) + 1
        raise ValueError(
            f"the resolver wrote an address at line {line}; pins must not say where packages come from"
        )
    return HEADER.format(sources=", ".join(sources)) + "\n" + pins


def _resolver(root: Path) -> str:
    home = root / ".venv-resolver"
    program = home / "bin" / "uv"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True)
        pins = root / "requirements" / "lock.txt"
        pip = [str(home / "bin" / "pip"), "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run([*pip, "--require-hashes", "-r", str(pins)], check=True)
    return str(program)


def _compile(
    root: Path, resolver: str, name: str, sources: list[str], constraints: list[str], arguments: list[str]
) -> None:
    output = root / "requirements" / f"{name}.txt"
    command = [resolver, "pip", "compile", "-", "--universal", "--python-version", "3.11", "--quiet"]
    command += ["--generate-hashes", "--no-emit-index-url", "--no-header", "--output-file", str(output)]
    command += [part for file in constraints for part in ("--constraints", file)]
    wanted = "\n".join(line for source in sources for line in requirements(root / source))
    subprocess.run([*command, *arguments], check=True, cwd=root, input=wanted, text=True)
    output.write_text(with_header(output.read_text(encoding="utf-8"), sources), encoding="utf-8")
    print(f"requirements/{name}.txt: {output.read_text(encoding='utf-8').count('==')} pins")
