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
from data_sources._http import answer_threads
from data_sources._http.answer_threads import read_in_thread
from data_sources._http.errors import HttpCode
from ioc.domain.ingest.protocol import FetchContext, ResponsePage, SourceError
from ioc.domain.ingest.source import Source
from tests.data_sources.failures import raises_failure
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


async def give_up(source: Source, finish: threading.Event) -> None:
    """A poll of `source` that ends at its deadline; its thread ends with `finish`."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await read_in_thread(source, finish.wait, 60)


async def test_the_deadline_ends_the_wait_and_the_source_is_read_again_when_its_thread_has_ended() -> None:
    finish, source = threading.Event(), row()
    try:
        await give_up(source, finish)
        with raises_failure(HttpCode.ANSWER_STILL_READ):
            await read_in_thread(source, int, "1")
    finally:
        finish.set()
    async with asyncio.timeout(30):
        while True:
            with suppress(SourceError):
                assert await read_in_thread(source, int, "1") == 1
                break
            await asyncio.sleep(0.01)


async def test_two_sources_whose_answers_are_never_read_hold_up_no_third_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_threads, "QUICK_SECONDS", 0.05)
    finish, started = threading.Event(), list[int]()

    def block() -> None:
        started.append(1)
        finish.wait(60)

    blocked = [asyncio.create_task(read_in_thread(row(key=key), block)) for key in ("h1", "h2")]
    try:
        async with asyncio.timeout(30):
            while len(started) < 2:
                await asyncio.sleep(0.01)
            assert await read_in_thread(row(), int, "1") == 1
        assert not any(task.done() for task in blocked)
    finally:
        finish.set()
        await asyncio.gather(*blocked)


async def test_slow_sources_take_no_place_of_quick_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_threads, "QUICK_SECONDS", 60.0)
    finish, started, hostile = threading.Event(), threading.Event(), [row(key=f"h{n}") for n in range(4)]
    for source in hostile:
        ended = threading.Event()
        await give_up(source, ended)
        ended.set()

    def block() -> None:
        started.set()
        finish.wait(60)

    async def read_again(source: Source) -> None:
        while True:
            with suppress(SourceError):
                return await read_in_thread(source, block)
            await asyncio.sleep(0.01)

    blocked = [asyncio.create_task(read_again(source)) for source in hostile]
    try:
        async with asyncio.timeout(30):
            while not started.is_set():
                await asyncio.sleep(0.01)
            for number in range(3):
                assert await read_in_thread(row(key=f"q{number}"), int, "1") == 1
        assert not any(task.done() for task in blocked)
    finally:
        finish.set()
        await asyncio.gather(*blocked)


async def test_readings_of_one_source_go_one_at_a_time_and_all_are_read() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def read(number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        with lock:
            running -= 1
        return number

    numbers = await asyncio.gather(*(read_in_thread(row(), read, number) for number in range(20)))
    assert numbers == [*range(20)] and most == 1


async def test_an_error_of_reading_comes_through() -> None:
    with pytest.raises(ValueError, match="x"):
        await read_in_thread(row(), int, "x")
