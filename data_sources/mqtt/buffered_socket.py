"""A socket that is read and written in large pieces: paho reads single bytes, three times a message."""

import ssl
from contextlib import suppress
from typing import Protocol

_CHUNK_SIZE = 65_536
MAX_PACKET_SIZE = 16 * 1_048_576
MAX_UNSENT = 1_048_576  # bytes that wait for a server that reads none


class Socket(Protocol):
    """What paho needs of a socket."""

    def recv(self, buffer_size: int) -> bytes: ...
    def send(self, buffer: bytes) -> int: ...
    def close(self) -> None: ...
    def fileno(self) -> int: ...
    def setblocking(self, flag: bool) -> None: ...


class BufferedSocket:
    """`inner` with a buffer for each direction. The network loop calls `pending` and `flush`."""

    def __init__(self, inner: Socket) -> None:
        self._inner, self._read, self._at = inner, b"", 0
        self._unsent = bytearray()

    def recv(self, buffer_size: int) -> bytes:
        """Up to `buffer_size` bytes. Raises OSError for a packet larger than MAX_PACKET_SIZE."""
        if buffer_size > MAX_PACKET_SIZE:
            raise OSError("the packet is too large")
        if self._at >= len(self._read):
            self._read, self._at = self._inner.recv(_CHUNK_SIZE), 0
        piece = self._read[self._at : self._at + buffer_size]
        self._at += len(piece)
        return piece

    def pending(self) -> int:
        """How many received bytes wait, here or in the TLS layer."""
        left = len(self._read) - self._at
        return left or (self._inner.pending() if isinstance(self._inner, ssl.SSLSocket) else 0)

    def send(self, buffer: bytes) -> int:
        """Append to what `flush` sends. Raises OSError when the server takes nothing any more."""
        if len(self._unsent) > MAX_UNSENT:
            raise OSError("the server does not read")
        self._unsent += buffer
        return len(buffer)

    def flush(self) -> bool:
        """Send what can be sent without waiting. Returns whether nothing is left. Raises OSError."""
        if self._unsent:
            try:
                del self._unsent[: self._inner.send(bytes(self._unsent))]
            except (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return False
        return not self._unsent

    def close(self) -> None:
        """Close the connection after a last try to send what waits."""
        with suppress(OSError, ValueError):
            self.flush()
        self._inner.close()

    def fileno(self) -> int:
        """The file descriptor, for select."""
        return self._inner.fileno()

    def setblocking(self, flag: bool) -> None:
        """Whether reading and writing wait."""
        self._inner.setblocking(flag)
