"""What every page's answer says to the browser about trust, and who may call Dash's callbacks."""

from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Flask, Response, request

from web.live import PLAIN_UP_TO, accepted, compress

_TEXT = frozenset({"text/html", "application/json"})

_POLICY = (
    "default-src 'self'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self' blob:; child-src blob:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)


def guard(server: Flask, hashes: Callable[[], list[str]]) -> None:
    """Adds the headers to every answer of `server`; a change may only come from our own pages.

    `hashes`: of the inline scripts, asked at each page since callbacks add to them.
    """

    @server.before_request
    def same_origin() -> Response | None:
        if request.method in {"GET", "HEAD", "OPTIONS"} or _ours():
            return None
        return Response("foreign origin", 403, mimetype="text/plain")

    @server.after_request
    def squeeze(response: Response) -> Response:
        """Pages and JSON are made per request: quickly compressed. Files are compressed ahead (web/static.py)."""
        encoding = accepted(request.environ)
        body_is_text = response.mimetype in _TEXT and not response.is_streamed and not response.direct_passthrough
        if not encoding or not body_is_text or "Content-Encoding" in response.headers or response.status_code != 200:
            return response
        if (response.content_length or 0) > PLAIN_UP_TO:
            response.set_data(compress(response.get_data(), encoding))
            response.headers["Content-Encoding"] = encoding
            response.vary.add("Accept-Encoding")
        return response

    @server.after_request
    def add(response: Response) -> Response:
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        if response.mimetype == "text/html":
            response.headers.setdefault("Content-Security-Policy", _POLICY.format(hashes=" ".join(hashes())))
            response.headers.setdefault("Cache-Control", "no-cache")
        return response


def _ours() -> bool:
    """A browser sends Origin or Sec-Fetch-Site with every POST; a program that sends neither carries no cookies."""
    origin = request.headers.get("Origin")
    if origin is not None:
        return urlsplit(origin).netloc == request.host
    return request.headers.get("Sec-Fetch-Site", "same-origin") in {"same-origin", "none"}
