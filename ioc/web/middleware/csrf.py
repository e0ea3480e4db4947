"""Writes come from our own pages: each carries what only a page that we gave to this browser can know.

A cookie that other sites can neither read nor have sent along (SameSite=Strict), signed for whoever it was given to:
one that a neighbour under the same domain, or another port of this host, has set is none of ours. With it comes either
a form's hidden field, signed for this cookie, or for Dash's questions the cookie itself in a header.
"""

import hmac
import secrets
from hashlib import sha256
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request

from ioc.auth.principal import Principal
from ioc.web.errors import handlers
from ioc.web.middleware.authentication import SAFE_METHODS
from ioc.web.middleware.authorization import current_principal

COOKIE, FIELD, HEADER = "ioc-form", "_form", "X-Ioc-Form"
KEY_LABEL = "forms"  # of the secret's key
# A source shows its own token and carries no cookie; the API only says that it does not write.
_EXEMPT_ENDPOINTS = frozenset({"webhooks.receive", "api.unknown_path"})
_CONFIG_KEY = "IOC_FORM_KEY"


def install(server: Flask, key: bytes) -> None:
    """Refuses writes of other origins and those without the token; gives browsers the cookie."""
    server.config[_CONFIG_KEY] = key

    @server.before_request
    def ours() -> Response | None:
        if request.method in SAFE_METHODS or request.endpoint is None:
            return None
        if not _is_same_origin():
            return handlers.error_response("foreign")
        if request.endpoint in _EXEMPT_ENDPOINTS or _has_valid_token():
            return None
        return (
            handlers.session_ended_response(current_principal())
            if current_principal().revoked_reason
            else handlers.error_response("stale_form")
        )

    @server.after_request
    def give(response: Response) -> Response:
        # What a cache between keeps for everybody must carry nobody's cookie.
        wanted = response.mimetype == "text/html" and not response.cache_control.public
        if wanted and (cookie := _current_cookie()) != request.cookies.get(COOKIE):
            response.set_cookie(COOKIE, cookie, samesite="Strict", secure=request.is_secure)
        return response


def token() -> str:
    """The hidden field of a form in the page that is being answered."""
    return _sign(current_app.config[_CONFIG_KEY], f"form|{_current_cookie()}")


def cookie_value(key: bytes, principal: Principal, nonce: str) -> str:
    """The cookie of one visitor: somebody else's, and that of their session before, is worth nothing to them."""
    return f"{nonce}.{_sign(key, f'cookie|{nonce}|{principal.kind}|{principal.name}|{principal.session_id}')}"


def _sign(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode("utf-8", "replace"), sha256).hexdigest()


def _current_cookie() -> str:
    """The one that the browser holds, if it was given to this very visitor; else a new one."""
    if "form_cookie" not in g:
        held = request.cookies.get(COOKIE, "")
        g.form_cookie = held if _is_valid_cookie(held) else _new_cookie()
    return str(g.form_cookie)


def _new_cookie() -> str:
    return cookie_value(current_app.config[_CONFIG_KEY], current_principal(), secrets.token_urlsafe(18))


def _is_valid_cookie(held: str) -> bool:
    good = cookie_value(current_app.config[_CONFIG_KEY], current_principal(), held.partition(".")[0])
    return hmac.compare_digest(held.encode("utf-8", "replace"), good.encode("utf-8", "replace"))


def _has_valid_token() -> bool:
    held = request.cookies.get(COOKIE, "")
    if not _is_valid_cookie(held):
        return False
    if given := request.headers.get(HEADER, ""):
        return hmac.compare_digest(given.encode(), held.encode())
    return hmac.compare_digest(request.form.get(FIELD, "").encode(), token().encode())


def _is_same_origin() -> bool:
    """A browser sends Origin or Sec-Fetch-Site with every POST; a program that sends neither carries no cookies."""
    origin = request.headers.get("Origin")
    if origin is not None:
        return urlsplit(origin).netloc == request.host
    return request.headers.get("Sec-Fetch-Site", "same-origin") in {"same-origin", "none"}
