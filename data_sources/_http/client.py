"""The HTTP client of one poll: GET within a deadline, a size limit and the hosts of the source."""

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import orjson
from yarl import URL

from data_sources._http.answer_threads import read_in_thread
from data_sources._http.body import read_body
from data_sources._http.connection_errors import authority, connection_failure, is_allowed_url
from data_sources._http.errors import HttpCode, status_error, too_large
from data_sources._http.headers import http_date, retry_after
from data_sources._http.paging import POLL_LIMIT
from data_sources._http.peer_clock import PeerMonitor
from data_sources._http.resolver import address_resolver
from data_sources._http.secrets import SecretExpander
from data_sources._http.sessions import SessionPool
from data_sources._http.validators import Validators, cache_key
from ioc.domain.base.times import Clock
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import ResponsePage, SourceError, WebhookMessage
from ioc.domain.ingest.server_message import server_message
from ioc.domain.ingest.source import Source

_MAX_REDIRECTS, _MAX_ADDRESS = 5, 8_000  # characters
_REDIRECTS = (301, 302, 303, 307, 308)
# The message in the body of an error answer: many servers say in JSON which part of the request was wrong.
_MESSAGE_BYTES, _MESSAGE_SECONDS, _MESSAGE_LENGTH = 8_192, 2.0, 160
_TOTAL_HEADERS = ("NGSILD-Results-Count", "Fiware-Total-Count", "X-Total-Count")
_NEXT_PAGE = re.compile(r""";\s*rel\s*=\s*(?:"[^"]*(?<![^\s"])next(?![^\s"])|next\b(?![\w:/.-]))""", re.IGNORECASE)
PendingMessages = Callable[[Source], Awaitable[list[WebhookMessage]]]


@dataclass(frozen=True, slots=True)
class SharedResources:
    """What the clients of all sources share. `pending_messages`, `may_connect`: see HttpClientFactory.

    `poll_soon`: see FetchContext; it takes the key of a source. `closers`: what is called when nobody polls any more,
    by source key.
    """

    clock: Clock
    sessions: SessionPool
    peer_monitor: PeerMonitor
    size_limit: int  # bytes
    pending_messages: PendingMessages
    may_connect: Callable[[], bool]
    poll_soon: Callable[[str], None]
    closers: dict[str, Callable[[], None]] = field(default_factory=dict)


class SourceHttpClient:
    """A FetchContext for one poll: the deadline begins with the first request, all answers share POLL_LIMIT."""

    def __init__(self, shared: SharedResources, secrets: Mapping[str, str], memory: MutableMapping[str, Any]) -> None:
        self._shared, self._secrets, self.memory = shared, SecretExpander(secrets), memory
        self._deadline: float | None = None
        self._bytes_left = POLL_LIMIT

    def mask_secrets(self, text: str, *, is_shown: bool = False) -> str:
        """See FetchContext."""
        return self._secrets.mask(text, is_shown=is_shown)

    def now(self) -> datetime:
        """See FetchContext."""
        return self._shared.clock()

    def expand_secrets(self, text: str) -> str:
        """See FetchContext."""
        return self._secrets.expand(text)

    def tls_context(self) -> ssl.SSLContext:
        """See FetchContext."""
        return self._shared.sessions.tls_context

    def address_resolver(self, source: Source) -> Callable[[str, int], list[str]]:
        """See FetchContext."""
        return address_resolver(source.may_be_private)

    def may_connect(self) -> bool:
        """See FetchContext."""
        return self._shared.may_connect()

    def poll_soon(self, source: Source) -> None:
        """See FetchContext."""
        self._shared.poll_soon(source.key)

    def at_end(self, source: Source, close: Callable[[], None]) -> None:
        """See FetchContext."""
        self._shared.closers[source.key] = close

    async def pending_messages(self, source: Source) -> list[WebhookMessage]:
        """See FetchContext."""
        return await self._shared.pending_messages(source)

    async def get(
        self,
        source: Source,
        address: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> ResponsePage | None:
        """See FetchContext."""
        if self._deadline is None:
            self._validators = Validators(self.memory)
            self._deadline = asyncio.get_running_loop().time() + source.deadline.total_seconds()
        url = self._url(source, address, params or {})
        key = cache_key(address, params)
        expanded = {name: self._secrets.expand(value) for name, value in (headers or {}).items()}
        try:
            async with asyncio.timeout_at(self._deadline):
                return await self._get_following_redirects(source, url, expanded, key)
        except TimeoutError:
            raise SourceError(IngestCode.DEADLINE_EXCEEDED, seconds=source.deadline.total_seconds()) from None

    def _home(self, source: Source) -> URL:
        return _parse_url(self._secrets.expand(source.address, quoted=True))

    def _url(self, source: Source, address: str, params: Mapping[str, str]) -> URL:
        # Only the row itself may name a secret: a server's next-link could ask for one.
        base, home = self._secrets.expand(source.address, quoted=True), self._home(source)
        url = _parse_url(base + address.removeprefix(source.address) if address.startswith(source.address) else address)
        if not is_allowed_url(url, home, source.allowed_hosts):
            raise SourceError(HttpCode.HOST_NOT_ALLOWED, host=authority(url))
        return url.extend_query({name: self._secrets.expand(value) for name, value in params.items()})

    async def _get_following_redirects(
        self, source: Source, url: URL, headers: Mapping[str, str], key: str
    ) -> ResponsePage | None:
        first, home = url, self._home(source)
        for _ in range(_MAX_REDIRECTS + 1):
            # The headers of a row, and the user of its address, may hold its key: they go to its own host only, where
            # neither a next-link nor a redirect repeats them.
            is_own = is_allowed_url(url, home, ())
            asked, own_headers = (_with_user(url, home), headers) if is_own else (url, {})
            result = await self._request(
                source, asked, {**self._validators.headers(key, str(asked)), **own_headers}, key
            )
            if not isinstance(result, URL):
                return result
            if not is_allowed_url(result, first, source.allowed_hosts):
                raise SourceError(HttpCode.REDIRECT_NOT_ALLOWED, host=authority(url), target=authority(result))
            url = result
        raise SourceError(HttpCode.TOO_MANY_REDIRECTS, limit=_MAX_REDIRECTS)

    async def _request(
        self, source: Source, url: URL, headers: Mapping[str, str], key: str
    ) -> ResponsePage | URL | None:
        """One request: a page, the target of a redirect, or None when unchanged."""
        sessions, now = self._shared.sessions, self._shared.clock
        try:
            async with sessions.session(source, url).get(
                url, headers=headers, allow_redirects=False, proxy=sessions.proxy_for(url)
            ) as response:
                self._shared.peer_monitor.record(source, response, now())
                if response.status == 304:
                    self._validators.keep(key, str(url))
                    return None
                if response.status in _REDIRECTS:
                    return _redirect_target(url, response.headers.get("Location", ""))
                if not 200 <= response.status < 300:
                    wait = retry_after(response.headers, now())
                    raise status_error(response.status, wait, await _read_error_message(source, response))
                page = await self._read_page(response, url)
                self._validators.replace(key, str(url), response.headers)
                return page
        except (aiohttp.ClientError, ValueError, OSError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise SourceError(connection_failure(error, url)) from None

    async def _read_page(self, response: aiohttp.ClientResponse, url: URL) -> ResponsePage:
        try:
            if _is_unasked_part(response):
                raise SourceError(HttpCode.ANSWER_CUT)
            body = await read_body(response, self._shared.size_limit)
            self._bytes_left -= len(body)
            if self._bytes_left < 0:
                raise too_large(POLL_LIMIT)
        except SourceError:
            response.close()  # else the connection would be drained before it is used again
            raise
        return _page(response, url, body)


def _page(response: aiohttp.ClientResponse, url: URL, body: bytes) -> ResponsePage:
    address = str(url.with_user(None).with_query(None).with_fragment(None))
    headers = response.headers
    has_next_page = any(_NEXT_PAGE.search(link) for link in headers.getall("Link", ()))
    return ResponsePage(
        body, response.content_type, response.charset or "", address, _total_count(headers), age=_age(headers),
        has_next_page=has_next_page,
    )  # fmt: skip


def _is_unasked_part(response: aiohttp.ClientResponse) -> bool:
    """Whether it is a part of what was asked for (206). An NGSI-LD broker so marks a history that `lastN` bounds."""
    by_time = response.headers.get("Content-Range", "").strip().lower().startswith("date-time")
    return response.status == 206 and not by_time and "Range" not in response.request_info.headers


def _age(headers: Mapping[str, str]) -> timedelta | None:
    """How old the body is: Last-Modified against Date, both by the server's clock; None where either is missing."""
    sent, modified = http_date(headers, "Date"), http_date(headers, "Last-Modified")
    return max(sent - modified, timedelta(0)) if sent and modified else None


def _total_count(headers: Mapping[str, str]) -> int | None:
    """The count of all items, from the header that servers with numbered pages send."""
    text = next((headers[name] for name in _TOTAL_HEADERS if name in headers), "")
    return int(text) if re.fullmatch(r"[0-9]{1,12}", text.strip(), re.ASCII) else None


def _parse_url(address: str) -> URL:
    try:
        url = URL(address)
    except ValueError:
        url = URL()
    if url.scheme not in ("http", "https") or not url.host or len(address) > _MAX_ADDRESS:
        raise SourceError(HttpCode.NOT_A_WEB_ADDRESS)
    return url


def _with_user(url: URL, home: URL) -> URL:
    """`url` with the user and password of `home`, unless it has its own."""
    return url if url.user or url.password else url.with_user(home.user).with_password(home.password)


def _redirect_target(url: URL, location: str) -> URL:
    try:
        target = url.join(URL(location)) if location else URL()
    except ValueError:
        target = URL()
    if not target.host:
        raise SourceError(HttpCode.REDIRECT_WITHOUT_TARGET)
    return target


async def _read_error_message(source: Source, response: aiohttp.ClientResponse) -> str:
    """The server's message on one line; "" when it has none in JSON, or does not send it in time."""
    try:
        async with asyncio.timeout(_MESSAGE_SECONDS):
            message = await read_in_thread(source, _decode_message, await read_body(response, _MESSAGE_BYTES))
    except (SourceError, ValueError, TimeoutError, aiohttp.ClientError):
        return ""
    printable = "".join(character if character.isprintable() else " " for character in message)
    return " ".join(printable.split())[:_MESSAGE_LENGTH]


def _decode_message(body: bytes) -> str:
    return server_message(orjson.loads(body))
