"""Errors of camera streams, and the headers of all responses about cameras."""

from flask import Response

from ioc.domain.base.failure import Failure, Parameter
from ioc.web.errors.codes import CameraStreamCode
from ioc.web.errors.request_error import RequestError


class UpstreamError(RequestError):
    """The camera sent nothing that may be shown. The failure holds no address: an address may hold a key."""

    def __init__(self, code: CameraStreamCode, /, **params: Parameter) -> None:
        super().__init__(Failure(code, params))


class StreamQuotaError(RequestError):
    """Not now: this viewer asks too fast, or others use the capacity."""


def with_camera_headers(response: Response) -> Response:
    """`response` with headers that keep a camera's bytes from being stored, executed or embedded elsewhere."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
