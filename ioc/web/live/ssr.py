"""Server-side rendering of the index page: it holds the panels as HTML, so that the first paint needs no script.

React's root stays hidden below it until the live client (assets/20-live.js) finds all panels of the page in it.
"""

import logging
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import cast

import orjson
from dash.development.base_component import Component
from flask import Response, after_this_request, request

from components.ui.dash_to_html import to_html
from components.ui.format import format_age
from components.ui.i18n import LANGS, catalogue
from components.ui.live_table import DRAWN
from ioc.dash_kit.pages import GRID
from ioc.dash_kit.tables import shows_drawn_table
from ioc.domain.base.times import CITY_ZONE, from_ms, parse_time
from ioc.storage.db.store import StoreError
from ioc.web.live import bundles
from ioc.web.live.frames import EMPTY_FRAME, FrameRenderer, RenderedFrame
from ioc.web.live.page_registry import PageRegistry, PageRoute
from ioc.web.live.query import FrameQuery, parse_query
from ioc.web.live.theme import page_theme

log = logging.getLogger(__name__)

_WATCHDOG = Path(__file__).with_name("watchdog.js").read_text("utf-8")
WATCHDOG_HASH = f"'sha256-{b64encode(sha256(_WATCHDOG.encode()).digest()).decode()}'"
_INDEX_TEMPLATE = """<!DOCTYPE html>
<html lang="{lang}" data-theme="{theme}" data-link="ok" data-can="{can}"{kiosk}>
<head>{metas}<title>{title}</title>{icon}{fonts}{own_css}{css}
<style>#first-paint+#react-entry-point{{position:absolute;inset:0;visibility:hidden;overflow:hidden}}
#react-entry-point ._dash-loading,.page-fault:empty{{display:none}}</style></head>
<body><script data-lost="{lost}">{watchdog}</script><div id="first-paint">{paint}</div>
<div id="react-entry-point"><div class="_dash-loading"></div></div>
{preloads}<footer hidden><script id="ioc-boot" type="application/json">{boot}</script>{config}{scripts}
{own_js}{renderer}</footer>
</body></html>"""

_CLIENT_MESSAGES = (
    "lost",
    "frozen",
    "revoked",
    "ends",
    "ended",
    "seconds",
    "minutes",
    "hours",
    "days",
    "ahead",
    "failed",
    "unsent",
    "waiting",
    "close",
    "draft_shown",
    "draft_drop",
    "draft_count",
)  # of connection.toml
Panels = dict[str, dict[str, object]]  # id -> props
# A river in a frame; a data URL, since a file would cost a request of its own.
ICON_LINK = (
    '<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns=%27http://www.w3.org/2000/svg%27 viewBox=%270 0 32 32%27%3E'
    "%3Crect width=%2732%27 height=%2732%27 rx=%277%27 fill=%27%23121c23%27/%3E%3Cpath d=%27M4 21c4 0 4-4 8-4s4 4 8 4 "
    "4-4 8-4M4 13c4 0 4-4 8-4s4 4 8 4 4-4 8-4%27 fill=%27none%27 stroke=%27%236cc5f5%27 stroke-width=%273%27/%3E"
    '%3C/svg%3E">'
)


def client_messages() -> dict[str, dict[str, str]]:
    """The messages that the live client shows by itself: language -> key -> text."""
    messages = catalogue()
    return {lang: {key: messages[f"connection.{key}"][lang] for key in _CLIENT_MESSAGES} for lang in LANGS}


_AGE = re.compile(r'(<time[^>]* data-age="([^"]+)"[^>]*>)(?=</time>)')
_ME = re.compile(r"(<a [^>]*\bdata-me\b[^>]*>)((?:(?!</a>).)*<span>)[^<]*(</span></a>)", re.DOTALL)
_ATTRIBUTE = re.compile(r'\b(href|title)="[^"]*"')
_OWN_ACCOUNT = "/tai-khoan"
_CLOCK = re.compile(r'(<[^>]* data-clock="(date|time)"[^>]*>)(?=</)')
_WEEKDAYS = {
    "vi": ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}


def fill_clocks(html: str, at: datetime, lang: str) -> str:
    """`html` with clocks and ages filled in as of `at`, so that nothing moves when the live client takes over."""
    local = at.astimezone(CITY_ZONE)
    clocks = {"time": f"{local:%H:%M:%S}", "date": f"{_WEEKDAYS[lang][local.weekday()]}, {local:%d/%m/%Y}"}
    html = _CLOCK.sub(lambda match: match[1] + clocks[match[2]], html)
    return _AGE.sub(lambda match: match[1] + format_age((at - parse_time(match[2])).total_seconds(), lang), html)


def fill_viewer(html: str, name: str) -> str:
    """`html` with the name of who is signed in where everybody else is offered to sign in (assets/21-user.js)."""
    safe = escape(name)

    def named(match: re.Match[str]) -> str:
        link = _ATTRIBUTE.sub(lambda each: f'{each[1]}="{_OWN_ACCOUNT if each[1] == "href" else safe}"', match[1])
        return f"{link}{match[2]}{safe}{match[3]}"

    return _ME.sub(named, html)


class IndexRenderer:
    """Renders Dash's index page.

    `layout(route, page layout)`: the shell around it. `versions`: see ReadModel. `plotly`: address of its bundle.
    `clock`: seconds since 1970. `fonts`: addresses to preload. `viewer`: who makes the current request, as /toi says
    it: panels are shared, but this document is of one request, and its first paint shows who is signed in.
    """

    def __init__(
        self,
        frames: FrameRenderer,
        routes: PageRegistry,
        versions: Callable[[], tuple[int, int, int]],
        layout: Callable[[PageRoute, Component | None], Component],
        build: str,
        plotly: str,
        clock: Callable[[], float],
        fonts: Iterable[str],
        viewer: Callable[[], Mapping[str, object]],
    ) -> None:
        self._frames, self._routes, self._versions, self._layout = frames, routes, versions, layout
        self._build, self._plotly, self._clock, self._viewer = build, plotly, clock, viewer
        # Preloaded before the stylesheets are parsed, so that no text shifts from a fallback font.
        self._fonts = "".join(
            f'<link rel="preload" as="font" type="font/woff2" href="{url}" crossorigin>' for url in fonts
        )

    def render(self, parts: dict[str, str]) -> str:
        """The HTML of the page of the current request; `parts`: what Dash puts into its own index."""
        route, variables = self._routes.match(request.path)
        is_drawn = shows_drawn_table(request.args)
        query = self._query(route, variables, is_drawn=is_drawn)
        frame = self._frame(query)
        if frame.snapshot is not None and not route.exists(frame.snapshot, variables.get("key", "")):
            after_this_request(_mark_not_found)
        panels = _markup_panels(frame)
        at = from_ms(frame.past_ms or round(self._clock() * 1000))
        viewer = self._viewer()
        paint = fill_clocks(self._markup(route, dict(query.params), panels), at, query.lang)
        if name := str(viewer["shown"]):
            paint = fill_viewer(paint, name)
            after_this_request(_mark_personal)
        boot = {
            "me": viewer,
            "build": self._build,
            "plotly": self._plotly,
            "pages": self._routes.for_client(is_drawn=is_drawn),
            "words": client_messages(),
            "etag": frame.etag if len(panels) == len(frame.panels) and paint else "",
            "hashes": {key: frame.hashes[key] for key in panels} if paint else {},
            "at": frame.past_ms,
            "kiosk": route.is_kiosk,
            "drawn": is_drawn,
        }
        styles, scripts = bundles.of_page(is_working=route.is_working, has_table=route.has_live_table and not is_drawn)
        return _INDEX_TEMPLATE.format(
            **{**parts, "title": escape(route.title or parts["title"])},
            lang=query.lang,
            theme=page_theme(is_wall=route.is_kiosk),
            kiosk=" data-kiosk" if route.is_kiosk else "",
            can=escape(" ".join(map(str, cast("list[str]", viewer["can"])))),
            icon=ICON_LINK,
            fonts=self._fonts,
            # Both are requested only once React runs: they are loading by then.
            preloads="".join(
                f'<link rel="preload" as="script" href="{url}" fetchpriority="low">'
                for url, is_needed in (
                    (self._plotly, "dash-graph" in paint),
                    (bundles.GRID_SCRIPT, GRID in route.shown_suites(is_drawn=is_drawn)),
                )
                if is_needed
            ),
            lost=escape(catalogue()["connection.lost"][query.lang]),
            watchdog=_WATCHDOG,
            paint=paint,
            own_css="".join(f'<link rel="stylesheet" href="{each.url}">' for each in styles),
            own_js="".join(f'<script src="{each.url}"></script>' for each in scripts),
            boot=orjson.dumps(boot).replace(b"<", b"\\u003c").decode(),
        )

    def _query(self, route: PageRoute, variables: dict[str, str], *, is_drawn: bool) -> FrameQuery:
        query = parse_query(route.name, request.query_string.decode("latin-1"), request.cookies.get("lang", "vi"))
        drawn = {DRAWN: "1"} if is_drawn and route.has_live_table else {}
        params = tuple(sorted({**dict(query.params), **variables, **drawn}.items()))
        return replace(query, params=params)

    def _frame(self, query: FrameQuery) -> RenderedFrame:
        try:
            return self._frames.render(query, self._versions()[0])
        except Exception as error:  # without a store the display starts empty and the live client reports it
            is_unexpected = not isinstance(error, StoreError)
            log.warning("no frame for the first paint of %s: %s", query.page, error, exc_info=is_unexpected)
            return EMPTY_FRAME

    def _markup(self, route: PageRoute, params: dict[str, str], panels: Panels) -> str:
        try:
            return to_html(self._layout(route, route.render_layout(params)), panels)
        except Exception as error:  # the page is rendered in the browser once its scripts run
            log.warning("no first paint of %s: %s", route.name, error, exc_info=not isinstance(error, StoreError))
            return ""


def _mark_personal(response: Response) -> Response:
    """No cache between the program and the browser may keep it."""
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _mark_not_found(response: Response) -> Response:
    """The page itself says what is missing and leads on; the status tells programs."""
    response.status_code = 404
    return response


def _markup_panels(frame: RenderedFrame) -> Panels:
    """The panels that the live client takes over from the first paint: those with markup and no other property."""
    candidates = ((key, body) for key, body in frame.panels.items() if body.startswith(b'{"markup":'))
    return {key: props for key, body in candidates if (props := orjson.loads(body)).keys() == {"markup"}}
