"""Write a migration by comparing models with the newest revision: ``python -m tools.revision OWNER "what changes"``.

OWNER is ``core`` or a plugin's id. The revision is made on an empty SQLite file that was migrated to the newest
revision before. While an owner has a single revision of that very name, it is written anew: a first revision grows
until it is released.
"""

import argparse
import importlib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from zhiyuan.host.migrate import CORE, Owner, migrate, revise

ROOT = Path(__file__).resolve().parent.parent


def owner_of(name: str) -> Owner:
    """Return the owner called ``name``, with its models imported. Raises FileNotFoundError when there is no such folder."""
    if name == "core":
        return CORE
    package = f"zhiyuan_{name}"
    folder = ROOT / "plugins" / name / package
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not there: the owner is core or a folder of plugins/")
    importlib.import_module(f"{package}.models")
    return Owner(name, folder / "migrations" / "versions")


def write(owner: Owner, message: str) -> Path:
    """Write the next revision of ``owner`` and return its file, formatted."""
    known = sorted(owner.versions.glob("[0-9]*.py")) if owner.versions.is_dir() else []
    slug = re.sub(r"\W+", "_", message.lower()).strip("_")
    if [path.stem for path in known] == [f"0001_{slug}"]:
        known.pop().unlink()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/revision.sqlite3"
        migrate(url, [CORE] if owner.id == "core" else [CORE, owner])
        path = revise(url, owner, message, revision_id=f"{len(known) + 1:04d}")
    for arguments in (["check", "--fix", "--quiet"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *arguments, str(path)], check=False, cwd=ROOT)
    return path


def main() -> None:
    """Read the command line and write the revision."""
    parser = argparse.ArgumentParser(prog="python -m tools.revision", description=__doc__)
    parser.add_argument("owner")
    parser.add_argument("message")
    wanted = parser.parse_args()
    print(write(owner_of(wanted.owner), wanted.message))


if __name__ == "__main__":
    main()
