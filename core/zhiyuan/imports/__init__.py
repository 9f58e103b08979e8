"""Imports: tables from elsewhere become commands. ``run`` is the one entry for every channel."""

from zhiyuan.imports.problems import Problem
from zhiyuan.imports.refusals import FileRefused, MappingRefused
from zhiyuan.imports.running import ImportSummary, run

__all__ = ["FileRefused", "ImportSummary", "MappingRefused", "Problem", "run"]
