"""The door: in front of everything, decides per request whether the view token is needed."""

import re
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, quote, urlencode

import htpy as h

from components.text import LANGS, say
from security.token import COOKIE, is_local, pass_of, passed, shown
from web.live import Environ, Start, Wsgi, language

_OPEN = frozenset({"/healthz"})
# What is posted to a source's own address shows that source's token. No other path may pass: pages lie below.
_MAIL = re.compile(r"/vao/[a-z0-9-]{1,100}")
_YEAR = 365 * 24 * 3600
_STYLE = (
    "body{margin:0;min-height:100vh;display:grid;place-items:center;background:#0b1217;color:#eaf1f5;"
    "font:18px/1.5 system-ui,sans-serif}form{width:min(21rem,88vw)}"
    "h1{font-size:1.5rem;font-weight:600;margin:0 0 .5rem}"
    "p{margin:0 0 1rem;color:#93a7b4}input,button{box-sizing:border-box;width:100%;min-height:56px;font:inherit;"
    "font-size:1.25rem;border-radius:8px;border:1px solid #5b6f7c;background:#121c23;color:inherit;padding:0 16px}"
    "button{margin-top:14px;background:#1773b0;border:0;font-weight:600}.wrong{color:#f5b73d}small{color:#93a7b4}"
)


def proxied(environ: Environ) -> bool:
    """Whether a proxy stood between: it would make the world look like this machine."""
    # All names in one text: asked of every question, and cheaper than looking at each.
    return not _VIA.isdisjoint(environ) or "HTTP_X_FORWARDED" in " ".join(environ)


_VIA = frozenset({"HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP", "HTTP_CF_CONNECTING_IP"})


class Gate:
    """Lets through what is local or holds the token's cookie; asks everyone else for the token."""

    def __init__(self, inner: Wsgi, token: str) -> None:
        self._inner, self._token = inner, token

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        if self._open(environ):
            return self._inner(environ, start)
        query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
        given = query.pop("ma", None)
        if given is not None and shown(self._token, given):
            return self._admit(environ, start, query)
        return self._ask(environ, start, query, given)

    def _open(self, environ: Environ) -> bool:
        path = environ.get("PATH_INFO", "")
        if path in _OPEN or _MAIL.fullmatch(path):
            return True
        host = environ.get("HTTP_HOST") or environ.get("SERVER_NAME", "")
        return is_local(environ.get("REMOTE_ADDR", ""), host, proxied(environ)) or self._known(environ)

    def _known(self, environ: Environ) -> bool:
        text = environ.get("HTTP_COOKIE", "")
        if COOKIE not in text:
            return False
        try:
            held = SimpleCookie(text).get(COOKIE)
        except CookieError:
            return False
        return held is not None and passed(self._token, held.value)

    def _admit(self, environ: Environ, start: Start, query: dict[str, str]) -> Iterable[bytes]:
        rest = f"?{urlencode(query)}" if query else ""
        path = "/" + environ.get("PATH_INFO", "/").encode("latin-1").decode("utf-8", "replace").lstrip("/\\")
        cookie = f"{COOKIE}={pass_of(self._token)}; Path=/; Max-Age={_YEAR}; HttpOnly; SameSite=Lax"
        secure = "; Secure" if environ.get("wsgi.url_scheme") == "https" else ""
        headers = [
            ("Location", quote(path, safe="/-._~") + rest),
            ("Set-Cookie", cookie + secure),
            ("Content-Length", "0"),
        ]
        start("303 See Other", [*headers, ("Cache-Control", "no-store")])
        return ()

    def _ask(self, environ: Environ, start: Start, query: dict[str, str], given: str | None) -> Iterable[bytes]:
        lang = query.get("lang") or language(environ)
        page = _form(lang if lang in LANGS else "vi", query, given is not None).encode()
        headers = [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(page))),
            ("Cache-Control", "no-store"),
            ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
            ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        start("401 Unauthorized", headers)
        return (page,)


def _form(lang: str, query: dict[str, str], wrong: bool) -> str:
    hint = h.p(".wrong", role="alert")[say("link.sign_wrong", lang)] if wrong else None
    page = h.html(lang=lang)[
        h.head[
            h.meta(charset="utf-8"),
            h.meta(name="viewport", content="width=device-width, initial-scale=1"),
            h.title[say("link.sign_title", lang)],
            h.style[_STYLE],
        ],
        h.body[
            h.form(method="get")[
                h.h1[say("link.sign_title", lang)],
                h.p[say("link.sign_ask", lang)],
                hint,
                [h.input(type="hidden", name=key, value=value) for key, value in query.items()],
                h.input(
                    name="ma",
                    aria_label=say("link.sign_title", lang),
                    autocomplete="off",
                    autocapitalize="none",
                    spellcheck="false",
                    autofocus=True,
                    required=True,
                ),
                h.button[say("link.sign_open", lang)],
                h.p[h.small[say("link.sign_hint", lang)]],
            ]
        ],
    ]
    return str(page)
