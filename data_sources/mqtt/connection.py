"""One connection to a server: from CONNECT until it breaks. All of it happens on the thread that calls `run`."""

import select
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from time import monotonic
from typing import TYPE_CHECKING, Any

from data_sources.mqtt.buffered_socket import BufferedSocket
from data_sources.mqtt.errors import UNSUPPORTED_VERSION, connection_error, reason_code_error, subscription_error
from ioc.domain.ingest.protocol import SourceError

if TYPE_CHECKING:
    from paho.mqtt.client import Client, MQTTMessage

KEEPALIVE = 20
SESSION_SECONDS = 86_400  # how long a server of MQTT 5 keeps our session while we are away
MAX_MESSAGE_SIZE = 1_048_576  # bytes of a message
_LOOP_SECONDS = 0.5  # seconds after which the loop looks up even if nothing came
_MAX_BURST = 2_000  # packets between two looks at what is to be sent


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """Where to connect, as whom, what to listen to."""

    host: str
    port: int
    tls_context: ssl.SSLContext | None
    user: str
    password: str
    client_id: str
    topics: tuple[str, ...]
    will_topic: str  # the topic of last wills, "" for none
    qos: int
    version: str
    is_persistent: bool
    max_unacknowledged: int
    timeout: float
    resolve: Callable[[str, int], list[str]]  # the addresses of a host that may be connected to

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """All topics."""
        return (*self.topics, self.will_topic) if self.will_topic else self.topics

    @property
    def endpoint(self) -> str:
        """Host and port, as a reason may name them."""
        return f"{self.host}:{self.port}"


@dataclass(slots=True)
class ConnectionCallbacks:
    """What a connection calls, always on its own thread."""

    on_message: Callable[["MQTTMessage"], None]
    on_connected: Callable[[bool], None]  # whether the server kept our session
    on_subscribed: Callable[[], None]  # every topic is listened to
    should_stop: Callable[[], bool]
    due_acks: Callable[[], list[int]]  # ids that are due
    take_outgoing: Callable[[], list[tuple[str, bytes]]]


class MqttConnection:
    """`other_version`: whether the server seems not to speak this version of the protocol: it said so, or hung up."""

    def __init__(self, settings: ConnectionSettings, version: str, callbacks: ConnectionCallbacks) -> None:
        self._settings, self._is_v5, self._callbacks = settings, version == "5", callbacks
        self._error: SourceError | None = None
        self._has_answered = self.is_version_rejected = False

    def run(self) -> SourceError | None:
        """Listen until told to stop (None) or until the connection is no more (why)."""
        client = self._new_client()
        try:
            client.connect(self._settings.host, self._settings.port, KEEPALIVE, **self._connect_arguments())
        except (OSError, ValueError) as error:
            return connection_error(error, self._settings.endpoint)
        wire = client.socket()
        assert isinstance(wire, BufferedSocket)
        self.is_version_rejected = True  # until it answers
        try:
            return self._loop(client, wire)
        except OSError as error:
            return self._error or connection_error(error, self._settings.endpoint)
        finally:
            wire.close()

    def _loop(self, client: "Client", wire: BufferedSocket) -> SourceError | None:
        begun, poll = monotonic(), select.poll()
        while not self._callbacks.should_stop():
            self._send(client)
            left = wire.flush()
            poll.register(wire.fileno(), select.POLLIN if left else select.POLLIN | select.POLLOUT)
            if wire.pending() or any(what & ~select.POLLOUT for _, what in poll.poll(_LOOP_SECONDS * 1000)):
                _read_burst(client, wire)
            client.loop_misc()
            if client.socket() is None or self._error:
                return self._error or connection_error(ConnectionError(), self._settings.endpoint)
            if not self._has_answered and monotonic() - begun > self._settings.timeout:
                return connection_error(TimeoutError(), self._settings.endpoint)
        self._send(client)
        client.disconnect()  # closes the wire as well
        return None

    def _send(self, client: "Client") -> None:
        for mid in self._callbacks.due_acks():
            client.ack(mid, 1)
        for topic, body in self._callbacks.take_outgoing():
            client.publish(topic, body)
        while client.want_write() and not client.loop_write():
            pass

    def _new_client(self) -> "Client":
        from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

        five, plan = self._is_v5, self._settings
        client: Client = _client_class()(plan,
            CallbackAPIVersion.VERSION2, plan.client_id, clean_session=None if five else not plan.is_persistent,
            protocol=MQTTProtocolVersion.MQTTv5 if five else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False, manual_ack=True,
        )  # fmt: skip
        client.suppress_exceptions = True
        if plan.user or plan.password:
            client.username_pw_set(plan.user, plan.password or None)
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = lambda _client, _data, message: self._callbacks.on_message(message)
        return client

    def _connect_arguments(self) -> dict[str, Any]:
        if not self._is_v5:
            return {}
        from paho.mqtt.packettypes import PacketTypes
        from paho.mqtt.properties import Properties

        asked: Properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        asked.MaximumPacketSize = (
            MAX_MESSAGE_SIZE + 66_000
        )  # the topic and the head of the packet stand beside the body
        if self._settings.is_persistent:
            asked.SessionExpiryInterval = SESSION_SECONDS
        return {"clean_start": not self._settings.is_persistent, "properties": asked}

    def _on_connect(self, client: "Client", _data: Any, flags: Any, reason: Any, _properties: Any) -> None:
        self._has_answered = True
        self.is_version_rejected = reason.value == UNSUPPORTED_VERSION
        if reason.is_failure:
            self._error = reason_code_error(self._settings.endpoint, reason.value)
            return
        self._callbacks.on_connected(bool(flags.session_present))
        client.subscribe([(topic, self._subscribe_options(topic)) for topic in self._settings.subscriptions])

    def _subscribe_options(self, topic: str) -> Any:
        if not self._is_v5:
            return self._settings.qos
        from paho.mqtt.subscribeoptions import SubscribeOptions

        # Retained messages are wanted once, not each time that the connection is made again; but whether a gateway is
        # gone must be known each time.
        new, always = SubscribeOptions.RETAIN_SEND_IF_NEW_SUB, SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE
        return SubscribeOptions(
            qos=self._settings.qos, retainHandling=always if topic == self._settings.will_topic else new
        )

    def _on_subscribe(self, _client: "Client", _data: Any, _mid: int, reasons: Any, _properties: Any) -> None:
        for topic, reason in zip(self._settings.subscriptions, reasons, strict=False):
            if reason.is_failure:
                self._error = subscription_error(self._settings.endpoint, topic, reason.value)
                return
        self._callbacks.on_subscribed()

    def _on_disconnect(self, _client: "Client", _data: Any, flags: Any, reason: Any, _properties: Any) -> None:
        if self._error is None and flags.is_disconnect_packet_from_server:
            self._error = reason_code_error(self._settings.endpoint, reason.value)


def _read_burst(client: "Client", wire: BufferedSocket) -> None:
    for _ in range(_MAX_BURST):
        if client.loop_read() or client.socket() is None or not wire.pending():
            return


@cache
def _client_class() -> Any:
    """paho's client on a socket that we opened: buffered, past no proxy, and closed when TLS does not come about."""
    from paho.mqtt.client import Client as Paho

    class Client(Paho):
        def __init__(self, plan: ConnectionSettings, *given: Any, **named: Any) -> None:
            self._plan = plan
            super().__init__(*given, **named)

        def _create_socket(self) -> Any:
            return BufferedSocket(_open_socket(self._plan))

    return Client


def _open_socket(plan: ConnectionSettings) -> socket.socket:
    wire = _connect_tcp(plan)
    if plan.tls_context is None:
        return wire
    try:
        return plan.tls_context.wrap_socket(wire, server_hostname=plan.host)
    except BaseException:
        wire.close()
        raise


def _connect_tcp(plan: ConnectionSettings) -> socket.socket:
    """To the first of the host's addresses that answers."""
    *others, last = plan.resolve(plan.host, plan.port)
    for one in others:
        with suppress(OSError):
            return socket.create_connection((one, plan.port), plan.timeout)
    return socket.create_connection((last, plan.port), plan.timeout)
