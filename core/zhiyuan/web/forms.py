"""Reading HTML forms: values are cleaned, every complaint names its field, and what was typed is shown again.

A form ignores fields that it does not ask for (the form token among them).
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar.enums import RequestEncodingType
from litestar.params import Body

from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.text import clean_text

FormData = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]
"""The annotation of a handler's ``data`` where a form is posted."""

_LONGEST_NUMBER = 9


class Form:
    """One posted form. Ask for each field once; :attr:`issues` holds what was wrong, in order of asking."""

    def __init__(
        self, posted: Mapping[str, Any] | None = None, shown: Mapping[str, object] | None = None
    ) -> None:
        self._posted = posted or {}
        self._shown = shown or {}
        self.issues: list[Issue] = []

    @property
    def is_sound(self) -> bool:
        """True while nothing was wrong."""
        return not self.issues

    def shown(self, name: str) -> str:
        """Return what the field shows: what was posted, else the value it starts with."""
        value = self._posted.get(name, self._shown.get(name)) if self._posted else self._shown.get(name)
        return "" if value is None else str(value)

    def refuse(self, *issues: Issue) -> None:
        """Add complaints that only the domain could make."""
        self.issues.extend(issues)

    def raw(self, name: str) -> str:
        """Return a field as typed, for passwords; empty when absent."""
        value = self._posted.get(name, "")
        return value if isinstance(value, str) else ""

    def text(self, name: str, *, maximum: int, required: bool = False, multiline: bool = False) -> str | None:
        """Return a cleaned text, ``None`` when empty or not acceptable."""
        cleaned = clean_text(self.raw(name), field=name, maximum=maximum, multiline=multiline)
        if isinstance(cleaned, Issue):
            self.issues.append(cleaned)
            return None
        if not cleaned and required:
            self.issues.append(Issue("web.field_required", field=name))
        return cleaned or None

    def choice(self, name: str, options: Iterable[str], *, default: str | None = None) -> str | None:
        """Return one of ``options``."""
        value = self.raw(name).strip()
        if not value:
            return default
        if value in set(options):
            return value
        self.issues.append(Issue("web.field_choice", field=name))
        return None

    def whole(self, name: str, *, minimum: int, maximum: int, required: bool = False) -> int | None:
        """Return a whole number within bounds."""
        value = self.raw(name).strip()
        if not value:
            if required:
                self.issues.append(Issue("web.field_required", field=name))
            return None
        digits = value.removeprefix("-")
        if (
            digits.isascii()
            and digits.isdigit()
            and len(digits) <= _LONGEST_NUMBER
            and minimum <= int(value) <= maximum
        ):
            return int(value)
        self.issues.append(
            Issue("web.field_number", field=name, params={"minimum": minimum, "maximum": maximum})
        )
        return None

    def day(self, name: str, *, required: bool = False) -> date | None:
        """Return a calendar date, written ``YYYY-MM-DD`` as browsers send it."""
        value = self.raw(name).strip()
        if not value:
            if required:
                self.issues.append(Issue("web.field_required", field=name))
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.issues.append(Issue("web.field_date", field=name))
            return None

    def instant(self, name: str, zone: str, *, required: bool = False) -> datetime | None:
        """Return the instant that the wall at ``zone`` shows as ``YYYY-MM-DDTHH:MM``.

        A time that daylight saving skips does not exist and is refused; of two that it repeats the first is meant.
        """
        value = self.raw(name).strip()
        if not value:
            if required:
                self.issues.append(Issue("web.field_required", field=name))
            return None
        try:
            local = datetime.fromisoformat(value).replace(tzinfo=ZoneInfo(zone), fold=0)
        except ValueError:
            self.issues.append(Issue("web.field_time", field=name))
            return None
        instant = local.astimezone(UTC)
        if instant.astimezone(ZoneInfo(zone)).replace(fold=0) != local:
            self.issues.append(Issue("web.field_time_skipped", field=name))
            return None
        return instant

    def yes(self, name: str) -> bool:
        """Return whether a box is ticked."""
        return bool(self._posted.get(name))

    def ids(self, name: str, *, maximum: int) -> list[UUID]:
        """Return the ids of the ticked rows, at most ``maximum``; anything that is no id is left out."""
        value = self._posted.get(name, [])
        found: list[UUID] = []
        for entry in (value if isinstance(value, list) else [value])[:maximum]:
            try:
                found.append(UUID(str(entry)))
            except ValueError:
                continue
        return found
