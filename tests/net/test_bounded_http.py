"""An exchange by HTTP ends at its deadline, whatever part of the response its server sends without end."""

import socket
import ssl
import threading
from pathlib import Path
from time import monotonic, process_time

import pytest
import requests
from urllib3.exceptions import HTTPError

from ioc.net.bounded_http import BodyTooLargeError, ExchangeTimeoutError, bounded_exchange, read_body
from ioc.net.tls import tls_context
from tests.data_sources import certificates
from tests.net.endless_server import CHUNKED, ENDLESS, HEAD, REDIRECT, endless_server

DEADLINE = 0.3  # seconds


def get(
    address: str, *, stream: bool, seconds: float = DEADLINE, max_bytes: int = 10_000_000, ca: Path | None = None
) -> bytes:
    with (
        requests.Session() as session,
        bounded_exchange(session, tls_context(ca), seconds, max_bytes, allow_private=True),
        session.get(address, stream=stream, timeout=5, allow_redirects=False) as response,
    ):
        return read_body(response, max_bytes) if stream else response.content


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("part", [part for part in ENDLESS if part != REDIRECT])
def test_an_exchange_ends_at_its_deadline(part: str, stream: bool) -> None:
    with endless_server(*ENDLESS[part]) as address:
        began = monotonic()
        with pytest.raises(ExchangeTimeoutError):
            get(address, stream=stream)
        assert DEADLINE <= monotonic() - began < DEADLINE + 4  # the session's own limit is 5


def test_an_exchange_over_tls_ends_at_its_deadline(tmp_path: Path) -> None:
    certificates.make(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    with endless_server(*ENDLESS["head"], context=context) as address, pytest.raises(ExchangeTimeoutError):
        get(address, stream=True, ca=tmp_path / "ca.pem")


def test_a_tls_handshake_without_end_ends_at_the_deadline() -> None:
    with endless_server(b"\x16\x03\x03\x40\x00", b"\0") as address, pytest.raises(ExchangeTimeoutError):
        get(address.replace("http:", "https:"), stream=True)


def test_a_name_that_is_not_resolved_ends_at_the_deadline_and_holds_one_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer, lookups = threading.Event(), list[object]()

    def getaddrinfo(*words: object, **_: object) -> list[object]:
        lookups.append(words)
        answer.wait(10)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    for _ in range(2):
        with pytest.raises(ExchangeTimeoutError):
            get("http://slow.example/", stream=True, seconds=0.1)
    answer.set()
    assert len(lookups) == 1


def test_a_redirect_is_answered_without_its_body() -> None:
    with endless_server(*ENDLESS[REDIRECT]) as address:
        assert get(address, stream=False, seconds=5) == b""


@pytest.mark.parametrize("stream", [True, False])
def test_a_body_beyond_the_limit_is_refused(stream: bool) -> None:
    with endless_server(HEAD + b"\r\n", b"a" * 10_000, pause=0) as address, pytest.raises(BodyTooLargeError):
        get(address, stream=stream, seconds=5, max_bytes=200_000)


@pytest.mark.parametrize(
    ("start", "again"),
    [
        (CHUNKED, b"1\r\na\r\n"), (CHUNKED + b"0\r\n", b"X: y\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"), (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    ],
)  # fmt: skip
def test_a_response_of_too_many_pieces_is_refused_long_before_its_deadline(start: bytes, again: bytes) -> None:
    """Each costs the interpreter, which all threads share; its bytes reach no limit for minutes."""
    used = process_time()
    with (
        endless_server(start, again, pause=0) as address,
        pytest.raises((BodyTooLargeError, requests.ConnectionError)) as refusal,
    ):
        get(address, stream=True, seconds=60)
    assert "BodyTooLarge" in repr(refusal.value), "not the deadline"
    assert process_time() - used < 10


@pytest.mark.parametrize("interim", [b"100 Continue", b"102 Processing", b"103 Early Hints\r\nLink: </a>"])
def test_interim_responses_are_no_answer(interim: bytes) -> None:
    answer = b"HTTP/1.1 %b\r\n\r\n" % interim * 2 + HEAD + b"Content-Length: 2\r\n\r\nok"
    with endless_server(answer, b"") as address:
        assert get(address, stream=True) == b"ok"


def test_a_body_in_packets_of_mpeg_ts_is_read_whole() -> None:
    with endless_server(CHUNKED + b"bc\r\n%b\r\n" % (b"a" * 188) * 40_000 + b"0\r\n\r\n", b"") as address:
        assert get(address, stream=True, seconds=60) == b"a" * 188 * 40_000


def test_a_private_address_is_not_connected_to_unless_that_is_allowed() -> None:
    with endless_server(HEAD + b"Content-Length: 0\r\n\r\n", b"") as address, requests.Session() as session:
        with (
            bounded_exchange(session, tls_context(), 5, 10, allow_private=False),
            pytest.raises((requests.RequestException, HTTPError, OSError)),
        ):
            session.get(address)
        assert get(address, stream=False) == b""
