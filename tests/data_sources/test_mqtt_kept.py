"""MQTT messages that the server kept while nobody received: without a time of their own they are not taken as new."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from data_sources import mqtt
from data_sources._http.factory import HttpClientFactory
from data_sources.mqtt import listeners
from data_sources.mqtt.absence import Absence
from data_sources.mqtt.acks import SMALL_WINDOW
from data_sources.mqtt.errors import MqttCode
from ioc.domain.base.times import utc_now
from ioc.domain.ingest.protocol import LAST_SUCCESS_KEY
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Source
from ioc.poller.service import run
from ioc.storage.db.store import Store
from tests.data_sources.broker import SECONDS, Broker, gateway, send, stop_listeners, until
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW
from tests.data_sources.test_mqtt_live import LEVEL, Poll, body, broker, source
from tests.data_sources.test_mqtt_takeover import empty, stored
from tests.poller.running import configured

__all__ = ["broker", "empty"]
TIMELESS: dict[str, Any] = {"topics": LEVEL["topics"], "series": LEVEL["series"], "value": LEVEL["value"]}
SECOND, AGE_LIMIT = timedelta(seconds=1), timedelta(minutes=10)
LIMIT = 60 * SECOND  # a tenth of it


@pytest.fixture(autouse=True)
def _ended(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(mqtt, "_FIRST_WAIT", 0.3)
    yield
    stop_listeners()


class Restarted:
    """A source whose session is with the server, polled by a process that begins anew."""

    def __init__(self, broker: Broker, **options: Any) -> None:
        self.poll = Poll(source(broker.address, {**TIMELESS, **options}, age_limit=AGE_LIMIT))
        self.values, self.codes = list[float | None](), list[Any]()

    async def leave(self) -> None:
        """The process of before: it subscribes, and ends."""
        for _ in range(2):
            await self.poll.once()
        stop_listeners()

    async def receive(self, count: int, last_success: timedelta | None = None) -> None:
        """Poll until `count` messages were read or rejected; `last_success`: how long ago the last good poll was."""
        known = None if last_success is None else utc_now() - last_success
        self.poll.clients.context_for(self.poll.source).memory[LAST_SUCCESS_KEY] = known
        ends = time.monotonic() + SECONDS
        while len(self.values) + len(self.codes) < count:
            assert time.monotonic() < ends, f"only this came: {self.values} {self.codes}"
            batch: Batch = mqtt.parse(self.poll.source, await self.poll.once(), utc_now())
            self.values += [reading.value for reading in batch.readings]
            self.codes += codes(batch)


@pytest.mark.parametrize("last_success", [None, 2 * LIMIT])
@pytest.mark.parametrize(("version", "count"), [("5", 3), ("5", 100), ("3.1.1", 3), ("3.1.1", 100)])
async def test_messages_of_a_long_absence_without_a_time_are_rejected(
    broker: Broker, version: str, count: int, last_success: timedelta | None
) -> None:
    """In MQTT 3.1.1 Mosquitto sends the first 20 at once, and each other one when one before it is acknowledged."""
    broker.start()
    restarted = Restarted(broker, version=version)
    await restarted.leave()
    with gateway(broker.port) as client:
        for number in range(count):
            send(client, "tram/a/so-lieu", f'{{"v": {number}}}')
        await restarted.receive(count, last_success)
        assert restarted.codes == [MqttCode.KEPT_WITHOUT_TIME] * count
        await restarted.poll.once()  # the last of them are acknowledged
        absence = listeners._listeners["a"].listener._absence
        await asyncio.to_thread(until, lambda: not absence._is_resuming, "the server is silent")
        send(client, "tram/a/so-lieu", '{"v": 7777}')
        await restarted.receive(count + 1)
    assert restarted.values == [7777] and len(restarted.codes) == count


@pytest.mark.parametrize(
    ("options", "text", "last_success"),
    [
        ({}, '{"v": 1}', SECOND),
        ({"retained": True}, '{"v": 1}', None),
        ({"time": "t", "time_format": "unix"}, body(1), None),
    ],
)
async def test_messages_of_a_short_absence_or_with_a_time_are_read(
    broker: Broker, options: dict[str, Any], text: str, last_success: timedelta | None
) -> None:
    broker.start()
    restarted = Restarted(broker, **options)
    await restarted.leave()
    with gateway(broker.port) as client:
        send(client, "tram/a/so-lieu", text)
        await restarted.receive(1, last_success)
    assert restarted.values == [1] and not restarted.codes


async def test_length_of_an_absence_is_known_after_a_restart_of_the_program(broker: Broker, empty: Store) -> None:
    polled = source(
        broker.start().address, {**TIMELESS, "series": "{mqtt.levels[1]}-level"}, series_keys=("a-level",),
        poll_interval=SECOND, deadline=SECOND, age_limit=AGE_LIMIT,
    )  # fmt: skip
    with gateway(broker.port) as client:
        async with polling(empty, polled):
            until_ready = partial(until, lambda: listeners._listeners["a"].listener.is_ready, "it is connected")
            await asyncio.to_thread(until, lambda: "a" in listeners._listeners, "it was polled")
            await asyncio.to_thread(until_ready)
            send(client, "tram/a/so-lieu", '{"v": 1}')
            await asyncio.to_thread(until, lambda: stored(empty) == {1}, "the first one is stored")
        send(client, "tram/a/so-lieu", '{"v": 2}')
        async with polling(empty, polled):
            await asyncio.to_thread(until, lambda: stored(empty) == {1, 2}, "the kept one is stored")


@asynccontextmanager
async def polling(store: Store, polled: Source) -> AsyncIterator[None]:
    """A process that polls the source."""
    clients, stop = HttpClientFactory(utc_now, {}), asyncio.Event()
    running = run(store, configured(polled), {"mqtt": mqtt}, clients, utc_now, stop, id_key=b"key")
    poller = asyncio.create_task(running)
    yield
    stop.set()
    await asyncio.wait_for(poller, 30)
    stop_listeners()


def connected(absence: Absence, now: Any, kept: int, is_session_present: bool = True) -> list[bool]:
    """Whether each of the messages before the answer to SUBSCRIBE may have been kept for long."""
    absence.connect(now, is_session_present)
    found = [absence.receive() for _ in range(kept)]
    absence.subscribe()
    return found


def test_absence_counts_from_the_last_input() -> None:
    absence = Absence(AGE_LIMIT, None)
    assert connected(absence, NOW, kept=1) == [True]
    absence.check(NOW + 100 * SECOND, is_silent=False, open_count=0)
    absence.check(NOW + 130 * SECOND, is_silent=True, open_count=0)
    assert connected(absence, NOW + 100 * SECOND + 0.9 * LIMIT, kept=1) == [False]
    assert connected(absence, NOW + 100 * SECOND + LIMIT, kept=1) == [True]
    assert connected(absence, NOW, kept=1) == [True]  # the clock was set back


def test_limit_is_a_small_part_of_the_age_limit() -> None:
    for age_limit, seconds, is_kept in ((20, 1, False), (20, 3, True), (86_400, 59, False), (86_400, 61, True)):
        assert connected(Absence(age_limit * SECOND, NOW), NOW + seconds * SECOND, kept=1) == [is_kept]


def test_new_session_holds_nothing_that_was_kept() -> None:
    assert connected(Absence(AGE_LIMIT, None), NOW, kept=1, is_session_present=False) == [False]


def test_messages_after_the_answer_are_kept_ones_only_where_many_came_before_it() -> None:
    few, many = Absence(AGE_LIMIT, None), Absence(AGE_LIMIT, None)
    connected(few, NOW, kept=SMALL_WINDOW - 1)
    connected(many, NOW, kept=SMALL_WINDOW)
    assert (few.receive(), many.receive()) == (False, True)


@pytest.mark.parametrize("shift", [-3, 0, 90])
@pytest.mark.parametrize("is_silent", [True, False])
def test_nothing_is_kept_any_more_after_a_silence_or_a_while(is_silent: bool, shift: float) -> None:
    passed = [0.0]
    absence = Absence(AGE_LIMIT, None, lambda: passed[0])
    connected(absence, NOW, kept=SMALL_WINDOW)
    for open_count in (1, 1, 0):
        absence.check(NOW + shift * SECOND, is_silent, open_count)  # the clock is set meanwhile
    assert absence.receive()
    passed[0] = 2 if is_silent else 60
    absence.check(NOW + SECOND, is_silent, open_count=0)
    assert not absence.receive()


@pytest.mark.parametrize("shown", [0, 3600])  # the clock was set back by as long as it was, or goes on
def test_an_absence_is_as_long_as_it_is_whatever_the_clock_shows(shown: float) -> None:
    passed = [0.0]
    absence = Absence(AGE_LIMIT, None, lambda: passed[0])
    connected(absence, NOW, kept=0)
    absence.check(NOW, is_silent=False, open_count=0)
    passed[0] = 3600.0
    assert connected(absence, NOW + shown * SECOND, kept=1) == [True]


async def test_a_message_is_received_after_the_one_before_it_though_the_clock_fell_back(broker: Broker) -> None:
    shown = [NOW]
    clients = HttpClientFactory(lambda: shown[0], {})
    poll = Poll(source(broker.start().address, TIMELESS), clients)
    clients.context_for(poll.source).memory[LAST_SUCCESS_KEY] = NOW  # by a process of before
    shown[0] -= 45 * SECOND
    await poll.once()
    with gateway(broker.port) as client:
        for value in (1.0, 2.0):
            send(client, "tram/a/so-lieu", body(value))
    got: list[Any] = []
    async with asyncio.timeout(SECONDS):
        while len(got) < 2:
            shown[0] += SECOND / 1000
            got += mqtt.parse(poll.source, await poll.once(), NOW).readings
            await asyncio.sleep(0.02)
    assert [reading.value for reading in got] == [1.0, 2.0]
    assert NOW < got[0].observed < got[1].observed < NOW + SECOND
