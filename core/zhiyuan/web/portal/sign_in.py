"""Signing in and out."""

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromQuery

from zhiyuan.accounts.schemas import SignInAttempt
from zhiyuan.accounts.service import sessions
from zhiyuan.kernel.errors import RuleViolation
from zhiyuan.sites import queries as sites
from zhiyuan.web.flash import redirect
from zhiyuan.web.forms import Form, FormData
from zhiyuan.web.front import SESSION_COOKIE
from zhiyuan.web.guards import PUBLIC
from zhiyuan.web.limits import Brake
from zhiyuan.web.rendering import page
from zhiyuan.web.threads import in_thread
from zhiyuan.web.visit import Asked, Installation, Visit, visit_of

_TRIES_PER_MINUTE = 60

_brake = Brake(_TRIES_PER_MINUTE)


@get("/sign-in", opt=PUBLIC, include_in_schema=False)
@in_thread
def sign_in_page(request: Asked, next: FromQuery[str] = "") -> Response[str]:  # noqa: A002  # name of the query field
    """Show the form; whoever is signed in goes on."""
    visit = visit_of(request)
    if visit.account is not None:
        return redirect(visit, _next(visit, next))
    return page(request, "portal/sign_in.html", form=Form(shown={"next": next}))


@post("/sign-in", opt=PUBLIC, include_in_schema=False)
@in_thread
def sign_in(request: Asked, data: FormData, runtime: Installation) -> Response[str]:
    """Begin a session, or show the form again with the one reason that we give."""
    visit = visit_of(request)
    form = Form(data)
    _brake.pass_or_refuse(visit.actor.address, visit.now)
    attempt = SignInAttempt(
        form.raw("login"), form.raw("password"), visit.actor.address, request.headers.get("user-agent")
    )
    with runtime.database.reading() as tx:
        places = sites.place_chain(tx, visit.site.root_organization_id) if visit.site else ()
    try:
        opened = sessions.sign_in(runtime.database, attempt, places=places)
    except RuleViolation as refusal:
        form.refuse(*refusal.issues)
        return page(request, "portal/sign_in.html", status=422, form=form)
    answer = redirect(visit, _next(visit, form.raw("next")), flash="signed_in")
    answer.set_cookie(
        Cookie(
            key=SESSION_COOKIE,
            value=opened.token,
            path="/",
            max_age=int((opened.expires_at - visit.now).total_seconds()),
            httponly=True,
            samesite="lax",
            secure=runtime.settings.public_url.startswith("https://"),
        )
    )
    return answer


@post("/sign-out", opt=PUBLIC, include_in_schema=False)
@in_thread
def sign_out(request: Asked, runtime: Installation) -> Response[str]:
    """End the session, here and in the database."""
    visit = visit_of(request)
    if visit.session_id is not None:
        with runtime.database.uow() as tx:
            sessions.sign_out(tx, visit.session_id, visit.actor)
    answer = redirect(visit, "/", flash="signed_out")
    answer.delete_cookie(SESSION_COOKIE)
    return answer


def _next(visit: Visit, wished: str) -> str:
    """Return where to go after signing in: only ever a path of this site, never another host."""
    if (
        wished.startswith("/")
        and not wished.startswith(("//", "/\\"))
        and "\n" not in wished
        and "\r" not in wished
    ):
        return wished
    if visit.account is not None and visit.person_id is None:
        return "/o"
    return "/"


HANDLERS = [sign_in_page, sign_in, sign_out]
