"""Codes of the HTTP client, and the failure of an error status. Without the client, which only a poller needs."""

from ioc.domain.base.failure import ErrorCode
from ioc.domain.ingest.protocol import SourceError


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


def status_error(status: int, retry_after: float | None, server_message: str = "") -> SourceError:
    """The error for an answer with an error status. `retry_after`: seconds. `server_message`: its own explanation."""
    if status in (401, 403):
        return SourceError(HttpCode.ACCESS_REFUSED, is_refused=True, status=status, external=server_message)
    if status == 404:
        return SourceError(HttpCode.NOT_FOUND, retry_after=retry_after, external=server_message)
    if status == 429:
        return SourceError(HttpCode.TOO_MANY_REQUESTS, retry_after=retry_after, external=server_message)
    return SourceError(HttpCode.ERROR_STATUS, retry_after=retry_after, status=status, external=server_message)


def too_large(limit: int) -> SourceError:
    """The failure of an answer of more than `limit` bytes."""
    return SourceError(HttpCode.ANSWER_TOO_LARGE, mebibytes=limit / 1_048_576)
