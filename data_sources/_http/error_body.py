"""What a server says of its own refusal: many tell in JSON which word of the question was wrong."""

import asyncio
from typing import Any

import aiohttp
import orjson

from data_sources._http.body import read
from ioc.domain.ingest.protocol import SourceError

_LIMIT, _SECONDS, _LETTERS = 8_192, 2.0, 160
_WORDS = ("message", "reason", "detail", "description", "error")
_DEEPEST = 8


async def said(response: aiohttp.ClientResponse) -> str:
    """Its words on one line; "" where it has none in JSON, or takes its time over them."""
    try:
        async with asyncio.timeout(_SECONDS):
            told = _words(orjson.loads(await read(response, _LIMIT)))
    except (SourceError, ValueError, TimeoutError, aiohttp.ClientError):
        return ""
    return " ".join("".join(one if one.isprintable() else " " for one in told).split())[:_LETTERS]


def _words(document: Any, depth: int = 0) -> str:
    if isinstance(document, dict) and depth < _DEEPEST:
        return next((found for one in _WORDS if (found := _words(document.get(one), depth + 1))), "")
    return document if isinstance(document, str) else ""
