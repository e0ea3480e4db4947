"""Requests to a camera: bounded in time and size, and only to hosts that the source's row allows."""

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
from ioc.web.cameras.errors import CameraStreamCode, UpstreamError
from ioc.web.cameras.pinned_pool import PINNED_POOLS

MAX_BODY_BYTES = 8 * 1_048_576
TOTAL_TIMEOUT_SECONDS = 8.0
_CONNECT_TIMEOUT, _READ_TIMEOUT = 3.0, 4.0  # seconds
_MAX_REDIRECTS = 3
_CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class CameraStream:
    """The stream of a camera. `address`: of its playlist. `source_address`: of the row; only its host gets `headers`.

    `allowed_hosts`: further hosts of the row. `may_be_private`: whether the row may lie on a private network.
    """

    address: str
    source_address: str
    allowed_hosts: tuple[str, ...] = ()
    may_be_private: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)

    def may_reach(self, address: str) -> bool:
        """Whether the source's row allows `address`."""
        try:
            origin = parse_origin(address)
            if ip := parse_ip_literal(origin.host):
                require_public(ip, self.may_be_private)
            return is_allowed_origin(origin, parse_origin(self.source_address), self.allowed_hosts)
        except (ValueError, PrivateAddressError):
            return False

    def headers_for(self, address: str) -> Mapping[str, str]:
        """The row's headers where `address` has the row's own origin, none elsewhere."""
        return self.headers if parse_origin(address) == parse_origin(self.source_address) else {}


@dataclass(frozen=True, slots=True)
class OutboundTransport:
    """TLS trust and the proxy of a host (None: no proxy)."""

    tls_context: ssl.SSLContext = field(default_factory=tls_context)
    proxy_for: Callable[[str], str | None] = lambda _host: None


class _PinnedAdapter(TlsAdapter):
    def __init__(self, tls_context: ssl.SSLContext, may_be_private: bool) -> None:
        self._may_be_private = may_be_private
        super().__init__(tls_context)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        if not self._may_be_private:
            self.poolmanager.pool_classes_by_scheme = PINNED_POOLS


def fetch(
    camera: CameraStream, address: str, range_header: str, transport: OutboundTransport
) -> tuple[bytes, str, str]:
    """(body, address after redirects, Content-Range or ""). `range_header`: of HTTP, "" for none. UpstreamError."""
    deadline = monotonic() + TOTAL_TIMEOUT_SECONDS
    with requests.Session() as session:
        session.trust_env = False  # neither .netrc nor proxies of the environment
        for scheme in ("http://", "https://"):
            session.mount(scheme, _PinnedAdapter(transport.tls_context, camera.may_be_private))
        for _ in range(_MAX_REDIRECTS + 1):
            if not camera.may_reach(address):
                raise UpstreamError(CameraStreamCode.HOST_NOT_ALLOWED)
            try:
                with _get(session, camera, address, range_header, transport) as response:
                    if not response.is_redirect:
                        return _read_body(response, deadline), address, response.headers.get("Content-Range", "")
                    address = urljoin(address, response.headers["Location"])
            except (requests.RequestException, HTTPError, ValueError, OSError):
                raise UpstreamError(CameraStreamCode.INCOMPLETE_RESPONSE) from None
    raise UpstreamError(CameraStreamCode.TOO_MANY_REDIRECTS)


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


def _read_body(response: requests.Response, deadline: float) -> bytes:
    if response.status_code not in (200, 206):
        raise UpstreamError(CameraStreamCode.ERROR_STATUS, status=response.status_code)
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise UpstreamError(CameraStreamCode.COMPRESSED)
    body = bytearray()
    while chunk := response.raw.read1(_CHUNK_BYTES):
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise UpstreamError(CameraStreamCode.TOO_LARGE, mebibytes=MAX_BODY_BYTES // 1_048_576)
        if monotonic() > deadline:
            raise UpstreamError(CameraStreamCode.TOO_SLOW, seconds=TOTAL_TIMEOUT_SECONDS)
    length = response.headers.get("Content-Length", "")
    if length.isascii() and length.isdigit() and int(length) != len(body):
        raise UpstreamError(CameraStreamCode.INCOMPLETE_RESPONSE)
    return bytes(body)
