"""MQTT where another process may poll instead of this one: no message that the server has delivered is lost."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from sqlalchemy import select

from data_sources import mqtt
from data_sources._http.factory import HttpClientFactory
from data_sources.mqtt import listeners
from data_sources.mqtt.acks import SMALL_WINDOW
from data_sources.mqtt.listener import TopicListener
from ioc.domain.base.times import utc_now
from ioc.poller.service import run
from ioc.storage.db.schema import reading
from ioc.storage.db.store import Store
from tests.conftest import empty_store
from tests.data_sources.broker import Broker, gateway, send, stop_listeners, until
from tests.data_sources.test_mqtt_live import LEVEL, Poll, body, broker, source
from tests.poller.running import configured

__all__ = ["broker"]
WINDOW, COUNT = 4, 30
OPTIONS = {**LEVEL, "receive_maximum": WINDOW}


class Leadership:
    """What the poller of a process says of itself; it polls the source with it."""

    def __init__(self, broker: Broker) -> None:
        self.is_certain = True
        self.clients = HttpClientFactory(utc_now, {}, may_connect=lambda: self.is_certain)
        self.poll = Poll(source(broker.address, OPTIONS), self.clients)


@pytest.fixture(autouse=True)
def _ended(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(mqtt, "_FIRST_WAIT", 0.3)
    yield
    stop_listeners()


def listener() -> TopicListener:
    return listeners._listeners["a"].listener


async def lead(leadership: Leadership) -> None:
    """Polls twice: what comes from then on is acknowledged."""
    assert (await leadership.poll.once()).is_unchanged
    assert (await leadership.poll.once()).is_unchanged


async def values_of_successor(broker: Broker) -> list[float]:
    got = await Leadership(broker).poll.collect(lambda got: len(got) >= COUNT)
    return [value for _, value in got]


async def test_process_that_polls_no_more_takes_no_messages(broker: Broker) -> None:
    broker.start()
    first = Leadership(broker)
    async with first.clients:
        await lead(first)
        former = listener()
    assert not former.is_alive
    with gateway(broker.port) as client:
        for number in range(COUNT):
            send(client, "tram/a/so-lieu", body(number))
        assert await values_of_successor(broker) == list(range(COUNT))


async def test_process_that_ends_acknowledges_only_what_is_stored(broker: Broker) -> None:
    """It goes on receiving until the last polls are stored: the rest comes to the next one."""
    broker.start()
    first = Leadership(broker)
    with gateway(broker.port) as client:
        async with first.clients:
            await lead(first)
            for number in range(COUNT):
                send(client, "tram/a/so-lieu", body(number))
            await asyncio.to_thread(until, lambda: listener().has_messages, "a message comes")
            await first.poll.once()  # its commit is refused
        assert await values_of_successor(broker) == list(range(COUNT))


async def test_process_that_may_have_been_replaced_ends_no_connection_of_its_successor(broker: Broker) -> None:
    broker.start()
    first = Leadership(broker)
    await lead(first)
    former, first.is_certain = listener(), False
    listeners._listeners.clear()  # as in another process
    second = Leadership(broker)
    await second.poll.once()
    until(lambda: not former.is_ready, "the server ends the former connection")
    assert former.is_alive
    with gateway(broker.port) as client:
        send(client, "tram/a/so-lieu", body(1))
        assert await second.poll.collect(bool) == [("level-a", 1)]
    assert not former.is_ready and listener().error is None
    first.is_certain = True
    until(lambda: former.is_ready, "it connects again once it is certain")
    former.end()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Store]:
    with closing(empty_store(tmp_path)) as store:
        yield store


@asynccontextmanager
async def polling(store: Store, broker: Broker, **options: Any) -> AsyncIterator[paho.Client]:
    """A client for the server of a source that was polled once, and is again in a minute, by a running poller."""
    minute, options = timedelta(minutes=1), {**LEVEL, "series": "{mqtt.levels[1]}-level", **options}
    polled = source(broker.address, options, series_keys=("a-level",), poll_interval=minute, age_limit=3 * minute)
    clients, stop = HttpClientFactory(utc_now, {}, may_connect=lambda: store.is_only_leader), asyncio.Event()
    with gateway(broker.port) as client:
        send(client, "tram/a/so-lieu", body(0), retain=True)
        running = run(store, configured(polled), {"mqtt": mqtt}, clients, utc_now, stop, id_key=b"key")
        poller = asyncio.create_task(running)
        await asyncio.to_thread(until, lambda: stored(store), "the first poll is stored")
        yield client
        stop.set()
        await asyncio.wait_for(poller, 30)


def stored(store: Store) -> set[float | None]:
    with store.read() as conn:
        return set(conn.execute(select(reading.c.value)).scalars())


async def test_stopped_poller_stores_what_has_come(broker: Broker, empty: Store) -> None:
    """Messages without acknowledgement that had come since the last poll, a minute ago, were lost by each stop."""
    broker.start()
    async with polling(empty, broker, qos=0) as client:
        for number in range(1, COUNT + 1):
            send(client, "tram/a/so-lieu", body(number))
        await asyncio.to_thread(until, lambda: len(listener()._buffer) >= COUNT, "all have come")
    assert not listener().is_alive
    assert stored(empty) == set(range(COUNT + 1))


@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_source_is_polled_at_once_when_its_server_may_wait_for_acknowledgements(
    broker: Broker, empty: Store, version: str
) -> None:
    """In MQTT 3.1.1 it sends no more than 20 messages that are not stored; the next poll comes in a minute."""
    broker.start()
    async with polling(empty, broker, version=version) as client:
        for number in range(1, 101):
            send(client, "tram/a/so-lieu", body(number))
        await asyncio.to_thread(until, lambda: len(stored(empty)) > 100 - SMALL_WINDOW, "all but the last are stored")
    assert stored(empty) == set(range(101))


async def test_flood_is_polled_before_the_server_has_sent_all_it_may(broker: Broker, empty: Store) -> None:
    broker.start()
    async with polling(empty, broker, receive_maximum=40) as client:
        for number in range(1, 401):
            send(client, "tram/a/so-lieu", body(number))
        await asyncio.to_thread(until, lambda: len(stored(empty)) > 400 - SMALL_WINDOW, "all but the last are stored")
    assert stored(empty) == set(range(401))
