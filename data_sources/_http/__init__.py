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

from data_sources._http.body import read
from data_sources._http.error_body import said
from data_sources._http.errors import allowed, asked_wait, authority, refusal, told
from data_sources._http.peer_clock import Answer, Observed
from data_sources._http.resolver import Names, opened, reachable
from ioc.domain.base.times import Clock
from ioc.domain.ingest.parsing import slug
from ioc.domain.ingest.protocol import Letter, Page, SourceError, World
from ioc.domain.ingest.source import Source
from ioc.net.ssrf import BARRED, Barred, demand, literal

SIZE_LIMIT = 16 * 1_048_576
_AGENT = "ioc-can-tho/0.1 (poller)"
_REDIRECTS = 5
_SECRET = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


_TOTALS = ("NGSILD-Results-Count", "Fiware-Total-Count", "X-Total-Count")
_SHORTEST = 4  # shorter ones would be found in any text


class Door:
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
        mailbox: Callable[[str], list[Letter]] = lambda _: [],
    ) -> None:
        self.clock, self.size_limit, self.mailbox = clock, size_limit, mailbox
        self._secrets, self._ca, self._proxy = secrets, ca, proxy
        self._direct = frozenset((*direct, *_LOOPBACK))
        # By whether the row is `private`: a connection that one may use must not be handed to the other.
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self.observed = Observed()
        self._memories: dict[str, tuple[str, dict[str, Any]]] = {}

    async def __aenter__(self) -> Self:
        self._sessions = {private: _session(self.trust, private) for private in (False, True)}
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
        if address := literal(url.host or ""):
            try:
                demand(address, source.private)
            except Barred:
                raise SourceError(BARRED.format(where=url.host)) from None
        # A proxy is in the house itself, and finds names by itself.
        return self._sessions[source.private or self.proxy_for(url) is not None]

    def to(self, source: Source) -> World:
        """The world for one poll of `source`: its deadline begins with the first request.

        Its memory outlives the poll until the row changes. Who cannot read or keep an answer clears the memory, else
        the next poll would hear "unchanged" about an answer that nobody has.
        """
        fingerprint, memory = self._memories.get(source.key, ("", {}))
        if fingerprint != source.fingerprint:
            memory = {}
            self._memories[source.key] = (source.fingerprint, memory)
        return _Way(self, memory)

    @cached_property
    def trust(self) -> ssl.SSLContext:
        """What TLS connections are checked against."""
        made = ssl.create_default_context()
        if self._ca is not None:
            made.load_verify_locations(cafile=self._ca)
        return made

    def proxy_for(self, url: URL) -> str | None:
        """The proxy on the way to `url`, None for none."""
        return None if url.host in self._direct else self._proxy

    def revealed(self, text: str, used: dict[str, str], *, quoted: bool = False) -> str:
        """`text` with its ${NAME}s filled in, each noted in `used`. SourceError when one is not set."""

        def secret(match: re.Match[str]) -> str:
            if match[1] not in self._secrets:
                raise SourceError(f"the secret {match[1]} is not set")
            found = used[match[1]] = self._secrets[match[1]]
            return quote(found, safe="") if quoted else found

        return _SECRET.sub(secret, text)


def _forms(secret: str) -> list[str]:
    """How a secret may come back: as it is, quoted, or as part of an id; the longest first."""
    forms = {secret, quote(secret, safe=""), slug(secret)}
    return sorted((one for one in forms if len(one) >= _SHORTEST), key=len, reverse=True)


def _session(trust: ssl.SSLContext, private: bool) -> aiohttp.ClientSession:
    # No limit of connections: sources that hang must not queue others behind them.
    connector = aiohttp.TCPConnector(
        limit=0, ssl=trust, resolver=Names(), ttl_dns_cache=60, socket_factory=opened(private)
    )
    return aiohttp.ClientSession(
        connector=connector,
        response_class=Answer,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=None),
        headers={"User-Agent": _AGENT, "Accept-Encoding": "gzip"},
    )


class _Way:
    """A World over the door's session, for one poll."""

    def __init__(self, door: Door, memory: MutableMapping[str, Any]) -> None:
        self._door, self.memory = door, memory
        self._ends: float | None = None
        self._used: dict[str, str] = {}

    def masked(self, text: str) -> str:
        """As `World` promises."""
        for name, secret in self._used.items():
            for form in _forms(secret):
                text = re.sub(re.escape(form), f"<{name}>", text, flags=re.IGNORECASE)
        return text

    def now(self) -> datetime:
        """The aware time."""
        return self._door.clock()

    def reveal(self, text: str) -> str:
        """As `World` promises."""
        return self._door.revealed(text, self._used)

    def trust(self) -> ssl.SSLContext:
        """As `World` promises."""
        return self._door.trust

    def reach(self, source: Source) -> Callable[[str, int], list[str]]:
        """As `World` promises."""
        return reachable(source.private)

    async def mail(self, source: Source) -> list[Letter]:
        """As `World` promises."""
        return await asyncio.to_thread(self._door.mailbox, source.key)

    async def get(
        self,
        source: Source,
        address: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Page | None:
        """GET as `World` promises."""
        if self._ends is None:
            self._ends = asyncio.get_running_loop().time() + source.deadline.total_seconds()
        url = self._url(source, address, params or {})
        mark = f"{address} {sorted((params or {}).items())}"
        sent = {name: self._door.revealed(value, self._used) for name, value in (headers or {}).items()}
        try:
            async with asyncio.timeout_at(self._ends):
                return await self._followed(source, url, sent, mark)
        except TimeoutError:
            limit = source.deadline.total_seconds()
            raise SourceError(f"{authority(url)} gave no whole answer within {limit:g} s") from None

    def _url(self, source: Source, address: str, params: Mapping[str, str]) -> URL:
        # Only what the row itself says may name a secret: a server's next-link could ask for one.
        base = self._door.revealed(source.address, self._used, quoted=True)
        home = _parsed(base)
        url = _parsed(base + address.removeprefix(source.address) if address.startswith(source.address) else address)
        if not allowed(url, home, source.hosts):
            raise SourceError(f"{authority(url)} is not a host of this source")
        return url.extend_query({name: self._door.revealed(value, self._used) for name, value in params.items()})

    async def _followed(self, source: Source, url: URL, headers: Mapping[str, str], mark: str) -> Page | None:
        home = url
        for _ in range(_REDIRECTS + 1):
            # A row's headers may carry its key: they go to its own host only.
            own = headers if url.origin() == home.origin() else {}
            answer = await self._asked(source, url, {**self._marks(mark), **own}, mark)
            if not isinstance(answer, URL):
                return answer
            if not allowed(answer, home, source.hosts):
                raise SourceError(f"{authority(url)} redirects to {authority(answer)}, which is not allowed")
            url = answer
        raise SourceError(f"{authority(home)} redirects more than {_REDIRECTS} times")

    async def _asked(self, source: Source, url: URL, headers: Mapping[str, str], mark: str) -> Page | URL | None:
        """One exchange: a page, where it redirects to, or None when unchanged."""
        try:
            async with self._door.session(source, url).get(
                url, headers=headers, allow_redirects=False, proxy=self._door.proxy_for(url)
            ) as response:
                self._door.observed.note(source, response, self._door.clock())
                if response.status == 304:
                    return None
                if response.status in (301, 302, 303, 307, 308):
                    return _target(url, response.headers.get("Location", ""))
                if not 200 <= response.status < 300:
                    wait, words = asked_wait(response.headers), await said(response)
                    raise refusal(url, response.status, wait, self._door.clock(), words)
                page = await _page(response, url, self._door.size_limit)
                self._remember(mark, response.headers)
                return page
        except (aiohttp.ClientError, ValueError, OSError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise SourceError(told(error, url)) from None

    def _marks(self, mark: str) -> dict[str, str]:
        etag, modified = self.memory.get(mark, ("", ""))
        marks = {"If-None-Match": etag, "If-Modified-Since": modified}
        return {name: value for name, value in marks.items() if value}

    def _remember(self, mark: str, headers: Mapping[str, str]) -> None:
        marks = headers.get("ETag", ""), headers.get("Last-Modified", "")
        if any(marks):
            self.memory[mark] = marks
        else:
            self.memory.pop(mark, None)


async def _page(response: aiohttp.ClientResponse, url: URL, limit: int) -> Page:
    try:
        body = await read(response, limit)
    except SourceError:
        response.close()  # else the connection would be drained before it is used again
        raise
    address = str(url.with_user(None).with_query(None).with_fragment(None))
    return Page(body, response.content_type, response.charset or "", address, _total(response.headers))


def _total(headers: Mapping[str, str]) -> int | None:
    """The count of all items as the servers that page by number tell it."""
    text = next((headers[name] for name in _TOTALS if name in headers), "")
    return int(text) if re.fullmatch(r"[0-9]{1,12}", text.strip(), re.ASCII) else None


def _parsed(address: str) -> URL:
    try:
        url = URL(address)
    except ValueError:
        url = URL()
    if url.scheme not in ("http", "https") or not url.host:
        raise SourceError("the address is not a web address: right would be https://host/path")
    return url


def _target(url: URL, location: str) -> URL:
    try:
        target = url.join(URL(location)) if location else URL()
    except ValueError:
        target = URL()
    if not target.host:
        raise SourceError(f"{authority(url)} redirects without saying where to")
    return target
