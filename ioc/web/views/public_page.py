"""GET /cong-khai: what anyone may see, without signing in. Drawn at most once in a while, for everybody the same."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from time import monotonic

from flask import Blueprint, Response, request

from components.screens.public_page import public_page
from components.ui.i18n import LANGS, t
from ioc.auth.permissions import Action
from ioc.config.configuration import PublicPage
from ioc.domain.snapshot import Snapshot
from ioc.storage.db.store import StoreError
from ioc.web.live import stylesheets
from ioc.web.live.ssr import ICON_LINK
from ioc.web.middleware.authorization import requires

PATH = "/cong-khai"
CACHE_SECONDS = 30  # seconds for which a drawn page stands, here and in a cache between
_CSP = (
    "default-src 'none'; style-src 'self'; style-src-attr 'unsafe-inline'; font-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors *"
)


@dataclass(frozen=True, slots=True)
class _CachedPage:
    body: bytes
    etag: str
    expires_at: float


class _PageCache:
    """The page in each language. However many ask, one of them draws it."""

    def __init__(self, snapshot: Callable[[], Snapshot], shown: PublicPage) -> None:
        self._snapshot, self._shown = snapshot, shown
        self._pages: dict[str, _CachedPage] = {}
        self._render_lock = threading.Lock()

    def get(self, lang: str) -> _CachedPage:
        held = self._pages.get(lang)
        if held and monotonic() < held.expires_at:
            return held
        with self._render_lock:
            held = self._pages.get(lang)
            if held is None or monotonic() >= held.expires_at:
                held = self._pages[lang] = self._render(lang)
        return held

    def _render(self, lang: str) -> _CachedPage:
        shown, style = self._shown, stylesheets.public_stylesheet()[0]
        body = public_page(self._snapshot(), shown.kpis, shown.directives, lang, style=style, icon=ICON_LINK).encode()
        return _CachedPage(body, sha256(body).hexdigest()[:16], monotonic() + CACHE_SECONDS)


def blueprint(snapshot: Callable[[], Snapshot], published: PublicPage) -> Blueprint:
    """The page over `snapshot`; `shown`: what the city publishes."""
    made, pages = Blueprint("public", __name__), _PageCache(snapshot, published)

    @made.get(PATH)
    @requires(Action.VIEW_PUBLIC)
    def page() -> Response:
        drawn = pages.get(_lang())
        if request.if_none_match.contains(drawn.etag):
            answer = Response(status=304)
        else:
            answer = Response(drawn.body, mimetype="text/html")
        answer.set_etag(drawn.etag)
        answer.headers["Cache-Control"] = f"public, max-age={CACHE_SECONDS}"
        answer.headers["Content-Security-Policy"] = _CSP
        return answer

    @made.errorhandler(StoreError)
    def away(error: StoreError) -> Response:
        answer = Response(t("public.away", _lang()), 503, mimetype="text/plain")
        answer.headers["Retry-After"], answer.headers["Cache-Control"] = "10", "no-store"
        return answer

    return made


def _lang() -> str:
    """By the address alone, so that a cache between knows one page from the other."""
    asked = request.args.get("lang", "")
    return asked if asked in LANGS else LANGS[0]
