"""Pages from templates. Rendered in the handler's own thread, from view objects only, never from rows of a table.

Autoescape is on and a missing value is a defect (StrictUndefined). Words come from the translator of the request.
"""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import MediaType, Response
from litestar.template.base import csrf_token

from zhiyuan.declarations import issue_texts
from zhiyuan.kernel.formats import Formats
from zhiyuan.kernel.i18n import CORE_DOMAIN, active_translator
from zhiyuan.kernel.i18n_templates import DomainExtension
from zhiyuan.kernel.issues import Issue, ToldIssue
from zhiyuan.web.assets import ASSETS
from zhiyuan.web.flash import FLASH_COOKIE, told_flash
from zhiyuan.web.visit import Connection, visit_of
from zhiyuan.words import WORDS

CSRF_COOKIE = "zhiyuan_form"


def page(connection: Connection, template: str, *, status: int = 200, **context: Any) -> Response[str]:
    """Return the HTML page that ``template`` makes of ``context`` for the visitor of ``connection``."""
    visit = visit_of(connection)
    flash = told_flash(connection.cookies.get(FLASH_COOKIE))
    content = (
        environment()
        .get_template(template)
        .render(
            visit=visit,
            url=visit.url,
            form_token=_form_token(connection),
            show=_formats(visit.language),
            flash=flash,
            **context,
        )
    )
    response = Response(content, media_type=MediaType.HTML, status_code=status)
    if flash is not None:
        response.delete_cookie(FLASH_COOKIE)
    return response


def told(issues: list[Issue] | tuple[Issue, ...]) -> list[ToldIssue]:
    """Return ``issues`` in the reader's language."""
    return [issue_texts().tell(issue, active_translator().translate) for issue in issues]


@cache
def environment() -> Environment:
    """Return the template environment of the core."""
    made = Environment(
        loader=PackageLoader("zhiyuan.web"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=[DomainExtension],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.policies["ext.i18n.trimmed"] = True
    made.globals.update(asset=_asset_url, word=word, told=told)
    return made


@cache
def _formats(language: str) -> Formats:
    return Formats(language)


def _asset_url(name: str) -> str:
    return ASSETS[name].url


def word(kind: str, value: str) -> str:
    """Return the word that readers see for a value of a closed set, such as a state; unknown ones as they are."""
    known = WORDS.get(kind, {}).get(value)
    return value if known is None else active_translator().translate(CORE_DOMAIN, known)


def _form_token(connection: Connection) -> str:
    # Error pages are made outside of the layer that knows the token; the cookie holds the same one.
    return csrf_token({"request": connection}) or connection.cookies.get(CSRF_COOKIE, "")
