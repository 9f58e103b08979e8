"""Where packs come from: installed distributions, a folder of the site, and any folder that a test names."""

from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files
from pathlib import Path
from typing import Final

from zhiyuan.kernel.errors import Invalid
from zhiyuan.policy.packs.checking import Assembly, IsPlace, PacksCannotLoad, assemble, looks_like_a_place
from zhiyuan.policy.packs.format import PACK_FILE, Pack, PackProblem
from zhiyuan.policy.packs.library import Library
from zhiyuan.policy.packs.reading import read_pack

GROUP: Final = "zhiyuan.policy_packs"
"""Entry-point group: the name is free, the value names a package that has pack folders somewhere below it."""

SITE_FOLDER: Final = "packs"
"""Folder of the site's own packs inside the data folder."""


def collections() -> tuple[EntryPoint, ...]:
    """Return the installed collections of packs."""
    return tuple(sorted(entry_points(group=GROUP), key=lambda entry: entry.name))


def folder_of(entry: EntryPoint) -> Path:
    """Return the folder of one installed collection. Raises Invalid when the package is not there as files."""
    try:
        folder = Path(str(files(entry.value)))
    except (ImportError, TypeError) as error:
        raise Invalid(
            "policy.collection_missing", "The packs %(name)s are not installed whole.", name=entry.name
        ) from error
    if not folder.is_dir():
        raise Invalid(
            "policy.collection_missing", "The packs %(name)s are not installed whole.", name=entry.name
        )
    return folder


def roots(wanted: Sequence[str], data_dir: Path) -> list[Path]:
    """Return the folders an installation reads: collections named in ``wanted`` (``*`` for all) and the site's own.

    Raises Invalid for a name that no installed collection has.
    """
    named = {entry.name: entry for entry in collections()} if wanted else {}
    missing = [name for name in wanted if name != "*" and name not in named]
    if missing:
        raise Invalid(
            "policy.collection_missing",
            "The packs %(name)s are not installed whole.",
            name=", ".join(missing),
        )
    chosen = [entry for name, entry in named.items() if "*" in wanted or name in wanted]
    site = data_dir / SITE_FOLDER
    return [*(folder_of(entry) for entry in chosen), *([site] if site.is_dir() else [])]


def pack_folders(root: Path) -> list[Path]:
    """Return every folder at or below ``root`` that holds a pack, in order of name."""
    return sorted(path.parent for path in root.rglob(PACK_FILE)) if root.is_dir() else []


def read(folders: Iterable[Path], *, is_place: IsPlace = looks_like_a_place) -> Assembly:
    """Read every pack below ``folders`` and check them together. Never raises for what the files say."""
    packs: list[Pack] = []
    problems: list[PackProblem] = []
    for root in folders:
        for folder in pack_folders(root):
            reading = read_pack(folder)
            problems.extend(reading.problems)
            if reading.pack is not None:
                packs.append(reading.pack)
    assembly = assemble(packs, is_place=is_place)
    return Assembly(assembly.library, (*problems, *assembly.problems))


def load(folders: Iterable[Path], *, is_place: IsPlace = looks_like_a_place) -> Library:
    """Return the library of every pack below ``folders``. Raises PacksCannotLoad when there is any fault."""
    assembly = read(folders, is_place=is_place)
    if assembly.problems:
        raise PacksCannotLoad(assembly.problems)
    return assembly.library
