"""Whether enough of a request has come to be worth a thread; looked at where it lies, nothing is taken."""

import re
import socket
from dataclasses import dataclass

MAX_PEEK_BYTES = 32_768  # bytes for which no thread waits; of what is larger the rest is read by one
_MAX_CHUNKS = 64  # of a body in chunks that are looked at each time more has come
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*\r\n", re.IGNORECASE)
# The other side waits to be told to go on; one that speaks HTTP/1.0 does not.
_EXPECT = re.compile(rb"[^\r\n]* HTTP/1\.1\r\n(?:[^\r\n]+\r\n)*?expect:[ \t]*100-continue", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_BLANK_LINE = b"\r\n\r\n"


def is_incomplete(seen: bytes) -> bool:
    """Whether what has come is too little of a request."""
    head, end, body = seen.partition(_BLANK_LINE)
    if not end or len(seen) >= MAX_PEEK_BYTES:
        return len(seen) < MAX_PEEK_BYTES
    if _CHUNKED.search(head):
        return _is_chunked_body_complete(body) is False
    return len(body) < min(_content_length(head), MAX_PEEK_BYTES - len(head) - len(_BLANK_LINE))


def is_larger_than_peek(seen: bytes) -> bool:
    """Whether more than we look at is to come: a thread will have to wait for it."""
    head, end, body = seen.partition(_BLANK_LINE)
    if end and _CHUNKED.search(head):
        return not _is_chunked_body_complete(body)
    return len(seen) >= MAX_PEEK_BYTES and (not end or len(body) < _content_length(head))


def _content_length(head: bytes) -> float:
    """Bytes of the body that the head tells of, however many digits it takes for them."""
    found = _LENGTH.search(head + b"\r\n")
    return float(found[1]) if found else 0


def _is_chunked_body_complete(body: bytes) -> bool | None:
    """Whether a body in chunks has come, or is none that anybody would wait for; None: that is too much to look at."""
    at = 0
    for _ in range(_MAX_CHUNKS):
        end = body.find(b"\r\n", at)
        if end < 0:
            return False
        try:
            size = int(body[at:end].partition(b";")[0], 16)
        except ValueError:
            return True
        if size == 0:
            return _BLANK_LINE in body[end:]
        at = end + size + 4
    return None


def is_continue_expected(seen: bytes) -> bool:
    """Whether the head has come, and its body only comes once we say so."""
    return _BLANK_LINE in seen and _EXPECT.match(seen) is not None


@dataclass(frozen=True, slots=True)
class PeekResult:
    """`waits`: more has to come first. `large`: much is still to come. `expects`: it wants to be told to go on.

    While it waits a poller finds the socket readable once more has come, or the other side is gone.
    """

    is_incomplete: bool = False
    is_large: bool = False
    is_continue_expected: bool = False


def peek_request(sock: socket.socket) -> PeekResult:
    """What lies at `sock`."""
    try:
        seen = sock.recv(MAX_PEEK_BYTES, socket.MSG_PEEK)
        gone = len(seen) < sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT)
        more = not gone and is_incomplete(seen)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, len(seen) + 1 if more else 1)
    except BlockingIOError:
        return PeekResult(is_incomplete=True)
    except OSError:
        return PeekResult()
    return PeekResult(more, is_larger_than_peek(seen), more and is_continue_expected(seen))
