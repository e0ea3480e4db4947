"""Whether enough of a request has come to be worth a thread; looked at where it lies, nothing is taken."""

import re
import socket

MOST = 32_768  # bytes for which no thread waits; of what is larger the rest is read by one
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,12})[ \t]*\r\n", re.IGNORECASE)
_EXPECT = re.compile(rb"\r\nexpect:", re.IGNORECASE)  # the other side waits to be told to go on
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_LAST = re.compile(rb"\r\n0+[ \t]*[;\r]")  # may be the last chunk
_END = b"\r\n\r\n"


def wanting(seen: bytes) -> bool:
    """Whether what has come is too little of a request."""
    head, end, body = seen.partition(_END)
    if not end or len(seen) >= MOST:
        return len(seen) < MOST
    if _EXPECT.search(head):
        return False
    if _CHUNKED.search(head):
        return not _LAST.search(b"\r\n" + body)
    length = _LENGTH.search(head + b"\r\n")
    if length is None:
        return False
    return len(body) < min(int(length[1]), MOST - len(head) - len(_END))


def waits(sock: socket.socket) -> bool:
    """Whether more has to come first; then a poller finds `sock` readable once it has, or the other side is gone."""
    try:
        seen = sock.recv(MOST, socket.MSG_PEEK)
        gone = len(seen) < sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT)
        more = not gone and wanting(seen)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, len(seen) + 1 if more else 1)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return more
