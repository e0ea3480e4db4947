"""A request with Upgrade is answered as one without: its body is its own, and the connection goes on. A real server."""

import socket
from collections.abc import Iterator
from threading import Event

import pytest

from ioc.web.server.connections import MAX_HEAD_BYTES
from tests.web.server.test_pipelining import PAGE
from tests.web.server.test_serve import connected, exchanged, running, status_of

BODY = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
FIELDS = {
    "websocket": b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n",
    "h2c": b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
    "other": b"Connection: keep-alive, upgrade\r\nUPGRADE: x\r\n",
}
LENGTHS = {
    "length": b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY),
    "chunks": b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY),
}
PARTS = [1, 2, 7]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with running(tmp_path_factory.mktemp("server")) as (_, port):
        yield port


def sent_in_parts(link: socket.socket, request: bytes, count: int) -> bytes:
    """The response to a request whose last part begins with its body, or that is sent in `count` equal parts."""
    head, end, body = request.partition(b"\r\n\r\n")
    size = -(-len(request) // count)
    parts = [head + end, body] if count == 2 else [request[n : n + size] for n in range(0, len(request), size)]
    for part in parts[:-1]:
        link.sendall(part)
        Event().wait(0.1)  # so that it is received alone
    return exchanged(link, parts[-1])


@pytest.mark.parametrize("count", PARTS)
@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("fields", FIELDS)
def test_body_of_a_request_with_upgrade_is_its_own_and_the_connection_goes_on(
    port: int, fields: str, length: str, count: int
) -> None:
    request = b"POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\n" + FIELDS[fields] + LENGTHS[length]
    with connected(port) as link:
        for _ in range(2):
            answer = sent_in_parts(link, request, count)
            assert status_of(answer) == 200 and answer.endswith(b"\r\n\r\n" + BODY)
        assert status_of(exchanged(link, PAGE)) == 404


@pytest.mark.parametrize("fields", FIELDS)
def test_pipelined_requests_with_upgrade_are_answered_in_their_order(port: int, fields: str) -> None:
    request = b"POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\n" + FIELDS[fields] + LENGTHS["length"]
    with connected(port) as link:
        link.sendall(request + PAGE + request)
        answer = b""
        while answer.count(BODY) < 2:
            answer += link.recv(65_536) or pytest.fail("closed")
    assert [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:] if part[:1].isdigit()] == [b"200", b"404", b"200"]


def test_connect_is_refused(port: int) -> None:
    with connected(port) as link:
        answer = exchanged(link, b"CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" + PAGE)
    assert status_of(answer) == 400


def test_value_of_the_upgrade_counts_to_the_size_of_the_head(port: int) -> None:
    fields = b"Connection: upgrade\r\nUpgrade: " + b"x" * MAX_HEAD_BYTES
    with connected(port) as link:
        assert status_of(exchanged(link, b"GET /echo HTTP/1.1\r\nHost: 127.0.0.1\r\n" + fields + b"\r\n\r\n")) == 400
