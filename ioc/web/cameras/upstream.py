"""One question to a camera's own host: bounded in time and size, never to where the source's row does not lead."""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import urljoin

import requests
from urllib3.exceptions import HTTPError

from ioc.net.ssrf import Barred, demand, literal
from ioc.net.tls import Trusted, trusting
from ioc.net.url_origin import origin_of, reachable
from ioc.web.cameras.pinned_pool import OUTWARD

LARGEST = 8 * 1_048_576
SECONDS = 8.0
_CONNECT, _SILENT = 3.0, 4.0  # seconds without a connection, without a byte
_REDIRECTS = 3
_PIECE = 65_536


class Unreachable(Exception):
    """The camera gave nothing that may be shown. The reason holds no address: an address may hold a key."""


@dataclass(frozen=True, slots=True)
class Camera:
    """Where a stream begins; `home`: the address of its row, to whose own host `headers` go; `hosts` of the row."""

    address: str
    home: str
    hosts: tuple[str, ...] = ()
    private: bool = False  # whether the row may lie on a private network
    headers: Mapping[str, str] = field(default_factory=dict)

    def admits(self, address: str) -> bool:
        """Whether `address` is where this source may lead."""
        try:
            there = origin_of(address)
            if found := literal(there.host):
                demand(found, self.private)
            return reachable(there, origin_of(self.home), self.hosts)
        except (ValueError, Barred):
            return False

    def sent(self, address: str) -> Mapping[str, str]:
        """The headers for `address`."""
        return self.headers if origin_of(address) == origin_of(self.home) else {}


@dataclass(frozen=True, slots=True)
class Way:
    """The way out: whose certificates are believed, and the proxy for a host."""

    trust: ssl.SSLContext = field(default_factory=trusting)
    proxy_for: Callable[[str], str | None] = lambda _host: None


class _Outward(Trusted):
    def __init__(self, trust: ssl.SSLContext, private: bool) -> None:
        self._private = private
        super().__init__(trust)

    def init_poolmanager(self, *given: Any, **named: Any) -> None:
        super().init_poolmanager(*given, **named)
        if not self._private:
            self.poolmanager.pool_classes_by_scheme = OUTWARD


def asked(camera: Camera, address: str, span: str, way: Way) -> tuple[bytes, str, str]:
    """The body, the address that it came from in the end, and Content-Range when `span` (a Range) was taken."""
    until = monotonic() + SECONDS
    with requests.Session() as session:
        session.trust_env = False  # else .netrc and the environment's proxies would speak along
        for scheme in ("http://", "https://"):
            session.mount(scheme, _Outward(way.trust, camera.private))
        for _ in range(_REDIRECTS + 1):
            if not camera.admits(address):
                raise Unreachable("it leads to a host that is not of this source")
            try:
                answer = _answer(session, camera, address, span, way)
                with answer:
                    if not answer.is_redirect:
                        return _body(answer, until), address, answer.headers.get("Content-Range", "")
                    address = urljoin(address, answer.headers["Location"])
            except (requests.RequestException, HTTPError, ValueError, OSError):
                raise Unreachable("it gave no whole answer") from None
    raise Unreachable("it redirects too often")


def _answer(session: requests.Session, camera: Camera, address: str, span: str, way: Way) -> requests.Response:
    proxy = way.proxy_for(origin_of(address).host)
    return session.get(
        address,
        headers={"Accept-Encoding": "identity", **camera.sent(address), **({"Range": span} if span else {})},
        timeout=(_CONNECT, _SILENT),
        allow_redirects=False,
        stream=True,
        proxies={"http": proxy, "https": proxy} if proxy else {},
    )


def _body(answer: requests.Response, until: float) -> bytes:
    if answer.status_code not in (200, 206):
        raise Unreachable(f"it answered {answer.status_code}")
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise Unreachable("its answer is packed, which was not asked for")
    body = bytearray()
    while piece := answer.raw.read1(_PIECE):
        body += piece
        if len(body) > LARGEST:
            raise Unreachable(f"its answer is larger than {LARGEST // 1_048_576} MiB")
        if monotonic() > until:
            raise Unreachable(f"its answer took longer than {SECONDS:g} s")
    length = answer.headers.get("Content-Length", "")
    if length.isascii() and length.isdigit() and int(length) != len(body):
        raise Unreachable("its answer broke off")
    return bytes(body)
