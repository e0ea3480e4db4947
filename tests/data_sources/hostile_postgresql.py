"""A server that lets a client of PostgreSQL log in and declare a cursor, and breaks the protocol at its first FETCH.

Source: PostgreSQL 15 manual, 55.7 (formats of messages).
"""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from threading import Thread
from typing import BinaryIO

_TEXT = 25
_ENCRYPTION_REQUESTS = (80877103, 80877104)
_TYPE_COLUMNS = ("typname", "oid", "typarray")
_SETTINGS = {"server_version": "15.4", "client_encoding": "UTF8", "standard_conforming_strings": "on"}


def _message(kind: bytes, body: bytes = b"") -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


def _columns(*names: str) -> bytes:
    fields = (name.encode() + b"\0" + struct.pack("!IHIhiH", 0, 0, _TEXT, -1, -1, 0) for name in names)
    return _message(b"T", struct.pack("!H", len(names)) + b"".join(fields))


def _parameter(name: str, value: str = "") -> bytes:
    return _message(b"S", f"{name}\0{value}\0".encode())


_NO_DATA = _message(b"n")


class _Session:
    """One connection. `form`: what the answer to FETCH is."""

    def __init__(self, connection: socket.socket, form: str) -> None:
        self._connection, self._form = connection, form
        self._requests: BinaryIO = connection.makefile("rb")
        self._query, self._status, self._has_sent = "", b"I", False

    def run(self) -> None:
        """Until the client ends the connection."""
        with self._connection, self._requests, suppress(OSError, struct.error):
            self._log_in()
            while kind := self._requests.read(1):
                body = self._read_body()
                for answer in self._answers(kind, body):
                    self._connection.sendall(answer)

    def _read_body(self) -> bytes:
        (size,) = struct.unpack("!I", self._requests.read(4))
        return self._requests.read(size - 4)

    def _log_in(self) -> None:
        while struct.unpack("!I", self._read_body()[:4])[0] in _ENCRYPTION_REQUESTS:
            self._connection.sendall(b"N")
        settings = b"".join(_parameter(*setting) for setting in _SETTINGS.items())
        self._connection.sendall(_message(b"R", bytes(4)) + settings + _message(b"Z", b"I"))

    def _answers(self, kind: bytes, body: bytes) -> Iterator[bytes]:
        if kind == b"Q":
            self._query = body[:-1].decode()
            description = self._description()
            yield b"" if description == _NO_DATA else description
            yield from self._results()
            yield _message(b"Z", self._status)
        elif kind == b"P":
            self._query = body.split(b"\0")[1].decode()
            yield _message(b"1")
        elif kind == b"D":
            yield self._description()
        elif kind == b"E":
            yield from self._results()
        elif kind == b"S":
            yield _message(b"Z", self._status)
        elif kind in b"BC":
            yield _message(b"2" if kind == b"B" else b"3")

    def _description(self) -> bytes:
        if "pg_type" in self._query:
            return _columns(*_TYPE_COLUMNS)
        if "set_config" in self._query:
            return _columns(*(f"s{number}" for number in range(self._query.count("set_config"))))
        if not self._query.startswith("FETCH"):
            return _NO_DATA
        return _columns(*(f"c{number}" for number in range(65_535 if self._form == "columns" else 3)))

    def _results(self) -> Iterator[bytes]:
        word = self._query.split()[0]
        if word in ("BEGIN", "COMMIT", "ROLLBACK"):
            self._status = b"T" if word == "BEGIN" else b"I"
        elif word == "FETCH" and self._form == "parameters":
            for number in count():
                yield b"".join(_parameter(f"{number:x}.{one:x}") for one in range(5000))
        elif word == "FETCH" and self._form == "undescribed" and not self._has_sent:
            self._has_sent = True
            yield _message(b"D", struct.pack("!H", 3) + b"\0\0\0\x01x" * 3)
        yield _message(b"C", f"{word} 1\0".encode())


@contextmanager
def hostile_server(form: str) -> Iterator[str]:
    """The address of its database. `form`: "undescribed" (three columns after a description without one), "columns"
    (65,535 of them), "parameters" (without end).
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    Thread(target=_Session(listener.accept()[0], form).run, daemon=True).start()

        Thread(target=accept, daemon=True).start()
        yield f"postgresql://a@127.0.0.1:{listener.getsockname()[1]}/b"
        listener.shutdown(socket.SHUT_RDWR)
