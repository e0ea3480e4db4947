"""GET /cong-khai: what anyone may see, without signing in. Drawn at most once in a while, for everybody the same."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from time import monotonic

from flask import Blueprint, Response, request

from components.screens.public_page import public_page
from components.ui.i18n import LANGS, say
from ioc.auth.permissions import Action
from ioc.config.configuration import Public
from ioc.domain.snapshot import Snapshot
from ioc.storage.db.store import StoreError
from ioc.web.live import stylesheets
from ioc.web.live.favicon import ICON
from ioc.web.middleware.authorization import names

PATH = "/cong-khai"
LASTS = 30  # seconds for which a drawn page stands, here and in a cache between
_POLICY = (
    "default-src 'none'; style-src 'self'; style-src-attr 'unsafe-inline'; font-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors *"
)


@dataclass(frozen=True, slots=True)
class _Drawn:
    body: bytes
    etag: str
    until: float


class _Pages:
    """The page in each language. However many ask, one of them draws it."""

    def __init__(self, snapshot: Callable[[], Snapshot], shown: Public) -> None:
        self._snapshot, self._shown = snapshot, shown
        self._drawn: dict[str, _Drawn] = {}
        self._turn = threading.Lock()

    def of(self, lang: str) -> _Drawn:
        held = self._drawn.get(lang)
        if held and monotonic() < held.until:
            return held
        with self._turn:
            held = self._drawn.get(lang)
            if held is None or monotonic() >= held.until:
                held = self._drawn[lang] = self._draw(lang)
        return held

    def _draw(self, lang: str) -> _Drawn:
        shown, style = self._shown, stylesheets.public()[0]
        body = public_page(self._snapshot(), shown.kpis, shown.directives, lang, style=style, icon=ICON).encode()
        return _Drawn(body, sha256(body).hexdigest()[:16], monotonic() + LASTS)


def blueprint(snapshot: Callable[[], Snapshot], shown: Public) -> Blueprint:
    """The page over `snapshot`; `shown`: what the city publishes."""
    made, pages = Blueprint("public", __name__), _Pages(snapshot, shown)

    @made.get(PATH)
    @names(Action.PUBLIC)
    def page() -> Response:
        drawn = pages.of(_lang())
        if request.if_none_match.contains(drawn.etag):
            answer = Response(status=304)
        else:
            answer = Response(drawn.body, mimetype="text/html")
        answer.set_etag(drawn.etag)
        answer.headers["Cache-Control"] = f"public, max-age={LASTS}"
        answer.headers["Content-Security-Policy"] = _POLICY
        return answer

    @made.errorhandler(StoreError)
    def away(error: StoreError) -> Response:
        answer = Response(say("public.away", _lang()), 503, mimetype="text/plain")
        answer.headers["Retry-After"], answer.headers["Cache-Control"] = "10", "no-store"
        return answer

    return made


def _lang() -> str:
    """By the address alone, so that a cache between knows one page from the other."""
    asked = request.args.get("lang", "")
    return asked if asked in LANGS else LANGS[0]
