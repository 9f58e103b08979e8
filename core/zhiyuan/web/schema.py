"""The description of the interface, for people: every operation on one plain page, nothing fetched from elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from litestar import MediaType
from litestar.openapi.plugins import OpenAPIRenderPlugin

from zhiyuan.web.rendering import page
from zhiyuan.web.visit import Asked

_METHODS: Final = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that programs may ask; ``body`` and ``answers`` name the shapes that the document describes in full."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[str, ...]
    body: str | None
    answers: tuple[str, ...]


class SchemaPage(OpenAPIRenderPlugin):
    """Answers ``/schema`` itself."""

    def __init__(self) -> None:
        super().__init__(path="/", media_type=MediaType.HTML)

    def render(self, request: Asked, openapi_schema: dict[str, Any]) -> bytes:
        """Return the page that lists the operations by room, with links to the whole document."""
        rooms: dict[str, list[Operation]] = {}
        for path, methods in openapi_schema.get("paths", {}).items():
            for method, told in methods.items():
                if method in _METHODS:
                    room = (told.get("tags") or ["other"])[0]
                    rooms.setdefault(room, []).append(_operation(path, method, told))
        about = openapi_schema["info"]
        shown = page(
            request,
            "portal/schema.html",
            version=about["version"],
            summary=about.get("description", ""),
            rooms=dict(sorted(rooms.items())),
        )
        return shown.content.encode()


def _operation(path: str, method: str, told: Mapping[str, Any]) -> Operation:
    description = str(told.get("description") or "")
    first, _, rest = description.partition("\n")
    return Operation(
        id=str(told.get("operationId", "")),
        method=method.upper(),
        path=path,
        summary=first or str(told.get("summary", "")),
        description=rest.strip(),
        parameters=tuple(
            f"{parameter['name']} ({parameter['in']})" for parameter in told.get("parameters", ())
        ),
        body=_shape(told.get("requestBody", {})),
        answers=tuple(
            f"{status} {shape}" if (shape := _shape(answer)) else status
            for status, answer in told.get("responses", {}).items()
        ),
    )


def _shape(told: Mapping[str, Any]) -> str | None:
    """Return the name of the shape that is sent or answered, without the path to it."""
    for content in told.get("content", {}).values():
        reference = content.get("schema", {}).get("$ref")
        if reference:
            return str(reference).rsplit("/", 1)[-1]
    return None
