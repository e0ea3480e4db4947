"""The message in the body of an error answer: many servers say in JSON which part of the request was wrong."""

import asyncio
from typing import Any

import aiohttp
import orjson

from data_sources._http.body import read_body
from ioc.domain.ingest.protocol import SourceError

_MAX_BYTES, _TIMEOUT_SECONDS, _MAX_LENGTH = 8_192, 2.0, 160
_MESSAGE_KEYS = ("message", "reason", "detail", "description", "error")
_MAX_DEPTH = 8


async def read_error_message(response: aiohttp.ClientResponse) -> str:
    """The server's message on one line; "" when it has none in JSON, or does not send it in time."""
    try:
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            message = _find_message(orjson.loads(await read_body(response, _MAX_BYTES)))
    except (SourceError, ValueError, TimeoutError, aiohttp.ClientError):
        return ""
    printable = "".join(character if character.isprintable() else " " for character in message)
    return " ".join(printable.split())[:_MAX_LENGTH]


def _find_message(document: Any, depth: int = 0) -> str:
    if isinstance(document, dict) and depth < _MAX_DEPTH:
        messages = (_find_message(document.get(key), depth + 1) for key in _MESSAGE_KEYS)
        return next(filter(None, messages), "")
    return document if isinstance(document, str) else ""
