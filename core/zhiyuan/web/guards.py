"""Who may enter which route. Every route says so itself, in its ``opt``; a route that says nothing stops the start.

``public``: everybody. ``signed_in``: any account. ``permission``: that permission at the organization in the path
(console), or among the scopes of the token (API, where the organization is known to the handler only).
"""

from collections.abc import Iterator
from typing import Any

from litestar import Litestar
from litestar.handlers.base import BaseRouteHandler
from litestar.routes import HTTPRoute

from zhiyuan.kernel.errors import Forbidden, NotFound, Unauthenticated
from zhiyuan.kernel.i18n import gettext_noop
from zhiyuan.web.visit import Connection, visit_of

PUBLIC: dict[str, Any] = {"public": True}
SIGNED_IN: dict[str, Any] = {"signed_in": True}


def needs(permission: str) -> dict[str, Any]:
    """Return the ``opt`` of a route that asks for ``permission``."""
    return {"permission": permission}


async def enforce(connection: Connection, handler: BaseRouteHandler) -> None:
    """Refuse whoever may not enter: 401 before signing in, 404 for another organization's pages, 403 otherwise."""
    opt = handler.opt
    if opt.get("public"):
        return
    visit = visit_of(connection)
    if visit.actor.is_anonymous:
        raise Unauthenticated("web.sign_in_first", gettext_noop("Please sign in first."))
    if opt.get("signed_in"):
        return
    permission: str = opt["permission"]
    if visit.actor.channel == "api":
        if visit.actor.scopes is None or permission not in visit.actor.scopes:
            raise Forbidden(
                "web.scope_missing",
                gettext_noop("This token has no scope %(permission)s."),
                permission=permission,
            )
    elif not visit.permissions:
        raise NotFound("web.organization_unknown", gettext_noop("There is no such organization here."))
    elif permission not in visit.permissions:
        raise Forbidden("web.not_permitted", gettext_noop("Your role here does not include this."))


def unguarded(app: Litestar) -> Iterator[str]:
    """Yield every route that says nothing about who may enter it; OPTIONS answers, made by the framework, aside."""
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            yield route.path
            continue
        for handler in route.route_handlers:
            said = [key for key in ("public", "signed_in", "permission") if handler.opt.get(key)]
            if len(said) != 1 and handler.http_methods != {"OPTIONS"}:
                yield f"{sorted(handler.http_methods)} {route.path}"
