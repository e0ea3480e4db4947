"""Connection pools against DNS rebinding: a connection goes to the address that was checked, never to a new lookup.

Private and loopback addresses are refused.
"""

import socket
from collections.abc import Callable
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from ioc.net.ssrf import filter_addresses


def _connect_public(connection: HTTPConnection, connect: Callable[[], socket.socket]) -> socket.socket:
    """Connects to the first public address of the host, then restores the name for TLS. OSError: there is none."""
    name = connection.host
    addresses = socket.getaddrinfo(name, connection.port, type=socket.SOCK_STREAM)
    connection.host = filter_addresses((str(address[4][0]) for address in addresses), allow_private=False)[0]
    try:
        return connect()
    finally:
        connection.host = name


class _PinnedHttpConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connect_public(self, super()._new_conn)


class _PinnedHttpsConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _connect_public(self, super()._new_conn)


class _PinnedHttpPool(HTTPConnectionPool):
    ConnectionCls = _PinnedHttpConnection


class _PinnedHttpsPool(HTTPSConnectionPool):
    ConnectionCls = _PinnedHttpsConnection


PINNED_POOLS: dict[str, Any] = {"http": _PinnedHttpPool, "https": _PinnedHttpsPool}
