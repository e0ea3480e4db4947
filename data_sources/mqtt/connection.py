"""One connection to a server, from CONNECT until it breaks, on the thread that calls `run`."""

import select
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from time import monotonic, sleep, thread_time
from typing import TYPE_CHECKING, Any

from data_sources._mapping.message_failure import message_failure
from data_sources.mqtt.buffered_socket import BufferedSocket
from data_sources.mqtt.errors import (
    UNSUPPORTED_VERSION,
    MqttCode,
    connection_error,
    reason_code_error,
    subscription_error,
)
from data_sources.mqtt.packet_guard import guard_packet
from ioc.domain.ingest.protocol import SourceError

if TYPE_CHECKING:
    from paho.mqtt.client import Client, MQTTMessage

KEEPALIVE = 20  # seconds
SESSION_SECONDS = 86_400  # how long a server of MQTT 5 keeps the session without a connection
MAX_MESSAGE_SIZE = 1_048_576
_MAX_PACKET_OVERHEAD = 66_000  # bytes of the topic and the header beside the body
_SUBSCRIPTION_SECONDS = 30.0  # from the connection to the answer about the topics
_LOOP_SECONDS = 0.5  # longest wait for input before outgoing messages are checked again
_FULL_LOOP_SECONDS = 0.05  # the same while the server may be waiting for acknowledgements
_MAX_BURST = 200  # packets that are read before outgoing messages are checked again
# Of one processor, for the reading of a server: on average, and in seconds at once. All threads share one interpreter.
_PROCESSOR_SHARE, _PROCESSOR_BURST = 0.1, 0.3


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """Address, credentials and subscriptions of a connection. `timeout`: seconds for the connection and its answer."""

    host: str
    port: int
    tls_context: ssl.SSLContext | None
    user: str
    password: str
    client_id: str
    topics: tuple[str, ...]
    will_topic: str  # "" for none
    qos: int
    version: str
    is_persistent: bool
    receive_maximum: int  # messages that a server of MQTT 5 may send before they are acknowledged
    timeout: float
    resolve: Callable[[str, int], list[str]]  # host, port -> the addresses that may be connected to

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """The topics to subscribe to, that of last wills among them."""
        return (*self.topics, self.will_topic) if self.will_topic else self.topics

    @property
    def endpoint(self) -> str:
        """Host and port as a failure may name them."""
        return f"{self.host}:{self.port}"


@dataclass(slots=True)
class ConnectionCallbacks:
    """What a connection calls, on its own thread."""

    on_message: Callable[["MQTTMessage"], None]
    on_connected: Callable[[bool], None]  # argument: whether the server kept the session
    on_subscribed: Callable[[], None]  # to every topic
    should_stop: Callable[[], bool]
    due_acks: Callable[[], list[int]]  # message ids
    is_full: Callable[[bool], bool]  # whether the server may be waiting for acknowledgements; argument: it is silent
    take_outgoing: Callable[[], list[tuple[str, bytes]]]


class MqttConnection:
    """One connection. `is_version_rejected`: the server refused this version of MQTT, or closed without an answer."""

    def __init__(self, settings: ConnectionSettings, version: str, callbacks: ConnectionCallbacks) -> None:
        self._settings, self._is_v5, self._callbacks = settings, version == "5", callbacks
        self._error: SourceError | None = None
        self._has_answered = self._is_subscribed = self.is_version_rejected = False

    def run(self) -> SourceError | None:
        """Receive messages until `should_stop` (returns None) or until the connection breaks (returns the error)."""
        client = self._new_client()
        try:
            client.connect(self._settings.host, self._settings.port, KEEPALIVE, **self._connect_arguments())
        except (OSError, ValueError) as error:
            return connection_error(error, self._settings.endpoint)
        sock = client.socket()
        assert isinstance(sock, BufferedSocket)
        self.is_version_rejected = True  # until it answers
        try:
            return self._loop(client, sock)
        except SourceError as error:  # a packet that the guard refused
            self.is_version_rejected = False
            return error
        except OSError as error:
            return self._error or connection_error(error, self._settings.endpoint)
        except Exception as error:  # noqa: BLE001 — what a server makes of the client: the thread goes on
            failure = message_failure(error)
            return SourceError(failure.code, **failure.params)
        finally:
            sock.close()

    def _loop(self, client: "Client", sock: BufferedSocket) -> SourceError | None:
        started, poll, wait, work = monotonic(), select.poll(), _LOOP_SECONDS, _ProcessorTime()
        while not self._callbacks.should_stop():
            self._send(client)
            is_flushed = sock.flush()
            poll.register(sock.fileno(), select.POLLIN if is_flushed else select.POLLIN | select.POLLOUT)
            has_input = sock.pending() or any(mask & ~select.POLLOUT for _, mask in poll.poll(wait * 1000))
            if has_input:
                _read_burst(client, sock)
                sleep(min(work.pause(), _LOOP_SECONDS))  # the server waits: nothing is lost
            client.loop_misc()
            if client.socket() is None or self._error:
                return self._error or connection_error(ConnectionError(), self._settings.endpoint)
            wait = _FULL_LOOP_SECONDS if self._callbacks.is_full(not has_input) else _LOOP_SECONDS
            patience = _SUBSCRIPTION_SECONDS if self._has_answered else self._settings.timeout
            if not self._is_subscribed and monotonic() - started > patience:
                return connection_error(TimeoutError(), self._settings.endpoint)
        self._send(client)
        client.disconnect()  # closes the socket too
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

        settings = self._settings
        client: Client = _client_class()(
            settings,
            CallbackAPIVersion.VERSION2,
            settings.client_id,
            clean_session=None if self._is_v5 else not settings.is_persistent,
            protocol=MQTTProtocolVersion.MQTTv5 if self._is_v5 else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.suppress_exceptions = True
        if settings.user or settings.password:
            client.username_pw_set(settings.user, settings.password or None)
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = lambda _client, _data, message: self._callbacks.on_message(message)
        return client

    def _connect_arguments(self) -> dict[str, Any]:
        if not self._is_v5:
            return {}
        from paho.mqtt.packettypes import PacketTypes
        from paho.mqtt.properties import Properties

        properties: Properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.ReceiveMaximum = self._settings.receive_maximum
        properties.MaximumPacketSize = MAX_MESSAGE_SIZE + _MAX_PACKET_OVERHEAD
        if self._settings.is_persistent:
            properties.SessionExpiryInterval = SESSION_SECONDS
        return {"clean_start": not self._settings.is_persistent, "properties": properties}

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

        # Retained messages come once and not after each reconnect, but last wills each time: a gateway may have gone.
        once, always = SubscribeOptions.RETAIN_SEND_IF_NEW_SUB, SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE
        retain_handling = always if topic == self._settings.will_topic else once
        return SubscribeOptions(qos=self._settings.qos, retainHandling=retain_handling)

    def _on_subscribe(self, _client: "Client", _data: Any, _mid: int, reasons: Any, _properties: Any) -> None:
        for topic, reason in zip(self._settings.subscriptions, reasons, strict=False):
            if reason.is_failure:
                self._error = subscription_error(self._settings.endpoint, topic, reason.value)
                return
        self._is_subscribed = True
        self._callbacks.on_subscribed()

    def _on_disconnect(self, _client: "Client", _data: Any, flags: Any, reason: Any, _properties: Any) -> None:
        if self._error is None and flags.is_disconnect_packet_from_server:
            self._error = reason_code_error(self._settings.endpoint, reason.value)


class _ProcessorTime:
    """The processor time of the thread that makes it, against its share."""

    def __init__(self) -> None:
        self._left, self._used, self._at = _PROCESSOR_BURST, thread_time(), monotonic()

    def pause(self) -> float:
        """For how many seconds the thread has to rest after what it did since the last call."""
        used, now = thread_time(), monotonic()
        earned = self._left + (now - self._at) * _PROCESSOR_SHARE
        self._left = min(_PROCESSOR_BURST, earned) - (used - self._used)
        self._used, self._at = used, now
        return max(0.0, -self._left / _PROCESSOR_SHARE)


def _read_burst(client: "Client", sock: BufferedSocket) -> None:
    for _ in range(_MAX_BURST):
        if client.loop_read() or client.socket() is None or not sock.pending():
            return


@cache
def _client_class() -> Any:
    """paho's client on a socket of ours: buffered, without a proxy, closed when the TLS handshake fails.

    It raises SourceError for a packet that is refused or that paho cannot parse.
    """
    from paho.mqtt.client import Client as Paho
    from paho.mqtt.client import MQTTv5

    class Client(Paho):
        def __init__(self, settings: ConnectionSettings, *args: Any, **kwargs: Any) -> None:
            self._connection_settings = settings
            super().__init__(*args, **kwargs)

        def _create_socket(self) -> Any:
            return BufferedSocket(_open_socket(self._connection_settings))

        def _packet_handle(self) -> Any:
            endpoint, packet = self._connection_settings.endpoint, self._in_packet
            try:
                guard_packet(packet["command"], packet["packet"], endpoint, is_v5=self.protocol == MQTTv5)
                return super()._packet_handle()
            except SourceError:
                raise
            except Exception:  # noqa: BLE001 — paho raises whatever the broken packet leads to
                raise SourceError(MqttCode.MALFORMED_PACKET, retry_after=0, host=endpoint) from None

    return Client


def _open_socket(settings: ConnectionSettings) -> socket.socket:
    sock = _connect_tcp(settings)
    if settings.tls_context is None:
        return sock
    try:
        return settings.tls_context.wrap_socket(sock, server_hostname=settings.host)
    except BaseException:
        sock.close()
        raise


def _connect_tcp(settings: ConnectionSettings) -> socket.socket:
    """A connection to the first address of the host that answers."""
    *others, last = settings.resolve(settings.host, settings.port)
    for address in others:
        with suppress(OSError):
            return socket.create_connection((address, settings.port), settings.timeout)
    return socket.create_connection((last, settings.port), settings.timeout)
