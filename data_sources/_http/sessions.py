"""The two aiohttp sessions of the poller: one for sources that may lie on a private network, one for all others."""

import ssl
from functools import cached_property
from pathlib import Path

import aiohttp
from yarl import URL

from data_sources._http.peer_clock import CertificateAwareResponse
from data_sources._http.resolver import ThreadedResolver, guarded_socket_factory
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import SourceError
from ioc.domain.ingest.source import Source
from ioc.net.ssrf import PrivateAddressError, parse_ip_literal, require_public
from ioc.net.tls import tls_context

_USER_AGENT = "ioc-can-tho/0.1 (poller)"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class SessionPool:
    """Sessions that are open from `open` to `close`. `ca`: a file with certificates to trust besides the system's.

    `proxy` is not used for the hosts `direct`.
    """

    def __init__(self, ca: Path | None, proxy: str | None, direct: tuple[str, ...]) -> None:
        self._ca, self._proxy = ca, proxy
        self._direct = frozenset((*direct, *_LOOPBACK))
        # By whether private addresses are allowed: the connection of one source must not be reused by another that
        # may not connect there.
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    def open(self) -> None:
        """Open the sessions. Raises OSError when `ca` holds no certificates."""
        self._sessions = {allowed: _open_session(self.tls_context, allowed) for allowed in (False, True)}

    async def close(self) -> None:
        """Close the sessions with all their connections."""
        for session in self._sessions.values():
            await session.close()
        self._sessions = {}

    @cached_property
    def tls_context(self) -> ssl.SSLContext:
        """The TLS context of all connections."""
        return tls_context(self._ca)

    def proxy_for(self, url: URL) -> str | None:
        """The proxy on the way to `url`, None for none."""
        return None if url.host in self._direct else self._proxy

    def session(self, source: Source, url: URL) -> aiohttp.ClientSession:
        """The session for a request of `source`. Raises SourceError for a private address that it may not use."""
        if not self._sessions:
            raise RuntimeError("no session is open: use async with HttpClientFactory(…)")
        if address := parse_ip_literal(url.host or ""):
            try:
                require_public(address, source.may_be_private)
            except PrivateAddressError:
                raise SourceError(IngestCode.PRIVATE_ADDRESS, host=url.host or "") from None
        # A proxy lies on the private network itself and resolves names itself.
        return self._sessions[source.may_be_private or self.proxy_for(url) is not None]


def _open_session(tls: ssl.SSLContext, allow_private: bool) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        limit=0,  # sources that hang must not queue others behind them
        ssl=tls,
        resolver=ThreadedResolver(),
        ttl_dns_cache=60,
        socket_factory=guarded_socket_factory(allow_private),
    )
    return aiohttp.ClientSession(
        connector=connector,
        response_class=CertificateAwareResponse,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=None),
        headers={"User-Agent": _USER_AGENT, "Accept-Encoding": "gzip"},
    )
