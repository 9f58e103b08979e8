"""Handlers that touch the database run in threads, not on the event loop."""

import functools
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

from litestar.concurrency import sync_to_thread

P = ParamSpec("P")
T = TypeVar("T")


def in_thread(handler: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    """Return ``handler`` as a coroutine function that runs it in the executor.

    Does what the option ``sync_to_thread=True`` does. Litestar 2.25 wraps a handler with that option twice when GET and
    POST of one path are separate functions that return a Response, and then answers 500; from 3.0 on the option will do.
    """

    @functools.wraps(handler)
    async def threaded(*args: P.args, **kwargs: P.kwargs) -> T:
        return await sync_to_thread(handler, *args, **kwargs)

    return threaded
