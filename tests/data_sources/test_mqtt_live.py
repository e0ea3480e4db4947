"""MQTT against a real Mosquitto: credentials, outages, last wills, retained messages, wildcards, TLS."""

import asyncio
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from data_sources import mqtt
from data_sources._http.factory import HttpClientFactory
from data_sources.mqtt import listeners
from data_sources.mqtt.errors import MqttCode
from data_sources.mqtt.message_buffer import MessageBuffer
from ioc.domain.base.failure import Failure
from ioc.domain.base.times import utc_now
from ioc.domain.ingest.protocol import HAS_FAILED_KEY, PARSE_SECONDS_KEY, Payload, SourceError, forget_answers
from ioc.domain.ingest.source import Source
from tests.data_sources import certificates
from tests.data_sources.broker import SECONDS, Broker, gateway, program, send, stop_listeners, until, vanish
from tests.data_sources.failures import codes
from tests.data_sources.server import row

LEVEL: dict[str, Any] = {
    "topics": ["tram/+/so-lieu"], "series": "level-{mqtt.levels[1]}", "value": "v", "time": "t", "time_format": "unix",
}  # fmt: skip


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    server = Broker(tmp_path)
    yield server
    stop_listeners()
    server.end()


@pytest.fixture(autouse=True)
def _ended(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(mqtt, "_FIRST_WAIT", 0.3)
    yield
    stop_listeners()


def source(address: str, options: dict[str, Any] | None = None, **changes: Any) -> Source:
    changes = {"series_keys": ("level-a", "level-b"), "deadline": timedelta(seconds=8), **changes}
    return row(address, options or LEVEL, protocol="mqtt", **changes)


class Poll:
    """Polls of one source, as the poller does them."""

    def __init__(self, polled_source: Source, clients: HttpClientFactory | None = None) -> None:
        self.source, self.clients = polled_source, clients or HttpClientFactory(utc_now, {})
        self._previous = Payload()

    async def once(self) -> Payload:
        """A poll. The one before it has been committed by now."""
        if self._previous.on_committed:
            self._previous.on_committed()
        self._previous = await mqtt.fetch(self.source, self.clients.context_for(self.source))
        return self._previous

    def fail(self) -> None:
        """What the poller notes of a poll that failed."""
        memory = self.clients.context_for(self.source).memory
        memory.clear()
        memory[HAS_FAILED_KEY] = True

    async def values(self) -> list[tuple[str, float | None]]:
        batch = mqtt.parse(self.source, await self.once(), utc_now())
        self.clients.context_for(self.source).memory[PARSE_SECONDS_KEY] = 0.1
        assert not batch.rejected_items, batch.rejected_items
        return [(one.series, one.value) for one in batch.readings]

    async def fails(self) -> SourceError:
        with pytest.raises(SourceError) as caught:
            await self.once()
        return caught.value

    async def collect(self, is_enough: Callable[[list[Any]], bool], seconds: float = SECONDS) -> list[Any]:
        """The values of all polls, through outages, until `is_enough` of them."""
        got: list[Any] = []
        ends = time.monotonic() + seconds
        while not is_enough(got):
            assert time.monotonic() < ends, f"only this came: {got[-20:]}"
            try:
                got += await self.values()
            except SourceError as error:
                assert not error.is_refused, error.failure
            await asyncio.sleep(0.02)
        return got


def body(value: float) -> str:
    return f'{{"v": {value}, "t": {1_790_000_000 + value}}}'


async def test_wildcards_choose_and_each_poll_brings_what_came_since(broker: Broker) -> None:
    poll = Poll(source(broker.start().address))
    with gateway(broker.port) as client:
        assert (await poll.once()).is_unchanged
        send(client, "tram/a/so-lieu", body(1))
        send(client, "tram/b/so-lieu", body(2))
        send(client, "tram/a/anh", body(3))
        send(client, "tram/a/b/so-lieu", body(4))
        send(client, "tram/a/so-lieu", body(5))
        got = await poll.collect(lambda got: len(got) > 2)
        assert got == [("level-a", 1), ("level-b", 2), ("level-a", 5)]
        assert (await poll.once()).is_unchanged


async def test_message_that_fails_after_the_clock_was_set_is_read_again(broker: Broker) -> None:
    """The poll before it was good: to give the message up, it would have to fail twice."""
    poll = Poll(source(broker.start().address))
    memory = poll.clients.context_for(poll.source).memory
    with gateway(broker.port) as client:
        assert (await poll.once()).is_unchanged
        for n in (1, 2):
            send(client, "tram/a/so-lieu", body(n))
            assert await poll.collect(bool) == [("level-a", n)]
            poll.fail()
            assert await poll.collect(bool) == [("level-a", n)]
            forget_answers(memory)


async def test_a_wrong_password_stops_the_listener(broker: Broker) -> None:
    passwords = broker.folder / "passwords"
    maker = program().replace("mosquitto", "mosquitto_passwd").replace("sbin", "bin")
    subprocess.run([maker, "-b", "-c", str(passwords), "ioc", "right"], check=True, capture_output=True)
    broker.lines = ("allow_anonymous false", f"password_file {passwords}")
    broker.start()
    options = {**LEVEL, "user": "ioc", "password": "${MQTT_PASSWORD}"}
    wrong = Poll(source(broker.address, options), HttpClientFactory(utc_now, {"MQTT_PASSWORD": "wrong-one"}))
    error = await wrong.fails()
    assert error.is_refused and error.failure.code == MqttCode.ACCESS_REFUSED
    assert error.failure.params["host"] == f"127.0.0.1:{broker.port}"
    assert "wrong-one" not in error.failure.to_text()
    assert not listeners._listeners["a"].listener.is_alive
    right = Poll(
        source(broker.address, options, fingerprint="g"), HttpClientFactory(utc_now, {"MQTT_PASSWORD": "right"})
    )
    assert (await right.once()).is_unchanged


async def test_a_killed_server_loses_and_repeats_no_message(broker: Broker) -> None:
    poll = Poll(source(broker.start().address))
    got: list[Any] = []
    with gateway(broker.port) as client:
        assert (await poll.once()).is_unchanged
        for n in range(40):
            send(client, "tram/a/so-lieu", body(n))
            if n in (10, 25):
                broker.end(signal.SIGKILL)
                error = await _down(poll, got)
                assert error.failure.params["host"] == f"127.0.0.1:{broker.port}" and not error.is_refused
                broker.start()
        got += await poll.collect(lambda more: len(got) + len(more) >= 40, 30)
        send(client, "tram/b/so-lieu", body(99))
        got += await poll.collect(lambda more: ("level-b", 99) in more)
    values = [value for series, value in got if series == "level-a"]
    assert sorted(values) == list(range(40))


async def _down(poll: Poll, got: list[Any]) -> SourceError:
    """The error of the first poll without a connection; values until then are added to `got`."""
    while True:
        try:
            got += await poll.values()
        except SourceError as error:
            return error
        await asyncio.sleep(0.02)


async def test_messages_sent_while_disconnected_come_after_the_reconnect(broker: Broker) -> None:
    poll = Poll(source(broker.start().address))
    with gateway(broker.port) as client:
        assert (await poll.once()).is_unchanged
        assert (await poll.once()).is_unchanged
        stop_listeners()
        for n in range(30):
            send(client, "tram/a/so-lieu", body(n))
        got = await poll.collect(lambda got: len(got) >= 30)
    assert [value for _, value in got] == list(range(30))


async def test_a_single_poll_acknowledges_nothing(broker: Broker) -> None:
    poll = Poll(source(broker.start().address))
    with gateway(broker.port) as client:
        assert (await poll.once()).is_unchanged
        send(client, "tram/a/so-lieu", body(1))
        got = await poll.collect(bool)
        stop_listeners()  # dies before the poll after the one that took it
        again = await poll.collect(bool)
        stop_listeners()
        await poll.collect(bool)
        assert (await poll.once()).is_unchanged  # from here on it counts as kept
        send(client, "tram/a/so-lieu", body(2))
        assert await poll.collect(bool) == [("level-a", 2)]
    assert got == again == [("level-a", 1)]


async def test_messages_of_a_failed_poll_come_once_more(broker: Broker) -> None:
    poll = Poll(source(broker.start().address))
    with gateway(broker.port) as client:
        assert (await poll.once()).is_unchanged
        send(client, "tram/a/so-lieu", body(1))
        assert await poll.collect(bool) == [("level-a", 1)]
        # As the poller does when an answer came too late or could not be read.
        poll.fail()
        assert await poll.values() == [("level-a", 1)]
        poll.fail()
        assert (await poll.once()).is_unchanged
        send(client, "tram/a/so-lieu", body(2))
        assert await poll.collect(bool) == [("level-a", 2)]


async def test_a_flood_drops_its_oldest_messages_and_counts_them(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data_sources.mqtt.listener.MessageBuffer", lambda: MessageBuffer(limit=20 * 450))
    poll = Poll(source(broker.start().address))
    with gateway(broker.port) as client:
        assert (await poll.once()).is_unchanged
        assert (await poll.once()).is_unchanged
        for n in range(60):
            send(client, "tram/a/so-lieu", body(n))
        buffer = listeners._listeners["a"].listener._buffer
        until(lambda: buffer._put_count == 60, "all have come")
        payload = await poll.once()
        assert len(payload.pages) + payload.dropped == 60 and 18 <= len(payload.pages) <= 21
        assert payload.pages[-1].body == body(59).encode()
        assert (await poll.once()).is_unchanged


async def test_a_last_will_ends_the_values_at_once(broker: Broker) -> None:
    will = {"topic": "tram/a/tinh-trang", "offline": ["offline", "mất điện"]}
    poll = Poll(source(broker.start().address, {**LEVEL, "will": will}))
    assert (await poll.once()).is_unchanged
    with gateway(broker.port, will=("tram/a/tinh-trang", "mất điện")) as client:
        send(client, "tram/a/so-lieu", body(1))
        assert await poll.collect(bool) == [("level-a", 1)]
        vanish(client)
        assert await poll.collect(bool) == [("level-a", None), ("level-b", None)]
    error = await poll.fails()
    assert error.failure == Failure(MqttCode.GATEWAY_OFFLINE, {"gateway": "tram/a/tinh-trang"})
    stop_listeners()  # a process that begins anew hears it again: the will is retained
    assert await Poll(poll.source).collect(bool) == [("level-a", None), ("level-b", None)]
    with gateway(broker.port) as client:
        send(client, "tram/a/tinh-trang", "online", retain=True)
        send(client, "tram/a/so-lieu", body(2))
        assert await poll.collect(bool) == [("level-a", 2)]
        assert (await poll.once()).is_unchanged


async def test_a_last_will_ends_the_series_of_its_own_gateway_only(broker: Broker) -> None:
    will = {"topic": "tram/+/tinh-trang", "offline": ["offline"], "series": ["*-{mqtt.levels[1]}"]}
    poll = Poll(source(broker.start().address, {**LEVEL, "will": will}))
    assert (await poll.once()).is_unchanged
    with gateway(broker.port) as client:
        send(client, "tram/a/tinh-trang", "online")
        send(client, "tram/b/tinh-trang", "offline")
        assert await poll.collect(bool) == [("level-b", None)]
        assert (await poll.once()).is_unchanged
        send(client, "tram/a/tinh-trang", "offline")
        assert await poll.collect(bool) == [("level-a", None)]
        assert (await poll.fails()).failure.code == MqttCode.GATEWAY_OFFLINE


@pytest.mark.parametrize(("option", "kept"), [(False, 0), (True, 1)])
async def test_a_retained_message_without_a_time_is_not_taken_as_new(broker: Broker, option: bool, kept: int) -> None:
    options = {"topics": ["tram/+/so-lieu"], "series": "level-a", "value": "v", "retained": option}
    broker.start()
    with gateway(broker.port) as client:
        send(client, "tram/a/so-lieu", '{"v": 7}', retain=True)
        poll = Poll(source(broker.address, options))
        payload = await poll.once()
        batch = mqtt.parse(poll.source, payload, utc_now())
        assert len(batch.readings) == kept
        assert codes(batch) == ([] if kept else [MqttCode.RETAINED_WITHOUT_TIME])
        send(client, "tram/a/so-lieu", '{"v": 8}')
        assert await poll.collect(bool) == [("level-a", 8)]


async def test_a_retained_message_with_its_own_time_is_as_old_as_it_says(broker: Broker) -> None:
    broker.start()
    with gateway(broker.port) as client:
        send(client, "tram/a/so-lieu", body(7), retain=True)
    poll = Poll(source(broker.address))
    batch = mqtt.parse(poll.source, await poll.once(), utc_now())
    assert [int(one.observed.timestamp()) for one in batch.readings] == [1_790_000_007]


async def test_tls_is_checked_against_the_configured_authority(broker: Broker) -> None:
    certificates.make(broker.folder)
    folder, broker.scheme = broker.folder, "mqtts"
    broker.lines = ("allow_anonymous true", f"certfile {folder}/server.pem", f"keyfile {folder}/server.key")
    broker.start()
    untrusted = await Poll(source(broker.address)).fails()
    assert untrusted.failure.code == MqttCode.CERTIFICATE_UNTRUSTED and not untrusted.is_refused
    stop_listeners()
    trusted = Poll(source(broker.address), HttpClientFactory(utc_now, {}, ca=folder / "ca.pem"))
    assert (await trusted.once()).is_unchanged
    plain = Poll(source(broker.address.replace("mqtts", "mqtt"), fingerprint="g", key="b"))
    assert (await plain.fails()).failure.code in (MqttCode.CONNECTION_LOST, MqttCode.CONNECT_FAILED)


@contextmanager
def _old_server(granted: int) -> Iterator[tuple[str, list[int]]]:
    """Hangs up on MQTT 5, accepts 3.1.1, and answers `granted` to a subscription; its address, what it was asked in."""
    versions: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_answer, args=(server, granted, versions))
        thread.start()
        try:
            yield f"mqtt://127.0.0.1:{server.getsockname()[1]}", versions
        finally:
            stop_listeners()
            thread.join()


def _answer(server: socket.socket, granted: int, versions: list[int]) -> None:
    for _ in range(2):
        wire, _address = server.accept()
        with wire:
            versions.append(wire.recv(1000)[8])
            if versions[-1] == 5:
                continue
            wire.sendall(b"\x20\x02\x00\x00")
            asked = wire.recv(1000)
            wire.sendall(b"\x90\x03" + asked[2:4] + bytes([granted]))
            while wire.recv(1000):
                pass


async def test_a_server_without_mqtt_5_is_tried_with_3_1_1() -> None:
    with _old_server(granted=1) as (address, versions):
        assert (await Poll(source(address)).once()).is_unchanged
    assert versions == [5, 4]


async def test_a_topic_without_permission_stops_the_source() -> None:
    with _old_server(granted=0x80) as (address, _):
        error = await Poll(source(address)).fails()
    assert error.is_refused and error.failure.code == MqttCode.TOPIC_REFUSED
    assert error.failure.params["topic"] == "tram/+/so-lieu"
    assert error.failure.params["cause"] == Failure(MqttCode.NOT_AUTHORIZED)


async def test_a_silent_server_and_a_closed_port_are_different_errors() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"mqtt://127.0.0.1:{server.getsockname()[1]}"
        silent = Poll(source(address, deadline=timedelta(seconds=10)))
        begun = time.monotonic()
        error = await silent.fails()
        assert time.monotonic() - begun < 10
        assert error.failure.code in (MqttCode.NO_ANSWER, MqttCode.NO_ANSWER_YET)
        stop_listeners()
    error = await Poll(source(address)).fails()
    assert error.failure.code == MqttCode.CONNECT_FAILED and error.retry_after == 0


@pytest.mark.parametrize(
    "address", ["http://x/", "mqtt://", "mqtt://a:b@x", "mqtt://x:99999", "mqtt://x/path", "mqtt://x?y", ""]
)
async def test_an_invalid_address_is_an_error(address: str) -> None:
    error = await Poll(source(address)).fails()
    assert error.failure.code == MqttCode.ADDRESS_FORM


async def test_a_changed_source_gets_a_new_connection(broker: Broker) -> None:
    poll = Poll(source(broker.start().address))
    assert (await poll.once()).is_unchanged
    first = listeners._listeners["a"].listener
    changed = {**LEVEL, "topics": ["other/#"], "series": "level-a"}
    poll.source = replace(poll.source, fingerprint="g", options=changed)
    assert (await poll.once()).is_unchanged
    with gateway(broker.port) as client:
        send(client, "tram/a/so-lieu", body(1))
        send(client, "other/x", body(2))
        assert await poll.collect(bool) == [("level-a", 2)]
    first.join()


async def test_a_source_that_is_polled_no_more_is_disconnected(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listeners, "_MAX_POLL_PAUSE", -36.0)
    monkeypatch.setattr(listeners, "LONGEST_READ_SECONDS", 0.0)
    poll = Poll(source(broker.start().address))
    assert (await poll.once()).is_unchanged
    await asyncio.to_thread(listeners._listeners["a"].listener.join)
