"""What is said with an answer that is none: to programs as JSON, the same everywhere, in both languages."""

from collections.abc import Mapping

import orjson
from flask import Response

from components.ui.i18n import LANGS, t

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
