"""What can be done with welcome calls: note one, and count the service that followed it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from zhiyuan.sdk import PEOPLE_MANAGE, Audit, Command, Item, Outcome, Tx
from zhiyuan_welcome_call.models import WelcomeCallCall, WelcomeCallHeardEvent
from zhiyuan_welcome_call.queries import calls_of


@dataclass(frozen=True, kw_only=True, slots=True)
class NoteCall(Item):
    """``person_id`` was called; ``called_at`` is an aware instant, empty for now."""

    person_id: UUID
    called_at: datetime | None = None


def note_calls(tx: Tx, items: Sequence[NoteCall]) -> list[Outcome]:
    """Keep the first call made to each person. Statuses ``noted``, ``unchanged``. Inside the caller's unit of work."""
    known = set(calls_of(tx, {item.person_id for item in items}))
    outcomes = []
    for item in items:
        if item.person_id in known:
            outcomes.append(Outcome("unchanged", item.person_id))
            continue
        known.add(item.person_id)
        call = WelcomeCallCall(
            person_id=item.person_id, called_at=item.called_at or tx.now, called_by=item.actor.account_id
        )
        tx.session.add(call)
        tx.audit(Audit(item.actor, "welcome_call.note", "person", item.person_id, item.organization_id))
        outcomes.append(Outcome("noted", item.person_id))
    return outcomes


NOTE_CALLS = Command("welcome_call.note", PEOPLE_MANAGE, note_calls)


def count_minutes(tx: Tx, event_id: UUID, minutes: Mapping[UUID, int]) -> None:
    """Add confirmed ``minutes`` by person to those who were called, once per event, however often it is told."""
    if tx.session.get(WelcomeCallHeardEvent, event_id) is not None:
        return
    tx.session.add(WelcomeCallHeardEvent(event_id=event_id, heard_at=tx.now))
    query = select(WelcomeCallCall).where(col(WelcomeCallCall.person_id).in_(minutes)).with_for_update()
    for call in tx.session.exec(query):
        call.minutes_since += minutes[call.person_id]
