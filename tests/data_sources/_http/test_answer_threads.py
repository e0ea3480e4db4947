"""Answers that a fetch reads itself are read in a thread: the event loop serves the other sources meanwhile."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from types import ModuleType
from typing import Any, cast

import defusedxml.ElementTree
import orjson
import pytest

from data_sources import cameras, cap, geojson, ngsi, openaq, sensorthings
from data_sources._http.answer_threads import read_in_thread
from ioc.domain.ingest.protocol import FetchContext, ResponsePage, SourceError
from ioc.domain.ingest.source import Source
from tests.data_sources.server import NOW, row

LIST = b'[{"id": "a"}]'
PAGE = b'{"links": [], "value": [], "results": [], "features": []}'
READERS: dict[str, tuple[ModuleType, dict[str, Any], bytes]] = {
    "geojson": (geojson, {"time": "t", "value": "v", "series": "s"}, PAGE),
    "sensorthings": (sensorthings, {}, PAGE),
    "ngsi": (ngsi, {"values": {"no2": "NO2"}}, LIST),
    "openaq": (openaq, {"bbox": "105.0,9.0,106.0,10.0"}, PAGE),
    "cameras": (cameras, {"events": {"key": "{id}", "title": "{id}", "snapshot": "url"}}, LIST),
    "cap": (cap, {}, b"<alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'/>"),
}


class Context:
    """A FetchContext that answers every GET with one body."""

    def __init__(self, body: bytes) -> None:
        self.memory: dict[str, Any] = {}
        self._body = body

    def now(self) -> datetime:
        return NOW

    async def get(self, _source: Source, address: str, **_: object) -> ResponsePage:
        return ResponsePage(self._body, "application/json", address=address)


@pytest.mark.parametrize("protocol", READERS)
async def test_a_fetch_decodes_in_a_thread(protocol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connector, options, body = READERS[protocol]
    threads = set[threading.Thread]()

    def noting(decode: Callable[..., Any]) -> Callable[..., Any]:
        def decode_and_note(*args: Any, **kwargs: Any) -> Any:
            threads.add(threading.current_thread())
            return decode(*args, **kwargs)

        return decode_and_note

    monkeypatch.setattr(orjson, "loads", noting(orjson.loads))
    monkeypatch.setattr(defusedxml.ElementTree, "fromstring", noting(defusedxml.ElementTree.fromstring))
    with suppress(SourceError):
        await connector.fetch(row(options=options, protocol=protocol), cast(FetchContext, Context(body)))
    assert threads and threading.current_thread() not in threads


async def test_the_loop_goes_on_and_the_deadline_ends_the_wait_while_an_answer_is_read() -> None:
    finish = threading.Event()
    try:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await read_in_thread(finish.wait, 20)
    finally:
        finish.set()


async def test_an_error_of_reading_comes_through() -> None:
    with pytest.raises(ValueError, match="x"):
        await read_in_thread(int, "x")
