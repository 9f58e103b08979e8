"""Moving shifts in time without moving anybody into two places at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from zhiyuan.activities import policy
from zhiyuan.activities.schemas import HOLDING
from zhiyuan.activities.service.roster import Roster, SignUpState
from zhiyuan.kernel.issues import Issue


@dataclass(frozen=True, slots=True)
class Move:
    """A shift and the time it is to have."""

    shift_id: UUID
    starts_at: datetime
    ends_at: datetime


def settle_moves(
    roster: Roster, moves: Sequence[Move], tolerances: Mapping[UUID, timedelta]
) -> dict[UUID, Issue]:
    """Move shifts and the places held there, in memory, and return the moves that cannot be, with the reason.

    All moves are tried together, so that two shifts may swap; those that make somebody overlap are taken back, until
    the rest stands. The people who hold places at the shifts have been loaded.
    """
    before = {
        move.shift_id: (roster.shifts[move.shift_id].starts_at, roster.shifts[move.shift_id].ends_at)
        for move in moves
    }
    holders = {
        move.shift_id: [held for held in roster.at_shift(move.shift_id) if held.status in HOLDING]
        for move in moves
    }
    for move in moves:
        _place(roster, move.shift_id, move.starts_at, move.ends_at)
    refused: dict[UUID, Issue] = {}
    standing = list(moves)
    while standing:
        clashing = {
            move.shift_id: _clashes(roster, move, holders[move.shift_id], tolerances) for move in standing
        }
        bad = {shift_id: count for shift_id, count in clashing.items() if count}
        if not bad:
            break
        for shift_id, count in bad.items():
            _place(roster, shift_id, *before[shift_id])
            refused[shift_id] = Issue(
                "shifts.move_overlaps",
                field="starts_at",
                params={"people": count},
                rule=policy.OVERLAP_TOLERANCE_MINUTES.id,
            )
        standing = [move for move in standing if move.shift_id not in bad]
    return refused


def _clashes(
    roster: Roster, move: Move, holders: Sequence[SignUpState], tolerances: Mapping[UUID, timedelta]
) -> int:
    tolerance = tolerances[move.shift_id]
    return sum(
        roster.clash(held.person_id, move.shift_id, move.starts_at, move.ends_at, tolerance) is not None
        for held in holders
    )


def _place(roster: Roster, shift_id: UUID, starts_at: datetime, ends_at: datetime) -> None:
    state = roster.shifts[shift_id]
    state.starts_at, state.ends_at = starts_at, ends_at
    for held in roster.at_shift(shift_id):
        held.starts_at, held.ends_at = starts_at, ends_at
