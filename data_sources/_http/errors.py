"""Codes of the HTTP client, and the failure of an error status. Without the client, which only a poller needs."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ioc.domain.base.failure import ErrorCode
from ioc.domain.ingest.protocol import SourceError

MAX_RETRY_AFTER = 86_400.0


class HttpCode(ErrorCode):
    """Why a fetch over HTTP brought nothing. Texts: components/messages/errors/http.toml."""

    ACCESS_REFUSED = "http.access_refused"  # status: 401 or 403; external: the server's own message
    TOO_MANY_REQUESTS = "http.too_many_requests"  # external: the server's own message
    NOT_FOUND = "http.not_found"  # external: the server's own message
    ERROR_STATUS = "http.error_status"  # status; external: the server's own message
    PROXY_UNREACHABLE = "http.proxy_unreachable"  # host
    PROXY_REFUSED = "http.proxy_refused"  # host, status
    NAME_NOT_FOUND = "http.name_not_found"
    CERTIFICATE_UNTRUSTED = "http.certificate_untrusted"  # external: the TLS library's message
    TLS_FAILED = "http.tls_failed"
    CONNECT_FAILED = "http.connect_failed"  # cause: of the system
    CONNECTION_CLOSED = "http.connection_closed"
    ANSWER_CUT = "http.answer_cut"
    NOT_HTTP = "http.not_http"
    MALFORMED_REQUEST = "http.malformed_request"
    NOT_A_WEB_ADDRESS = "http.not_a_web_address"
    HOST_NOT_ALLOWED = "http.host_not_allowed"  # host
    REDIRECT_NOT_ALLOWED = "http.redirect_not_allowed"  # host, target
    TOO_MANY_REDIRECTS = "http.too_many_redirects"  # limit
    REDIRECT_WITHOUT_TARGET = "http.redirect_without_target"
    ANSWER_STILL_READ = "http.answer_still_read"
    ANSWER_TOO_LARGE = "http.answer_too_large"  # mebibytes
    UNEXPECTED_ENCODING = "http.unexpected_encoding"  # encoding
    NOT_GZIP = "http.not_gzip"
    GZIP_CUT = "http.gzip_cut"
    UNCHANGED_UNASKED = "http.unchanged_unasked"  # 304 to a request without a validator of an earlier answer


def status_error(status: int, retry_after: str | None, now: datetime, server_message: str = "") -> SourceError:
    """The error for an answer with an error status. `server_message`: the server's own explanation."""
    if status in (401, 403):
        return SourceError(HttpCode.ACCESS_REFUSED, is_refused=True, status=status, external=server_message)
    wait = _retry_after_seconds(retry_after, now) if retry_after else None
    if status == 404:
        return SourceError(HttpCode.NOT_FOUND, retry_after=wait, external=server_message)
    if status == 429:
        return SourceError(HttpCode.TOO_MANY_REQUESTS, retry_after=wait, external=server_message)
    return SourceError(HttpCode.ERROR_STATUS, retry_after=wait, status=status, external=server_message)


def retry_after_header(headers: Mapping[str, str]) -> str | None:
    """Retry-After of an answer, else X-RateLimit-Reset (seconds); None when it has neither."""
    return headers.get("Retry-After") or headers.get("X-RateLimit-Reset")


def _retry_after_seconds(text: str, now: datetime) -> float | None:
    """Seconds from a Retry-After header, which is a number of seconds or a date; None when it is neither."""
    if re.fullmatch(r"[0-9]{1,9}", text.strip(), re.ASCII):
        return min(float(text), MAX_RETRY_AFTER)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max((until - now).total_seconds(), 0.0), MAX_RETRY_AFTER)


def too_large(limit: int) -> SourceError:
    """The failure of an answer of more than `limit` bytes."""
    return SourceError(HttpCode.ANSWER_TOO_LARGE, mebibytes=limit / 1_048_576)
