"""Whether enough of a request has come to be worth a thread; looked at where it lies, nothing is taken."""

import re
import socket
from dataclasses import dataclass

MOST = 32_768  # bytes for which no thread waits; of what is larger the rest is read by one
_CHUNKS = 64  # of a body in chunks that are looked at each time more has come
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*\r\n", re.IGNORECASE)
# The other side waits to be told to go on; one that speaks HTTP/1.0 does not.
_EXPECT = re.compile(rb"[^\r\n]* HTTP/1\.1\r\n(?:[^\r\n]+\r\n)*?expect:[ \t]*100-continue", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_END = b"\r\n\r\n"


def wanting(seen: bytes) -> bool:
    """Whether what has come is too little of a request."""
    head, end, body = seen.partition(_END)
    if not end or len(seen) >= MOST:
        return len(seen) < MOST
    if _CHUNKED.search(head):
        return _ended(body) is False
    return len(body) < min(_length(head), MOST - len(head) - len(_END))


def larger(seen: bytes) -> bool:
    """Whether more than we look at is to come: a thread will have to wait for it."""
    head, end, body = seen.partition(_END)
    if end and _CHUNKED.search(head):
        return not _ended(body)
    return len(seen) >= MOST and (not end or len(body) < _length(head))


def _length(head: bytes) -> float:
    """Bytes of the body that the head tells of, however many digits it takes for them."""
    found = _LENGTH.search(head + b"\r\n")
    return float(found[1]) if found else 0


def _ended(body: bytes) -> bool | None:
    """Whether a body in chunks has come, or is none that anybody would wait for; None: that is too much to look at."""
    at = 0
    for _ in range(_CHUNKS):
        end = body.find(b"\r\n", at)
        if end < 0:
            return False
        try:
            size = int(body[at:end].partition(b";")[0], 16)
        except ValueError:
            return True
        if size == 0:
            return _END in body[end:]
        at = end + size + 4
    return None


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
