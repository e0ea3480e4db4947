"""The poller's HTTP client: one factory for all sources, one client for each poll."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from data_sources._http.client import PendingMessages, SharedResources, SourceHttpClient
from data_sources._http.peer_clock import PeerMonitor
from data_sources._http.sessions import SessionPool
from ioc.domain.base.times import Clock
from ioc.domain.ingest.protocol import FetchContext, WebhookMessage
from ioc.domain.ingest.source import Source

SIZE_LIMIT = 16 * 1_048_576  # bytes of one answer


class HttpClientFactory:
    """Makes the FetchContext of each poll; its sessions are open within `async with`.

    `secrets`: values for the ${NAME}s of a row's address, headers and params. `ca`: a file with certificates to trust
    besides the system's. `proxy` is not used for the hosts `direct`. `pending_messages`: the webhook messages that wait
    for a source, without them none; it ends before the deadline of the source, because its faults are our own.
    `may_connect`: see FetchContext.
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
        pending_messages: PendingMessages | None = None,
        may_connect: Callable[[], bool] = lambda: True,
    ) -> None:
        self.peer_monitor = PeerMonitor()
        self._secrets, self._sessions = secrets, SessionPool(ca, proxy, direct)
        self._shared = SharedResources(
            clock, self._sessions, self.peer_monitor, size_limit, pending_messages or _no_messages,
            may_connect, lambda key: self.poll_soon(key),
        )  # fmt: skip
        self.poll_soon: Callable[[str], None] = lambda _key: None  # see FetchContext; set by who polls
        self._memories: dict[str, tuple[str, dict[str, Any]]] = {}

    async def __aenter__(self) -> Self:
        self._sessions.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        # Connections that listen would take what another process polls for by now.
        await asyncio.gather(*(asyncio.to_thread(close) for close in self._shared.closers.values()))
        self._shared.closers.clear()
        await self._sessions.close()
        # What the last polls brought may never have been stored: whoever polls again asks for it in full.
        self._memories.clear()

    def listening(self) -> list[str]:
        """Keys of the sources with a connection that listens."""
        return list(self._shared.closers)

    def context_for(self, source: Source) -> FetchContext:
        """The FetchContext for one poll of `source`.

        Its memory outlives the poll until the row changes. Whoever cannot read or store an answer clears the memory:
        otherwise the next poll would be told "unchanged" about an answer that nobody has.
        """
        fingerprint, memory = self._memories.get(source.key, ("", {}))
        if fingerprint != source.fingerprint:
            memory = {}
            self._memories[source.key] = (source.fingerprint, memory)
        return SourceHttpClient(self._shared, self._secrets, memory)


async def _no_messages(_source: Source) -> list[WebhookMessage]:
    return []
