"""Writes come from our own pages: each carries what only a page that we gave to this browser can know.

A cookie that other sites can neither read nor have sent along (SameSite=Strict), and with it either a form's hidden
field, signed for this cookie and this session, or for Dash's questions the cookie itself in a header.
"""

import hmac
import secrets
from hashlib import sha256
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request

from web import denials
from web.access import visitor

COOKIE, FIELD, HEADER = "ioc-form", "_form", "X-Ioc-Form"
LABEL = "forms"  # of the secret's key
# A source shows its own token and carries no cookie; the API only says that it does not write.
_WITHOUT = frozenset({"mail_in.post", "api.nothing"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_KEY = "IOC_FORM_KEY"


def guard(server: Flask, key: bytes) -> None:
    """Refuses writes of other origins and those without the token; gives browsers the cookie."""
    server.config[_KEY] = key

    @server.before_request
    def ours() -> Response | None:
        if request.method in _SAFE or request.endpoint is None:
            return None
        if not _same_origin():
            return denials.refuse("foreign")
        return None if request.endpoint in _WITHOUT or _carried() else denials.refuse("stale_form")

    @server.after_request
    def give(response: Response) -> Response:
        lacking = COOKIE not in request.cookies or "form_cookie" in g
        # What a cache between keeps for everybody must carry nobody's cookie.
        if lacking and response.mimetype == "text/html" and not response.cache_control.public:
            response.set_cookie(COOKIE, _cookie(), samesite="Strict", secure=request.is_secure)
        return response


def token() -> str:
    """The hidden field of a form in the page that is being answered."""
    who = visitor()
    text = f"{_cookie()}|{who.kind}|{who.name}|{who.session}"
    return hmac.new(current_app.config[_KEY], text.encode(), sha256).hexdigest()


def _cookie() -> str:
    held = request.cookies.get(COOKIE, "")
    if len(held) >= 20 or "form_cookie" in g:
        return str(g.get("form_cookie", held))
    g.form_cookie = secrets.token_urlsafe(18)
    return str(g.form_cookie)


def _carried() -> bool:
    held = request.cookies.get(COOKIE, "")
    if len(held) < 20:
        return False
    if given := request.headers.get(HEADER, ""):
        return hmac.compare_digest(given.encode(), held.encode())
    return hmac.compare_digest(request.form.get(FIELD, "").encode(), token().encode())


def _same_origin() -> bool:
    """A browser sends Origin or Sec-Fetch-Site with every POST; a program that sends neither carries no cookies."""
    origin = request.headers.get("Origin")
    if origin is not None:
        return urlsplit(origin).netloc == request.host
    return request.headers.get("Sec-Fetch-Site", "same-origin") in {"same-origin", "none"}
