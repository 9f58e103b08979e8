"""Why a whole file or a whole mapping is not taken. Faults of single rows are not here: see ``problems``."""

from zhiyuan.kernel.errors import Invalid
from zhiyuan.kernel.issues import Issue, Parameter


class FileRefused(Invalid):
    """The file as a whole cannot be read, or must not be. Nothing was written; ``issue`` says why and what helps."""

    def __init__(self, code: str, **params: Parameter) -> None:
        self.issue = Issue(code, params=params)
        super().__init__("imports.file_refused", f"The file was refused: {code}", issues=(self.issue,))


class MappingRefused(Invalid):
    """The mapping does not make sense, or does not fit the file: whoever wrote the command has to change something."""

    def __init__(self, code: str, **params: Parameter) -> None:
        self.issue = Issue(code, params=params)
        super().__init__("imports.mapping_refused", f"The mapping was refused: {code}", issues=(self.issue,))
