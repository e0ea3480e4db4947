"""What is said with an answer that is none: to programs as JSON, the same everywhere, in both languages."""

from collections.abc import Mapping
from datetime import datetime

import orjson
from flask import Response

from components.ui.error_messages import describe
from components.ui.i18n import LANGS, t
from ioc.domain.base.failure import Failure, Parameter

CONTENT_TYPE = "application/json"


def bilingual(key: str, **parts: object) -> dict[str, str]:
    """The message `key` in each language."""
    return {lang: t(key, lang, **parts) for lang in LANGS}


def json_error_body(error: str, detail: Mapping[str, str], **extra: object) -> bytes:
    """`error`: a short word for programs; `detail`: the sentence, by language."""
    return orjson.dumps({"error": error.replace("_", "-"), "detail": detail, **extra})


def json_error(status: int, error: str, detail: Mapping[str, str], **extra: object) -> Response:
    """The same as an answer that nobody keeps. To whom no identity was shown, it is said how to show one."""
    headers = {"Cache-Control": "no-store"} | ({"WWW-Authenticate": "Bearer"} if status == 401 else {})
    return Response(json_error_body(error, detail, **extra), status, mimetype=CONTENT_TYPE, headers=headers)


def failure_detail(failure: Failure) -> dict[str, str]:
    """The text of a failure in each language."""
    return {lang: describe(failure, lang) for lang in LANGS}


def failure_json(failure: Failure) -> dict[str, object]:
    """A failure as a JSON object: `code` and `params` for programs, `detail` for people."""
    params = {name: _json_parameter(value) for name, value in failure.params.items()}
    return {"code": failure.code, "params": params, "detail": failure_detail(failure)}


def failure_body(failure: Failure, **extra: object) -> bytes:
    """`failure_json` with `extra` fields, encoded."""
    return orjson.dumps({**failure_json(failure), **extra})


def failure_response(status: int, failure: Failure, **extra: object) -> Response:
    """The failure as a response that is not stored; with 401, that a bearer token is expected."""
    headers = {"Cache-Control": "no-store"} | ({"WWW-Authenticate": "Bearer"} if status == 401 else {})
    return Response(failure_body(failure, **extra), status, mimetype=CONTENT_TYPE, headers=headers)


def _json_parameter(value: Parameter) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.to_json() if isinstance(value, Failure) else value
