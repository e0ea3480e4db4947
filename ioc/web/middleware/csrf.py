"""CSRF protection: a request that writes must come from a page of this program (Fetch Metadata, W3C; RFC 6454).

Sec-Fetch-Site decides where the browser sends it: over TLS and on loopback. Elsewhere Origin must equal scheme, host
and port. Cookies are SameSite=Strict besides (cookies.py). A client that sends neither header is no browser: it may
write only with what it puts into the request itself, an API key or the token of a webhook.
"""

import re

from flask import Flask, request

from ioc.net.url_origin import Origin, parse_origin
from ioc.web.errors.codes import RequestCode
from ioc.web.errors.request_error import RequestError
from ioc.web.middleware.authentication import SAFE_METHODS, bearer_key

_OWN_SITES = frozenset(
    {"same-origin", "none"}
)  # none: an act of the person in the browser itself, a reload for instance
_ORIGIN = re.compile(r"[a-z]+://[^/?#@\\\s]+", re.IGNORECASE)  # scheme, host and port, nothing else (RFC 6454, 7)
_WEBHOOK_ENDPOINT = "webhooks.receive"


def install(server: Flask) -> None:
    """Denies requests that write and come from another origin, or do not say where they come from."""

    @server.before_request
    def check() -> None:
        if request.method in SAFE_METHODS or request.endpoint is None:
            return
        if code := _origin_fault():
            raise RequestError(code)


def _origin_fault() -> RequestCode | None:
    """Why the current request may not write: CROSS_ORIGIN, ORIGIN_MISSING; None where it may."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        return None if site in _OWN_SITES else RequestCode.CROSS_ORIGIN
    if origin is not None:
        return None if _ORIGIN.fullmatch(origin) and is_own_origin(origin) else RequestCode.CROSS_ORIGIN
    is_without_cookie = request.endpoint == _WEBHOOK_ENDPOINT or bearer_key(request.environ)
    return None if is_without_cookie else RequestCode.ORIGIN_MISSING


def is_own_origin(url: str) -> bool:
    """Whether scheme, host and port of `url` are those of the current request."""
    return _origin_of(url) == _origin_of(f"{request.scheme}://{request.host}") is not None


def _origin_of(url: str) -> Origin | None:
    try:
        return parse_origin(url)
    except ValueError:
        return None
