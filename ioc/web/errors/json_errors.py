"""JSON bodies of error responses: a code for programs, and a text in each language."""

from collections.abc import Mapping

import orjson
from flask import Response

from components.ui.error_messages import describe
from components.ui.i18n import LANGS, t
from ioc.domain.base.failure import ErrorCode, Failure

CONTENT_TYPE = "application/json"


def failure_body(failure: Failure | ErrorCode, **extra: object) -> bytes:
    """{"error": code, "detail": {language: text}, **extra}."""
    failure = failure if isinstance(failure, Failure) else Failure(failure)
    detail = {lang: describe(failure, lang) for lang in LANGS}
    return orjson.dumps({"error": failure.code, "detail": detail, **extra})


def failure_response(status: int, failure: Failure | ErrorCode, **extra: object) -> Response:
    """`failure_body` as a response that is not cached; a 401 states how to authenticate."""
    return _response(status, failure_body(failure, **extra))


def bilingual(key: str, **parts: object) -> dict[str, str]:
    """The message `key` in each language."""
    return {lang: t(key, lang, **parts) for lang in LANGS}


def json_error_body(error: str, detail: Mapping[str, str], **extra: object) -> bytes:
    """{"error": error, "detail": detail, **extra}; underscores of `error` become hyphens."""
    return orjson.dumps({"error": error.replace("_", "-"), "detail": detail, **extra})


def json_error(status: int, error: str, detail: Mapping[str, str], **extra: object) -> Response:
    """`json_error_body` as a response that is not cached; a 401 states how to authenticate."""
    return _response(status, json_error_body(error, detail, **extra))


def _response(status: int, body: bytes) -> Response:
    headers = {"Cache-Control": "no-store"} | ({"WWW-Authenticate": "Bearer"} if status == 401 else {})
    return Response(body, status, mimetype=CONTENT_TYPE, headers=headers)
