"""People come in once, are found again, and are never merged behind anybody's back."""

import dataclasses
import hashlib
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import select

from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.commands import Outcome
from zhiyuan.kernel.external_ids import ExternalId
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.models import AuditEntry
from zhiyuan.people import queries
from zhiyuan.people.models import Person
from zhiyuan.people.schemas import PersonDetails
from zhiyuan.people.service import REGISTER, RegisterPerson
from zhiyuan.runtime import Runtime
from zhiyuan.testing import building

ID_NUMBER = "530802199003070014"


def _details(**more: object) -> PersonDetails:
    return PersonDetails(**{"name": "张伟", **more})  # type: ignore[arg-type]


def _item(
    operator: Actor, details: PersonDetails, value: str | None = None, digest: str = ""
) -> RegisterPerson:
    return RegisterPerson(
        actor=operator,
        organization_id=None,
        details=details,
        external_id=ExternalId("roster", value) if value else None,
        source_digest=hashlib.sha256(digest.encode()).digest() if digest else None,
    )


def _codes(outcome: Outcome) -> list[str]:
    return [issue.code for issue in outcome.issues]


def test_a_person_is_created_once_and_unchanged_afterwards(runtime: Runtime, operator: Actor) -> None:
    item = _item(operator, _details(phone="13800138000"), "7", "row")

    first = runtime.bus.submit_one(REGISTER, item)
    second = runtime.bus.submit_one(REGISTER, item)

    assert ("created", "unchanged") == (first.status, second.status)
    assert first.id == second.id


def test_a_changed_row_updates_only_what_it_tells(runtime: Runtime, operator: Actor) -> None:
    first = runtime.bus.submit_one(
        REGISTER, _item(operator, _details(occupation="教师", phone="13800138000"), "7", "old")
    )

    second = runtime.bus.submit_one(REGISTER, _item(operator, _details(phone="13900139000"), "7", "new"))

    assert "updated" == second.status
    assert first.id is not None
    with runtime.database.reading() as tx:
        person = queries.get(tx, first.id)
        detail = tx.connection.execute(
            select(AuditEntry.detail).where(AuditEntry.action == "people.update")
        ).scalar()
    assert ("教师", "139****9000") == (person.occupation, person.phone_masked)
    assert {"changed": ["phone"]} == detail


def test_volunteer_numbers_follow_the_rule(runtime: Runtime, operator: Actor) -> None:
    outcomes = runtime.bus.submit(REGISTER, [_item(operator, _details(name=f"人{i}")) for i in range(3)])

    with runtime.database.reading() as tx:
        people = [queries.get(tx, outcome.id) for outcome in outcomes if outcome.id]
    assert ["V00000001", "V00000002", "V00000003"] == [person.number for person in people]


def test_protected_fields_are_not_readable_in_the_database(runtime: Runtime, operator: Actor) -> None:
    runtime.bus.submit_one(
        REGISTER,
        _item(operator, _details(phone="13800138000", email="zhang@example.org", document_number=ID_NUMBER)),
    )

    with runtime.database.reading() as tx:
        row = tx.connection.execute(select(Person.__table__)).mappings().one()  # type: ignore[attr-defined]
    everything = repr(dict(row))
    assert "13800138000" not in everything
    assert "zhang@" not in everything
    assert ID_NUMBER not in everything


def test_a_known_document_number_links_a_new_external_id(runtime: Runtime, operator: Actor) -> None:
    first = runtime.bus.submit_one(REGISTER, _item(operator, _details(document_number=ID_NUMBER)))

    second = runtime.bus.submit_one(
        REGISTER, _item(operator, _details(document_number=ID_NUMBER), "7", "row")
    )

    assert ("updated", first.id) == (second.status, second.id)


def test_one_document_under_two_external_ids_is_flagged_and_not_merged(
    runtime: Runtime, operator: Actor
) -> None:
    details = _details(document_number=ID_NUMBER)

    first, second = runtime.bus.submit(
        REGISTER, [_item(operator, details, "7", "a"), _item(operator, details, "8", "b")]
    )

    assert ("created", "created") == (first.status, second.status)
    assert first.id != second.id
    assert ["people.possible_duplicate"] == _codes(second)


def test_a_family_may_share_a_phone_without_a_warning(runtime: Runtime, operator: Actor) -> None:
    first, second, third = runtime.bus.submit(
        REGISTER,
        [
            _item(operator, _details(name="张伟", phone="13800138000"), "1", "a"),
            _item(operator, _details(name="张丽", phone="138 0013 8000"), "2", "b"),
            _item(operator, _details(name="张伟", phone="+86 13800138000"), "3", "c"),
        ],
    )

    assert [[], [], ["people.possible_duplicate"]] == [_codes(first), _codes(second), _codes(third)]


@pytest.mark.parametrize(
    ("role", "office", "code"),
    [
        ("manager", "there", "people.possible_duplicate"),
        ("manager", "above", "people.possible_duplicate"),
        ("manager", "here", "people.possible_duplicate_elsewhere"),
        ("volunteer", "there", "people.possible_duplicate_elsewhere"),
    ],
)
def test_only_who_may_see_the_other_person_is_told_the_number(
    runtime: Runtime, operator: Actor, role: str, office: str, code: str
) -> None:
    person = runtime.bus.submit_one(REGISTER, _item(operator, _details(document_number=ID_NUMBER)))
    assert person.id is not None
    with runtime.database.uow(unaudited="test") as tx:
        places: dict[str, UUID] = {"above": building.organization(tx, "above")}
        places["there"] = building.organization(tx, "there", places["above"])
        places["here"] = building.organization(tx, "here")
        building.membership(tx, person.id, places["there"])
        chief = building.person(tx, "李四")
        building.membership(tx, chief, places["here"], "manager")
        if office != "here":
            building.membership(tx, chief, places[office], role)
    manager = Actor(channel="web", account_id=new_id(), person_id=chief)
    item = dataclasses.replace(
        _item(manager, _details(document_number=ID_NUMBER), "9", "a"), organization_id=places["here"]
    )

    outcome = runtime.bus.submit_one(REGISTER, item)

    assert [code] == _codes(outcome)
    assert ("number" in outcome.issues[0].params) is (code == "people.possible_duplicate")


def test_two_who_are_registered_together_are_named_to_who_registers_them(runtime: Runtime) -> None:
    with runtime.database.uow(unaudited="test") as tx:
        here, chief = building.organization(tx, "here"), building.person(tx, "李四")
        building.membership(tx, chief, here, "manager")
    manager = Actor(channel="web", account_id=new_id(), person_id=chief)
    twice = [
        dataclasses.replace(_item(manager, _details(phone="13800138000"), value, "a"), organization_id=here)
        for value in ("1", "2")
    ]

    first, second = runtime.bus.submit(REGISTER, twice)

    assert ([], ["people.possible_duplicate"]) == (_codes(first), _codes(second))


def test_equal_items_of_one_batch_make_one_person(runtime: Runtime, operator: Actor) -> None:
    item = _item(operator, _details(), "7", "row")

    first, second = runtime.bus.submit(REGISTER, [item, item])

    assert ("created", "unchanged") == (first.status, second.status)
    assert first.id == second.id


def test_different_items_for_one_external_id_are_refused(runtime: Runtime, operator: Actor) -> None:
    first, second = runtime.bus.submit(
        REGISTER, [_item(operator, _details(), "7", "a"), _item(operator, _details(name="李四"), "7", "b")]
    )

    assert ("created", ["people.twice_in_batch"]) == (first.status, _codes(second))


def test_self_registration_never_reveals_or_changes_anybody(runtime: Runtime, operator: Actor) -> None:
    details = _details(document_number=ID_NUMBER, phone="13800138000")
    known = runtime.bus.submit_one(REGISTER, _item(operator, details))

    stranger = runtime.bus.submit_one(
        REGISTER, dataclasses.replace(_item(operator, details), is_known_well=False)
    )

    assert ("created", ()) == (stranger.status, stranger.issues)
    assert known.id != stranger.id


def test_a_manager_cannot_change_people_of_another_organization(runtime: Runtime, operator: Actor) -> None:
    person = runtime.bus.submit_one(REGISTER, _item(operator, _details(), "7", "a"))
    chief = runtime.bus.submit_one(REGISTER, _item(operator, _details(name="李四"), "8", "a"))
    assert person.id is not None
    assert chief.id is not None
    with runtime.database.uow(unaudited="test") as tx:
        here, there = building.organization(tx, "here"), building.organization(tx, "there")
        building.membership(tx, person.id, there)
        building.membership(tx, chief.id, here, "manager")
    manager = Actor(channel="web", account_id=new_id(), person_id=chief.id)
    item = RegisterPerson(
        actor=manager,
        organization_id=here,
        details=_details(name="改名"),
        external_id=ExternalId("roster", "7"),
        source_digest=b"z" * 32,
    )

    outcome = runtime.bus.submit(REGISTER, [item])[0]

    assert ("refused", ["people.belongs_elsewhere"]) == (outcome.status, _codes(outcome))


@pytest.mark.parametrize(
    ("details", "code", "field"),
    [
        (_details(name=" "), "people.name_missing", "name"),
        (_details(name="<b>张伟</b>"), "people.name_holds_markup", "name"),
        (_details(name="张\u202e伟"), "text.direction_override", "name"),
        (_details(name="张\x00伟"), "text.control_character", "name"),
        (_details(name="张" * 121), "text.too_long", "name"),
        (_details(birth_date=date(2026, 3, 3)), "people.birth_date_in_future", "birth_date"),
        (_details(birth_date=date(1899, 12, 31)), "people.birth_date_too_early", "birth_date"),
        (
            _details(document_kind="identity_card", document_number="123"),
            "people.document_length",
            "document_number",
        ),
        (_details(document_number="530802199002300019"), "people.document_date", "document_number"),
        (_details(document_number="530802199003070011"), "people.document_check_digit", "document_number"),
        (_details(status="retired"), "people.unknown_value", "status"),
        (
            _details(registered_on=date(2020, 1, 2), left_on=date(2020, 1, 1)),
            "people.dates_reversed",
            "left_on",
        ),
    ],
)
def test_bad_details_are_refused_for_the_stated_reason(
    runtime: Runtime, operator: Actor, details: PersonDetails, code: str, field: str
) -> None:
    outcome = runtime.bus.submit(REGISTER, [_item(operator, details)])[0]

    assert ("refused", [(code, field)]) == (outcome.status, [(i.code, i.field) for i in outcome.issues])


def test_contacts_that_cannot_be_read_are_kept_with_a_warning(runtime: Runtime, operator: Actor) -> None:
    outcome = runtime.bus.submit_one(
        REGISTER, _item(operator, _details(phone="ask at the door", email="none"))
    )

    assert ["people.phone_not_understood", "people.email_not_understood"] == _codes(outcome)


def test_search_finds_two_characters_of_a_name_and_whole_numbers(runtime: Runtime, operator: Actor) -> None:
    outcomes = runtime.bus.submit(
        REGISTER,
        [
            _item(operator, _details(name="欧阳小明", phone="13800138000"), "1", "a"),
            _item(operator, _details(name="Anna Lindt"), "2", "a"),
            _item(operator, _details(name="小明"), "3", "a"),
        ],
    )
    with runtime.database.uow(unaudited="test") as tx:
        place = building.organization(tx, "x")
        for outcome in outcomes[:2]:
            assert outcome.id is not None
            building.membership(tx, outcome.id, place)

    with runtime.database.reading() as tx:
        found = {
            search: [row.name for row in queries.page(tx, place, search=search)]
            for search in ("小明", "lindt", "138 0013 8000", "V00000002", "%", "")
        }

    assert {
        "小明": ["欧阳小明"],
        "lindt": ["Anna Lindt"],
        "138 0013 8000": ["欧阳小明"],
        "V00000002": ["Anna Lindt"],
        "%": [],
        "": ["欧阳小明", "Anna Lindt"],
    } == found
