"""Errors for programs: problem+json (RFC 9457) with our issues beside it."""

import re
from collections.abc import Sequence
from typing import Any

from litestar import Response
from litestar.exceptions import ValidationException

from zhiyuan.declarations import issue_texts
from zhiyuan.kernel.i18n import active_translator
from zhiyuan.kernel.issues import Issue

MEDIA_TYPE = "application/problem+json"

_UNKNOWN_FIELD = re.compile(r"unknown field `([^`]+)`")
_PATH = re.compile(r" - at `\$\.?([^`]*)`")


def problem(
    correlation_id: str, status: int, code: str, title: str, detail: str, issues: Sequence[Issue]
) -> Response[dict[str, Any]]:
    """Return the answer: ``code`` is stable, ``title`` and ``detail`` are for people, ``issues`` for both."""
    return Response(
        {
            "type": "about:blank",
            "title": title,
            "status": status,
            "detail": detail,
            "code": code,
            "instance": f"urn:zhiyuan:request:{correlation_id}",
            "issues": told_issues(issues),
        },
        status_code=status,
        media_type=MEDIA_TYPE,
    )


def told_issues(issues: Sequence[Issue]) -> list[dict[str, Any]]:
    """Return issues as JSON values in the reader's language."""
    translate = active_translator().translate
    return [
        {
            "code": said.code,
            "severity": said.severity,
            "field": said.field,
            "message": said.message,
            "cure": said.cure,
            "rule": said.rule,
            "clause": said.clause,
            "plugin": said.plugin,
        }
        for said in (issue_texts().tell(issue, translate) for issue in issues)
    ]


def field_issues(error: ValidationException) -> tuple[Issue, ...]:
    """Return what the framework found wrong with a request, one issue per field."""
    found = error.extra if isinstance(error.extra, list) else []
    return tuple(_field_issue(entry) for entry in found if isinstance(entry, dict)) or (
        Issue("request.invalid_field", params={"reason": error.detail}),
    )


def _field_issue(entry: dict[str, Any]) -> Issue:
    message, key = str(entry.get("message", "")), entry.get("key")
    unknown = _UNKNOWN_FIELD.search(message)
    if unknown is not None:
        return Issue("request.unknown_field", field=unknown.group(1))
    path = _PATH.search(message)
    field = (path.group(1) if path else None) or (str(key) if key else None)
    return Issue("request.invalid_field", field=field, params={"reason": _PATH.sub("", message)})
