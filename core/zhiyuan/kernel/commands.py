"""Commands: batches of requests to change something, answered one by one.

A domain declares a :class:`Command` beside the function that writes it. :class:`CommandBus` is the one road to it, for
a click, an API call, a spreadsheet of 100,000 rows and a storm alike. It works in two phases:

1. *Check*, on read snapshots: may this actor do this here, and does any plugin object?
2. *Write*, in one unit of work: the domain function decides again, in SQL, what only the database can decide.

Every item gets an :class:`Outcome`. A batch that breaks is halved until the poisoned item stands alone, so one bad row
never takes its neighbours with it.
"""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

import structlog
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.errors import AppError, RuleViolation, Unavailable
from zhiyuan.kernel.hooks import Request
from zhiyuan.kernel.issues import Issue, IssueText
from zhiyuan.kernel.models import IdempotencyKey
from zhiyuan.kernel.uow import Database, Tx

MAX_BATCH = 500
"""Most items that one unit of work takes; longer sequences are cut into chunks."""

_ATTEMPTS = 8
_NOT_PERMITTED = "commands.not_permitted"
_KEY_CONSTRAINT = "pk_core__idempotency_key"
_RETRIED_SQLSTATES = frozenset({"40001", "40P01", "55P03"})  # serialization, deadlock, lock not available

_idempotency = IdempotencyKey.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One request of a batch. The item carries the person: actor, organization and idempotency key live here.

    ``organization_id`` is where it happens: permissions and plugins of that organization apply. ``None`` means the
    whole installation. ``idempotency_key`` (1..200 characters, chosen by the caller) makes a repeat harmless.
    """

    actor: Actor
    organization_id: UUID | None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item.

    ``status`` is the state reached, in the domain's words (``accepted``, ``unchanged`` ...), or ``refused`` (nothing
    was written; ``issues`` say why) or ``failed`` (a defect; nothing was written; the log has it). ``id`` is the row
    concerned. Warnings may accompany success.
    """

    status: str
    id: UUID | None = None
    issues: tuple[Issue, ...] = ()

    @property
    def is_done(self) -> bool:
        """True when the item was carried out."""
        return self.status not in ("refused", "failed")


def refused(*issues: Issue) -> Outcome:
    """Return the outcome of an item that nothing was written for, with the reasons."""
    return Outcome("refused", issues=issues)


ItemT = TypeVar("ItemT", bound=Item)


@dataclass(frozen=True)
class Command(Generic[ItemT]):
    """A thing that can be asked of a domain, in batches.

    ``write(tx, items)`` answers one outcome per item, in their order; it audits and emits, and never commits.
    ``permission`` is needed at each item's organization (or above), unless ``owner(item)`` is the acting person.
    ``None`` asks for none: the write function itself decides. ``hook`` names the ``check_`` hook that is asked first,
    about what ``requests(tx, items)`` makes of the items: one request per item, in order, ``None`` to skip an item.
    ``foresee(tx, items)`` answers on a read snapshot what ``write`` would, for commands that people want to ask first.
    """

    name: str
    permission: str | None
    write: Callable[[Tx, Sequence[ItemT]], Sequence[Outcome]]
    owner: Callable[[ItemT], UUID | None] | None = None
    hook: str | None = None
    requests: Callable[[Tx, Sequence[ItemT]], Sequence[Request | None]] | None = None
    foresee: Callable[[Tx, Sequence[ItemT]], Sequence[Outcome]] | None = None


class Authorizer(Protocol):
    """Decides who may do what where. Implemented by ``accounts``."""

    def lacking(self, tx: Tx, needs: Sequence[tuple[Actor, str, UUID | None]]) -> Sequence[bool]:
        """Return, for each (actor, permission, organization), whether the actor lacks it there and above."""
        ...


class CommandBus:
    """The road to every command, for all channels."""

    def __init__(self, database: Database, authorizer: Authorizer) -> None:
        self._database = database
        self._authorizer = authorizer

    def submit(self, command: Command[ItemT], items: Sequence[ItemT]) -> list[Outcome]:
        """Carry out ``items`` (any number) in chunks and return one outcome per item, in their order.

        What is answered as done is committed. Raises Unavailable when the database stays busy; the chunks before
        are committed then, and submitting the same items again is safe where the command is repeatable.
        """
        outcomes: list[Outcome] = []
        for start in range(0, len(items), MAX_BATCH):
            outcomes.extend(self._submit_chunk(command, items[start : start + MAX_BATCH]))
        return outcomes

    def foresee(self, command: Command[ItemT], items: Sequence[ItemT]) -> list[Outcome]:
        """Return what would become of each of ``items`` if it alone were submitted now. Writes and locks nothing.

        Plugins are asked too, and the reasons of both stand together. Every answer may be outdated a moment later. Raises
        TypeError for a command that cannot tell.
        """
        if command.foresee is None:
            raise TypeError(f"{command.name} cannot tell beforehand")
        foreseen: list[Outcome] = []
        for start in range(0, len(items), MAX_BATCH):
            chunk = items[start : start + MAX_BATCH]
            objections, _ = self._check(command, chunk)
            with self._database.reading() as tx:
                answers = command.foresee(tx, chunk)
            for index, answer in enumerate(answers):
                if any(issue.code == _NOT_PERMITTED for issue in objections[index]):
                    # What stands against somebody is not told to a stranger.
                    foreseen.append(refused(*objections[index]))
                    continue
                issues = (*objections[index], *answer.issues)
                foreseen.append(
                    refused(*issues) if _blocked(issues) else Outcome(answer.status, answer.id, issues)
                )
        return foreseen

    @contextmanager
    def rehearsing(self) -> "Iterator[Rehearsal]":
        """Open a unit of work in which commands can be tried out together; at the end all of it is undone.

        For what wants to know beforehand what would become of a batch. Plugins are not asked.
        """
        try:
            with self._database.uow(unaudited="a rehearsal is undone") as tx:
                yield Rehearsal(tx, self._authorizer)
                raise _Undone
        except _Undone:
            return

    def submit_one(self, command: Command[ItemT], item: ItemT) -> Outcome:
        """Carry out one item. Raises RuleViolation with the issues when it is refused."""
        outcome = self.submit(command, [item])[0]
        if outcome.status == "refused":
            raise RuleViolation(outcome.issues)
        if outcome.status == "failed":
            raise AppError("internal.error", "Something went wrong on our side. Nothing was changed.")
        return outcome

    def _submit_chunk(self, command: Command[ItemT], items: Sequence[ItemT]) -> list[Outcome]:
        for attempt in range(_ATTEMPTS):
            try:
                objections, generation = self._check(command, items)
                passing = [index for index in range(len(items)) if not _blocked(objections[index])]
                written = self._write(command, [items[index] for index in passing], generation)
            except _PluginsSwitched:
                continue
            except OperationalError as error:
                if not _is_worth_retrying(error) or attempt == _ATTEMPTS - 1:
                    raise
                time.sleep(random.uniform(0, 0.005 * 2**attempt))  # noqa: S311  # jitter, not a secret
                continue
            except (Unavailable, PoolTimeout):
                raise  # Nobody's fault: smaller batches would only wait again.
            except Exception as error:
                if attempt < _ATTEMPTS - 1 and _lost_a_race(error, items, attempt):
                    continue
                if len(items) > 1:
                    middle = len(items) // 2
                    return [
                        *self._submit_chunk(command, items[:middle]),
                        *self._submit_chunk(command, items[middle:]),
                    ]
                return [_outcome_of_error(command, error)]
            outcomes = [refused(*objections[index]) for index in range(len(items))]
            for index, outcome in zip(passing, written, strict=True):
                warnings = objections[index]
                outcomes[index] = Outcome(outcome.status, outcome.id, (*warnings, *outcome.issues))
            return outcomes
        return [refused(Issue("commands.plugins_switching")) for _ in items]

    def _check(self, command: Command[ItemT], items: Sequence[ItemT]) -> tuple[list[list[Issue]], int]:
        objections: list[list[Issue]] = [[] for _ in items]
        requests: Sequence[Request | None] = ()
        with self._database.reading() as tx:
            generation = self._database.hooks.generation(tx)
            for index in self._unauthorized(tx, command, items):
                objections[index].append(
                    Issue(_NOT_PERMITTED, params={"permission": command.permission or ""})
                )
            if command.hook is not None and command.requests is not None:
                requests = command.requests(tx, items)
        asked = [
            (index, request)
            for index, request in enumerate(requests)
            if request is not None and not _blocked(objections[index])
        ]
        if asked and command.hook is not None:
            requested = [request for _, request in asked]
            answers = self._database.hooks.check(command.hook, requested, generation=generation)
            for index, request in asked:
                objections[index].extend(answers.get(request.key, ()))
        return objections, generation

    def _unauthorized(self, tx: Tx, command: Command[ItemT], items: Sequence[ItemT]) -> list[int]:
        return _unauthorized(self._authorizer, tx, command, items)

    def _write(self, command: Command[ItemT], items: Sequence[ItemT], generation: int) -> list[Outcome]:
        if not items:
            return []
        with self._database.uow() as tx:
            if self._database.hooks.generation(tx) != generation:
                raise _PluginsSwitched
            remembered = _Remembered(tx, command.name, items)
            fresh = [index for index in range(len(items)) if index not in remembered.outcomes]
            written = command.write(tx, [items[index] for index in fresh])
            remembered.keep(dict(zip(fresh, written, strict=True)))
            return [remembered.outcomes[index] for index in range(len(items))]


class Rehearsal:
    """Commands tried out in one unit of work that is undone at its end. ``tx`` sees what they did so far."""

    def __init__(self, tx: Tx, authorizer: Authorizer) -> None:
        self.tx = tx
        self._authorizer = authorizer

    def submit(self, command: Command[ItemT], items: Sequence[ItemT]) -> list[Outcome]:
        """Return what would become of ``items``. Raises what the database raises; nothing more can be tried then."""
        outcomes: list[Outcome] = []
        for start in range(0, len(items), MAX_BATCH):
            chunk = items[start : start + MAX_BATCH]
            barred = set(_unauthorized(self._authorizer, self.tx, command, chunk))
            written = iter(
                command.write(self.tx, [item for index, item in enumerate(chunk) if index not in barred])
            )
            outcomes.extend(
                refused(Issue(_NOT_PERMITTED, params={"permission": command.permission or ""}))
                if index in barred
                else next(written)
                for index in range(len(chunk))
            )
        return outcomes


def _unauthorized(
    authorizer: Authorizer, tx: Tx, command: Command[ItemT], items: Sequence[ItemT]
) -> list[int]:
    if command.permission is None:
        return []
    asking = [
        (index, item)
        for index, item in enumerate(items)
        if not (_is_own(command, item) and _is_in_scope(item.actor, command.permission))
    ]
    lacking = authorizer.lacking(
        tx, [(item.actor, command.permission, item.organization_id) for _, item in asking]
    )
    return [index for (index, _), lacks in zip(asking, lacking, strict=True) if lacks]


class _Undone(Exception):
    """A rehearsal is over."""


class _PluginsSwitched(Exception):
    """Somebody switched a plugin between check and write: ask again."""


class _Remembered:
    """Answers already given to idempotency keys of this batch, by index of the item."""

    def __init__(self, tx: Tx, command: str, items: Sequence[Item]) -> None:
        self._tx = tx
        self._keys: dict[int, bytes] = {}
        self.outcomes: dict[int, Outcome] = {}
        # Under every key of the keyring, newest first: an answer given before a rotation is still the answer.
        candidates: dict[int, tuple[bytes, ...]] = {}
        taken: set[bytes] = set()
        for index, item in enumerate(items):
            if item.idempotency_key is None:
                continue
            told = f"{item.actor.account_id}\0{command}\0{item.idempotency_key}"
            candidates[index] = tx.keyring.blinds(told, use="idempotency")
            key = self._keys[index] = candidates[index][0]
            if key in taken:
                self.outcomes[index] = refused(Issue("commands.key_twice_in_batch", field="idempotency_key"))
            taken.add(key)
        self._requests = {index: _request_hashes(tx, items[index]) for index in self._keys}
        if not self._keys:
            return
        sought = {key for keys in candidates.values() for key in keys}
        known = {
            row.key_hash: row
            for row in tx.connection.execute(
                select(_idempotency.c.key_hash, _idempotency.c.request_hash, _idempotency.c.outcome).where(
                    _idempotency.c.key_hash.in_(sought)
                )
            )
        }
        for index, keys in candidates.items():
            row = next((known[key] for key in keys if key in known), None)
            if row is None or index in self.outcomes:
                continue
            self.outcomes[index] = (
                _outcome_from_json(row.outcome)
                if row.request_hash in self._requests[index]
                else refused(Issue("commands.key_reused", field="idempotency_key"))
            )

    def keep(self, outcomes: Mapping[int, Outcome]) -> None:
        """Add fresh ``outcomes`` and remember those that were carried out under a key."""
        self.outcomes.update(outcomes)
        rows = [
            {
                "key_hash": self._keys[index],
                "request_hash": self._requests[index][0],
                "outcome": _outcome_to_json(outcome),
                "created_at": self._tx.now,
            }
            for index, outcome in outcomes.items()
            if index in self._keys and outcome.is_done
        ]
        if rows:
            # An answer such as "unchanged" is remembered, too, although there was nothing to audit.
            with self._tx.bookkeeping():
                self._tx.connection.execute(insert(_idempotency), rows)


def _blocked(issues: Sequence[Issue]) -> bool:
    return any(issue.blocks for issue in issues)


def _is_own(command: Command[ItemT], item: ItemT) -> bool:
    if command.owner is None or item.actor.person_id is None:
        return False
    return command.owner(item) == item.actor.person_id


def _is_in_scope(actor: Actor, permission: str) -> bool:
    return actor.scopes is None or permission in actor.scopes


def _lost_a_race(error: Exception, items: Sequence[Item], attempt: int) -> bool:
    """Return whether somebody else with the same idempotency key was first: asked again, we get their answer."""
    if not isinstance(error, IntegrityError) or all(item.idempotency_key is None for item in items):
        return False
    constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    return constraint == _KEY_CONSTRAINT or (len(items) == 1 and attempt == 0)


def _is_worth_retrying(error: OperationalError) -> bool:
    return getattr(error.orig, "sqlstate", None) in _RETRIED_SQLSTATES


def _outcome_of_error(command: Command[Any], error: Exception) -> Outcome:
    if isinstance(error, RuleViolation):
        return refused(*error.issues)
    if isinstance(error, AppError):
        return refused(Issue("commands.refused", params={"reason": str(error)}))
    log.error("command failed", command=command.name, exc_info=error)
    return Outcome("failed", issues=(Issue("commands.internal_error"),))


def _request_hashes(tx: Tx, item: Item) -> tuple[bytes, ...]:
    told = {
        entry.name: _plain(getattr(item, entry.name))
        for entry in fields(item)
        if entry.name not in ("actor", "idempotency_key")
    }
    text = json.dumps(told, sort_keys=True, ensure_ascii=False)
    return tx.keyring.blinds(text, use="request")


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {entry.name: _plain(getattr(value, entry.name)) for entry in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(entry) for entry in value]
    if isinstance(value, frozenset | set):
        return sorted(str(_plain(entry)) for entry in value)
    if value is None or (isinstance(value, str | int | float) and not isinstance(value, Enum)):
        return value
    return repr(value)


def _outcome_to_json(outcome: Outcome) -> dict[str, Any]:
    return {"status": outcome.status, "id": str(outcome.id) if outcome.id else None}


def _outcome_from_json(kept: Mapping[str, Any]) -> Outcome:
    return Outcome(kept["status"], UUID(kept["id"]) if kept["id"] else None)


ISSUES = (
    IssueText(
        "commands.not_permitted", "You may not do this here.", "Ask somebody who manages this organization."
    ),
    IssueText(
        "commands.key_twice_in_batch",
        "The same idempotency key stands twice in one request.",
        "Give every item a key of its own.",
    ),
    IssueText(
        "commands.key_reused",
        "This idempotency key was used before for a different request.",
        "Choose a new key, or send the first request again unchanged.",
    ),
    IssueText("commands.refused", "%(reason)s", "Change what it names and try again."),
    IssueText(
        "commands.internal_error",
        "Something went wrong on our side. Nothing was changed.",
        "Try again; if it stays so, tell the people who run this site.",
    ),
    IssueText(
        "commands.plugins_switching",
        "Plugins are being switched on or off just now. Nothing was changed.",
        "Try again in a moment.",
    ),
)
"""Texts of the bus's own issues; declared with the other domains' texts by the composition root."""
