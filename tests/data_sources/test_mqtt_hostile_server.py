"""MQTT against a server that breaks the protocol: the connection ends with a named error, and memory stays bounded."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from time import monotonic, thread_time
from typing import Any

import pytest

from data_sources.mqtt import connection
from data_sources.mqtt import listener as listener_module
from data_sources.mqtt.absence import Absence
from data_sources.mqtt.connection import ConnectionSettings
from data_sources.mqtt.errors import MqttCode
from data_sources.mqtt.listener import ListeningProcess, TopicListener
from data_sources.mqtt.message_buffer import MqttMessage
from data_sources.mqtt.packet_guard import MAX_PROPERTIES, guard_packet
from ioc.domain.base.clock_set_back import FollowingClock
from tests.data_sources.broker import until
from tests.data_sources.server import NOW

USER_PROPERTY = b"\x26\x00\x01a\x00\x01b"
CONNACK, SUBACK, PINGRESP, PUBLISH, QOS_1, QOS_2 = 0x20, 0x90, 0xD0, 0x30, 0x02, 0x04
Script = Callable[[socket.socket], None]


def varint(value: int) -> bytes:
    encoded = b""
    while True:
        value, low = value >> 7, value & 127
        encoded += bytes([low | (128 if value else 0)])
        if not value:
            return encoded


def packet(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + varint(len(body)) + body


def properties(count: int) -> bytes:
    return varint(count * len(USER_PROPERTY)) + count * USER_PROPERTY


def published(body: bytes, version: str, flags: int = 0, count: int = 0) -> bytes:
    mid = b"\x00\x07" if flags & (QOS_1 | QOS_2) else b""
    return packet(PUBLISH | flags, b"\x00\x01a" + mid + (properties(count) if version == "5" else b"") + body)


@contextmanager
def listening(version: str, script: Script) -> Iterator[tuple[TopicListener, list[int]]]:
    """A listener whose server runs `script` on each connection; the ports of the connections."""
    server, ports = socket.create_server(("127.0.0.1", 0)), list[int]()

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, (_, port) = server.accept()
                ports.append(port)
                with connection, suppress(OSError):
                    connection.settimeout(10)
                    connection.recv(65_536)
                    script(connection)
                    while connection.recv(65_536):
                        pass

    threading.Thread(target=serve, daemon=True).start()
    settings = ConnectionSettings(
        "127.0.0.1", server.getsockname()[1], None, "", "", "c", ("a",), "", 1, version, True, 8, 8.0,
        lambda host, _: [host],
    )  # fmt: skip
    absence = Absence(timedelta(minutes=10), None)
    process = ListeningProcess(lambda: NOW, FollowingClock(lambda: NOW))
    listener = TopicListener(settings, process, absence, idle_timeout=60.0, deadline=8.0).start()
    try:
        yield listener, ports
    finally:
        listener.stop()
        server.close()
        listener._thread.join(10)
        assert not listener.is_alive


def subscribed(*packets: bytes, version: str = "5") -> Script:
    """The server accepts connection and subscription, then sends `packets`."""
    no_properties = b"\x00" if version == "5" else b""

    def script(connection: socket.socket) -> None:
        connection.sendall(packet(CONNACK, b"\x00\x00" + no_properties))
        mid = connection.recv(65_536)[2:4]
        connection.sendall(packet(SUBACK, mid + no_properties + b"\x01"))
        for one in packets:
            connection.sendall(one)

    return script


@pytest.mark.parametrize("kind", ["messages", "answers to pings"])
def test_a_server_that_sends_without_pause_takes_a_share_of_a_processor(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Three such servers stopped the poller: no other source was read."""
    flood = {"messages": published(b"1", "5"), "answers to pings": packet(PINGRESP, b"")}[kind] * 5_000
    spent, read = list[float](), connection._read_burst

    def read_and_note(*words: Any) -> None:
        read(*words)
        spent.append(thread_time())

    def flooding(peer: socket.socket) -> None:
        subscribed()(peer)
        while True:
            peer.sendall(flood)

    monkeypatch.setattr(connection, "_read_burst", read_and_note)
    with listening("5", flooding) as (_, ports):
        began = monotonic()
        until(lambda: monotonic() - began > 4, "four seconds have passed")
        assert len(ports) == 1, "one connection"
        used, allowed = spent[-1] - spent[0], connection._PROCESSOR_BURST + 4 * connection._PROCESSOR_SHARE
    assert allowed / 3 < used < allowed + 0.3


def error_code(listener: TopicListener) -> str:
    until(lambda: listener.error is not None, "the connection ends with an error")
    assert listener.error is not None and not listener.error.is_refused
    return listener.error.failure.code


@pytest.mark.parametrize("version", ["5", "3.1.1"])
@pytest.mark.parametrize("qos", [QOS_2, QOS_1 | QOS_2])
def test_a_quality_of_service_that_was_not_asked_for_ends_the_connection(version: str, qos: int) -> None:
    script = subscribed(*[published(b"x" * 100_000, version, qos)] * 3, version=version)
    with listening(version, script) as (listener, ports):
        assert error_code(listener) == MqttCode.QOS_NOT_REQUESTED
        assert not listener.has_messages
        until(lambda: len(ports) > 1, "it connects again")


def test_large_properties_of_a_message_end_the_connection() -> None:
    script = subscribed(published(b"{}", "5", count=1_000_000 // len(USER_PROPERTY)))
    with listening("5", script) as (listener, _):
        assert error_code(listener) == MqttCode.PACKET_PROPERTIES


@pytest.mark.parametrize("flags", [0, QOS_1])
def test_messages_with_many_properties_are_read(flags: int) -> None:
    count = MAX_PROPERTIES // len(USER_PROPERTY)
    with listening("5", subscribed(*[published(b"x" * 1_000_000, "5", flags, count)] * 5)) as (listener, _):
        until(lambda: len(listener._buffer) == 5 or listener.error, "the messages came")
        messages = list[MqttMessage]()
        for _ in range(5):
            taken = listener.take()
            messages += taken.messages
            taken.on_committed()
        assert [(one.body, one.address) for one in messages] == [(b"x" * 1_000_000, "a")] * 5
        assert listener.error is None


@pytest.mark.parametrize("flags", [0, QOS_1])
def test_properties_before_a_message_are_taken_out_before_they_are_parsed(flags: int) -> None:
    head, mid = bytes([PUBLISH | flags]), b"\x00\x07" if flags else b""
    content = bytearray(b"\x00\x01a" + mid + properties(100) + b"{}")
    guard_packet(head[0], content, "host", is_v5=True)
    assert content == b"\x00\x01a" + mid + b"\x00{}"


@pytest.mark.parametrize("kind", [CONNACK, SUBACK, 0x40, 0xE0])
def test_large_packets_that_are_no_message_end_the_connection(kind: int) -> None:
    large = packet(kind, b"\x00\x00" + properties(1_000_000 // len(USER_PROPERTY)))
    script = subscribed(large) if kind != CONNACK else lambda connection: connection.sendall(large)
    with listening("5", script) as (listener, _):
        assert error_code(listener) == MqttCode.PACKET_PROPERTIES


@pytest.mark.parametrize(
    ("version", "body"),
    [
        *((version, body) for version in ("5", "3.1.1") for body in (b"", b"\x00", b"\xff\xffa")),
        *(("5", b"\x00\x01a" + body) for body in (b"", b"\xff\xff\xff\xff\xff", b"\x05\x26", b"\x80")),
    ],
)
def test_a_broken_packet_ends_the_connection_and_not_the_listener(version: str, body: bytes) -> None:
    script = subscribed(packet(PUBLISH, body), published(b"{}", version), version=version)
    with listening(version, script) as (listener, ports):
        assert error_code(listener) == MqttCode.MALFORMED_PACKET
        until(lambda: len(ports) > 1, "it connects again")
        assert listener.is_alive


def test_server_that_never_answers_about_the_topics_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_SUBSCRIPTION_SECONDS", 0.3)
    accepted = packet(CONNACK, b"\x00\x00\x00")
    with listening("5", lambda client: client.sendall(accepted)) as (listener, ports):
        assert error_code(listener) == MqttCode.NO_ANSWER
        until(lambda: len(ports) > 1, "it connects again")


def test_server_that_closes_each_connection_is_tried_less_and_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener_module, "_RETRY_DELAYS", delays := (0.0, 0.1, 0.2, 0.4))
    script, started = subscribed(), monotonic()

    def close(connection: socket.socket) -> None:
        script(connection)
        connection.shutdown(socket.SHUT_RDWR)

    with listening("5", close) as (_, ports):
        until(lambda: len(ports) > len(delays), "it is tried again")
    assert monotonic() - started > sum(delays)
