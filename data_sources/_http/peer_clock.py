"""What an answer tells besides its data: the server's own clock, and until when its certificate is good."""

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import aiohttp
from aiohttp.connector import Connection

from ioc.domain.ingest.source import Source
from ioc.net.ssrf import literal

_LASTS = timedelta(minutes=15)
_MOST = 2_000
_OWN = ("127.", "::1")


class Answer(aiohttp.ClientResponse):
    """An answer that knows when its server's certificate ends: a short one lets its connection go once read."""

    certificate: datetime | None = None

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        """As the client does."""
        self.certificate = _certificate(connection)
        return await super().start(connection)


class Observed:
    """Of the newest answers: `certificates` by source; clocks by host, of other machines only."""

    def __init__(self) -> None:
        self.certificates: dict[str, datetime] = {}
        self._clocks: dict[str, tuple[datetime, float]] = {}

    def note(self, source: Source, response: aiohttp.ClientResponse, now: datetime) -> None:
        """Take what `response`, which began `now`, tells."""
        if isinstance(response, Answer) and response.certificate:
            self.certificates[source.key] = response.certificate
        host = response.url.host or ""
        if host == "localhost" or literal(host).startswith(_OWN):
            return
        if (ahead := _ahead(response.headers, now)) is not None:
            self._clocks[host] = (now, ahead)
            while len(self._clocks) > _MOST:
                self._clocks.pop(next(iter(self._clocks)))

    def clocks(self, now: datetime) -> Mapping[str, float]:
        """By host, by how many seconds our clock is ahead of its own, as heard within a quarter of an hour."""
        return {host: ahead for host, (at, ahead) in self._clocks.items() if abs(now - at) <= _LASTS}


def _ahead(headers: Mapping[str, str], now: datetime) -> float | None:
    if headers.get("Age", "0").strip() != "0":  # a cache on the way: its Date is that of another time
        return None
    try:
        told = parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    told = told if told.tzinfo else told.replace(tzinfo=UTC)
    return (now - told).total_seconds() - 0.5  # it tells whole seconds: half of one on the average


def _certificate(connection: Connection) -> datetime | None:
    secure = connection.transport.get_extra_info("ssl_object") if connection.transport else None
    ends = (secure.getpeercert() or {}).get("notAfter") if secure else None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if isinstance(ends, str) else None
