"""A socket that is read and written in large pieces: the client asks for single bytes, three times a message."""

import ssl
from contextlib import suppress
from typing import Protocol

_CHUNK_SIZE = 65_536
MAX_PACKET_SIZE = 16 * 1_048_576


class Socket(Protocol):
    """What the client needs of a socket."""

    def recv(self, buffer_size: int) -> bytes: ...
    def send(self, buffer: bytes) -> int: ...
    def close(self) -> None: ...
    def fileno(self) -> int: ...
    def setblocking(self, flag: bool) -> None: ...


class BufferedSocket:
    """`inner` with a buffer for each direction; `pending` and `flush` are for the loop that drives it."""

    def __init__(self, inner: Socket) -> None:
        self._inner, self._read, self._at = inner, b"", 0
        self._unsent = bytearray()

    def recv(self, buffer_size: int) -> bytes:
        """Up to so many bytes. OSError for a packet larger than any that is believed."""
        if buffer_size > MAX_PACKET_SIZE:
            raise OSError("a packet that large is not read")
        if self._at >= len(self._read):
            self._read, self._at = self._inner.recv(_CHUNK_SIZE), 0
        found = self._read[self._at : self._at + buffer_size]
        self._at += len(found)
        return found

    def pending(self) -> int:
        """Bytes that have come, wherever they wait, and were not yet asked for."""
        left = len(self._read) - self._at
        return left or (self._inner.pending() if isinstance(self._inner, ssl.SSLSocket) else 0)

    def send(self, buffer: bytes) -> int:
        """Kept until `flush`."""
        self._unsent += buffer
        return len(buffer)

    def flush(self) -> bool:
        """Sends what can be sent without waiting; whether nothing is left. OSError."""
        if self._unsent:
            try:
                del self._unsent[: self._inner.send(bytes(self._unsent))]
            except (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return False
        return not self._unsent

    def close(self) -> None:
        """Ends the connection, after a last try to send what waits."""
        with suppress(OSError, ValueError):
            self.flush()
        self._inner.close()

    def fileno(self) -> int:
        """Of the connection, for select."""
        return self._inner.fileno()

    def setblocking(self, flag: bool) -> None:
        """Whether reading waits."""
        self._inner.setblocking(flag)
