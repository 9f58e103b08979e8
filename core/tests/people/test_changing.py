"""Standings change one step at a time, with a trace."""

import pytest
from sqlalchemy import select

from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.models import AuditEntry
from zhiyuan.people import queries
from zhiyuan.people.schemas import PersonDetails
from zhiyuan.people.service import CHANGE_STATUS, REGISTER, ChangePersonStatus, RegisterPerson
from zhiyuan.runtime import Runtime


@pytest.mark.parametrize(
    ("before", "after", "reason", "result"),
    [
        ("applied", "registered", "", "updated"),
        ("registered", "registered", "", "unchanged"),
        ("active", "suspended", "asked for a pause", "updated"),
        ("active", "suspended", "", "people.reason_missing"),
        ("active", "applied", "", "people.status_not_next"),
        ("left", "registered", "", "updated"),
    ],
)
def test_a_standing_becomes_only_what_comes_next(
    runtime: Runtime, operator: Actor, before: str, after: str, reason: str, result: str
) -> None:
    details = PersonDetails(name="张伟", status=before)  # type: ignore[arg-type]
    person = runtime.bus.submit_one(
        REGISTER, RegisterPerson(actor=operator, organization_id=None, details=details)
    )
    assert person.id is not None
    item = ChangePersonStatus(
        actor=operator,
        organization_id=None,
        person_id=person.id,
        status=after,
        reason=reason,  # type: ignore[arg-type]
    )

    outcome = runtime.bus.submit(CHANGE_STATUS, [item])[0]

    assert result in (outcome.status, *(issue.code for issue in outcome.issues))
    with runtime.database.reading() as tx:
        kept = queries.get(tx, person.id).status
        audits = tx.connection.execute(
            select(AuditEntry.action).where(AuditEntry.action == "people.change_status")
        ).all()
    assert kept == (after if outcome.is_done else before)
    assert len(audits) == (1 if result == "updated" else 0)


def test_nobody_is_reached_without_belonging_here(runtime: Runtime, operator: Actor) -> None:
    outcome = runtime.bus.submit(
        CHANGE_STATUS,
        [ChangePersonStatus(actor=operator, organization_id=None, person_id=new_id(), status="left")],
    )[0]

    assert ["people.not_found"] == [issue.code for issue in outcome.issues]
