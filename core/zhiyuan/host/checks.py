"""Asking one plugin's ``check_`` implementation about many requests, under a time budget.

One lane per implementation: concurrent batches are handed over together, one call per organization. A call that fails
while it served several batches is repeated for each of them alone, so that nobody pays for another's poisoned item.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from zhiyuan.host import dispatch
from zhiyuan.host.dispatch import Failure, Implementation
from zhiyuan.host.lanes import Hanging, Lane, Ticket
from zhiyuan.host.snapshots import Snapshots
from zhiyuan.kernel.hooks import Request
from zhiyuan.kernel.issues import Issue

Issues = Mapping[str, Sequence[Issue]]


@dataclass(frozen=True, slots=True)
class Question:
    """The requests of one batch that one plugin is asked about."""

    requests: Sequence[Request]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the plugin said of a :class:`Question`; ``undecided`` are the keys it failed on, and why."""

    issues: Issues
    undecided: Mapping[str, str]


CheckTicket = Ticket[Question, Answer]


class CheckedHook:
    """One plugin's implementation of one ``check_`` hook."""

    def __init__(
        self, implementation: Implementation, snapshots: Snapshots, *, budget_seconds: float
    ) -> None:
        self.implementation = implementation
        self._snapshots = snapshots
        self._lane: Lane[Question, Answer] = Lane(
            f"{implementation.plugin_id}.{implementation.hook}", self._answer, budget_seconds=budget_seconds
        )

    @property
    def plugin_id(self) -> str:
        """Return whose it is."""
        return self.implementation.plugin_id

    @property
    def is_hanging(self) -> bool:
        """True while a call has not come back in time."""
        return self._lane.is_hanging

    def hand_in(self, requests: Sequence[Request]) -> CheckTicket | None:
        """Put the question without waiting; ``None`` when an earlier call hangs, which refuses at once."""
        try:
            return self._lane.hand_in(Question(requests), weight=len(requests))
        except Hanging:
            return None

    def wait_for(self, ticket: CheckTicket | None, requests: Sequence[Request]) -> Answer:
        """Return the answer about ``requests``, at the latest when the budget of the call is used up."""
        if ticket is not None:
            try:
                return self._lane.wait_for(ticket)
            except Hanging:
                pass
        return Answer({}, {request.key: "no answer in time" for request in requests})

    def _answer(self, questions: Sequence[Question]) -> Sequence[Answer]:
        if len(questions) > 1:
            together = self._ask(
                [request for n, question in enumerate(questions) for request in _marked(n, question)]
            )
            if not together.undecided:
                return [_part(together, n) for n in range(len(questions))]
        return [self._ask(question.requests) for question in questions]

    def _ask(self, requests: Sequence[Request]) -> Answer:
        issues: dict[str, Sequence[Issue]] = {}
        undecided: dict[str, str] = {}
        for organization_id, asked in by_organization(requests).items():
            said = self._snapshots.call(
                self.plugin_id,
                organization_id,
                lambda context, asked=asked: dispatch.check(self.implementation, context, asked),  # type: ignore[misc]
            )
            if isinstance(said, Failure):
                undecided.update({request.key: said.reason for request in asked})
            else:
                issues.update(said)
        return Answer(issues, undecided)


def by_organization(requests: Iterable[Request]) -> dict[UUID, list[Request]]:
    """Return ``requests`` grouped by their organization, in their order."""
    groups: dict[UUID, list[Request]] = {}
    for request in requests:
        groups.setdefault(request.organization_id, []).append(request)
    return groups


def _marked(number: int, question: Question) -> list[Request]:
    """Return the requests under keys that are unique among all questions: each batch counts its own from 0."""
    return [replace(request, key=f"{number}:{request.key}") for request in question.requests]  # type: ignore[type-var]  # requests are frozen dataclasses


def _part(answer: Answer, number: int) -> Answer:
    mark = f"{number}:"
    own = {key.removeprefix(mark): issues for key, issues in answer.issues.items() if key.startswith(mark)}
    return Answer(own, {})
