"""The HTTP API put together, and its description."""

from litestar import Router
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, YamlRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from zhiyuan import __version__
from zhiyuan.api.calls import BoundedRequest
from zhiyuan.api.handlers import API_HANDLERS
from zhiyuan.web.guards import PUBLIC
from zhiyuan.web.schema import SchemaPage


def api_router() -> Router:
    """Return every route under ``/api/v1``.

    They look at bearer tokens only, never at cookies, so forged requests of other sites carry no authority and form
    tokens are not asked for.
    """
    return Router(
        path="/api/v1",
        route_handlers=API_HANDLERS,
        opt={"exclude_from_csrf": True},
        request_class=BoundedRequest,
    )


def schema_config() -> OpenAPIConfig:
    """Return where and how the interface describes itself: a page, JSON and YAML, nothing fetched from elsewhere."""
    return OpenAPIConfig(
        title="zhiyuan",
        version=__version__,
        description="Volunteers, activities, service records and certificates. Batches of up to 500 items everywhere.",
        components=Components(
            security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer")},
        ),
        security=[{"bearer": []}],
        use_handler_docstrings=True,
        openapi_router=Router(path="/schema", route_handlers=[], opt=PUBLIC, include_in_schema=False),
        render_plugins=[SchemaPage(), JsonRenderPlugin(), YamlRenderPlugin()],
    )
