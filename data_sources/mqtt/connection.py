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

from data_sources.mqtt.buffer import Buffered
from data_sources.mqtt.errors import OTHER_VERSION, denied, refusal, told
from ioc.domain.ingest.protocol import SourceError

if TYPE_CHECKING:
    from paho.mqtt.client import Client, MQTTMessage

KEEPALIVE = 20
SESSION_SECONDS = 86_400  # how long a server of MQTT 5 keeps our session while we are away
LARGEST = 1_048_576  # bytes of a message
_TURN = 0.5  # seconds after which the loop looks up even if nothing came
_BURST = 2_000  # packets between two looks at what is to be sent


@dataclass(frozen=True, slots=True)
class Plan:
    """Where to connect, as whom, what to listen to."""

    host: str
    port: int
    trust: ssl.SSLContext | None
    user: str
    password: str
    client: str
    topics: tuple[str, ...]
    will: str  # the topic of last wills, "" for none
    qos: int
    version: str
    session: bool
    held: int
    timeout: float
    reach: Callable[[str, int], list[str]]  # the addresses of a host that may be connected to

    @property
    def listened(self) -> tuple[str, ...]:
        """All topics."""
        return (*self.topics, self.will) if self.will else self.topics

    @property
    def where(self) -> str:
        """Host and port, as a reason may name them."""
        return f"{self.host}:{self.port}"


@dataclass(slots=True)
class Ears:
    """What a connection calls, always on its own thread."""

    message: Callable[["MQTTMessage"], None]
    opened: Callable[[bool], None]  # whether the server kept our session
    ready: Callable[[], None]  # every topic is listened to
    stopped: Callable[[], bool]
    acknowledge: Callable[[], list[int]]  # ids that are due
    outgoing: Callable[[], list[tuple[str, bytes]]]


class Connection:
    """`other_version`: whether the server seems not to speak this version of the protocol: it said so, or hung up."""

    def __init__(self, plan: Plan, version: str, ears: Ears) -> None:
        self._plan, self._five, self._ears = plan, version == "5", ears
        self._fault: SourceError | None = None
        self._answered = self.other_version = False

    def run(self) -> SourceError | None:
        """Listen until told to stop (None) or until the connection is no more (why)."""
        client = self._client()
        try:
            client.connect(self._plan.host, self._plan.port, KEEPALIVE, **self._opening())
        except (OSError, ValueError) as error:
            return told(error, self._plan.where)
        wire = client.socket()
        assert isinstance(wire, Buffered)
        self.other_version = True  # until it answers
        try:
            return self._turns(client, wire)
        except OSError as error:
            return self._fault or told(error, self._plan.where)
        finally:
            wire.close()

    def _turns(self, client: "Client", wire: Buffered) -> SourceError | None:
        begun, poll = monotonic(), select.poll()
        while not self._ears.stopped():
            self._send(client)
            left = wire.flush()
            poll.register(wire.fileno(), select.POLLIN if left else select.POLLIN | select.POLLOUT)
            if wire.pending() or any(what & ~select.POLLOUT for _, what in poll.poll(_TURN * 1000)):
                _read(client, wire)
            client.loop_misc()
            if client.socket() is None or self._fault:
                return self._fault or told(ConnectionError(), self._plan.where)
            if not self._answered and monotonic() - begun > self._plan.timeout:
                return told(TimeoutError(), self._plan.where)
        self._send(client)
        client.disconnect()  # closes the wire as well
        return None

    def _send(self, client: "Client") -> None:
        for mid in self._ears.acknowledge():
            client.ack(mid, 1)
        for topic, body in self._ears.outgoing():
            client.publish(topic, body)
        while client.want_write() and not client.loop_write():
            pass

    def _client(self) -> "Client":
        from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

        five, plan = self._five, self._plan
        client: Client = _client_class()(plan,
            CallbackAPIVersion.VERSION2, plan.client, clean_session=None if five else not plan.session,
            protocol=MQTTProtocolVersion.MQTTv5 if five else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False, manual_ack=True,
        )  # fmt: skip
        client.suppress_exceptions = True
        if plan.user or plan.password:
            client.username_pw_set(plan.user, plan.password or None)
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = lambda _client, _data, message: self._ears.message(message)
        return client

    def _opening(self) -> dict[str, Any]:
        if not self._five:
            return {}
        from paho.mqtt.packettypes import PacketTypes
        from paho.mqtt.properties import Properties

        asked: Properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        asked.MaximumPacketSize = LARGEST + 66_000  # the topic and the head of the packet stand beside the body
        if self._plan.session:
            asked.SessionExpiryInterval = SESSION_SECONDS
        return {"clean_start": not self._plan.session, "properties": asked}

    def _on_connect(self, client: "Client", _data: Any, flags: Any, reason: Any, _properties: Any) -> None:
        self._answered = True
        self.other_version = reason.value == OTHER_VERSION
        if reason.is_failure:
            self._fault = refusal(self._plan.where, reason.value)
            return
        self._ears.opened(bool(flags.session_present))
        client.subscribe([(topic, self._wish(topic)) for topic in self._plan.listened])

    def _wish(self, topic: str) -> Any:
        if not self._five:
            return self._plan.qos
        from paho.mqtt.subscribeoptions import SubscribeOptions

        # Retained messages are wanted once, not each time that the connection is made again; but whether a gateway is
        # gone must be known each time.
        new, always = SubscribeOptions.RETAIN_SEND_IF_NEW_SUB, SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE
        return SubscribeOptions(qos=self._plan.qos, retainHandling=always if topic == self._plan.will else new)

    def _on_subscribe(self, _client: "Client", _data: Any, _mid: int, reasons: Any, _properties: Any) -> None:
        for topic, reason in zip(self._plan.listened, reasons, strict=False):
            if reason.is_failure:
                self._fault = denied(self._plan.where, topic, reason.value)
                return
        self._ears.ready()

    def _on_disconnect(self, _client: "Client", _data: Any, flags: Any, reason: Any, _properties: Any) -> None:
        if self._fault is None and flags.is_disconnect_packet_from_server:
            self._fault = refusal(self._plan.where, reason.value)


def _read(client: "Client", wire: Buffered) -> None:
    for _ in range(_BURST):
        if client.loop_read() or client.socket() is None or not wire.pending():
            return


@cache
def _client_class() -> Any:
    """paho's client on a socket that we opened: buffered, past no proxy, and closed when TLS does not come about."""
    from paho.mqtt.client import Client as Paho

    class Client(Paho):
        def __init__(self, plan: Plan, *given: Any, **named: Any) -> None:
            self._plan = plan
            super().__init__(*given, **named)

        def _create_socket(self) -> Any:
            return Buffered(_opened(self._plan))

    return Client


def _opened(plan: Plan) -> socket.socket:
    wire = _connected(plan)
    if plan.trust is None:
        return wire
    try:
        return plan.trust.wrap_socket(wire, server_hostname=plan.host)
    except BaseException:
        wire.close()
        raise


def _connected(plan: Plan) -> socket.socket:
    """To the first of the host's addresses that answers."""
    *others, last = plan.reach(plan.host, plan.port)
    for one in others:
        with suppress(OSError):
            return socket.create_connection((one, plan.port), plan.timeout)
    return socket.create_connection((last, plan.port), plan.timeout)
