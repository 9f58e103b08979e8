"""Calls into a plugin that the caller can stop waiting for.

A Python thread cannot be killed, so a call that hangs keeps its thread. A :class:`Lane` therefore belongs to one plugin
and one hook and has exactly one thread: whatever hangs, at most one thread hangs with it. Questions that arrive while
one is being answered wait, and are then handed over together. When an answer takes longer than the budget, everybody
who waits is told at once, and so is everybody who comes later, until the hung call comes back; the next question after
that is the probe.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

import structlog

log = structlog.get_logger(__name__)

MAX_TOGETHER: Final = 500
"""Most items that are handed over together, counting what the questions themselves weigh."""

_IDLE_SECONDS: Final = 10.0

QuestionT = TypeVar("QuestionT")
AnswerT = TypeVar("AnswerT")


class Hanging(Exception):
    """The plugin has not answered within the budget, or an earlier call of the same hook has not come back."""


class Ticket(Generic[QuestionT, AnswerT]):
    """One question on its way. Handled by its lane only."""

    __slots__ = ("answer", "failure", "is_done", "question", "weight")

    def __init__(self, question: QuestionT, weight: int) -> None:
        self.question = question
        self.weight = weight
        self.is_done = False
        self.answer: AnswerT | None = None
        self.failure: BaseException | None = None


class Lane(Generic[QuestionT, AnswerT]):
    """One plugin's one hook: a queue and a thread.

    ``answer(questions)`` runs in that thread, gets 1 or more questions and returns as many answers. The thread starts
    with the first question and ends by itself after ten idle seconds; it never keeps the process alive.
    """

    def __init__(
        self, name: str, answer: Callable[[Sequence[QuestionT]], Sequence[AnswerT]], *, budget_seconds: float
    ) -> None:
        self.name = name
        self._answer = answer
        self._budget = budget_seconds
        self._state = threading.Condition()
        self._waiting: deque[Ticket[QuestionT, AnswerT]] = deque()
        self._running: list[Ticket[QuestionT, AnswerT]] = []
        self._started: float | None = None
        self._has_thread = False
        self._hung = False

    @property
    def is_hanging(self) -> bool:
        """True while a call that ran over its budget has not come back."""
        return self._hung

    def hand_in(self, question: QuestionT, *, weight: int = 1) -> Ticket[QuestionT, AnswerT]:
        """Queue ``question`` without waiting. Raises Hanging at once while an earlier call hangs."""
        ticket: Ticket[QuestionT, AnswerT] = Ticket(question, weight)
        with self._state:
            if self._hung:
                raise Hanging(self.name)
            if not self._has_thread:
                threading.Thread(target=self._work, name=f"zhiyuan-{self.name}", daemon=True).start()
                self._has_thread = True
            self._waiting.append(ticket)
            self._state.notify_all()
        return ticket

    def wait_for(self, ticket: Ticket[QuestionT, AnswerT]) -> AnswerT:
        """Return the answer. Raises Hanging when the budget is used up, and what ``answer`` raised, if it did."""
        with self._state:
            while not ticket.is_done:
                if self._started is None:
                    self._state.wait(self._budget)
                    continue
                left = self._started + self._budget - time.monotonic()
                if left > 0:
                    self._state.wait(left)
                else:
                    self._give_up()
        if ticket.failure is not None:
            raise ticket.failure
        assert ticket.answer is not None
        return ticket.answer

    def _give_up(self) -> None:
        self._hung = True
        log.warning("plugin hangs", call=self.name, budget_seconds=self._budget, questions=len(self._running))
        for ticket in (*self._running, *self._waiting):
            ticket.is_done, ticket.failure = True, Hanging(self.name)
        self._waiting.clear()
        self._state.notify_all()

    def _work(self) -> None:
        while self._take_next():
            answers: Sequence[AnswerT] = ()
            failure: BaseException | None = None
            try:
                answers = self._answer([ticket.question for ticket in self._running])
                if len(answers) != len(self._running):
                    raise RuntimeError(
                        f"{self.name}: {len(answers)} answers to {len(self._running)} questions"
                    )
            except BaseException as error:  # this thread serves plugins only: not even SystemExit may end it
                failure = error
            self._finish(answers, failure)

    def _take_next(self) -> bool:
        with self._state:
            if not self._waiting:
                self._state.wait_for(lambda: bool(self._waiting), _IDLE_SECONDS)
            if not self._waiting:
                self._has_thread = False
                return False
            weight = 0
            while self._waiting and (not self._running or weight + self._waiting[0].weight <= MAX_TOGETHER):
                ticket = self._waiting.popleft()
                weight += ticket.weight
                self._running.append(ticket)
            self._started = time.monotonic()
            self._state.notify_all()
            return True

    def _finish(self, answers: Sequence[AnswerT], failure: BaseException | None) -> None:
        with self._state:
            seconds = time.monotonic() - (self._started or 0.0)
            if self._hung:
                log.warning("plugin came back", call=self.name, after_seconds=round(seconds, 3))
            for index, ticket in enumerate(self._running):
                if not ticket.is_done:
                    ticket.is_done = True
                    ticket.failure = failure
                    ticket.answer = answers[index] if failure is None else None
            self._running = []
            self._started = None
            self._hung = False
            self._state.notify_all()
