"""The head of a kept result: what ran, on which commit, when, on what.

`python -m tools.report TITLE` prints it; `make test-chaos`, `mutate` and `bench` put it above what they found, so
that a number in docs/reports/ can be traced to the code that produced it.
"""

import datetime
import os
import platform
import sqlite3
import subprocess
import sys
from pathlib import Path

from tools.environment import Environment
from tools.postgres import find

ROOT = Path(__file__).resolve().parent.parent


def header(title: str, *, root: Path = ROOT, database: str = "") -> str:
    """A Markdown heading and a table. `database` is the server's sentence; empty asks the one on this machine."""
    rows = {
        "commit": commit(root),
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "PostgreSQL": database or find(Environment(root, root / ".venv")).sentence,
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }
    table = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    return f"# {title}\n\n| what | this run |\n|---|---|\n{table}\n"


def commit(root: Path = ROOT) -> str:
    """The commit the tree stands on; says so when files differ from it."""
    try:
        name = _git(root, "rev-parse", "HEAD")
        changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return "unknown (not a git checkout)"
    return f"{name} with local changes" if changed else name


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    print(header(" ".join(sys.argv[1:]) or "Report"))
