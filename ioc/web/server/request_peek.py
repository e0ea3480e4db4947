"""Peeks at a socket (MSG_PEEK): whether enough of an HTTP request has arrived to give it a thread."""

import re
import socket
from dataclasses import dataclass

MAX_PEEK_BYTES = 32_768  # up to here a request waits without a thread; a thread reads the rest of a larger one
_MAX_CHUNKS = 64  # of a chunked body, parsed again each time more arrives
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*\r\n", re.IGNORECASE)
# An HTTP/1.1 client that waits for "100 Continue"; HTTP/1.0 has no such thing.
_EXPECT = re.compile(rb"[^\r\n]* HTTP/1\.1\r\n(?:[^\r\n]+\r\n)*?expect:[ \t]*100-continue", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_BLANK_LINE = b"\r\n\r\n"


def is_incomplete(received: bytes) -> bool:
    """Whether the request is incomplete and smaller than MAX_PEEK_BYTES."""
    head, end, body = received.partition(_BLANK_LINE)
    if not end or len(received) >= MAX_PEEK_BYTES:
        return len(received) < MAX_PEEK_BYTES
    if _CHUNKED.search(head):
        return _is_chunked_body_complete(body) is False
    return len(body) < min(_content_length(head), MAX_PEEK_BYTES - len(head) - len(_BLANK_LINE))


def is_larger_than_peek(received: bytes) -> bool:
    """Whether the request exceeds MAX_PEEK_BYTES and is incomplete: a thread will have to wait for it."""
    head, end, body = received.partition(_BLANK_LINE)
    if end and _CHUNKED.search(head):
        return not _is_chunked_body_complete(body)
    return len(received) >= MAX_PEEK_BYTES and (not end or len(body) < _content_length(head))


def _content_length(head: bytes) -> float:
    """Content-Length of the head, 0 without one. A float, so that a number of any length is read."""
    match = _LENGTH.search(head + b"\r\n")
    return float(match[1]) if match else 0


def _is_chunked_body_complete(body: bytes) -> bool | None:
    """Whether a chunked body is complete, or malformed (then gunicorn rejects it); None: more than _MAX_CHUNKS."""
    position = 0
    for _ in range(_MAX_CHUNKS):
        end = body.find(b"\r\n", position)
        if end < 0:
            return False
        try:
            size = int(body[position:end].partition(b";")[0], 16)
        except ValueError:
            return True
        if size == 0:
            return _BLANK_LINE in body[end:]
        position = end + size + 4
    return None


def is_continue_expected(received: bytes) -> bool:
    """Whether the head is complete and the client waits for "100 Continue" before it sends the body."""
    return _BLANK_LINE in received and _EXPECT.match(received) is not None


@dataclass(frozen=True, slots=True)
class PeekResult:
    """`is_incomplete`: more must arrive first. `is_large`: a thread will have to wait for the rest.

    `is_continue_expected`: the client waits for "100 Continue".
    """

    is_incomplete: bool = False
    is_large: bool = False
    is_continue_expected: bool = False


def peek_request(sock: socket.socket) -> PeekResult:
    """What has arrived at `sock`; nothing is consumed.

    For an incomplete request SO_RCVLOWAT is raised, so that a poller reports the socket only once more has arrived or
    the client is gone.
    """
    try:
        received = sock.recv(MAX_PEEK_BYTES, socket.MSG_PEEK)
        is_closed = len(received) < sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT)
        incomplete = not is_closed and is_incomplete(received)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, len(received) + 1 if incomplete else 1)
    except BlockingIOError:
        return PeekResult(is_incomplete=True)
    except OSError:
        return PeekResult()
    return PeekResult(incomplete, is_larger_than_peek(received), incomplete and is_continue_expected(received))
