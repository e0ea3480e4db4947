"""JSON bodies of error responses: a code with parameters for programs, a text in each language for people."""

from datetime import datetime

import orjson
from flask import Response

from components.ui.error_messages import describe
from components.ui.i18n import LANGS, t
from ioc.domain.base.failure import ErrorCode, Failure, Parameter

CONTENT_TYPE = "application/json"
# Paths that scripts and programs request: an error is answered with JSON.
JSON_PREFIXES = (
    "/api/", "/_dash", "/live/", "/toi", "/metrics", "/readyz", "/healthz", "/hinh/", "/geo/", "/assets/", "/vao/",
)  # fmt: skip


def wants_json(path: str, accept: str) -> bool:
    """Whether an error is answered with JSON; a page is for people, whose browsers accept text/html."""
    return path.startswith(JSON_PREFIXES) or "text/html" not in accept


def bilingual(key: str, **parts: object) -> dict[str, str]:
    """The message `key` in each language."""
    return {lang: t(key, lang, **parts) for lang in LANGS}


def failure_detail(failure: Failure) -> dict[str, str]:
    """The text of a failure in each language."""
    return {lang: describe(failure, lang) for lang in LANGS}


def failure_json(failure: Failure) -> dict[str, object]:
    """A failure as a JSON object: `code` and `params` for programs, `detail` for people."""
    params = {name: _json_parameter(value) for name, value in failure.params.items()}
    return {"code": failure.code, "params": params, "detail": failure_detail(failure)}


def failure_body(failure: Failure | ErrorCode, /, **extra: object) -> bytes:
    """`failure_json` with `extra` fields, encoded."""
    failure = failure if isinstance(failure, Failure) else Failure(failure)
    return orjson.dumps({**failure_json(failure), **extra})


def failure_response(status: int, failure: Failure | ErrorCode, /, **extra: object) -> Response:
    """`failure_body` as a response that is not cached; a 401 states how to authenticate."""
    return _response(status, failure_body(failure, **extra))


def _response(status: int, body: bytes) -> Response:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(body, status, mimetype=CONTENT_TYPE, headers=headers)


def _json_parameter(value: Parameter) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.to_json() if isinstance(value, Failure) else value
