"""The shape of a mapping file. Unknown keys are refused, so that a typing error never passes for "leave it out"."""

from typing import Annotated, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind = Literal["people", "organizations", "activities", "records"]
KINDS: Final[tuple[str, ...]] = get_args(Kind)

As = Literal[
    "text",
    "lines",
    "code",
    "integer",
    "number",
    "hours",
    "minutes",
    "boolean",
    "date",
    "local_time",
    "list",
    "place",
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class FileSpec(_Part):
    """What is known about the file; empty means "find out"."""

    encoding: str = ""
    separator: str = ""
    sheet: str = ""


class FieldSpec(_Part):
    """Where one field comes from, and how it is read. One of ``column``, ``columns``, ``template`` and ``constant``.

    ``column`` may be a list of names of which the file has one. ``columns`` are read together (a date and a time).
    ``optional`` allows the column to be missing in the file, ``required`` refuses an empty cell, ``default`` stands in
    for one. ``values`` replaces words, ``empty`` lists words that mean nothing. ``formats`` are date formats in the
    order they are tried, ``years`` the first and last year believed. ``separators`` part the entries of a list.
    ``overnight`` puts an end before its start on the next day.
    """

    column: str | Annotated[list[str], Field(min_length=1)] | None = None
    columns: Annotated[list[str], Field(min_length=1, max_length=4)] | None = None
    template: str | None = None
    constant: str | bool | int | float | None = None
    read_as: As | None = Field(default=None, alias="as")
    optional: bool = False
    required: bool = False
    default: str | bool | int | float | None = None
    values: dict[str, str | bool | int] | None = None
    keep_unmatched: bool = False
    empty: list[str] = []
    formats: list[str] = []
    years: tuple[int, int] | None = None
    separators: str = ";,、，|"
    overnight: bool = False

    @model_validator(mode="after")
    def _one_source(self) -> "FieldSpec":
        sources = (self.column, self.columns, self.template, self.constant)
        if sum(source is not None for source in sources) != 1:
            raise ValueError("give exactly one of column, columns, template and constant")
        if self.years is not None and self.years[0] > self.years[1]:
            raise ValueError("years: the first is later than the last")
        return self


class IdSpec(_Part):
    """What another system calls a thing: ``scheme`` names that system, the columns hold its word for the thing."""

    scheme: Annotated[str, Field(min_length=1, max_length=60)]
    column: str | Annotated[list[str], Field(min_length=1)] | None = None
    columns: Annotated[list[str], Field(min_length=1, max_length=6)] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> "IdSpec":
        if (self.column is None) == (self.columns is None):
            raise ValueError("give either column or columns")
        return self


class PersonSpec(_Part):
    """How a record says whose it is: by an external id, or by the volunteer number in a column."""

    scheme: str | None = None
    column: str | None = None
    columns: list[str] | None = None
    number: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "PersonSpec":
        if (self.number is None) == (self.scheme is None):
            raise ValueError("give either number, or scheme with column")
        return self


class OrganizationSpec(_Part):
    """The organization that a row belongs to, created below the one of the command when it is new."""

    external_id: IdSpec
    fields: dict[str, FieldSpec]


class ShiftSpec(_Part):
    """One shift per row. Rows with equal values in ``group_by`` are shifts of one activity, named by them."""

    group_by: Annotated[list[str], Field(min_length=1, max_length=6)]
    key: Annotated[list[str], Field(min_length=1, max_length=6)]
    fields: dict[str, FieldSpec]


class Mapping(_Part):
    """One mapping file. ``time_zone`` is where local times in the file are told; empty means the organization's."""

    kind: Kind
    title: str = ""
    time_zone: str | None = None
    publish: bool = False
    file: FileSpec = FileSpec()
    external_id: IdSpec | None = None
    person: PersonSpec | None = None
    organization: OrganizationSpec | None = None
    shifts: ShiftSpec | None = None
    fields: dict[str, FieldSpec]
    extra: dict[str, FieldSpec] = {}
