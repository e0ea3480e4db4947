"""What an answer's status, its redirects and a broken connection mean. No reason ever holds a query or a password."""

import os
import re
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
from yarl import URL

from ioc.domain.base.failure import untyped
from ioc.domain.ingest.protocol import SourceError
from ioc.net.ssrf import PRIVATE_ADDRESS_REASON, PrivateAddressError
from ioc.net.url_origin import Origin, is_allowed_origin

MAX_RETRY_AFTER = 86_400.0
_STATUS_MEANINGS = {
    400: "the request is not understood",
    404: "not found",
    406: "the wanted form is not offered",
    408: "it waited too long for the request",
    410: "gone for good",
    429: "too many requests",
    500: "the server failed",
    502: "the server behind it failed",
    503: "not available for now",
    504: "the server behind it did not answer",
}


def authority(url: URL) -> str:
    """Host and port as a reason may name them."""
    return url.host_port_subcomponent or "address"


def is_allowed_url(url: URL, home: URL, hosts: tuple[str, ...]) -> bool:
    """Whether `url` is at `home` (or its https) or at one of `hosts`, and not less secret than `home`."""
    return is_allowed_origin(_origin(url), _origin(home), hosts)


def _origin(url: URL) -> Origin:
    return Origin(url.scheme, url.host or "", url.port or 0)


def status_error(
    url: URL, status: int, retry_after: str | None, now: datetime, server_message: str = ""
) -> SourceError:
    """The error for an answer that is none; `words`: what the server itself says of it."""
    wait = _retry_after_seconds(retry_after, now) if retry_after else None
    where, own = authority(url), f"; it says: {server_message}" if server_message else ""
    if status in (401, 403):
        return SourceError(
            untyped(f"{where} refuses us ({status}): credentials or permission are missing{own}"), is_refused=True
        )
    meaning = _STATUS_MEANINGS.get(status, "the server failed" if status >= 500 else "the request is refused")
    return SourceError(untyped(f"{where} answered {status}: {meaning}{own}"), retry_after=wait)


def retry_after_header(headers: Mapping[str, str]) -> str | None:
    """How long a refusal asks to be left alone: Retry-After, else the seconds until a rate limit begins anew."""
    return headers.get("Retry-After") or headers.get("X-RateLimit-Reset")


def _retry_after_seconds(text: str, now: datetime) -> float | None:
    """Retry-After: seconds or a date."""
    if re.fullmatch(r"[0-9]{1,9}", text.strip(), re.ASCII):
        return min(float(text), MAX_RETRY_AFTER)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max((until - now).total_seconds(), 0.0), MAX_RETRY_AFTER)


def describe_error(error: Exception, url: URL) -> str:
    """A broken exchange as one sentence. The client's own words may hold the address, so they are not repeated."""
    where = authority(url)
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, PrivateAddressError):
        return PRIVATE_ADDRESS_REASON.format(where=url.host)
    for kind, sentence in _CONNECTION_ERRORS:
        if isinstance(error, kind):
            return sentence.format(where=where, host=url.host, why=_error_detail(error))
    return f"the connection to {where} broke off"


# The first that fits: particular ones before their bases.
_CONNECTION_ERRORS: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ClientConnectorDNSError, "the name {host} cannot be found"),
    (aiohttp.ClientConnectorCertificateError, "the certificate of {where} is not trusted: {why}"),
    (aiohttp.ClientSSLError, "no TLS connection to {where} comes about"),
    (aiohttp.ClientProxyConnectionError, "the proxy on the way to {where} cannot be reached"),
    (aiohttp.ClientHttpProxyError, "the proxy on the way to {where} answered {why}"),
    (aiohttp.ClientConnectorError, "cannot connect to {where}: {why}"),
    (aiohttp.ServerDisconnectedError, "{where} closed the connection without an answer"),
    (aiohttp.ClientPayloadError, "the answer of {where} broke off"),
    (aiohttp.ClientResponseError, "{where} does not answer in HTTP"),
    (ValueError, "the address, a header or a parameter of the row is malformed"),
)


def _error_detail(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        cause = error.certificate_error
        return cause.verify_message if isinstance(cause, ssl.SSLCertVerificationError) else "it cannot be verified"
    if isinstance(error, aiohttp.ClientConnectorError):
        broken = error.os_error  # asyncio puts its own words in the place of the system's
        plain = os.strerror(broken.errno) if broken.errno and broken.errno > 0 else broken.strerror
        return (plain or "no answer")[:80]
    return str(error.status) if isinstance(error, aiohttp.ClientResponseError) else ""
