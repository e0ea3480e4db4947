"""What an answer tells besides its data: the server's own clock, and until when its certificate is good."""

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import aiohttp
from aiohttp.connector import Connection

from ioc.domain.ingest.source import Source
from ioc.net.ssrf import parse_ip_literal

_OFFSET_TTL = timedelta(minutes=15)
_MAX_HOSTS = 2_000
_LOOPBACK_PREFIXES = ("127.", "::1")


class CertificateAwareResponse(aiohttp.ClientResponse):
    """An answer that knows when its server's certificate ends: a short one lets its connection go once read."""

    certificate_expiry: datetime | None = None

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        """As the client does."""
        self.certificate_expiry = _certificate_expiry(connection)
        return await super().start(connection)


class PeerMonitor:
    """Of the newest answers: `certificates` by source; clocks by host, of other machines only."""

    def __init__(self) -> None:
        self.certificate_expiries: dict[str, datetime] = {}
        self._clock_offsets: dict[str, tuple[datetime, float]] = {}

    def record(self, source: Source, response: aiohttp.ClientResponse, now: datetime) -> None:
        """Take what `response`, which began `now`, tells."""
        if isinstance(response, CertificateAwareResponse) and response.certificate_expiry:
            self.certificate_expiries[source.key] = response.certificate_expiry
        host = response.url.host or ""
        if host == "localhost" or parse_ip_literal(host).startswith(_LOOPBACK_PREFIXES):
            return
        if (ahead := _clock_offset(response.headers, now)) is not None:
            self._clock_offsets[host] = (now, ahead)
            while len(self._clock_offsets) > _MAX_HOSTS:
                self._clock_offsets.pop(next(iter(self._clock_offsets)))

    def clock_offsets(self, now: datetime) -> Mapping[str, float]:
        """By host, by how many seconds our clock is ahead of its own, as heard within a quarter of an hour."""
        return {host: ahead for host, (at, ahead) in self._clock_offsets.items() if abs(now - at) <= _OFFSET_TTL}


def _clock_offset(headers: Mapping[str, str], now: datetime) -> float | None:
    if headers.get("Age", "0").strip() != "0":  # a cache on the way: its Date is that of another time
        return None
    try:
        told = parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    told = told if told.tzinfo else told.replace(tzinfo=UTC)
    return (now - told).total_seconds() - 0.5  # it tells whole seconds: half of one on the average


def _certificate_expiry(connection: Connection) -> datetime | None:
    secure = connection.transport.get_extra_info("ssl_object") if connection.transport else None
    ends = (secure.getpeercert() or {}).get("notAfter") if secure else None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if isinstance(ends, str) else None
