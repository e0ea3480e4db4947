"""JSON bodies of error responses: a code with parameters for programs, a text in each language for people."""

from datetime import datetime

import orjson
from flask import Response

from components.ui.error_messages import describe
from components.ui.i18n import LANGS, Part, t
from ioc.domain.base.failure import Failure, Parameter
from ioc.domain.base.text import clean_text
from ioc.web.errors.request_error import RequestError

CONTENT_TYPE = "application/json"
# Paths that scripts and programs request: an error is answered with JSON.
JSON_PREFIXES = (
    "/api/", "/_dash", "/live/", "/toi", "/metrics", "/readyz", "/healthz", "/hinh/", "/geo/", "/assets/", "/vao/",
    "/files/",
)  # fmt: skip


def wants_json(path: str, accept: str) -> bool:
    """Whether an error is answered with JSON; a page is for people, whose browsers accept text/html."""
    return path.startswith(JSON_PREFIXES) or "text/html" not in accept


def bilingual(key: str, **parts: Part) -> dict[str, str]:
    """The message `key` in each language."""
    return {lang: t(key, lang, **parts) for lang in LANGS}


def failure_detail(failure: Failure) -> dict[str, str]:
    """The text of a failure in each language."""
    return {lang: clean_text(describe(failure, lang, names_field=True)) for lang in LANGS}


def failure_json(failure: Failure) -> dict[str, object]:
    """A failure as a JSON object: `code` and `params` for programs, `detail` for people."""
    params = {name: _json_parameter(value) for name, value in failure.params.items()}
    return {"code": failure.code, "params": params, "detail": failure_detail(failure)}


def error_body(error: RequestError, /, **extra: object) -> bytes:
    """`failure_json` of an error with `extra` fields, encoded."""
    return orjson.dumps({**failure_json(error.failure), **extra})


def error_response(error: RequestError, /, **extra: object) -> Response:
    """`error_body` as a response that is not cached; a 401 states how to authenticate."""
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **error.headers}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(error_body(error, **extra), error.status, mimetype=CONTENT_TYPE, headers=headers)


def _json_parameter(value: Parameter) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str):
        return clean_text(value)
    return value.to_json() if isinstance(value, Failure) else value
