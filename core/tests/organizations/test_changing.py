"""Details, states and memberships."""

from datetime import date
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert

from zhiyuan.accounts import permissions
from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.commands import Command, Outcome
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.uow import Database
from zhiyuan.organizations import queries, service
from zhiyuan.organizations.schemas import (
    ChangeOrganization,
    ChangeOrganizationState,
    CreateOrganization,
    JoinOrganization,
    LeaveOrganization,
)
from zhiyuan.organizations.words import KINDS, ROLES_ASCENDING, STATES
from zhiyuan.people.models import Person
from zhiyuan.runtime import Runtime


@pytest.fixture
def team(runtime: Runtime, operator: Actor) -> UUID:
    """A team in Shanghai's time zone."""
    item = CreateOrganization(
        actor=operator, organization_id=None, name="Team", code="team", time_zone="Asia/Shanghai"
    )
    made = runtime.bus.submit_one(service.CREATE, item).id
    assert made is not None
    return made


def person(database: Database) -> UUID:
    """Write one person as briefly as the table allows."""
    row: dict[str, Any] = {"id": new_id()}
    table = Person.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
    made = Person(number=f"V{row['id'].hex[-12:]}", name="Somebody", created_at=database.clock.now())
    with database.uow(unaudited="test") as tx:
        values = {column.name: getattr(made, column.name) for column in table.columns}
        tx.connection.execute(insert(table), [{**values, **row}])
    return row["id"]  # type: ignore[no-any-return]  # made three lines above


def change(runtime: Runtime, actor: Actor, node: UUID | None, **details: Any) -> Outcome:
    """Change details of one organization."""
    return runtime.bus.submit(
        service.CHANGE, [ChangeOrganization(actor=actor, organization_id=node, details=details)]
    )[0]


def set_state(runtime: Runtime, actor: Actor, node: UUID, status: str, reason: str | None = None) -> Outcome:
    """Bring one organization into a state."""
    item = ChangeOrganizationState(actor=actor, organization_id=node, status=status, reason=reason)
    return runtime.bus.submit(service.CHANGE_STATE, [item])[0]


def test_details_change_and_can_be_emptied(runtime: Runtime, operator: Actor, team: UUID) -> None:
    first = change(runtime, operator, team, legal_form="e.V.", contact_name="Desk")
    second = change(runtime, operator, team, legal_form=None, name="Team B")

    with runtime.database.reading() as tx:
        found = queries.get(tx, team)
    assert ("updated", "updated", None, "Desk", "Team B") == (
        first.status, second.status, found.legal_form, found.contact_name, found.name
    )  # fmt: skip
    assert change(runtime, operator, team, name="Team B").status == "unchanged"


@pytest.mark.parametrize(
    ("details", "code", "field"),
    [
        ({"status": "active"}, "organizations.unknown_detail", "status"),
        ({"parent_id": None}, "organizations.unknown_detail", "parent_id"),
        ({"name": ""}, "organizations.name_missing", "name"),
        ({"name": None}, "organizations.name_missing", "name"),
        ({"kind": None}, "organizations.detail_missing", "kind"),
        ({"code": "taken"}, "organizations.code_taken", "code"),
        ({"carrier_id": new_id()}, "organizations.unknown_carrier", "carrier_id"),
    ],
)
def test_a_bad_change_is_refused_by_its_field(
    runtime: Runtime, operator: Actor, team: UUID, details: dict[str, Any], code: str, field: str
) -> None:
    other = CreateOrganization(actor=operator, organization_id=None, name="Other", code="taken")
    runtime.bus.submit_one(service.CREATE, other)

    outcome = change(runtime, operator, team, **details)

    assert [(code, field)] == [(issue.code, issue.field) for issue in outcome.issues]


def test_states_follow_their_order_and_keep_their_reasons(
    runtime: Runtime, operator: Actor, team: UUID
) -> None:
    assert "organizations.reason_missing" == set_state(runtime, operator, team, "suspended").issues[0].code
    assert "suspended" == set_state(runtime, operator, team, "suspended", "No report for two years.").status
    assert "unchanged" == set_state(runtime, operator, team, "suspended", "Again.").status
    assert (
        "organizations.state_out_of_order" == set_state(runtime, operator, team, "incubated").issues[0].code
    )
    assert "organizations.bad_status" == set_state(runtime, operator, team, "asleep").issues[0].code

    with runtime.database.reading() as tx:
        found = queries.get(tx, team)
    assert ("suspended", "No report for two years.") == (found.status, found.status_reason)


def test_nothing_is_dissolved_over_living_organizations(
    runtime: Runtime, operator: Actor, team: UUID
) -> None:
    child = CreateOrganization(actor=operator, organization_id=None, name="Child", parent_id=team)
    child_id = runtime.bus.submit_one(service.CREATE, child).id
    assert child_id is not None

    refused = set_state(runtime, operator, team, "dissolved", "Merged.")
    set_state(runtime, operator, child_id, "dissolved", "Merged.")

    assert "organizations.living_below" == refused.issues[0].code
    assert "dissolved" == set_state(runtime, operator, team, "dissolved", "Merged.").status


def join(runtime: Runtime, actor: Actor, who: UUID, place: UUID | None, **more: Any) -> Outcome:
    """Join one person."""
    item = JoinOrganization(actor=actor, organization_id=place, person_id=who, **more)
    return runtime.bus.submit(service.JOIN, [item])[0]


def test_joining_twice_is_joining_once(runtime: Runtime, operator: Actor, team: UUID) -> None:
    who = person(runtime.database)

    statuses = [
        join(runtime, operator, who, team, valid_from=date(2026, 1, 1)).status,
        join(runtime, operator, who, team, valid_from=date(2026, 1, 1)).status,
        join(runtime, operator, who, team, valid_from=date(2026, 2, 1)).status,
        join(runtime, operator, who, team, valid_from=date(2025, 1, 1)).status,
        join(runtime, operator, who, team, role="organizer", valid_from=date(2026, 1, 1)).status,
    ]

    assert ["created", "unchanged", "unchanged", "updated", "created"] == statuses
    with runtime.database.reading() as tx:
        held = queries.memberships_of(tx, who, date(2026, 3, 1))
    assert {("volunteer", date(2025, 1, 1)), ("organizer", date(2026, 1, 1))} == {
        (found.role, found.valid_from) for found in held
    }


def test_today_is_the_date_where_the_organization_is(
    runtime: Runtime, operator: Actor, team: UUID, clock: Any
) -> None:
    clock.move(hours=6)  # 18:00 UTC on 2 March is already the 3rd in Shanghai.
    who = person(runtime.database)

    join(runtime, operator, who, team)

    with runtime.database.reading() as tx:
        assert [date(2026, 3, 3)] == [
            found.valid_from for found in queries.members(tx, team, date(2026, 3, 3))
        ]


def test_a_role_ends_and_can_begin_again_on_the_same_day(
    runtime: Runtime, operator: Actor, team: UUID
) -> None:
    who, day = person(runtime.database), date(2026, 1, 1)

    def leave(end: date) -> Outcome:
        item = LeaveOrganization(actor=operator, organization_id=team, person_id=who, valid_to=end)
        return runtime.bus.submit(service.LEAVE, [item])[0]

    assert "unchanged" == leave(day).status
    join(runtime, operator, who, team, valid_from=day)
    assert "organizations.leaves_before_joining" == leave(date(2025, 1, 1)).issues[0].code
    assert ["updated", "unchanged"] == [leave(day).status, leave(day).status]
    assert "updated" == join(runtime, operator, who, team, valid_from=day).status


@pytest.mark.parametrize(
    ("role", "status"), [("volunteer", "created"), ("manager", "created"), ("administrator", "refused")]
)
def test_nobody_gives_away_more_than_they_hold(
    runtime: Runtime, operator: Actor, team: UUID, role: str, status: str
) -> None:
    manager, who = person(runtime.database), person(runtime.database)
    join(runtime, operator, manager, team, role="manager", valid_from=date(2026, 1, 1))

    outcome = join(runtime, Actor("web", account_id=new_id(), person_id=manager), who, team, role=role)

    assert outcome.status == status


def test_strangers_to_the_installation_cannot_join(runtime: Runtime, operator: Actor, team: UUID) -> None:
    who = person(runtime.database)

    outcomes = [
        join(runtime, operator, new_id(), team),
        join(runtime, operator, who, new_id()),
        join(runtime, operator, who, None),
        join(runtime, operator, who, team, role="king"),
    ]

    assert [
        "organizations.unknown_person", "organizations.not_found", "organizations.not_found",
        "organizations.unknown_role",
    ] == [outcome.issues[0].code for outcome in outcomes]  # fmt: skip


def test_the_roles_are_those_that_permissions_know() -> None:
    assert set(permissions.ROLES) == set(ROLES_ASCENDING)


def test_each_role_carries_what_the_role_before_it_carries() -> None:
    carried = [permissions.ROLES[role] for role in ROLES_ASCENDING]

    assert carried == sorted(carried, key=len)
    assert all(lower <= higher for lower, higher in pairwise(carried))


@pytest.mark.parametrize(
    "command",
    [service.CREATE, service.CHANGE, service.MOVE, service.CHANGE_STATE, service.JOIN, service.LEAVE],
)
def test_every_command_asks_for_a_permission_that_exists(command: Command[Any]) -> None:
    assert command.permission in permissions.ALL


def test_the_columns_are_wide_enough_for_the_words() -> None:
    assert max(map(len, KINDS)) <= 30
    assert max(map(len, STATES)) <= 12
