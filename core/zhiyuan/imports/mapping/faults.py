"""A cell that cannot be read."""

from zhiyuan.kernel.issues import Issue, Parameter


class CellFault(Exception):
    """Raised by converters: the cell does not say what its field needs. ``issue`` is completed with the field's name."""

    def __init__(self, code: str, rule: str | None = None, **params: Parameter) -> None:
        super().__init__(code)
        self.issue = Issue(code, params=params, rule=rule)
