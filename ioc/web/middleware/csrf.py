"""CSRF protection: a writing request must be of the same origin and carry a signed double-submit token.

The cookie is SameSite=Strict and signed for the principal that it was issued to, so that one set by a neighbour under
the same domain, or by another port of this host, is not accepted. With it comes a hidden form field that is signed for
this cookie or, for Dash's requests, the cookie's value in a header.
"""

import hmac
import secrets
from hashlib import sha256

from flask import Flask, Response, current_app, g, request

from ioc.auth.principal import Principal
from ioc.net.url_origin import Origin, parse_origin
from ioc.web.errors import handlers
from ioc.web.errors.codes import RequestCode
from ioc.web.middleware.authentication import SAFE_METHODS
from ioc.web.middleware.authorization import current_principal

COOKIE, FIELD, HEADER = "ioc-csrf", "_csrf", "X-CSRF-Token"
KEY_LABEL = "forms"  # of SecretKey.derive
# A webhook authenticates with its own token, without a cookie; the API only answers that it does not write.
_EXEMPT_ENDPOINTS = frozenset({"webhooks.receive", "api.unknown_path"})
_CONFIG_KEY = "IOC_FORM_KEY"


def install(server: Flask, key: bytes) -> None:
    """Denies writing requests of other origins or without the token; sets the cookie with each page."""
    server.config[_CONFIG_KEY] = key

    @server.before_request
    def check() -> Response | None:
        if request.method in SAFE_METHODS or request.endpoint is None:
            return None
        if not _is_same_origin():
            return handlers.error_response(RequestCode.CROSS_ORIGIN)
        if request.endpoint in _EXEMPT_ENDPOINTS or _has_valid_token():
            return None
        if current_principal().revoked_reason:
            return handlers.session_ended_response(current_principal())
        return handlers.error_response(RequestCode.FORM_EXPIRED)

    @server.after_request
    def add_cookie(response: Response) -> Response:
        # A response that shared caches keep must carry nobody's cookie.
        is_personal = response.mimetype == "text/html" and not response.cache_control.public
        if is_personal and (cookie := _current_cookie()) != request.cookies.get(COOKIE):
            response.set_cookie(COOKIE, cookie, samesite="Strict", secure=request.is_secure)
        return response


def token() -> str:
    """The value of the hidden field of a form in the current response."""
    return _sign(current_app.config[_CONFIG_KEY], f"form|{_current_cookie()}")


def cookie_value(key: bytes, principal: Principal, nonce: str) -> str:
    """The cookie for a principal; it is not valid for another one, nor for another session of the same user."""
    return f"{nonce}.{_sign(key, f'cookie|{nonce}|{principal.kind}|{principal.name}|{principal.session_id}')}"


def _sign(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode("utf-8", "replace"), sha256).hexdigest()


def _current_cookie() -> str:
    """The browser's cookie if it was issued to this principal; else a new one."""
    if "form_cookie" not in g:
        cookie = request.cookies.get(COOKIE, "")
        g.form_cookie = cookie if _is_valid_cookie(cookie) else _new_cookie()
    return str(g.form_cookie)


def _new_cookie() -> str:
    return cookie_value(current_app.config[_CONFIG_KEY], current_principal(), secrets.token_urlsafe(18))


def _is_valid_cookie(cookie: str) -> bool:
    expected = cookie_value(current_app.config[_CONFIG_KEY], current_principal(), cookie.partition(".")[0])
    return hmac.compare_digest(cookie.encode("utf-8", "replace"), expected.encode("utf-8", "replace"))


def _has_valid_token() -> bool:
    cookie = request.cookies.get(COOKIE, "")
    if not _is_valid_cookie(cookie):
        return False
    if header := request.headers.get(HEADER, ""):
        return hmac.compare_digest(header.encode(), cookie.encode())
    return hmac.compare_digest(request.form.get(FIELD, "").encode(), token().encode())


def _origin_of(url: str) -> Origin | None:
    try:
        return parse_origin(url)
    except ValueError:
        return None


def _is_same_origin() -> bool:
    """Browsers send Origin or Sec-Fetch-Site with every POST; a program that sends neither carries no cookies."""
    origin = request.headers.get("Origin")
    if origin is not None:
        return _origin_of(origin) == _origin_of(f"{request.scheme}://{request.host}") is not None
    return request.headers.get("Sec-Fetch-Site", "same-origin") in {"same-origin", "none"}
