"""The list of requests: what was asked, and what was answered. An unanswered request may or may not have happened."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Asked:
    """One logical request. It is sent again under the same key until it is answered or the storm ends.

    ``answer`` is empty for a request that never got one: then both outcomes are right, but nothing in between.
    """

    key: str
    verb: str
    what: dict[str, Any]
    answer: dict[str, Any] | None = None
    tries: int = 0
    conflicts: list[str] = field(default_factory=list)


class Journal:
    """All requests of one storm, in the order they were first sent. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: list[Asked] = []

    def ask(self, verb: str, **what: Any) -> Asked:
        """Note that a request is about to be sent."""
        with self._lock:
            asked = Asked(f"{verb}-{len(self._asked)}", verb, what)
            self._asked.append(asked)
            return asked

    def answered(self, verb: str, *statuses: str) -> list[Asked]:
        """Return the answered requests of ``verb``, of the given statuses or of all."""
        return [
            asked
            for asked in self
            if asked.verb == verb
            and asked.answer is not None
            and (not statuses or asked.answer["status"] in statuses)
        ]

    def __iter__(self) -> Iterator[Asked]:
        with self._lock:
            return iter(list(self._asked))

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how many requests of each verb got which answer; ``unanswered`` is one of them."""
        table: dict[str, dict[str, int]] = {}
        for asked in self:
            status = asked.answer["status"] if asked.answer else "unanswered"
            row = table.setdefault(asked.verb, {})
            row[status] = row.get(status, 0) + 1
        return table

    def to_json(self) -> str:
        """Return the journal as text, to keep beside a database that failed the check."""
        return json.dumps(
            [
                {"key": a.key, "verb": a.verb, "what": a.what, "answer": a.answer, "tries": a.tries}
                for a in self
            ],
            indent=1,
        )
