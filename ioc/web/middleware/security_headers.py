"""Security headers of every response of Flask, and compression of pages and JSON."""

from collections.abc import Callable

from flask import Flask, Response, request

from ioc.web.live.endpoint import MIN_COMPRESS_BYTES, accepted_encoding, compress

_COMPRESSIBLE_TYPES = frozenset({"text/html", "application/json"})

_CSP = (
    "default-src 'self'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self' blob:; child-src blob:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)

_SECURITY_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),  # Dash's layout request must carry the address of its page
    ("Cross-Origin-Opener-Policy", "same-origin"),
    (
        "Permissions-Policy",
        "accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()",
    ),
)
# Dash has one address for the layouts of all pages, and one for their callbacks: a browser that goes back to a page
# would take from its cache what the page that it leaves got there. Answers of callbacks are personal.
_NEVER_STORED = frozenset({"/_dash-layout", "/_dash-dependencies", "/_dash-update-component"})
_HSTS = "max-age=31536000"


def install(server: Flask, hashes: Callable[[], list[str]]) -> None:
    """Adds the headers to every response of `server`.

    `hashes`: of the inline scripts, computed with each page since callbacks add some.
    """

    @server.after_request
    def compress_body(response: Response) -> Response:
        """Compresses pages and JSON, at a fast level. Static files are compressed ahead (static.py)."""
        encoding = accepted_encoding(request.environ)
        is_text = (
            response.mimetype in _COMPRESSIBLE_TYPES and not response.is_streamed and not response.direct_passthrough
        )
        if not encoding or not is_text or "Content-Encoding" in response.headers or response.status_code != 200:
            return response
        if (response.content_length or 0) > MIN_COMPRESS_BYTES:
            response.set_data(compress(response.get_data(), encoding))
            response.headers["Content-Encoding"] = encoding
            response.vary.add("Accept-Encoding")
        return response

    @server.after_request
    def add_headers(response: Response) -> Response:
        for name, value in _SECURITY_HEADERS:
            response.headers.setdefault(name, value)
        if request.is_secure:
            response.headers.setdefault("Strict-Transport-Security", _HSTS)
        if request.path in _NEVER_STORED:
            response.headers.setdefault("Cache-Control", "no-store")
        if response.mimetype == "text/html":
            if "Content-Security-Policy" not in response.headers:  # computing the hashes takes time
                response.headers["Content-Security-Policy"] = _CSP.format(hashes=" ".join(hashes()))
            response.headers.setdefault("Cache-Control", "no-cache")
        return response
