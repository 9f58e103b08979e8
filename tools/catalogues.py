"""Message catalogues of every owner (core, plugins, themes, examples): compile them where a clone was just made.

An owner keeps `locale/<language>/LC_MESSAGES/<domain>.po` in its package; the domain is its own name. Compiled
files are git-ignored, so a fresh clone has none until `compile_stale` has run. This module is read before the
environment exists and imports nothing from it; `tools.messages` brings the catalogues up to date.
"""

import subprocess
from pathlib import Path

from tools.environment import Environment

PLACES = ("core/zhiyuan", "plugins/*/zhiyuan_*", "docs/examples/*/*", "docs/examples/*/*/*", "themes/*")


def sources(root: Path) -> list[Path]:
    """Every catalogue of the tree, sorted."""
    return sorted({po for place in PLACES for po in root.glob(f"{place}/locale/*/LC_MESSAGES/*.po")})


def stale(root: Path) -> list[Path]:
    """The catalogues that were never compiled, or were edited since."""

    def is_stale(po: Path) -> bool:
        mo = po.with_suffix(".mo")
        return not mo.exists() or mo.stat().st_mtime_ns < po.stat().st_mtime_ns

    return [po for po in sources(root) if is_stale(po)]


def compile_stale(environment: Environment) -> list[Path]:
    """Compile what `stale` names and say which those were. Raises CalledProcessError for a broken catalogue."""
    todo = stale(environment.root)
    for po in todo:
        language = po.parts[-3].replace("-", "_")
        command = [environment.program("pybabel"), "--quiet", "compile", "-l", language]
        subprocess.run([*command, "-i", str(po), "-o", str(po.with_suffix(".mo"))], check=True)
    return todo
