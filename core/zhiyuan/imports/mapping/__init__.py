"""Mappings: which column means what. Written as TOML by whoever knows the file; nothing in them is a program."""

from zhiyuan.imports.mapping.compiling import Compiled, CompiledField, compile_fields, compile_id
from zhiyuan.imports.mapping.loading import load_mapping
from zhiyuan.imports.mapping.model import KINDS, FieldSpec, IdSpec, Kind, Mapping

__all__ = [
    "KINDS",
    "Compiled",
    "CompiledField",
    "FieldSpec",
    "IdSpec",
    "Kind",
    "Mapping",
    "compile_fields",
    "compile_id",
    "load_mapping",
]
