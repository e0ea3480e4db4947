"""The trail to a witness outside: JSON lines, or RFC 5424 messages over UDP or TCP (framed by RFC 6587)."""

import json
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from urllib.parse import urlsplit

from ioc.storage.access.audit_log import StoredAuditEntry

_TIMEOUT_SECONDS = 10.0
_PRIORITY = {"success": 13 * 8 + 6, "denied": 13 * 8 + 4, "failure": 13 * 8 + 3}  # facility 13: audit
_MAX_UDP_BYTES = 2_048  # RFC 5426: every receiver should take so much


class SyslogError(Exception):
    """It could not be sent; the text says why."""


def json_line(entry: StoredAuditEntry) -> str:
    """A row as a line of JSON. What may have to be erased stays: outside nobody could erase it."""
    told = asdict(entry) | {"at": entry.at.isoformat()}
    del told["detail"]
    return json.dumps(told, ensure_ascii=False, sort_keys=True)


def syslog_message(entry: StoredAuditEntry, host: str) -> bytes:
    """The row as an RFC 5424 message; its text is the JSON, in UTF-8 with the mark that the RFC asks for."""
    at = entry.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    data = f'[audit@32473 id="{entry.id}" hash="{entry.hash}"]'
    priority = _PRIORITY.get(entry.result, 110)
    head = f"<{priority}>1 {at} {_printable(host, 255)} ioc - {_printable(entry.action, 32)} {data} "
    return head.encode("ascii") + b"\xef\xbb\xbf" + json_line(entry).encode()


def _printable(text: str, longest: int) -> str:
    return "".join(sign for sign in text if "!" <= sign <= "~")[:longest] or "-"


class SyslogSender:
    """Where rows go: "" standard output, HOST:PORT or udp://HOST:PORT by UDP, tcp://HOST:PORT by TCP."""

    @staticmethod
    @contextmanager
    def connect(address: str) -> Iterator[Callable[[StoredAuditEntry], object]]:
        """What sends one row. SyslogRefused."""
        if not address:
            yield lambda one: sys.stdout.write(json_line(one) + "\n")
            return
        where = urlsplit(address if "://" in address else f"udp://{address}")
        try:
            host, port = where.hostname, where.port
        except ValueError:
            host = port = None
        if where.scheme not in ("udp", "tcp") or not host or not port:
            raise SyslogError("HOST:PORT, udp://HOST:PORT or tcp://HOST:PORT is wanted")
        try:
            with _connect(where.scheme, host, port) as out:
                yield lambda one: out.sendall(_frame(syslog_message(one, socket.gethostname()), where.scheme))
        except OSError as error:
            raise SyslogError(error.strerror or type(error).__name__) from None


def _connect(scheme: str, host: str, port: int) -> socket.socket:
    if scheme == "tcp":
        return socket.create_connection((host, port), _TIMEOUT_SECONDS)
    family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    made = socket.socket(family, kind, proto)
    made.settimeout(_TIMEOUT_SECONDS)
    made.connect(address)
    return made


def _frame(body: bytes, scheme: str) -> bytes:
    """By TCP the length stands before; by UDP what is too long is cut, between letters."""
    if scheme == "tcp":
        return f"{len(body)} ".encode() + body
    return body if len(body) <= _MAX_UDP_BYTES else body[:_MAX_UDP_BYTES].decode("utf-8", "ignore").encode()
