"""Connections: how many there may be, and how long and how large the head of a request may be."""

import asyncio
from collections.abc import Iterable
from ipaddress import ip_address, ip_network

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 5.0  # from the connection, or the first byte of a further request, until its head is complete
MAX_HEAD_BYTES = 32_768
# A hundred walls behind one address open six connections each when they restart.
MAX_PER_ADDRESS, MAX_CONNECTIONS = 800, 2000
ABORT = "abort"  # key of the ASGI state: closes the connection at once, without what is still buffered


class ConnectionLimiter:
    """Limits the connections per address, and all of them. `trusted`: networks of proxies, limited in total only."""

    def __init__(
        self, trusted: Iterable[str] = (), max_per_address: int = MAX_PER_ADDRESS, max_total: int = MAX_CONNECTIONS
    ) -> None:
        self._trusted = tuple(ip_network(network, strict=False) for network in trusted)
        self._max_per_address, self._max_total, self._total = max_per_address, max_total, 0
        self._open: dict[str, int] = {}

    def acquire(self, address: str) -> bool:
        """Counts one more connection of `address`; False when a limit is reached."""
        count = self._open.get(address, 0)
        if self._total >= self._max_total or (count >= self._max_per_address and not self.is_unlimited(address)):
            return False
        self._open[address] = count + 1
        self._total += 1
        return True

    def release(self, address: str) -> None:
        """One connection of `address` is closed."""
        self._total -= 1
        self._open[address] -= 1
        if not self._open[address]:
            del self._open[address]

    def is_unlimited(self, address: str) -> bool:
        """Whether it has no limit of its own: a trusted proxy, this machine."""
        ip = ip_address(address)
        return ip.is_loopback or any(ip in network for network in self._trusted)


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol with limits that it lacks."""

    limiter = ConnectionLimiter()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        self._address = str(transport.get_extra_info("peername")[0])
        self._head_deadline: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._is_counted = self.limiter.acquire(self._address)
        super().connection_made(transport)
        if self._is_counted:
            self._expect_head()
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_complete()
        if self._is_counted:
            self.limiter.release(self._address)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head_deadline is not None:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._transport.abort()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["state"][ABORT] = self._transport.abort
        self._expect_head()

    def on_headers_complete(self) -> None:
        self._head_complete()
        head_bytes = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        # A target that is a whole address is a request to a proxy, whatever Host says (RFC 9112, 3.2.2).
        if head_bytes > MAX_HEAD_BYTES or not self.url.startswith((b"/", b"*")):
            raise ValueError("malformed")  # answered 400, as every head that cannot be parsed
        super().on_headers_complete()

    def _expect_head(self) -> None:
        if self._head_deadline is None:
            self._head_bytes = 0
            self._head_deadline = asyncio.get_running_loop().call_later(HEAD_SECONDS, self._transport.abort)

    def _head_complete(self) -> None:
        if self._head_deadline is not None:
            self._head_deadline.cancel()
            self._head_deadline = None
