"""MQTT where another process may poll instead of this one: no message that the server has delivered is lost."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from itertools import count
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from sqlalchemy import select

from data_sources import mqtt
from data_sources._http.factory import HttpClientFactory
from data_sources.mqtt import listeners
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
            first.clients.stop_acknowledging()
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


async def test_stopped_poller_stores_what_the_server_was_told_that_it_has(broker: Broker, tmp_path: Path) -> None:
    """At a poll every minute nearly all that had come since the last one was lost by each stop."""
    minute, options = timedelta(minutes=1), {**OPTIONS, "series": "{mqtt.levels[1]}-level"}
    polled = source(
        broker.start().address, options, series_keys=("a-level",), poll_interval=minute, age_limit=3 * minute
    )
    stop = asyncio.Event()
    with closing(empty_store(tmp_path)) as store, gateway(broker.port) as client:
        clients = HttpClientFactory(utc_now, {}, may_connect=lambda: store.is_only_leader)
        poller = asyncio.create_task(
            run(store, configured(polled), {"mqtt": mqtt}, clients, utc_now, stop, id_key=b"key")
        )
        await asyncio.wait_for(committed(store, client), 30)
        for number in range(1, COUNT + 1):
            send(client, "tram/a/so-lieu", body(number))
        await asyncio.to_thread(until, lambda: len(listener()._buffer) >= COUNT, "all have come")
        stop.set()
        await asyncio.wait_for(poller, 30)
        assert not listener().is_alive
        with store.read() as conn:
            stored = set(conn.execute(select(reading.c.value)).scalars())
    assert len(stored) >= COUNT - WINDOW
    missing = set(range(1, COUNT + 1)) - stored  # came after the last poll, and comes again
    if missing:
        await Leadership(broker).poll.collect(lambda got: {value for _, value in got} >= missing)


async def committed(store: Store, client: paho.Client) -> None:
    """Sends a message and waits until it is stored: what comes from then on is acknowledged."""
    for number in count(1000):
        send(client, "tram/a/so-lieu", body(number))
        await asyncio.sleep(0.1)
        with store.read() as conn:
            if conn.execute(select(reading.c.value)).first():
                return
