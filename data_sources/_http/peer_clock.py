"""What answers reveal besides their data: the server's clock, and when its certificate expires."""

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import aiohttp
from aiohttp.connector import Connection

from data_sources._http.answer_guard import guard_answer
from data_sources._http.headers import sent_at
from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE, is_within
from ioc.domain.ingest.source import Source
from ioc.net.ssrf import parse_ip_literal

_OFFSET_TTL = timedelta(minutes=15)
_MAX_HOSTS = 2_000
_LOOPBACK_PREFIXES = ("127.", "::1")


class CertificateAwareResponse(aiohttp.ClientResponse):
    """A response that remembers when its server's certificate expires: the connection may be gone once it is read.

    Its connection has a guard.
    """

    certificate_expiry: datetime | None = None

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        """Read the certificate, then start as aiohttp does, behind a guard."""
        self.certificate_expiry = _certificate_expiry(connection)
        guard = guard_answer(connection)
        started = await super().start(connection)
        if guard:
            guard.begin()
        return started


class PeerMonitor:
    """From the newest answers: `certificate_expiries` by source; clock offsets by host, of other machines only."""

    def __init__(self) -> None:
        self.certificate_expiries: dict[str, datetime] = {}
        self._clock_offsets: dict[str, tuple[datetime, float]] = {}

    def record(self, source: Source, response: aiohttp.ClientResponse, now: datetime) -> None:
        """Remember the certificate and the clock of `response`, which began at `now`."""
        if isinstance(response, CertificateAwareResponse) and response.certificate_expiry:
            self.certificate_expiries[source.key] = response.certificate_expiry
        host = response.url.host or ""
        if host == "localhost" or parse_ip_literal(host).startswith(_LOOPBACK_PREFIXES):
            return
        if (offset := _clock_offset(response.headers, now)) is not None:
            self._clock_offsets[host] = (now, offset)
            while len(self._clock_offsets) > _MAX_HOSTS:
                self._clock_offsets.pop(next(iter(self._clock_offsets)))

    def clock_offsets(self, now: datetime) -> Mapping[str, float]:
        """By host, how many seconds our clock is ahead of its clock, from answers of the last 15 minutes."""
        offsets = self._clock_offsets.items()
        return {host: offset for host, (at, offset) in offsets if is_within(_OFFSET_TTL, at, now, CLOCK_TOLERANCE)}


def _clock_offset(headers: Mapping[str, str], now: datetime) -> float | None:
    if (server_time := sent_at(headers)) is None:
        return None
    return (now - server_time).total_seconds() - 0.5  # Date has whole seconds: on average it is half a second behind


def _certificate_expiry(connection: Connection) -> datetime | None:
    tls = connection.transport.get_extra_info("ssl_object") if connection.transport else None
    not_after = (tls.getpeercert() or {}).get("notAfter") if tls else None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(not_after), UTC) if isinstance(not_after, str) else None
