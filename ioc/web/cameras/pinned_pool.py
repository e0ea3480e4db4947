"""Connections that lead into no house: made to an address of the name that was checked, not to the name itself."""

import socket
from collections.abc import Callable
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from ioc.net.ssrf import kept


def _outward(connection: HTTPConnection, connect: Callable[[], socket.socket]) -> socket.socket:
    """`connect` to the first public address; the name stands again for TLS afterwards. OSError: there is none."""
    name = connection.host
    found = socket.getaddrinfo(name, connection.port, type=socket.SOCK_STREAM)
    connection.host = kept((str(one[4][0]) for one in found), private=False)[0]
    try:
        return connect()
    finally:
        connection.host = name


class _Plain(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _outward(self, super()._new_conn)


class _Secure(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _outward(self, super()._new_conn)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


OUTWARD: dict[str, Any] = {"http": _PlainPool, "https": _SecurePool}
