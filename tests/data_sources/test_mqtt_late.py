"""MQTT messages that cannot be read within the deadline: one that alone takes longer holds up no other."""

import asyncio
import threading
from contextlib import suppress
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from data_sources import mqtt
from data_sources.mqtt import Options
from data_sources.mqtt.listeners import SourceListener
from data_sources.mqtt.liveness import GatewayLiveness
from ioc.domain.base.clock_set_back import ClockWatch
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.health import SourceState, initial_health
from ioc.domain.ingest.protocol import MESSAGE_SECONDS, Connector, Payload
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Source
from ioc.poller import retry_split
from ioc.poller.parsing import LARGE_BODY_BYTES, NoTurnError
from ioc.poller.poll_result import PollResult
from ioc.poller.poller import Poller
from tests.data_sources.server import NOW, row
from tests.data_sources.test_mqtt_buffer import new_listener

OPTIONS = {"topics": ["t/#"], "series": "{mqtt.levels[1]}-{mqtt.levels[2]}", "value": "v"}
SLOW = 13  # the message that is never read in time


class SlowProtocol:
    """MQTT whose parser takes longer than the deadline over the message SLOW."""

    Options = Options

    def __init__(self) -> None:
        self.end = threading.Event()
        self.read = list[float]()

    async def fetch(self, source: Source, context: Any) -> Payload:
        return await mqtt.fetch(source, context)

    def parse(self, source: Source, payload: Payload, now: datetime) -> Batch:
        pages = cast(Any, payload.pages)
        if any(f'"v": {SLOW},'.encode() in page.body and page.role != "late" for page in pages):
            self.end.wait(1.5)
            return Batch()
        batch = mqtt.parse(source, payload, now)
        self.read += [reading.value or 0.0 for reading in batch.readings]
        return batch


@pytest.mark.parametrize(("seconds", "is_read"), [((0.0, 0.0), False), (MESSAGE_SECONDS, True)], ids=["always", "busy"])
async def test_messages_behind_one_that_is_late_are_read(
    monkeypatch: pytest.MonkeyPatch, seconds: tuple[float, ...], is_read: bool
) -> None:
    """And so is the late one, where more time is enough."""
    monkeypatch.setattr(retry_split, "MESSAGE_SECONDS", seconds)
    listener = new_listener(deadline=0.6)
    options = Options.model_validate(OPTIONS)
    entry = SourceListener("", options, listener, GatewayLiveness(options))
    monkeypatch.setattr(mqtt.listeners, "listener_for", lambda *_: entry)
    listener._poll_count, listener.is_ready = 1, True
    padding = "x" * LARGE_BODY_BYTES
    for n in range(24):
        name = "w" if n in (14, 15, 16) else "v"  # what nothing is accepted of must not be read alone
        listener._store("t/a/muc-nuoc", f'{{"{name}": {n}, "p": "{padding}"}}'.encode(), is_retained=False)
    source = row(options=OPTIONS, protocol="mqtt", series_keys=("a-muc-nuoc",), deadline=timedelta(seconds=0.6))
    results: list[PollResult] = []
    context = SimpleNamespace(memory={}, mask_secrets=lambda text: text, now=lambda: NOW)
    protocol = SlowProtocol()

    def take(result: PollResult) -> None:
        results.append(result)
        if result.on_committed:
            result.on_committed()

    poller = Poller(
        {"mqtt": cast(Connector, protocol)}, cast(Any, lambda _: context), ClockWatch(lambda: NOW),
        {source.key: initial_health(source, NOW)}, take, id_key=b"key",
    )  # fmt: skip
    polls = 0
    while listener._settled.number != 24 and polls < 40:
        await poller.poll(source)  # the clock stands: none of them waits
        polls += 1
    protocol.end.set()
    assert listener._settled.number == 24 and not listener.has_messages
    assert protocol.read == [n for n in range(24) if n not in (SLOW, 14, 15, 16)]
    rejected = [item.failure.code for result in results for item in result.batch.rejected_items]
    assert rejected.count(IngestCode.DEADLINE_EXCEEDED) == (not is_read)
    assert poller.healths[source.key].state is SourceState.LIVE


class Bench:
    """A poller of one source over a listener that has no server."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.listener, self.results = new_listener(deadline=5.0), list[PollResult]()
        options = Options.model_validate(OPTIONS)
        entry = SourceListener("", options, self.listener, GatewayLiveness(options))
        monkeypatch.setattr(mqtt.listeners, "listener_for", lambda *_: entry)
        self.listener._poll_count, self.listener.is_ready = 1, True
        self.source = row(options=OPTIONS, protocol="mqtt", series_keys=("a-muc-nuoc",), deadline=timedelta(seconds=5))
        self.context = SimpleNamespace(memory={}, mask_secrets=lambda text: text, now=lambda: NOW)
        self.poller = Poller(
            {"mqtt": cast(Connector, mqtt)}, cast(Any, lambda _: self.context), ClockWatch(lambda: NOW),
            {self.source.key: initial_health(self.source, NOW)}, self.results.append, id_key=b"key",
        )  # fmt: skip

    def send(self, *bodies: str) -> None:
        for body in bodies:
            self.listener._store("t/a/muc-nuoc", body.encode(), is_retained=False)

    async def poll(self) -> None:
        await self.poller.poll(self.source)


@pytest.mark.parametrize("end", [NoTurnError(), asyncio.CancelledError()])  # the latter at the end of the process
async def test_messages_that_got_no_turn_are_not_given_up(monkeypatch: pytest.MonkeyPatch, end: BaseException) -> None:
    bench = Bench(monkeypatch)
    bench.send(*(f'{{"v": {n}}}' for n in range(3)))
    bench.listener._buffer.count_dropped()
    read = bench.poller._parsing.run

    async def refuse(*_: Any, **__: Any) -> Any:
        raise end

    monkeypatch.setattr(bench.poller._parsing, "run", refuse)
    for _ in range(3):
        with suppress(asyncio.CancelledError):
            await bench.poll()
        assert not bench.listener._settled.number
    assert not bench.results
    monkeypatch.setattr(bench.poller._parsing, "run", read)
    await bench.poll()
    (result,) = bench.results
    assert [reading.value for reading in result.batch.readings] == [0, 1, 2]
    assert result.health.rejected_count == 1  # the dropped one, once


async def test_messages_that_are_read_but_not_stored_are_not_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few come after many: what a poll brings says nothing about the next one."""
    bench = Bench(monkeypatch)
    for count in (60, 60, 60, 60, 60, 2, 2):
        bench.send(*(f'{{"v": {len(bench.results) + n / 100}}}' for n in range(count)))
        await bench.poll()
        if count == 60:
            confirm = bench.results[-1].on_committed
            assert confirm
            confirm()
    bench.context.memory.clear()  # as after the clock was set back
    await bench.poll()
    assert bench.listener._settled.number == 300
    assert [len(result.batch.readings) for result in bench.results[-3:]] == [2, 2, 0]
    assert not bench.poller.healths[bench.source.key].drift


async def test_messages_behind_many_that_cannot_be_read_are_read_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server with a small window sends no more before these are given up: no poll waits for a back-off."""
    bench = Bench(monkeypatch)
    for n in range(1, 6):
        bench.send(*["?"] * 20)
        await bench.poll()
        await bench.poll()  # the clock stands
        await bench.poll()
        assert bench.listener._settled.number == 20 * n
    bench.send('{"v": 1}')
    await bench.poll()
    assert [reading.value for reading in bench.results[-1].batch.readings] == [1]
