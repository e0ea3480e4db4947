"""Connections that lead into no house: made to an address of the name that was checked, not to the name itself."""

import socket
from collections.abc import Callable
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from ioc.net.ssrf import filter_addresses


def _connect_public(connection: HTTPConnection, connect: Callable[[], socket.socket]) -> socket.socket:
    """`connect` to the first public address; the name stands again for TLS afterwards. OSError: there is none."""
    name = connection.host
    found = socket.getaddrinfo(name, connection.port, type=socket.SOCK_STREAM)
    connection.host = filter_addresses((str(one[4][0]) for one in found), allow_private=False)[0]
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
