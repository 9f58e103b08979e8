"""Readers: any table people send, as rows of cells. They never guess silently and never read what they must not."""

from zhiyuan.imports.readers.opening import open_table
from zhiyuan.imports.readers.tables import Cell, Hints, Limits, Row, Table

__all__ = ["Cell", "Hints", "Limits", "Row", "Table", "open_table"]
