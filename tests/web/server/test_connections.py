"""What one client may cost the event loop: new connections, chunks of bodies, fields of heads."""

from collections.abc import Iterator

import pytest

from ioc.web.server.connections import MAX_FIELDS, ConnectionLimiter
from tests.web.server.test_serve import CHUNKED, connected, exchanged, running, status_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with running(tmp_path_factory.mktemp("server")) as (_, port):
        yield port


def test_new_connections_of_an_address_have_a_rate() -> None:
    limiter, accepted = ConnectionLimiter(), 0
    for _ in range(2000):
        if limiter.acquire("203.0.113.9"):
            limiter.release("203.0.113.9")
            accepted += 1
    assert 1000 <= accepted < 1500 and limiter.acquire("203.0.113.10") and limiter.acquire("127.0.0.1")


@pytest.mark.parametrize("method", [b"GET /healthz", b"POST /nowhere"])
def test_many_short_chunks_end_a_connection(port: int, method: bytes) -> None:
    """One such connection kept the event loop busy, also with a request that had been answered long before."""
    head = method + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    with connected(port) as link:
        link.sendall(head)
        with pytest.raises(ConnectionError):
            for _ in range(10_000):
                link.sendall(b"5\r\naaaaa\r\n" * 100)


@pytest.mark.parametrize(("size", "count"), [(2048, 2000), (100, 500)])
def test_chunks_of_a_usual_size_are_read(port: int, size: int, count: int) -> None:
    body = b"%x\r\n%s\r\n" % (size, b"a" * size) * count + b"0\r\n\r\n"
    with connected(port) as link:
        assert status_of(exchanged(link, CHUNKED + body)) == 405


@pytest.mark.parametrize(("length", "status"), [(8_000, 200), (9_000, 400)])
def test_addresses_have_a_length(port: int, length: int, status: int) -> None:
    with connected(port) as link:
        request = b"GET /live/home?a=%s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % (b"a" * length)
        assert status_of(exchanged(link, request)) == status


@pytest.mark.parametrize(("count", "status"), [(MAX_FIELDS - 1, 200), (MAX_FIELDS, 400), (30_000, 400)])
def test_fields_of_a_head_are_limited(port: int, count: int, status: int) -> None:
    """A head of 120 KB of 30,000 fields took 0.1 s of the event loop."""
    with connected(port) as link:
        request = b"GET /live/home HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"a:\r\n" * count + b"\r\n"
        assert status_of(exchanged(link, request)) == status
