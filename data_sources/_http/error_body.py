"""What a server says of its own refusal: many tell in JSON which word of the question was wrong."""

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
    """Its words on one line; "" where it has none in JSON, or takes its time over them."""
    try:
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            told = _find_message(orjson.loads(await read_body(response, _MAX_BYTES)))
    except (SourceError, ValueError, TimeoutError, aiohttp.ClientError):
        return ""
    return " ".join("".join(one if one.isprintable() else " " for one in told).split())[:_MAX_LENGTH]


def _find_message(document: Any, depth: int = 0) -> str:
    if isinstance(document, dict) and depth < _MAX_DEPTH:
        return next((found for one in _MESSAGE_KEYS if (found := _find_message(document.get(one), depth + 1))), "")
    return document if isinstance(document, str) else ""
