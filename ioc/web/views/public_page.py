"""GET /cong-khai: the public page, without login; rendered at most every CACHE_SECONDS, the same for everybody."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from time import monotonic

from flask import Blueprint, Response, request

from components.screens.public_page import public_page
from components.ui.i18n import LANGS
from ioc.config.configuration import PublicPage
from ioc.domain.access.permissions import Action
from ioc.domain.snapshot import Snapshot
from ioc.web.live import bundles
from ioc.web.live.ssr import ICON_LINK
from ioc.web.middleware.authorization import requires

PATH = "/cong-khai"
CACHE_SECONDS = 30  # here and in shared caches
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
    """The page in each language. Of many requests at once one renders it."""

    def __init__(self, snapshot: Callable[[], Snapshot], published: PublicPage) -> None:
        self._snapshot, self._published = snapshot, published
        self._pages: dict[str, _CachedPage] = {}
        self._render_lock = threading.Lock()

    def get(self, lang: str) -> _CachedPage:
        page = self._pages.get(lang)
        if page and monotonic() < page.expires_at:
            return page
        with self._render_lock:
            page = self._pages.get(lang)
            if page is None or monotonic() >= page.expires_at:
                page = self._pages[lang] = self._render(lang)
        return page

    def _render(self, lang: str) -> _CachedPage:
        published, style = self._published, bundles.PUBLIC.url
        body = public_page(
            self._snapshot(), published.kpis, published.directives, lang, style=style, icon=ICON_LINK
        ).encode()
        return _CachedPage(body, sha256(body).hexdigest()[:16], monotonic() + CACHE_SECONDS)


def blueprint(snapshot: Callable[[], Snapshot], published: PublicPage) -> Blueprint:
    """The page of `snapshot`; `published`: the figures and directives that the city publishes."""
    routes, pages = Blueprint("public", __name__), _PageCache(snapshot, published)

    @routes.get(PATH)
    @requires(Action.VIEW_PUBLIC)
    def page() -> Response:
        cached = pages.get(_lang())
        is_unchanged = request.if_none_match.contains_weak(cached.etag)
        response = Response(status=304) if is_unchanged else Response(cached.body, mimetype="text/html")
        response.set_etag(cached.etag)
        response.headers["Cache-Control"] = f"public, max-age={CACHE_SECONDS}"
        return response

    @routes.after_request
    def allow_framing(response: Response) -> Response:
        """Of an error too: other sites show the page in a frame."""
        response.headers["Content-Security-Policy"] = _CSP
        return response

    return routes


def _lang() -> str:
    """By the address alone, so that shared caches keep the languages apart."""
    lang = request.args.get("lang", "")
    return lang if lang in LANGS else LANGS[0]
