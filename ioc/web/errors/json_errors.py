"""What is said with an answer that is none: to programs as JSON, the same everywhere, in both languages."""

from collections.abc import Mapping

import orjson
from flask import Response

from components.ui.i18n import LANGS, say

KIND = "application/json"


def both(key: str, **parts: object) -> dict[str, str]:
    """The message `key` in each language."""
    return {lang: say(key, lang, **parts) for lang in LANGS}


def body(error: str, detail: Mapping[str, str], **more: object) -> bytes:
    """`error`: a short word for programs; `detail`: the sentence, by language."""
    return orjson.dumps({"error": error.replace("_", "-"), "detail": detail, **more})


def answer(status: int, error: str, detail: Mapping[str, str], **more: object) -> Response:
    """The same as an answer that nobody keeps. To whom no identity was shown, it is said how to show one."""
    headers = {"Cache-Control": "no-store"} | ({"WWW-Authenticate": "Bearer"} if status == 401 else {})
    return Response(body(error, detail, **more), status, mimetype=KIND, headers=headers)
