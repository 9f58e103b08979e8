"""Compiles the message catalogues when the core is built or installed.

Called by hatchling for wheels and for editable installs. The compiled files are build products: they are not
in the repository, and an installation without them would silently speak English only.
"""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileCatalogues(BuildHookInterface[Any]):
    """Writes one `.mo` beside each `.po` below `zhiyuan/locale/`; a catalogue with a syntax error stops the build."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before files are collected. `version` is `standard` or `editable`; both need catalogues."""
        for source in sorted(Path(self.root, "zhiyuan", "locale").glob("*/LC_MESSAGES/*.po")):
            with source.open("rb") as text:
                catalogue = read_po(text, domain=source.stem, abort_invalid=True)
            with source.with_suffix(".mo").open("wb") as compiled:
                write_mo(compiled, catalogue)
