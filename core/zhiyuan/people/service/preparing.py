"""From what is told about a person to what can be kept: checks that need no database. Used by imports before they write."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.text import clean_text
from zhiyuan.people import contacts, documents
from zhiyuan.people.policy import EARLIEST_BIRTH_DATE, PHONE_REGION, PeopleRules
from zhiyuan.people.schemas import PersonDetails

SEXES: Final = ("female", "male", "other")
STATUSES: Final = ("applied", "registered", "active", "suspended", "left")

_TEXTS: Final = (
    ("residence_region_code", 20),
    ("residence_text", 200),
    ("occupation", 120),
    ("unit", 200),
    ("available_time", 200),
)
_CLOSED_TEXTS: Final = (("address", 300), ("emergency_contact", 200))
_LISTS: Final = ("categories", "skills", "languages")
_NAME_LENGTH: Final = 120
_CONTACT_LENGTH: Final = 120
_LIST_ENTRY_LENGTH: Final = 60


@dataclass(frozen=True, slots=True)
class PreparedPerson:
    """What may be kept. ``columns`` are open values by column, ``protected`` clear values by protected field.

    Both hold only what was told. ``issues`` are warnings when ``is_sound``, and reasons for refusal otherwise.
    """

    columns: Mapping[str, Any]
    protected: Mapping[str, str]
    issues: tuple[Issue, ...]

    @property
    def is_sound(self) -> bool:
        """True when nothing stands against keeping it."""
        return not any(issue.blocks for issue in self.issues)


def prepared(details: PersonDetails, rules: PeopleRules) -> PreparedPerson:
    """Check and clean ``details`` under ``rules``. Every fault is reported, not only the first."""
    issues: list[Issue] = []
    columns: dict[str, Any] = {}
    protected: dict[str, str] = {}
    _name(details, columns, issues)
    for name, maximum in _TEXTS:
        _keep_text(columns, name, getattr(details, name), maximum, issues)
    for name, maximum in _CLOSED_TEXTS:
        _keep_text(protected, name, getattr(details, name), maximum, issues)
    for name in _LISTS:
        _keep_list(columns, name, getattr(details, name), issues)
    _keep_choice(columns, "sex", details.sex, SEXES, issues)
    _keep_choice(columns, "status", details.status, STATUSES, issues)
    _document(details, rules, columns, protected, issues)
    _contacts(details, rules, protected, issues)
    _dates(details, rules, columns, issues)
    if details.extra:
        columns["extra"] = dict(details.extra)
    return PreparedPerson(columns, protected, tuple(issues))


def _name(details: PersonDetails, columns: dict[str, Any], issues: list[Issue]) -> None:
    name = clean_text(details.name, field="name", maximum=_NAME_LENGTH)
    if isinstance(name, Issue):
        issues.append(name)
        return
    if not name:
        issues.append(Issue("people.name_missing", field="name"))
        return
    markup = next((character for character in "<>" if character in name), None)
    if markup:
        issues.append(Issue("people.name_holds_markup", field="name", params={"character": markup}))
    columns["name"] = name


def _keep_text(into: dict[str, Any], name: str, value: str | None, maximum: int, issues: list[Issue]) -> None:
    if not value:
        return
    text = clean_text(value, field=name, maximum=maximum)
    if isinstance(text, Issue):
        issues.append(text)
    elif text:
        into[name] = text


def _keep_list(into: dict[str, Any], name: str, values: tuple[str, ...], issues: list[Issue]) -> None:
    kept: list[str] = []
    for value in values:
        text = clean_text(value, field=name, maximum=_LIST_ENTRY_LENGTH)
        if isinstance(text, Issue):
            issues.append(text)
        elif text and text not in kept:
            kept.append(text)
    if kept:
        into[name] = kept


def _keep_choice(
    into: dict[str, Any], name: str, value: str | None, known: tuple[str, ...], issues: list[Issue]
) -> None:
    if not value:
        return
    if value in known:
        into[name] = value
        return
    issues.append(
        Issue("people.unknown_value", field=name, params={"value": value[:40], "known": ", ".join(known)})
    )


def _document(
    details: PersonDetails,
    rules: PeopleRules,
    columns: dict[str, Any],
    protected: dict[str, str],
    issues: list[Issue],
) -> None:
    if details.document_kind and details.document_kind not in documents.KINDS:
        _keep_choice(columns, "document_kind", details.document_kind, tuple(sorted(documents.KINDS)), issues)
        return
    if not details.document_number:
        return
    cleaned = clean_text(details.document_number, field="document_number", maximum=40)
    if isinstance(cleaned, Issue):
        issues.append(cleaned)
        return
    number = documents.normalized(cleaned)
    if not number:
        return
    kind = details.document_kind or documents.kind_of(number)
    columns["document_kind"] = kind
    protected["document_number"] = number
    if kind not in documents.CHECKED_KINDS:
        return
    fault = documents.fault(number, today=rules.today)
    if fault:
        params: dict[str, str | int] = {"length": len(number)} if fault == "length" else {}
        issues.append(Issue(f"people.document_{fault}", field="document_number", params=params))
        return
    columns["identity_level"] = "checked"
    born = documents.birth_date(number)
    if details.birth_date is None:
        columns["birth_date"] = born
    elif details.birth_date != born:
        issues.append(Issue("people.document_differs_from_birth_date", severity="warn", field="birth_date"))


def _contacts(
    details: PersonDetails, rules: PeopleRules, protected: dict[str, str], issues: list[Issue]
) -> None:
    written: dict[str, str] = {}
    for name in ("phone", "email"):
        _keep_text(written, name, getattr(details, name), _CONTACT_LENGTH, issues)
    if "phone" in written:
        phone = contacts.phone(written["phone"], region=rules.phone_region)
        protected["phone"] = phone.text
        if not phone.is_understood:
            issues.append(
                Issue("people.phone_not_understood", severity="warn", field="phone", rule=PHONE_REGION.id)
            )
    if "email" in written:
        mail = contacts.mail(written["email"])
        protected["email"] = mail.text
        if not mail.is_understood:
            issues.append(Issue("people.email_not_understood", severity="warn", field="email"))


def _dates(details: PersonDetails, rules: PeopleRules, columns: dict[str, Any], issues: list[Issue]) -> None:
    born = details.birth_date
    if born is not None:
        columns["birth_date"] = born
        if born > rules.today:
            issues.append(Issue("people.birth_date_in_future", field="birth_date"))
        elif born < rules.earliest_birth_date:
            issues.append(
                Issue(
                    "people.birth_date_too_early",
                    field="birth_date",
                    params={"earliest": _iso(rules.earliest_birth_date)},
                    rule=EARLIEST_BIRTH_DATE.id,
                )
            )
    for name in ("registered_on", "left_on"):
        if (day := getattr(details, name)) is not None:
            columns[name] = day
    if details.left_on and details.registered_on and details.left_on < details.registered_on:
        issues.append(Issue("people.dates_reversed", field="left_on"))


def _iso(day: date) -> str:
    return day.isoformat()
