"""One question to a camera's own host: bounded in time and size, never to where the source's row does not lead."""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import urljoin

import requests
from urllib3.exceptions import HTTPError

from ioc.net.ssrf import PrivateAddressError, parse_ip_literal, require_public
from ioc.net.tls import TlsAdapter, tls_context
from ioc.net.url_origin import is_allowed_origin, parse_origin
from ioc.web.cameras.pinned_pool import PINNED_POOLS

MAX_BODY_BYTES = 8 * 1_048_576
TOTAL_TIMEOUT_SECONDS = 8.0
_CONNECT_TIMEOUT, _READ_TIMEOUT = 3.0, 4.0  # seconds without a connection, without a byte
_MAX_REDIRECTS = 3
_CHUNK_BYTES = 65_536


class UpstreamError(Exception):
    """The camera gave nothing that may be shown. The reason holds no address: an address may hold a key."""


@dataclass(frozen=True, slots=True)
class CameraStream:
    """Where a stream begins; `home`: the address of its row, to whose own host `headers` go; `hosts` of the row."""

    address: str
    source_address: str
    allowed_hosts: tuple[str, ...] = ()
    may_be_private: bool = False  # whether the row may lie on a private network
    headers: Mapping[str, str] = field(default_factory=dict)

    def may_reach(self, address: str) -> bool:
        """Whether `address` is where this source may lead."""
        try:
            there = parse_origin(address)
            if found := parse_ip_literal(there.host):
                require_public(found, self.may_be_private)
            return is_allowed_origin(there, parse_origin(self.source_address), self.allowed_hosts)
        except (ValueError, PrivateAddressError):
            return False

    def headers_for(self, address: str) -> Mapping[str, str]:
        """The headers for `address`."""
        return self.headers if parse_origin(address) == parse_origin(self.source_address) else {}


@dataclass(frozen=True, slots=True)
class OutboundTransport:
    """The way out: whose certificates are believed, and the proxy for a host."""

    tls_context: ssl.SSLContext = field(default_factory=tls_context)
    proxy_for: Callable[[str], str | None] = lambda _host: None


class _PinnedAdapter(TlsAdapter):
    def __init__(self, trust: ssl.SSLContext, private: bool) -> None:
        self._private = private
        super().__init__(trust)

    def init_poolmanager(self, *given: Any, **named: Any) -> None:
        super().init_poolmanager(*given, **named)
        if not self._private:
            self.poolmanager.pool_classes_by_scheme = PINNED_POOLS


def fetch(
    camera: CameraStream, address: str, range_header: str, transport: OutboundTransport
) -> tuple[bytes, str, str]:
    """The body, the address that it came from in the end, and Content-Range when `span` (a Range) was taken."""
    until = monotonic() + TOTAL_TIMEOUT_SECONDS
    with requests.Session() as session:
        session.trust_env = False  # else .netrc and the environment's proxies would speak along
        for scheme in ("http://", "https://"):
            session.mount(scheme, _PinnedAdapter(transport.tls_context, camera.may_be_private))
        for _ in range(_MAX_REDIRECTS + 1):
            if not camera.may_reach(address):
                raise UpstreamError("it leads to a host that is not of this source")
            try:
                answer = _get(session, camera, address, range_header, transport)
                with answer:
                    if not answer.is_redirect:
                        return _read_body(answer, until), address, answer.headers.get("Content-Range", "")
                    address = urljoin(address, answer.headers["Location"])
            except (requests.RequestException, HTTPError, ValueError, OSError):
                raise UpstreamError("it gave no whole answer") from None
    raise UpstreamError("it redirects too often")


def _get(
    session: requests.Session, camera: CameraStream, address: str, range_header: str, transport: OutboundTransport
) -> requests.Response:
    proxy = transport.proxy_for(parse_origin(address).host)
    return session.get(
        address,
        headers={
            "Accept-Encoding": "identity",
            **camera.headers_for(address),
            **({"Range": range_header} if range_header else {}),
        },
        timeout=(_CONNECT_TIMEOUT, _READ_TIMEOUT),
        allow_redirects=False,
        stream=True,
        proxies={"http": proxy, "https": proxy} if proxy else {},
    )


def _read_body(answer: requests.Response, until: float) -> bytes:
    if answer.status_code not in (200, 206):
        raise UpstreamError(f"it answered {answer.status_code}")
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise UpstreamError("its answer is packed, which was not asked for")
    body = bytearray()
    while piece := answer.raw.read1(_CHUNK_BYTES):
        body += piece
        if len(body) > MAX_BODY_BYTES:
            raise UpstreamError(f"its answer is larger than {MAX_BODY_BYTES // 1_048_576} MiB")
        if monotonic() > until:
            raise UpstreamError(f"its answer took longer than {TOTAL_TIMEOUT_SECONDS:g} s")
    length = answer.headers.get("Content-Length", "")
    if length.isascii() and length.isdigit() and int(length) != len(body):
        raise UpstreamError("its answer broke off")
    return bytes(body)
