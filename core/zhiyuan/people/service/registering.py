"""Registration: who of a batch is new, who is known, and what changed about them.

A person is known by an external id, else by an identity document's number. Somebody who only looks like a known person
(same document under another external id, same name and contact) is kept apart and reported, never merged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select, text, update

from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.clock import local_date
from zhiyuan.kernel.commands import Outcome, refused
from zhiyuan.kernel.external_ids import ExternalId
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Tx
from zhiyuan.people.membership import members_among
from zhiyuan.people.models import Person, PersonExternalId
from zhiyuan.people.numbers import next_numbers
from zhiyuan.people.policy import PeopleRules, rules_at
from zhiyuan.people.protection import DOCUMENT_NUMBER, PROTECTED
from zhiyuan.people.schemas import RegisterPerson
from zhiyuan.people.service.preparing import PreparedPerson, prepared
from zhiyuan.people.service.resemblance import resemblances
from zhiyuan.policy import PlaceChain

NUMBER_SERIES: Final = "person"
"""Name of the series that volunteer numbers come from."""

_SCHEME_LENGTH: Final = 60
_VALUE_LENGTH: Final = 120
_BLANK: Final[Mapping[str, Any]] = {
    "sex": None,
    "birth_date": None,
    "document_kind": None,
    "residence_region_code": None,
    "residence_text": None,
    "occupation": None,
    "unit": None,
    "categories": [],
    "skills": [],
    "languages": [],
    "available_time": None,
    "status": "registered",
    "identity_level": "none",
    "merged_into_id": None,
    "registered_on": None,
    "left_on": None,
    "extra": {},
}
"""What a new person is when nothing is told."""

_person = Person.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_external = PersonExternalId.__table__  # type: ignore[attr-defined]  # likewise

_ADVISORY_LOCK: Final = text("SELECT pg_advisory_xact_lock(7301001)")
_INSERT_PEOPLE: Final = insert(_person)
_INSERT_EXTERNAL_IDS: Final = insert(_external)
_NOTE_DIGEST: Final = (
    update(_external)
    .where(_external.c.scheme == bindparam("for_scheme"), _external.c.value == bindparam("for_value"))
    .values(source_digest=bindparam("digest"))
)


@dataclass(frozen=True, slots=True)
class _Known:
    person_id: UUID
    digest: bytes | None


@dataclass(slots=True)
class _Case:
    """One item on its way through a batch. ``twin`` is an equal item before it that speaks for both."""

    item: RegisterPerson
    ready: PreparedPerson | None = None
    rules: PeopleRules | None = None
    known_id: UUID | None = None
    twin: "_Case | None" = None
    outcome: Outcome | None = None
    warnings: list[Issue] = field(default_factory=list)

    def done(self, status: str, person_id: UUID) -> None:
        self.outcome = Outcome(status, person_id, tuple(self.warnings))


def register(tx: Tx, items: Sequence[RegisterPerson]) -> list[Outcome]:
    """Create or update the people of ``items``; statuses ``created``, ``updated``, ``unchanged``.

    An update changes what is told and erases nothing. Whoever acts with a role, and not as the operator, changes only
    people who belong to the item's organization or below. Registrations wait for one another on PostgreSQL too, so that
    two of the same person never both find nobody.
    """
    if not tx.is_sqlite:
        tx.connection.execute(_ADVISORY_LOCK)
    cases = [_Case(item) for item in items]
    known = _known_external_ids(tx, cases)
    _match_external_ids(tx, cases, known)
    _prepare(tx, cases)
    _match_documents(tx, cases)
    _pair_repeats(cases)
    _update(tx, [case for case in _open(cases) if case.known_id is not None], known)
    _create(tx, [case for case in _open(cases) if case.known_id is None])
    for case in _open(cases, with_twins=True):
        _follow_twin(case)
    return [_answer(case) for case in cases]


def _open(cases: Sequence[_Case], *, with_twins: bool = False) -> list[_Case]:
    return [case for case in cases if case.outcome is None and (with_twins or case.twin is None)]


def _known_external_ids(tx: Tx, cases: Sequence[_Case]) -> dict[ExternalId, _Known]:
    by_scheme: dict[str, set[str]] = {}
    for case in cases:
        if case.item.external_id is not None:
            by_scheme.setdefault(case.item.external_id.scheme, set()).add(case.item.external_id.value)
    return {
        ExternalId(scheme, row.value): _Known(row.person_id, row.source_digest)
        for scheme, values in by_scheme.items()
        for row in tx.connection.execute(
            select(_external.c.value, _external.c.person_id, _external.c.source_digest).where(
                _external.c.scheme == scheme, _external.c.value.in_(values)
            )
        )
    }


def _match_external_ids(tx: Tx, cases: Sequence[_Case], known: Mapping[ExternalId, _Known]) -> None:
    found = [
        (case, known[case.item.external_id])
        for case in cases
        if case.item.external_id is not None and case.item.external_id in known
    ]
    in_reach = _in_reach(tx, [(case, before.person_id) for case, before in found])
    for case, before in found:
        if id(case) not in in_reach:
            case.outcome = refused(Issue("people.belongs_elsewhere", field="external_id"))
            continue
        case.known_id = before.person_id
        if case.item.source_digest is not None and case.item.source_digest == before.digest:
            case.done("unchanged", before.person_id)


def _in_reach(tx: Tx, pairs: Sequence[tuple[_Case, UUID]]) -> set[int]:
    """Return ``id()`` of the cases whose actor may touch the person: all of the operator's, else members of the place."""
    reached = {id(case) for case, _ in pairs if case.item.actor.is_operator}
    by_place: dict[UUID, set[UUID]] = {}
    for case, person_id in pairs:
        if id(case) not in reached and case.item.organization_id is not None:
            by_place.setdefault(case.item.organization_id, set()).add(person_id)
    members = {place: members_among(tx, place, people) for place, people in by_place.items()}
    for case, person_id in pairs:
        if case.item.organization_id is not None and person_id in members.get(case.item.organization_id, ()):
            reached.add(id(case))
    return reached


def _prepare(tx: Tx, cases: Sequence[_Case]) -> None:
    rules: dict[PlaceChain, PeopleRules] = {}
    for case in _open(cases):
        item = case.item
        if item.places not in rules:
            rules[item.places] = rules_at(tx, item.places, local_date(tx.now, "UTC"))
        case.rules = rules[item.places]
        case.ready = prepared(item.details, case.rules)
        faults = list(case.ready.issues)
        if item.external_id is not None and not _fits(item.external_id):
            params = {"maximum": _VALUE_LENGTH, "length": len(item.external_id.value)}
            faults.append(Issue("text.too_long", field="external_id", params=params))
        if any(issue.blocks for issue in faults):
            case.outcome = refused(*faults)
        case.warnings.extend(faults)


def _fits(external_id: ExternalId) -> bool:
    return 0 < len(external_id.value) <= _VALUE_LENGTH and 0 < len(external_id.scheme) <= _SCHEME_LENGTH


def _match_documents(tx: Tx, cases: Sequence[_Case]) -> None:
    """Find by document number those who are not known by an external id; remember its bearer's own external ids."""
    asking = [case for case in _open(cases) if case.known_id is None and case.item.is_known_well]
    numbers = {_document_number(case) for case in asking} - {None}
    if not numbers:
        return
    number_of = {
        blind: number for number in numbers for blind in DOCUMENT_NUMBER.blinds(tx.keyring, str(number))
    }
    bearers: dict[str | None, UUID] = {}
    for row in tx.connection.execute(
        select(_person.c.id, _person.c.document_number_index)
        .where(_person.c.document_number_index.in_(number_of), _person.c.status != "merged")
        .order_by(_person.c.id)
    ):
        bearers.setdefault(number_of[row.document_number_index], row.id)
    named = _schemes_of(tx, set(bearers.values()))
    pairs = [(case, bearers[number]) for case in asking if (number := _document_number(case)) in bearers]
    in_reach = _in_reach(tx, pairs)
    for case, bearer in pairs:
        external_id = case.item.external_id
        has_other_name = external_id is not None and (bearer, external_id.scheme) in named
        if id(case) in in_reach and not has_other_name:
            case.known_id = bearer


def _schemes_of(tx: Tx, people: set[UUID]) -> set[tuple[UUID, str]]:
    if not people:
        return set()
    query = select(_external.c.person_id, _external.c.scheme).where(_external.c.person_id.in_(people))
    return {(row.person_id, row.scheme) for row in tx.connection.execute(query)}


def _document_number(case: _Case) -> str | None:
    return case.ready.protected.get(DOCUMENT_NUMBER.name) if case.ready is not None else None


def _pair_repeats(cases: Sequence[_Case]) -> None:
    first: dict[object, _Case] = {}
    for case in _open(cases):
        for key in _identities(case):
            before = first.setdefault(key, case)
            if before is case:
                continue
            if before.item.details == case.item.details:
                case.twin = before
            else:
                case.outcome = refused(Issue("people.twice_in_batch"))
            break


def _identities(case: _Case) -> list[object]:
    """Return by what this person may stand in the batch a second time."""
    if not case.item.is_known_well:
        return []
    keys: list[object] = [key for key in (case.known_id, case.item.external_id) if key is not None]
    return keys or [number for number in (_document_number(case),) if number is not None]


def _update(tx: Tx, cases: Sequence[_Case], known: Mapping[ExternalId, _Known]) -> None:
    if not cases:
        return
    query = select(_person).where(_person.c.id.in_({case.known_id for case in cases})).order_by(_person.c.id)
    rows = {row["id"]: dict(row) for row in tx.connection.execute(query.with_for_update()).mappings()}
    changes: dict[frozenset[str], list[dict[str, Any]]] = {}
    attached: list[dict[str, Any]] = []
    digests: list[dict[str, Any]] = []
    for case in cases:
        person_id = case.known_id
        assert person_id is not None
        assert case.ready is not None
        row = rows[person_id]
        if row["status"] == "merged":
            case.outcome = refused(Issue("people.merged"))
            continue
        changed = _changed(tx, row, case.ready)
        if changed:
            changes.setdefault(frozenset(changed), []).append({**changed, "for_id": person_id})
        external_id = case.item.external_id
        is_attached = external_id is not None and external_id not in known
        if external_id is not None and is_attached:
            attached.append(_external_row(external_id, person_id, case.item.source_digest))
        elif external_id is not None and case.item.source_digest is not None:
            digests.append(
                {
                    "for_scheme": external_id.scheme,
                    "for_value": external_id.value,
                    "digest": case.item.source_digest,
                }
            )
        case.done("updated" if changed or is_attached else "unchanged", person_id)
        if changed or is_attached or external_id is not None:
            tx.audit(_audit(case.item, "people.update", person_id, sorted(_fields(changed))))
    for columns, parameters in changes.items():
        statement = update(_person).where(_person.c.id == bindparam("for_id"))
        tx.connection.execute(statement.values({name: bindparam(name) for name in columns}), parameters)
    if attached:
        tx.connection.execute(_INSERT_EXTERNAL_IDS, attached)
    if digests:
        tx.connection.execute(_NOTE_DIGEST, digests)


def _changed(tx: Tx, row: Mapping[str, Any], ready: PreparedPerson) -> dict[str, Any]:
    """Return the columns to write: those whose value is told and differs from what is kept."""
    told = dict(ready.columns)
    if "extra" in told:
        told["extra"] = {**row["extra"], **told["extra"]}
    if row["identity_level"] == "verified":
        told.pop("identity_level", None)
    changed = {name: value for name, value in told.items() if row[name] != value}
    for protected in PROTECTED:
        value = ready.protected.get(protected.name)
        if value is not None and value != protected.opened(tx.keyring, row["id"], row):
            changed.update(protected.closed(tx.keyring, row["id"], value))
            if protected is DOCUMENT_NUMBER:
                changed["identity_level"] = ready.columns.get("identity_level", "none")
    return changed


def _fields(columns: Mapping[str, Any]) -> set[str]:
    return {name.removesuffix("_encrypted") for name in columns if not name.endswith("_index")}


def _create(tx: Tx, cases: Sequence[_Case]) -> None:
    if not cases:
        return
    numbers = next_numbers(tx, NUMBER_SERIES, len(cases))
    rows: list[dict[str, Any]] = []
    external: list[dict[str, Any]] = []
    for case, number in zip(cases, numbers, strict=True):
        row = _new_row(tx, case, number)
        rows.append(row)
        if case.item.external_id is not None:
            external.append(_external_row(case.item.external_id, row["id"], case.item.source_digest))
    for index, issue in resemblances(tx, rows, [case.item.actor for case in cases]):
        if cases[index].item.is_known_well:
            cases[index].warnings.append(issue)
    tx.connection.execute(_INSERT_PEOPLE, rows)
    if external:
        tx.connection.execute(_INSERT_EXTERNAL_IDS, external)
    for case, row in zip(cases, rows, strict=True):
        case.done("created", row["id"])
        tx.audit(_audit(case.item, "people.register", row["id"], []))


def _new_row(tx: Tx, case: _Case, number: int) -> dict[str, Any]:
    assert case.ready is not None
    assert case.rules is not None
    person_id = new_id()
    row: dict[str, Any] = {
        **_BLANK,
        **case.ready.columns,
        "id": person_id,
        "number": f"{case.rules.number_prefix}{number:0{case.rules.number_width}d}",
        "created_at": tx.now,
    }
    for protected in PROTECTED:
        row.update(protected.closed(tx.keyring, person_id, case.ready.protected.get(protected.name)))
    return row


def _external_row(external_id: ExternalId, person_id: UUID, digest: bytes | None) -> dict[str, Any]:
    return {
        "id": new_id(),
        "person_id": person_id,
        "scheme": external_id.scheme,
        "value": external_id.value,
        "verified_at": None,
        "source_digest": digest,
    }


def _audit(item: RegisterPerson, action: str, person_id: UUID, changed: Sequence[str]) -> Audit:
    detail = {"changed": list(changed)} if changed else {}
    return Audit(item.actor, action, "person", person_id, item.organization_id, detail)


def _follow_twin(case: _Case) -> None:
    assert case.twin is not None
    before = case.twin.outcome
    if before is not None and before.id is not None:
        case.done("unchanged", before.id)


def _answer(case: _Case) -> Outcome:
    assert case.outcome is not None
    return case.outcome
