"""Packs of rules: dated, inherited, sourced values of places, as files. Data, never code.

A pack is a folder with a ``pack.toml`` and, if it has golden examples, a ``cases.toml``. ``install`` puts a checked
library of packs between the defaults of the keys and the values that people of the installation have set.
"""

from zhiyuan.policy.engine import LAYERS, forget_everything
from zhiyuan.policy.layers import SiteLayer
from zhiyuan.policy.packs.checking import Assembly, PacksCannotLoad, assemble
from zhiyuan.policy.packs.format import Document, Pack, PackProblem, PackValue
from zhiyuan.policy.packs.library import Library, PackLayer
from zhiyuan.policy.packs.reading import read_pack
from zhiyuan.policy.packs.sources import GROUP, SITE_FOLDER, collections, folder_of, load, read, roots

__all__ = [
    "GROUP",
    "SITE_FOLDER",
    "Assembly",
    "Document",
    "Library",
    "Pack",
    "PackLayer",
    "PackProblem",
    "PackValue",
    "PacksCannotLoad",
    "assemble",
    "collections",
    "folder_of",
    "install",
    "load",
    "read",
    "read_pack",
    "roots",
]


def install(library: Library) -> None:
    """Put the packs of ``library`` in force in this process, in place of any that were. An empty one removes them."""
    LAYERS[:] = [*library.layers, SiteLayer()]
    forget_everything()
