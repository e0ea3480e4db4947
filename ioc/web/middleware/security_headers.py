"""What every answer of Flask says to the browser about trust. Who may write: ioc/web/middleware/csrf.py."""

from collections.abc import Callable

from flask import Flask, Response, request

from ioc.web.live.endpoint import MIN_COMPRESS_BYTES, accepted_encoding, compress

_COMPRESSIBLE_TYPES = frozenset({"text/html", "application/json"})

_CSP = (
    "default-src 'self'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self' blob:; child-src blob:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)

_UNUSED = ("accelerometer", "camera", "geolocation", "gyroscope", "microphone", "payment", "usb")
_SECURITY_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),  # Dash's layout asks for the address of its page
    ("Cross-Origin-Opener-Policy", "same-origin"),
    (
        "Permissions-Policy",
        "accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()",
    ),
)
_HSTS = "max-age=31536000"


def install(server: Flask, hashes: Callable[[], list[str]]) -> None:
    """Adds the headers to every answer of `server`.

    `hashes`: of the inline scripts, asked at each page since callbacks add to them.
    """

    @server.after_request
    def squeeze(response: Response) -> Response:
        """Pages and JSON are made per request: quickly compressed. Files are compressed ahead (static.py)."""
        encoding = accepted_encoding(request.environ)
        body_is_text = (
            response.mimetype in _COMPRESSIBLE_TYPES and not response.is_streamed and not response.direct_passthrough
        )
        if not encoding or not body_is_text or "Content-Encoding" in response.headers or response.status_code != 200:
            return response
        if (response.content_length or 0) > MIN_COMPRESS_BYTES:
            response.set_data(compress(response.get_data(), encoding))
            response.headers["Content-Encoding"] = encoding
            response.vary.add("Accept-Encoding")
        return response

    @server.after_request
    def add(response: Response) -> Response:
        for name, value in _SECURITY_HEADERS:
            response.headers.setdefault(name, value)
        if request.is_secure:
            response.headers.setdefault("Strict-Transport-Security", _HSTS)
        if response.mimetype == "text/html":
            if "Content-Security-Policy" not in response.headers:  # the hashes are worked out each time
                response.headers["Content-Security-Policy"] = _CSP.format(hashes=" ".join(hashes()))
            response.headers.setdefault("Cache-Control", "no-cache")
        return response
