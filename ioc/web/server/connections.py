"""Connections: how many there may be, how long one may wait, and how large the head of a request may be."""

import asyncio
import logging
from collections.abc import Iterable

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from ioc.net.client_network import client_network
from ioc.net.ip_networks import is_in_networks, parse_networks
from ioc.net.loopback import is_loopback
from ioc.web.token_bucket import Rate, TokenBuckets

log = logging.getLogger("ioc.web")

HEAD_SECONDS = 5.0  # from the connection, or the first byte of a further request, until its head is complete
IDLE_SECONDS = 75.0  # from a response until the head of the next request, whatever is sent in between
MAX_HEAD_BYTES, MAX_URL_BYTES, MAX_FIELDS = 32_768, 8_192, 100
# Beyond so many chunks of a body each counts for more bytes than its own: many more short ones end the connection.
FREE_CHUNKS, CHUNK_COST = 512, 1024
END_SECONDS = 10.0  # from a response until the end of its request, of whose body no more is used
MAX_UNANSWERED = 3  # requests of one connection: one that is answered and two that wait; uvicorn queues any number
# A hundred walls behind one address open six connections each when they restart.
MAX_PER_ADDRESS, MAX_CONNECTIONS = 800, 2000
# They open these at once. Who connects anew for each request costs the loop most.
NEW_CONNECTIONS = Rate(50, 1000)
UNKNOWN_ADDRESS = "unknown"  # of a client that has reset its connection before it was accepted
ABORT = "abort"  # key of the ASGI state: closes the connection at once, without what is still buffered


class ConnectionLimiter:
    """Limits the connections per address (of IPv6: per /64 network), new ones by their rate too, and all of them.

    `trusted`: networks of proxies, limited in total only.
    """

    def __init__(
        self, trusted: Iterable[str] = (), max_per_address: int = MAX_PER_ADDRESS, max_total: int = MAX_CONNECTIONS
    ) -> None:
        self._trusted = parse_networks(trusted)
        self._max_per_address, self._max_total, self._total = max_per_address, max_total, 0
        self._open: dict[str, int] = {}
        self._new = TokenBuckets(NEW_CONNECTIONS)

    def acquire(self, address: str) -> bool:
        """Counts one more connection of `address`; False when a limit is reached."""
        network = client_network(address)
        count = self._open.get(network, 0)
        if self._total >= self._max_total:
            return False
        if not self.is_unlimited(address) and (count >= self._max_per_address or self._new.take(network)):
            return False
        self._open[network] = count + 1
        self._total += 1
        return True

    def release(self, address: str) -> None:
        """One connection of `address` is closed."""
        network = client_network(address)
        self._total -= 1
        self._open[network] -= 1
        if not self._open[network]:
            del self._open[network]

    def is_unlimited(self, address: str) -> bool:
        """Whether it has no limit of its own: a trusted proxy, this machine."""
        return is_loopback(address) or is_in_networks(address, self._trusted)


class RequestParser(httptools.HttpRequestParser):
    """Ignores an Upgrade (RFC 9110, 7.8): parses the head of such a request again, without that field.

    httptools drops the body of a request with Upgrade and takes what follows for another protocol; uvicorn would read
    it as the next request. Until the second time `should_upgrade()` holds.
    """

    def __init__(self, protocol: "LimitedProtocol") -> None:
        super().__init__(protocol)
        self.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn: answer what came before the end
        self._protocol = protocol

    def feed_data(self, data: bytes) -> None:  # type: ignore[override]
        """Parses what was received. httptools.HttpParserError where it is malformed."""
        try:
            super().feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._protocol.parser = RequestParser(self._protocol)
            self._protocol.parser.feed_data(self._head_without_upgrade() + data[upgrade.args[0] :])

    def _head_without_upgrade(self) -> bytes:
        first = b"%s %s HTTP/%s" % (self.get_method(), self._protocol.url, self.get_http_version().encode())
        fields = [b"%s: %s" % field for field in self._protocol.headers if field[0] != b"upgrade"]
        return b"\r\n".join([first, *fields, b"", b""])


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol with limits that it lacks."""

    limiter = ConnectionLimiter()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        peer = transport.get_extra_info("peername")
        self._address = str(peer[0]) if peer else UNKNOWN_ADDRESS
        self._deadline: asyncio.TimerHandle | None = None
        self._is_in_head = True
        self._unread_bytes = 0  # received since the head began or ended, without the body
        self._chunks = 0  # of the body
        self._unanswered: list[RequestResponseCycle] = []  # the oldest first
        self._is_last_read = False
        self._is_counted = self.limiter.acquire(self._address)
        self.parser = RequestParser(self)
        super().connection_made(transport)
        if self._is_counted and peer:
            self._set_deadline(HEAD_SECONDS)
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._set_deadline(None)
        if self._is_counted:
            self.limiter.release(self._address)
        # uvicorn tells only the newest request; one before it would write into the closed connection.
        for cycle in self._unanswered:
            cycle.disconnected = True
            cycle.message_event.set()
        self._unanswered.clear()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_last_read:
            if not self._transport.is_closing():
                self._transport.pause_reading()  # again after each request that uvicorn begins to answer
            return
        self._unread_bytes += len(data)
        super().data_received(data)
        # A head, or chunk sizes and trailers; they collect in the parser. Short chunks are as large as their sizes.
        if self._unread_bytes > MAX_HEAD_BYTES and not self._transport.is_closing():
            if self._chunks > FREE_CHUNKS:
                log.warning("%s: closed: a body in many short chunks", self._address)
            self._transport.abort()

    def send_400_response(self, msg: str) -> None:
        """Answers what cannot be parsed. Where earlier responses are due, those are sent instead, and no more."""
        cycle = self._unanswered[-1] if self._unanswered else None
        if cycle is None or (len(self._unanswered) == 1 and cycle.more_body and not cycle.response_started):
            super().send_400_response(msg)
            return
        self._is_last_read, self._is_in_head = True, False
        self._set_deadline(None)
        self.shutdown()  # closes after the response to the newest request

    def on_message_begin(self) -> None:
        if len(self._unanswered) >= MAX_UNANSWERED:
            raise ValueError("too many requests that wait")  # ends the parsing: see send_400_response
        super().on_message_begin()
        self.scope["state"][ABORT] = self._transport.abort
        self._is_in_head, self._unread_bytes, self._chunks = True, 0, 0
        self._set_deadline(HEAD_SECONDS)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._is_in_head:  # a trailer must not pass for a header
            return
        if len(self.headers) >= MAX_FIELDS:
            raise ValueError("too many fields")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if not self._is_head_valid():
            raise ValueError("malformed")  # answered 400, as every head that cannot be parsed
        if self.parser.should_upgrade():  # its head is parsed again
            return
        self._is_in_head, self._unread_bytes = False, 0
        self._set_deadline(None)
        super().on_headers_complete()
        self._unanswered.append(self.cycle)

    def on_message_complete(self) -> None:
        if not self.parser.should_upgrade():
            super().on_message_complete()
            if self.cycle.response_complete:
                self._set_deadline(IDLE_SECONDS)

    def on_body(self, body: bytes) -> None:
        self._unread_bytes = max(0, self._unread_bytes - 2 * len(body))
        super().on_body(body)

    def on_chunk_header(self) -> None:
        """Each chunk is two calls of Python, however short it is."""
        self._chunks += 1
        self._unread_bytes += CHUNK_COST if self._chunks > FREE_CHUNKS else 0

    def on_response_complete(self) -> None:
        self._unanswered = [cycle for cycle in self._unanswered if not cycle.response_complete]
        super().on_response_complete()
        if self.cycle.response_complete and not self._is_in_head:
            self._set_deadline(END_SECONDS if self.cycle.more_body else IDLE_SECONDS)

    def _is_head_valid(self) -> bool:
        """Its size, one Host, a path: CONNECT, and a whole address, are requests to a proxy (RFC 9112, 3.2)."""
        hosts = sum(name == b"host" for name, _ in self.headers)
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        is_host_valid = hosts == 1 or (hosts == 0 and self.parser.get_http_version() == "1.0")
        is_url_valid = self.url.startswith(b"/") and len(self.url) <= MAX_URL_BYTES
        is_proxied = self.parser.get_method() == b"CONNECT"
        return is_host_valid and is_url_valid and size <= MAX_HEAD_BYTES and not is_proxied

    def _set_deadline(self, seconds: float | None) -> None:
        """Closes the connection after so many seconds; None: never."""
        if self._deadline is not None:
            self._deadline.cancel()
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(seconds, self._transport.abort) if seconds is not None else None
