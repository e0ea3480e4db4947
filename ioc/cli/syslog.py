"""The trail to a witness outside: JSON lines, or RFC 5424 messages over UDP or TCP (framed by RFC 6587)."""

import json
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from urllib.parse import urlsplit

from ioc.storage.access.audit_log import Line

_SECONDS = 10.0
_PRIORITY = {"done": 13 * 8 + 6, "refused": 13 * 8 + 4, "failed": 13 * 8 + 3}  # facility 13: audit
_UDP_MOST = 2_048  # RFC 5426: every receiver should take so much


class SyslogRefused(Exception):
    """It could not be sent; the text says why."""


def line(one: Line) -> str:
    """A row as a line of JSON. What may have to be erased stays: outside nobody could erase it."""
    told = asdict(one) | {"at": one.at.isoformat()}
    del told["detail"]
    return json.dumps(told, ensure_ascii=False, sort_keys=True)


def message(one: Line, host: str) -> bytes:
    """The row as an RFC 5424 message; its text is the JSON, in UTF-8 with the mark that the RFC asks for."""
    at = one.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    data = f'[trail@32473 id="{one.id}" hash="{one.hash}"]'
    head = f"<{_PRIORITY.get(one.result, 110)}>1 {at} {_name(host, 255)} ioc - {_name(one.action, 32)} {data} "
    return head.encode("ascii") + b"\xef\xbb\xbf" + line(one).encode()


def _name(text: str, longest: int) -> str:
    return "".join(sign for sign in text if "!" <= sign <= "~")[:longest] or "-"


class Sender:
    """Where rows go: "" standard output, HOST:PORT or udp://HOST:PORT by UDP, tcp://HOST:PORT by TCP."""

    @staticmethod
    @contextmanager
    def to(address: str) -> Iterator[Callable[[Line], object]]:
        """What sends one row. SyslogRefused."""
        if not address:
            yield lambda one: sys.stdout.write(line(one) + "\n")
            return
        where = urlsplit(address if "://" in address else f"udp://{address}")
        try:
            host, port = where.hostname, where.port
        except ValueError:
            host = port = None
        if where.scheme not in ("udp", "tcp") or not host or not port:
            raise SyslogRefused("HOST:PORT, udp://HOST:PORT or tcp://HOST:PORT is wanted")
        try:
            with _connected(where.scheme, host, port) as out:
                yield lambda one: out.sendall(_framed(message(one, socket.gethostname()), where.scheme))
        except OSError as error:
            raise SyslogRefused(error.strerror or type(error).__name__) from None


def _connected(scheme: str, host: str, port: int) -> socket.socket:
    if scheme == "tcp":
        return socket.create_connection((host, port), _SECONDS)
    family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    made = socket.socket(family, kind, proto)
    made.settimeout(_SECONDS)
    made.connect(address)
    return made


def _framed(body: bytes, scheme: str) -> bytes:
    """By TCP the length stands before; by UDP what is too long is cut, between letters."""
    if scheme == "tcp":
        return f"{len(body)} ".encode() + body
    return body if len(body) <= _UDP_MOST else body[:_UDP_MOST].decode("utf-8", "ignore").encode()
