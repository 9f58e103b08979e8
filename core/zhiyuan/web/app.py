"""The application factory: everything that answers over HTTP, put together for one runtime.

``create_app`` is for tests and embedding; ``application_from_environment`` is what the server process loads, once per
worker, each with a runtime of its own.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from litestar import Litestar
from litestar.concurrency import set_asyncio_executor
from litestar.config.csrf import CSRFConfig
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.types import ControllerRouterHandler

from zhiyuan import runtime as composition
from zhiyuan.api.app import api_router, schema_config
from zhiyuan.declarations import declare_rules, issue_texts
from zhiyuan.kernel import logging
from zhiyuan.kernel.errors import AppError
from zhiyuan.kernel.settings import load_settings
from zhiyuan.runtime import Runtime
from zhiyuan.web.assets import asset
from zhiyuan.web.console import CONSOLE_HANDLERS
from zhiyuan.web.errors import answer
from zhiyuan.web.front import Front
from zhiyuan.web.guards import enforce, unguarded
from zhiyuan.web.portal import PORTAL_HANDLERS
from zhiyuan.web.rendering import CSRF_COOKIE

_FORM_BYTES = 2 * 2**20  # forms and batches of the API; files have a limit of their own
_WAITING_FOR_THE_GATE = 8  # threads that may wait for SQLite's single writer while the readers go on


def create_app(runtime: Runtime, *, extra: Sequence[ControllerRouterHandler] = ()) -> Litestar:
    """Return the application of ``runtime``. ``extra`` are further routes (those of plugins).

    Raises RuntimeError when a route does not say who may enter it.
    """
    declare_rules()
    runtime.plugins.declare_texts(issue_texts())
    set_asyncio_executor(ThreadPoolExecutor(_threads(runtime), thread_name_prefix="handler"))
    app = Litestar(
        route_handlers=[*PORTAL_HANDLERS, *CONSOLE_HANDLERS, api_router(), asset, *extra],
        guards=[enforce],
        dependencies={"runtime": Provide(_Value(runtime), sync_to_thread=False)},
        exception_handlers={HTTPException: answer, AppError: answer, Exception: answer},
        csrf_config=CSRFConfig(
            secret=_form_secret(runtime),
            cookie_name=CSRF_COOKIE,
            cookie_httponly=True,
            cookie_secure=runtime.settings.public_url.startswith("https://"),
        ),
        openapi_config=schema_config(),
        request_max_body_size=_FORM_BYTES,
        logging_config=None,
        debug=False,
    )
    if silent := sorted(unguarded(app)):
        raise RuntimeError(f"these routes do not say who may enter: {', '.join(silent)}")
    app.asgi_handler = Front(app.asgi_handler, runtime, answer=answer)
    return app


def application_from_environment() -> Litestar:
    """Return the application that settings in file and environment describe, on a runtime of this process."""
    loaded = load_settings().settings
    logging.configure(log_format=loaded.log_format, level=loaded.log_level)
    return create_app(composition.start(loaded))


class _Value:
    """Provides the same object to every handler."""

    def __init__(self, value: Runtime) -> None:
        self._value = value

    def __call__(self) -> Runtime:
        """Return the object."""
        return self._value


def _form_secret(runtime: Runtime) -> str:
    """Return what signs form tokens: a form that one process hands out is taken by every other one."""
    own = runtime.settings.secret_key
    return own.get_secret_value() if own is not None else runtime.keys.current().lasting_secret("forms").hex()


def _threads(runtime: Runtime) -> int:
    """Return how many handlers may run at once: as many as there are connections, more would only wait."""
    engines = runtime.database.engines
    pool: Any = engines.read.pool
    if engines.is_sqlite:
        return int(pool.size()) + _WAITING_FOR_THE_GATE
    return int(pool.size()) * 2  # the pool may overflow by its own size
