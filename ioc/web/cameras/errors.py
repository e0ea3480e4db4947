"""Codes of camera streams and snapshots, and the response that carries them."""

from flask import Response

from ioc.domain.base.failure import ErrorCode, Failure, FailureError, Parameter
from ioc.web.errors.json_errors import failure_response


class CameraStreamCode(ErrorCode):
    """Why no picture of a camera is shown. Texts: components/messages/errors/camera_stream.toml."""

    STREAM_NOT_FOUND = "camera_stream.stream_not_found"
    SNAPSHOT_NOT_FOUND = "camera_stream.snapshot_not_found"
    STORE_UNAVAILABLE = "camera_stream.store_unavailable"
    # The camera's response
    HOST_NOT_ALLOWED = "camera_stream.host_not_allowed"
    INCOMPLETE_RESPONSE = "camera_stream.incomplete_response"
    TOO_MANY_REDIRECTS = "camera_stream.too_many_redirects"
    ERROR_STATUS = "camera_stream.error_status"  # status: of HTTP
    COMPRESSED = "camera_stream.compressed"
    TOO_LARGE = "camera_stream.too_large"  # mebibytes: the limit
    TOO_SLOW = "camera_stream.too_slow"  # seconds: the limit
    NOT_A_STREAM = "camera_stream.not_a_stream"
    # Its playlist
    PLAYLIST_NOT_TEXT = "camera_stream.playlist_not_text"
    PLAYLIST_TOO_LONG = "camera_stream.playlist_too_long"  # lines: the limit
    PLAYLIST_UNSUPPORTED = "camera_stream.playlist_unsupported"
    PLAYLIST_BAD_ADDRESS = "camera_stream.playlist_bad_address"
    # Quotas
    TOO_MANY_VIEWERS = "camera_stream.too_many_viewers"
    TOO_MANY_REQUESTS = "camera_stream.too_many_requests"  # of all viewers at the same time
    VIEWER_TOO_FAST = "camera_stream.viewer_too_fast"
    TOO_MUCH_TRAFFIC = "camera_stream.too_much_traffic"


class UpstreamError(FailureError):
    """The camera sent nothing that may be shown. The failure holds no address: an address may hold a key."""

    def __init__(self, code: CameraStreamCode, /, **params: Parameter) -> None:
        super().__init__(Failure(code, params))


class StreamQuotaError(FailureError):
    """Not now. `status`: 429 when this viewer asks too fast, 503 when others use the capacity."""

    def __init__(self, code: CameraStreamCode, /) -> None:
        super().__init__(code)
        self.status = 429 if code is CameraStreamCode.VIEWER_TOO_FAST else 503


def with_camera_headers(response: Response) -> Response:
    """`response` with headers that keep a camera's bytes from being stored, executed or embedded elsewhere."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def error_response(status: int, failure: Failure) -> Response:
    """The failure as JSON, with the headers of all camera responses."""
    return with_camera_headers(failure_response(status, failure))
