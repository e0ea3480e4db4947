"""The door outside: what a protocol may fetch, within its deadline, its size limit and its hosts."""

import asyncio
import re
import ssl
from collections.abc import Callable, Mapping, MutableMapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import aiohttp
from yarl import URL

from data_sources._http.body import read_body
from data_sources._http.error_body import read_error_message
from data_sources._http.errors import (
    HttpCode,
    authority,
    connection_failure,
    is_allowed_url,
    retry_after_header,
    status_error,
)
from data_sources._http.peer_clock import CertificateAwareResponse, PeerMonitor
from data_sources._http.resolver import ThreadedResolver, address_resolver, guarded_socket_factory
from ioc.domain.base.times import Clock
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import slugify
from ioc.domain.ingest.protocol import FetchContext, ResponsePage, SourceError, WebhookMessage
from ioc.domain.ingest.source import Source
from ioc.net.ssrf import PrivateAddressError, parse_ip_literal, require_public

SIZE_LIMIT = 16 * 1_048_576
_USER_AGENT = "ioc-can-tho/0.1 (poller)"
_MAX_REDIRECTS = 5
_SECRET_REF = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


_TOTAL_HEADERS = ("NGSILD-Results-Count", "Fiware-Total-Count", "X-Total-Count")
_MIN_SECRET_LENGTH = 4  # shorter ones would be found in any text


class HttpClientFactory:
    """One session for all sources that may lead into a house, one for all that may not.

    `secrets`: what ${NAME} in a row's headers, params or address stands for.
    `ca`: a file with certificates to trust besides the system's. `proxy` is not used for `direct` hosts.
    `mailbox`: the letters that wait for a source; it is called on a thread.
    """

    def __init__(
        self,
        clock: Clock,
        secrets: Mapping[str, str],
        *,
        ca: Path | None = None,
        proxy: str | None = None,
        direct: tuple[str, ...] = (),
        size_limit: int = SIZE_LIMIT,
        pending_messages: Callable[[str], list[WebhookMessage]] = lambda _: [],
    ) -> None:
        self.clock, self.size_limit, self.pending_messages = clock, size_limit, pending_messages
        self._secrets, self._ca, self._proxy = secrets, ca, proxy
        self._direct = frozenset((*direct, *_LOOPBACK))
        # By whether the row is `private`: a connection that one may use must not be handed to the other.
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self.peer_monitor = PeerMonitor()
        self._memories: dict[str, tuple[str, dict[str, Any]]] = {}

    async def __aenter__(self) -> Self:
        self._sessions = {private: _open_session(self.tls_context, private) for private in (False, True)}
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        for one in self._sessions.values():
            await one.close()
        self._sessions = {}

    def session(self, source: Source, url: URL) -> aiohttp.ClientSession:
        """The open session for `source`. SourceError when `url` names an address of a house, and the row may not."""
        if not self._sessions:
            raise RuntimeError("the door is not open: async with Door(…)")
        if address := parse_ip_literal(url.host or ""):
            try:
                require_public(address, source.may_be_private)
            except PrivateAddressError:
                raise SourceError(IngestCode.PRIVATE_ADDRESS, host=url.host or "") from None
        # A proxy is in the house itself, and finds names by itself.
        return self._sessions[source.may_be_private or self.proxy_for(url) is not None]

    def context_for(self, source: Source) -> FetchContext:
        """The world for one poll of `source`: its deadline begins with the first request.

        Its memory outlives the poll until the row changes. Who cannot read or keep an answer clears the memory, else
        the next poll would hear "unchanged" about an answer that nobody has.
        """
        fingerprint, memory = self._memories.get(source.key, ("", {}))
        if fingerprint != source.fingerprint:
            memory = {}
            self._memories[source.key] = (source.fingerprint, memory)
        return SourceHttpClient(self, memory)

    @cached_property
    def tls_context(self) -> ssl.SSLContext:
        """What TLS connections are checked against."""
        made = ssl.create_default_context()
        if self._ca is not None:
            made.load_verify_locations(cafile=self._ca)
        return made

    def proxy_for(self, url: URL) -> str | None:
        """The proxy on the way to `url`, None for none."""
        return None if url.host in self._direct else self._proxy

    def expand_secrets(self, text: str, used_secrets: dict[str, str], *, quoted: bool = False) -> str:
        """`text` with its ${NAME}s filled in, each noted in `used`. SourceError when one is not set."""

        def secret(match: re.Match[str]) -> str:
            if match[1] not in self._secrets:
                raise SourceError(IngestCode.SECRET_NOT_SET, name=match[1])
            found = used_secrets[match[1]] = self._secrets[match[1]]
            return quote(found, safe="") if quoted else found

        return _SECRET_REF.sub(secret, text)


def _secret_spellings(secret: str) -> list[str]:
    """How a secret may come back: as it is, quoted, or as part of an id; the longest first."""
    forms = {secret, quote(secret, safe=""), slugify(secret)}
    return sorted((one for one in forms if len(one) >= _MIN_SECRET_LENGTH), key=len, reverse=True)


def _open_session(trust: ssl.SSLContext, private: bool) -> aiohttp.ClientSession:
    # No limit of connections: sources that hang must not queue others behind them.
    connector = aiohttp.TCPConnector(
        limit=0,
        ssl=trust,
        resolver=ThreadedResolver(),
        ttl_dns_cache=60,
        socket_factory=guarded_socket_factory(private),
    )
    return aiohttp.ClientSession(
        connector=connector,
        response_class=CertificateAwareResponse,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=None),
        headers={"User-Agent": _USER_AGENT, "Accept-Encoding": "gzip"},
    )


class SourceHttpClient:
    """A World over the door's session, for one poll."""

    def __init__(self, factory: HttpClientFactory, memory: MutableMapping[str, Any]) -> None:
        self._factory, self.memory = factory, memory
        self._deadline: float | None = None
        self._used_secrets: dict[str, str] = {}

    def mask_secrets(self, text: str) -> str:
        """As `World` promises."""
        for name, secret in self._used_secrets.items():
            for form in _secret_spellings(secret):
                text = re.sub(re.escape(form), f"<{name}>", text, flags=re.IGNORECASE)
        return text

    def now(self) -> datetime:
        """The aware time."""
        return self._factory.clock()

    def expand_secrets(self, text: str) -> str:
        """As `World` promises."""
        return self._factory.expand_secrets(text, self._used_secrets)

    def tls_context(self) -> ssl.SSLContext:
        """As `World` promises."""
        return self._factory.tls_context

    def address_resolver(self, source: Source) -> Callable[[str, int], list[str]]:
        """As `World` promises."""
        return address_resolver(source.may_be_private)

    async def pending_messages(self, source: Source) -> list[WebhookMessage]:
        """As `World` promises."""
        return await asyncio.to_thread(self._factory.pending_messages, source.key)

    async def get(
        self,
        source: Source,
        address: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> ResponsePage | None:
        """GET as `World` promises."""
        if self._deadline is None:
            self._deadline = asyncio.get_running_loop().time() + source.deadline.total_seconds()
        url = self._url(source, address, params or {})
        mark = f"{address} {sorted((params or {}).items())}"
        sent = {
            name: self._factory.expand_secrets(value, self._used_secrets) for name, value in (headers or {}).items()
        }
        try:
            async with asyncio.timeout_at(self._deadline):
                return await self._get_following_redirects(source, url, sent, mark)
        except TimeoutError:
            raise SourceError(IngestCode.DEADLINE_EXCEEDED, seconds=source.deadline.total_seconds()) from None

    def _url(self, source: Source, address: str, params: Mapping[str, str]) -> URL:
        # Only what the row itself says may name a secret: a server's next-link could ask for one.
        base = self._factory.expand_secrets(source.address, self._used_secrets, quoted=True)
        home = _parse_url(base)
        url = _parse_url(base + address.removeprefix(source.address) if address.startswith(source.address) else address)
        if not is_allowed_url(url, home, source.allowed_hosts):
            raise SourceError(HttpCode.HOST_NOT_ALLOWED, host=authority(url))
        return url.extend_query(
            {name: self._factory.expand_secrets(value, self._used_secrets) for name, value in params.items()}
        )

    async def _get_following_redirects(
        self, source: Source, url: URL, headers: Mapping[str, str], mark: str
    ) -> ResponsePage | None:
        home = url
        for _ in range(_MAX_REDIRECTS + 1):
            # A row's headers may carry its key: they go to its own host only.
            own = headers if url.origin() == home.origin() else {}
            answer = await self._request_once(source, url, {**self._conditional_headers(mark), **own}, mark)
            if not isinstance(answer, URL):
                return answer
            if not is_allowed_url(answer, home, source.allowed_hosts):
                raise SourceError(HttpCode.REDIRECT_NOT_ALLOWED, host=authority(url), target=authority(answer))
            url = answer
        raise SourceError(HttpCode.TOO_MANY_REDIRECTS, limit=_MAX_REDIRECTS)

    async def _request_once(
        self, source: Source, url: URL, headers: Mapping[str, str], mark: str
    ) -> ResponsePage | URL | None:
        """One exchange: a page, where it redirects to, or None when unchanged."""
        try:
            async with self._factory.session(source, url).get(
                url, headers=headers, allow_redirects=False, proxy=self._factory.proxy_for(url)
            ) as response:
                self._factory.peer_monitor.record(source, response, self._factory.clock())
                if response.status == 304:
                    return None
                if response.status in (301, 302, 303, 307, 308):
                    return _redirect_target(url, response.headers.get("Location", ""))
                if not 200 <= response.status < 300:
                    wait, words = retry_after_header(response.headers), await read_error_message(response)
                    raise status_error(response.status, wait, self._factory.clock(), words)
                page = await _read_page(response, url, self._factory.size_limit)
                self._store_validators(mark, response.headers)
                return page
        except (aiohttp.ClientError, ValueError, OSError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise SourceError(connection_failure(error, url)) from None

    def _conditional_headers(self, mark: str) -> dict[str, str]:
        etag, modified = self.memory.get(mark, ("", ""))
        marks = {"If-None-Match": etag, "If-Modified-Since": modified}
        return {name: value for name, value in marks.items() if value}

    def _store_validators(self, mark: str, headers: Mapping[str, str]) -> None:
        marks = headers.get("ETag", ""), headers.get("Last-Modified", "")
        if any(marks):
            self.memory[mark] = marks
        else:
            self.memory.pop(mark, None)


async def _read_page(response: aiohttp.ClientResponse, url: URL, limit: int) -> ResponsePage:
    try:
        body = await read_body(response, limit)
    except SourceError:
        response.close()  # else the connection would be drained before it is used again
        raise
    address = str(url.with_user(None).with_query(None).with_fragment(None))
    return ResponsePage(body, response.content_type, response.charset or "", address, _total_count(response.headers))


def _total_count(headers: Mapping[str, str]) -> int | None:
    """The count of all items as the servers that page by number tell it."""
    text = next((headers[name] for name in _TOTAL_HEADERS if name in headers), "")
    return int(text) if re.fullmatch(r"[0-9]{1,12}", text.strip(), re.ASCII) else None


def _parse_url(address: str) -> URL:
    try:
        url = URL(address)
    except ValueError:
        url = URL()
    if url.scheme not in ("http", "https") or not url.host:
        raise SourceError(HttpCode.NOT_A_WEB_ADDRESS)
    return url


def _redirect_target(url: URL, location: str) -> URL:
    try:
        target = url.join(URL(location)) if location else URL()
    except ValueError:
        target = URL()
    if not target.host:
        raise SourceError(HttpCode.REDIRECT_WITHOUT_TARGET)
    return target
