"""Whether enough of a request has come to be worth a thread; looked at where it lies, nothing is taken."""

import re
import socket
from dataclasses import dataclass

MOST = 32_768  # bytes for which no thread waits; of what is larger the rest is read by one
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,12})[ \t]*\r\n", re.IGNORECASE)
# The other side waits to be told to go on; one that speaks HTTP/1.0 does not.
_EXPECT = re.compile(rb"[^\r\n]* HTTP/1\.1\r\n(?:[^\r\n]+\r\n)*?expect:[ \t]*100-continue", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_LAST = re.compile(rb"\r\n0+[ \t]*[;\r]")  # may be the last chunk
_END = b"\r\n\r\n"


def wanting(seen: bytes) -> bool:
    """Whether what has come is too little of a request."""
    head, end, body = seen.partition(_END)
    if not end or len(seen) >= MOST:
        return len(seen) < MOST
    if _CHUNKED.search(head):
        return not _LAST.search(b"\r\n" + body)
    length = _LENGTH.search(head + b"\r\n")
    if length is None:
        return False
    return len(body) < min(int(length[1]), MOST - len(head) - len(_END))


def larger(seen: bytes) -> bool:
    """Whether more than we look at is to come: a thread will have to wait for it."""
    if len(seen) < MOST:
        return False
    head, end, body = seen.partition(_END)
    if not end or _CHUNKED.search(head):
        return not end or not _LAST.search(b"\r\n" + body)
    length = _LENGTH.search(head + b"\r\n")
    return length is not None and len(body) < int(length[1])


def expects(seen: bytes) -> bool:
    """Whether the head has come, and its body only comes once we say so."""
    return _END in seen and _EXPECT.match(seen) is not None


@dataclass(frozen=True, slots=True)
class Look:
    """`waits`: more has to come first. `large`: much is still to come. `expects`: it wants to be told to go on.

    While it waits a poller finds the socket readable once more has come, or the other side is gone.
    """

    waits: bool = False
    large: bool = False
    expects: bool = False


def look(sock: socket.socket) -> Look:
    """What lies at `sock`."""
    try:
        seen = sock.recv(MOST, socket.MSG_PEEK)
        gone = len(seen) < sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT)
        more = not gone and wanting(seen)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, len(seen) + 1 if more else 1)
    except BlockingIOError:
        return Look(waits=True)
    except OSError:
        return Look()
    return Look(more, larger(seen), more and expects(seen))
