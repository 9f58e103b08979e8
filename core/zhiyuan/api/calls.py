"""One request to the interface: who asks, whether what was sent can be used at all, and how a batch is carried out."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from litestar import Request
from litestar.exceptions import ClientException
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Struct, convert

from zhiyuan.api.problems import told_issues
from zhiyuan.api.reach import Reach
from zhiyuan.api.schemas.base import MOST_ITEMS, Outcomes, Problem, ShownIssue, ShownOutcome, ToldItem
from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.commands import Command, Item, Outcome, refused
from zhiyuan.kernel.errors import Invalid
from zhiyuan.kernel.i18n import gettext_noop
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Tx
from zhiyuan.runtime import Runtime
from zhiyuan.web.visit import visit_of

Call = Request[Any, Any, Any]


class BoundedRequest(Request[Any, Any, Any]):
    """A request whose JSON may not be nested without end: the decoder gives up, and so does the request."""

    async def json(self) -> Any:
        """Return the body. Raises ClientException when it is no JSON, or nested too deeply to be read."""
        try:
            return await super().json()
        except RecursionError:
            raise ClientException("The body is nested too deeply.") from None


ToldT = TypeVar("ToldT", bound=ToldItem)
ItemT = TypeVar("ItemT", bound=Item)
ShownT = TypeVar("ShownT", bound=Struct)

_HEADER: Final = "idempotency-key"
_LONGEST_KEY: Final = 200 - len(f":{MOST_ITEMS}")
_MEDIA_TYPE: Final = "application/problem+json"


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """Return how errors of these statuses are described; 400, 401, 403 and 422 belong to every route."""
    words = {
        400: "The body is no JSON.",
        401: "The token is missing, unknown, expired or revoked.",
        403: "The token lacks the scope, or its account the role.",
        404: "Nothing here, or not for this token: both look the same.",
        413: "The request is larger than 2 MiB.",
        422: "The request has not the shape described here; `issues` name the fields.",
        429: "Too many tries in a short time.",
        503: "The database does not answer; trying again later may work.",
    }
    asked = {400, 401, 403, 422, *statuses}
    return {
        status: ResponseSpec(
            Problem, generate_examples=False, description=words[status], media_type=_MEDIA_TYPE
        )
        for status in sorted(asked)
    }


@dataclass(frozen=True, slots=True)
class Said:
    """What stands around every item: who sends it, and the key under which it may come again."""

    actor: Actor
    key: str | None


class Batch(Generic[ToldT]):
    """The items of one request. Raises Invalid when something in them cannot be used, whoever asks."""

    def __init__(self, request: Call, runtime: Runtime, items: Sequence[ToldT]) -> None:
        self._runtime = runtime
        self.items = items
        self.actor: Actor = visit_of(request).actor
        self._header = request.headers.get(_HEADER)
        issues = [issue for index, item in enumerate(items) for issue in _unusable(item, f"items[{index}]")]
        if self._header is not None and not 1 <= len(self._header) <= _LONGEST_KEY:
            issues.append(
                Issue("api.bad_idempotency_key", field="Idempotency-Key", params={"maximum": _LONGEST_KEY})
            )
        if issues:
            raise Invalid(
                "request.invalid", gettext_noop("Some fields are not as they should be."), issues=issues
            )

    @contextmanager
    def reaching(self) -> Iterator[Reach]:
        """Open a snapshot in which to ask what the items are about, as far as the sender may know."""
        with self._runtime.database.reading() as tx:
            yield Reach(tx, self.actor)

    def carry_out(self, command: Command[ItemT], plan: Callable[[ToldT, Said], ItemT | Issue]) -> Outcomes:
        """Submit what ``plan`` makes of each item, and answer for all. An Issue instead refuses the item."""
        return shown_outcomes(self.submitted(command, plan))

    def submitted(
        self, command: Command[ItemT], plan: Callable[[ToldT, Said], ItemT | Issue]
    ) -> list[Outcome]:
        """Do as :meth:`carry_out` and return the outcomes as values."""
        return self._through(lambda items: self._runtime.bus.submit(command, items), plan)

    def foresee(self, command: Command[ItemT], plan: Callable[[ToldT, Said], ItemT | Issue]) -> Outcomes:
        """Answer what would become of each item alone, and write nothing."""
        return shown_outcomes(self._through(lambda items: self._runtime.bus.foresee(command, items), plan))

    def _through(
        self, road: Callable[[list[ItemT]], list[Outcome]], plan: Callable[[ToldT, Said], ItemT | Issue]
    ) -> list[Outcome]:
        planned = [
            plan(item, Said(self.actor, self._key(index, item))) for index, item in enumerate(self.items)
        ]
        passing = [entry for entry in planned if not isinstance(entry, Issue)]
        answers = iter(road(passing) if passing else ())
        return [refused(entry) if isinstance(entry, Issue) else next(answers) for entry in planned]

    def _key(self, index: int, item: ToldT) -> str | None:
        if item.idempotency_key is not None or self._header is None:
            return item.idempotency_key
        return self._header if len(self.items) == 1 else f"{self._header}:{index}"


def shown_outcomes(outcomes: Sequence[Outcome]) -> Outcomes:
    """Return outcomes as programs see them, with issues in the reader's language."""
    return Outcomes(
        outcomes=[
            ShownOutcome(
                status=outcome.status,
                id=outcome.id,
                issues=[ShownIssue(**issue) for issue in told_issues(outcome.issues)]
                if outcome.issues
                else [],
            )
            for outcome in outcomes
        ]
    )


@contextmanager
def asking(request: Call, runtime: Runtime) -> Iterator[tuple[Tx, Reach]]:
    """Open a snapshot for a request that only asks."""
    with runtime.database.reading() as tx:
        yield tx, Reach(tx, visit_of(request).actor)


def shown(kind: type[ShownT], view: object) -> ShownT:
    """Return the value of a room in the shape ``kind``, which has no field that the value lacks."""
    return convert(view, kind, from_attributes=True)


def _unusable(value: object, field: str) -> Iterator[Issue]:
    """Yield why something sent cannot be used: what has the right type and still breaks databases or calendars."""
    if isinstance(value, str):
        if "\0" in value or (
            not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value)
        ):
            yield Issue("api.text_unusable", field=field)
    elif isinstance(value, datetime):
        if value.tzinfo is None:
            yield Issue("api.no_time_zone", field=field)
        elif not 1 < value.year < 9999:  # beyond, another zone may have no date for it
            yield Issue("api.time_out_of_range", field=field)
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from _unusable(getattr(value, name), f"{field}.{name}")
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from _unusable(key, field)
            yield from _unusable(entry, f"{field}.{key}")
    elif isinstance(value, list | tuple):
        for index, entry in enumerate(value):
            yield from _unusable(entry, f"{field}[{index}]")
