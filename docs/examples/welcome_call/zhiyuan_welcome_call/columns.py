"""The column that organizers see beside each sign-up."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from zhiyuan.sdk import Cell, Column, Tx, gettext_noop
from zhiyuan_welcome_call.queries import calls_of, people_of_sign_ups

COLUMN: Final = "call"
COLUMNS: Final = (Column(table="sign_ups", id=COLUMN, label=gettext_noop("Welcome call")),)

NOT_YET: Final = Cell(gettext_noop("not called yet"), tone="warning")


def cells(tx: Tx, sign_up_ids: Sequence[UUID]) -> Mapping[UUID, Mapping[str, Cell]]:
    """Return what the column says for each of these sign-ups."""
    people = people_of_sign_ups(tx, sign_up_ids)
    calls = calls_of(tx, set(people.values()))
    told = {}
    for sign_up_id, person_id in people.items():
        call = calls.get(person_id)
        if call is None:
            told[sign_up_id] = {COLUMN: NOT_YET}
        else:
            text = gettext_noop("called %(at)s, %(minutes)s min of service since")
            told[sign_up_id] = {
                COLUMN: Cell(text, {"at": call.called_at, "minutes": call.minutes_since}, tone="good")
            }
    return told
