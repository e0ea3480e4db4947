"""Audit entries sent to a collector: JSON lines, or RFC 5424 messages over UDP or TCP (framed by RFC 6587)."""

import json
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from urllib.parse import urlsplit

from ioc.cli.errors import CliCode
from ioc.domain.base.failure import FailureError
from ioc.domain.base.system_errors import system_failure
from ioc.storage.access.audit_log import StoredAuditEntry

_TIMEOUT_SECONDS = 10.0
_PRIORITY = {"success": 13 * 8 + 6, "denied": 13 * 8 + 4, "failure": 13 * 8 + 3}  # facility 13: audit
_MAX_UDP_BYTES = 2_048  # RFC 5426: every receiver should take so much


class SyslogError(FailureError):
    """An entry cannot be sent: a wrong address, or an error of the system."""


def json_line(entry: StoredAuditEntry) -> str:
    """The entry as one line of JSON, without `detail`: its personal data stays in the store."""
    body = asdict(entry) | {"at": entry.at.isoformat()}
    del body["detail"]
    return json.dumps(body, ensure_ascii=False, sort_keys=True)


def syslog_message(entry: StoredAuditEntry, host: str) -> bytes:
    """The entry as an RFC 5424 message; its text is the JSON in UTF-8, after the byte order mark of the RFC."""
    at = entry.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    data = f'[audit@32473 id="{entry.id}" hash="{entry.hash}"]'
    priority = _PRIORITY.get(entry.result, 110)
    head = f"<{priority}>1 {at} {_printable(host, 255)} ioc - {_printable(entry.action, 32)} {data} "
    return head.encode("ascii") + b"\xef\xbb\xbf" + json_line(entry).encode()


def _printable(text: str, max_length: int) -> str:
    return "".join(character for character in text if "!" <= character <= "~")[:max_length] or "-"


class SyslogSender:
    """Sends entries to an address: "" standard output, HOST:PORT or udp://HOST:PORT by UDP, tcp://HOST:PORT by TCP."""

    @staticmethod
    @contextmanager
    def connect(address: str) -> Iterator[Callable[[StoredAuditEntry], object]]:
        """A function that sends one entry. SyslogError."""
        if not address:
            yield lambda entry: sys.stdout.write(json_line(entry) + "\n")
            return
        url = urlsplit(address if "://" in address else f"udp://{address}")
        try:
            host, port = url.hostname, url.port
        except ValueError:
            host = port = None
        if url.scheme not in ("udp", "tcp") or not host or not port:
            raise SyslogError(CliCode.SYSLOG_ADDRESS)
        try:
            with _connect(url.scheme, host, port) as connection:
                host_name = socket.gethostname()
                yield lambda entry: connection.sendall(_frame(syslog_message(entry, host_name), url.scheme))
        except OSError as error:
            raise SyslogError(system_failure(error)) from None


def _connect(scheme: str, host: str, port: int) -> socket.socket:
    if scheme == "tcp":
        return socket.create_connection((host, port), _TIMEOUT_SECONDS)
    family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    connection = socket.socket(family, kind, proto)
    connection.settimeout(_TIMEOUT_SECONDS)
    connection.connect(address)
    return connection


def _frame(body: bytes, scheme: str) -> bytes:
    """TCP: with its length in front (RFC 6587). UDP: cut to the limit, between two characters."""
    if scheme == "tcp":
        return f"{len(body)} ".encode() + body
    return body if len(body) <= _MAX_UDP_BYTES else body[:_MAX_UDP_BYTES].decode("utf-8", "ignore").encode()
