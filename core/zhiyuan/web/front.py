"""The layer before routing: finds the site, recognizes the visitor, settles the language, sets the security headers.

Plain ASGI, because routing needs the site's path prefix and error pages need the visitor. It reads in one snapshot, in a
thread; static files and the health check pass without.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import structlog
from litestar import Request, Response
from litestar.concurrency import sync_to_thread
from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from sqlalchemy.exc import SQLAlchemyError

from zhiyuan.accounts import queries as accounts
from zhiyuan.accounts.schemas import HeldRole, Recognized
from zhiyuan.kernel.actor import Channel, anonymous
from zhiyuan.kernel.errors import AppError, Unauthenticated, Unavailable
from zhiyuan.kernel.i18n import LOCALES, activate, gettext_noop, negotiate
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations import queries as organizations
from zhiyuan.organizations.schemas import OrganizationView
from zhiyuan.runtime import Runtime
from zhiyuan.sites import queries as sites
from zhiyuan.sites.schemas import SiteView
from zhiyuan.web.visit import Visit

SESSION_COOKIE = "zhiyuan_session"
LANGUAGE_COOKIE = "zhiyuan_language"

_CORRELATION_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_CONSOLE = re.compile(r"^/o/([^/]+)(?:/|$)")
_WITHOUT_VISITOR = ("/static/", "/-/health")
_YEAR_SECONDS = 31_536_000
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


Answer = Callable[[Request[Any, Any, Any], Exception], Response[Any]]
"""Turns an exception into what the reader sees."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the request itself says, before anything is looked up."""

    host: str
    path: str
    channel: Channel
    address: str | None
    cookies: dict[str, str]
    bearer: str | None


class Front:
    """Wraps the routed application of one runtime."""

    def __init__(self, app: ASGIApp, runtime: Runtime, *, answer: Answer) -> None:
        self._app = app
        self._answer = answer
        self._runtime = runtime
        self._is_https = runtime.settings.public_url.startswith("https://")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Make the visit, then let the request through."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        headers = Headers.from_scope(scope)
        asked = _asked(scope, headers)
        correlation_id = _correlation_id(headers)
        query = parse_qs(scope["query_string"].decode("latin-1"))
        failure: AppError | None = None
        found = _Found()
        if not asked.path.startswith(_WITHOUT_VISITOR):
            try:
                found = await sync_to_thread(self._look_up, asked)
            except SQLAlchemyError:
                structlog.get_logger(__name__).exception(
                    "database does not answer", correlation_id=correlation_id
                )
                failure = database_down()
            except AppError as error:
                failure = error
        visit = self._visit(asked, found, correlation_id, headers, query)
        activate(visit.language)
        scope["state"]["visit"] = visit
        if visit.prefix:
            scope["root_path"] = visit.prefix
        with structlog.contextvars.bound_contextvars(correlation_id=correlation_id):
            dressed = self._dressed(send, visit, query)
            if failure is None:
                await self._app(scope, receive, dressed)
            else:
                request: Request[Any, Any, Any] = Request(scope, receive=receive, send=dressed)
                response = self._answer(request, failure).to_asgi_response(app=None, request=request)
                await response(scope, receive, dressed)

    def _look_up(self, asked: _Asked) -> "_Found":
        with self._runtime.database.reading() as tx:
            site = sites.site_for(tx, asked.host, asked.path)
            recognized = _recognize(tx, asked)
            if asked.bearer is not None and recognized is None:
                raise Unauthenticated("web.token_unknown", gettext_noop("This token opens nothing."))
            inner = _inner_path(asked.path, site)
            organization, permissions = _organization_at(tx, inner, site, recognized)
            return _Found(site, recognized, organization, permissions, _offices(tx, recognized))

    def _visit(
        self,
        asked: _Asked,
        found: "_Found",
        correlation_id: str,
        headers: Headers,
        query: dict[str, list[str]],
    ) -> Visit:
        site, recognized = found.site, found.recognized
        languages = tuple(tag for tag in (site.languages if site else LOCALES) if tag in LOCALES) or LOCALES
        account = recognized.account if recognized else None
        wishes = (
            query.get("lang", [""])[0],
            asked.cookies.get(LANGUAGE_COOKIE),
            account.locale if account else None,
        )
        inner = _inner_path(asked.path, site)
        return Visit(
            correlation_id=correlation_id,
            prefix=asked.path[: len(asked.path) - len(inner)] if inner != asked.path else "",
            path=inner,
            language=negotiate(headers.get("accept-language"), languages, wishes=wishes),
            actor=recognized.actor if recognized else anonymous(asked.channel, asked.address),
            now=self._runtime.database.clock.now(),
            site=site,
            languages=languages,
            query=tuple(
                (name, value) for name, values in query.items() for value in values if name != "lang"
            ),
            account=account,
            session_id=recognized.session_id if recognized else None,
            organization=found.organization,
            permissions=found.permissions,
            offices=found.offices,
        )

    def _dressed(self, send: Send, visit: Visit, query: dict[str, list[str]]) -> Send:
        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                headers = MutableScopeHeaders.from_message(message)
                self._dress(headers, visit)
                if visit.language in query.get("lang", ()):
                    headers.add(
                        "Set-Cookie", self.cookie(LANGUAGE_COOKIE, visit.language, max_age=_YEAR_SECONDS)
                    )
            await send(message)

        return dressed

    def _dress(self, headers: MutableScopeHeaders, visit: Visit) -> None:
        headers["X-Correlation-Id"] = visit.correlation_id
        headers["Content-Security-Policy"] = _CONTENT_SECURITY_POLICY
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"
        headers["Referrer-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        if self._is_https:
            headers["Strict-Transport-Security"] = f"max-age={_YEAR_SECONDS}"
        if "Cache-Control" not in headers:
            headers["Cache-Control"] = "no-store" if visit.account else "no-cache"
            headers["Vary"] = "Accept, Accept-Language, Cookie, Authorization"

    def cookie(self, name: str, value: str, *, max_age: int) -> str:
        """Return a ``Set-Cookie`` value as all of ours are: HttpOnly, SameSite=Lax, Secure on https."""
        secure = "; Secure" if self._is_https else ""
        return f"{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}"


@dataclass(frozen=True, slots=True)
class _Found:
    """What the database said about a request."""

    site: SiteView | None = None
    recognized: Recognized | None = None
    organization: OrganizationView | None = None
    permissions: frozenset[str] = frozenset()
    offices: tuple[HeldRole, ...] = ()


def database_down() -> AppError:
    """Return the error that a database which does not answer is shown as."""
    return Unavailable(
        "web.database_down",
        gettext_noop("The database does not answer just now. Please try again in a moment."),
    )


def _asked(scope: Any, headers: Headers) -> _Asked:
    path = scope["path"]
    client = scope.get("client")
    authorization = headers.get("authorization", "")
    scheme, _, credentials = authorization.partition(" ")
    is_api = _is_api(path)
    return _Asked(
        host=headers.get("host", "").rsplit("]", 1)[-1].split(":", 1)[0].lower(),
        path=path,
        channel="api" if is_api else "web",
        address=client[0] if client else None,
        # A browser sends cookies along with requests that other sites made it send; the API does not look at them.
        cookies={} if is_api else _cookies(headers),
        bearer=credentials.strip() if is_api and scheme.lower() == "bearer" else None,
    )


def _is_api(path: str) -> bool:
    return re.match(r"^(?:/[^/]+)?/api/", path) is not None


def _cookies(headers: Headers) -> dict[str, str]:
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(headers.get("cookie", ""))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}


def _correlation_id(headers: Headers) -> str:
    given = headers.get("x-correlation-id", "")
    return given if _CORRELATION_ID.fullmatch(given) else new_id().hex


def _recognize(tx: Tx, asked: _Asked) -> Recognized | None:
    if asked.bearer is not None:
        return accounts.actor_for_token(tx, asked.bearer, address=asked.address)
    if cookie := asked.cookies.get(SESSION_COOKIE):
        return accounts.actor_for_session(tx, cookie, address=asked.address)
    return None


def _inner_path(path: str, site: SiteView | None) -> str:
    prefix = site.path_prefix.rstrip("/") if site else ""
    if prefix and (path == prefix or path.startswith(prefix + "/")):
        return path[len(prefix) :] or "/"
    return path


def _organization_at(
    tx: Tx, inner: str, site: SiteView | None, recognized: Recognized | None
) -> tuple[OrganizationView | None, frozenset[str]]:
    match = _CONSOLE.match(inner)
    if match is None or site is None or recognized is None:
        return None, frozenset()
    organization_id: UUID | None = organizations.by_codes(tx, [match.group(1)]).get(match.group(1))
    if organization_id is None or organization_id not in organizations.below(tx, site.root_organization_id):
        return None, frozenset()
    permissions = accounts.permissions_at(tx, recognized.actor, organization_id)
    if not permissions:
        return None, frozenset()
    return organizations.get(tx, organization_id), permissions


def _offices(tx: Tx, recognized: Recognized | None) -> tuple[HeldRole, ...]:
    if recognized is None or recognized.actor.channel != "web" or recognized.actor.person_id is None:
        return ()
    return tuple(accounts.roles_of(tx, recognized.actor.person_id))
