"""The index page: it already holds the panels as HTML, so that the first paint waits for no script.

React's root lies unseen below until the screen (assets/20-live.js) finds all of the page's panels in it.
"""

import logging
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from html import escape

import orjson
from dash.development.base_component import Component
from flask import request

from components.ui.dash_to_html import to_html
from components.ui.i18n import LANGS, catalogue, t
from ioc.domain.base.times import CITY_ZONE, from_ms, parse_time
from ioc.web.live.favicon import ICON_LINK
from ioc.web.live.frames import EMPTY_FRAME, FrameRenderer, RenderedFrame
from ioc.web.live.page_registry import PageRegistry, PageRoute
from ioc.web.live.query import FrameQuery, parse_query

log = logging.getLogger(__name__)

_INDEX_TEMPLATE = """<!DOCTYPE html>
<html lang="{lang}" data-theme="{theme}" data-link="ok"{kiosk}>
<head>{metas}<title>{title}</title>{icon}{fonts}{css}
<style>#first-paint+#react-entry-point{{position:absolute;inset:0;visibility:hidden;overflow:hidden}}
#react-entry-point ._dash-loading,.page-fault:empty{{display:none}}</style></head>
<body><div id="first-paint">{paint}</div><div id="react-entry-point"><div class="_dash-loading"></div></div>
{plotly}<footer hidden><script id="ioc-boot" type="application/json">{boot}</script>{config}{scripts}{renderer}</footer>
</body></html>"""

# What the screen says by itself.
_CLIENT_MESSAGES = ("lost", "frozen", "revoked", "ends", "seconds", "minutes", "hours", "days")
_THEMES = ("dark", "light")


def client_messages() -> dict[str, dict[str, str]]:
    """The sentences of assets/, by language."""
    said = catalogue()
    return {lang: {key: said[f"connection.{key}"][lang] for key in _CLIENT_MESSAGES} for lang in LANGS}


Panels = dict[str, dict[str, object]]


_AGE = re.compile(r'(<time[^>]* data-age="([^"]+)"[^>]*>)(?=</time>)')
_CLOCK = re.compile(r'(<[^>]* data-clock="(date|time)"[^>]*>)(?=</)')
_WEEKDAYS = {
    "vi": ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}


def format_age(seconds: float, lang: str) -> str:
    """4 s, 12 phút, 3 giờ, 2 ngày: as assets/21-link-status.js counts it on."""
    steps = (("seconds", 60, 1), ("minutes", 3600, 60), ("hours", 86400, 3600), ("days", float("inf"), 86400))
    word, _, size = next(step for step in steps if seconds < step[1])
    return t(f"connection.{word}", lang, n=max(0, int(seconds // size)))


def fill_clocks(html: str, at: datetime, lang: str) -> str:
    """`html` with what the screen will count filled in as of `at`, so that nothing moves when its scripts take over."""
    here = at.astimezone(CITY_ZONE)
    clocks = {"time": f"{here:%H:%M:%S}", "date": f"{_WEEKDAYS[lang][here.weekday()]}, {here:%d/%m/%Y}"}
    html = _CLOCK.sub(lambda found: found[1] + clocks[found[2]], html)
    return _AGE.sub(lambda found: found[1] + format_age((at - parse_time(found[2])).total_seconds(), lang), html)


class IndexRenderer:
    """Fills Dash's index. `layout(route, children)` is the shell around a page's content, as HTML will show it."""

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
    ) -> None:
        self._frames, self._routes, self._versions, self._layout = frames, routes, versions, layout
        self._build, self._plotly, self._clock = build, plotly, clock
        # Known before the style sheets are read, so that no text is drawn in another font first and then shifts.
        self._fonts = "".join(
            f'<link rel="preload" as="font" type="font/woff2" href="{one}" crossorigin>' for one in fonts
        )

    def render(self, parts: dict[str, str]) -> str:
        """The whole page for the request at hand; `parts` are Dash's pieces of it."""
        route, variables = self._routes.match(request.path)
        asked = self._query(route, variables)
        drawn = self._frame(asked)
        panels = _markup_panels(drawn)
        at = from_ms(drawn.past_ms or round(self._clock() * 1000))
        paint = fill_clocks(self._markup(route, dict(asked.params), panels), at, asked.lang)
        boot = {
            "build": self._build,
            "plotly": self._plotly,
            "pages": self._routes.name_path_pairs(),
            "words": client_messages(),
            "etag": drawn.etag if len(panels) == len(drawn.panels) and paint else "",
            "hashes": {key: drawn.hashes[key] for key in panels} if paint else {},
            "at": drawn.past_ms,
            "kiosk": route.is_kiosk,
        }
        return _INDEX_TEMPLATE.format(
            **{**parts, "title": escape(route.title or parts["title"])},
            lang=asked.lang,
            theme=_theme(),
            kiosk=" data-kiosk" if route.is_kiosk else "",
            icon=ICON_LINK,
            fonts=self._fonts,
            # dcc.Graph asks for plotly only once React stands: the bundle is on its way by then.
            plotly=f'<link rel="preload" as="script" href="{self._plotly}" fetchpriority="low">'
            * ("dash-graph" in paint),
            paint=paint,
            boot=orjson.dumps(boot).replace(b"<", b"\\u003c").decode(),
        )

    def _query(self, route: PageRoute, variables: dict[str, str]) -> FrameQuery:
        asked = parse_query(route.name, request.query_string.decode("latin-1"), request.cookies.get("lang", "vi"))
        params = tuple(sorted({**dict(asked.params), **variables}.items()))
        return FrameQuery(asked.page, params, asked.lang, asked.moment, asked.error_key)

    def _frame(self, asked: FrameQuery) -> RenderedFrame:
        try:
            return self._frames.render(asked, self._versions()[0])
        except Exception:  # without a store the screen starts empty and says so by itself
            log.warning("no frame for the first paint of %s", asked.page, exc_info=True)
            return EMPTY_FRAME

    def _markup(self, route: PageRoute, params: dict[str, str], panels: Panels) -> str:
        try:
            return to_html(self._layout(route, route.render_layout(params)), panels)
        except Exception:  # the screen draws the page once its scripts run
            log.warning("no first paint of %s", route.name, exc_info=True)
            return ""


def _markup_panels(drawn: RenderedFrame) -> Panels:
    """What the screen takes over from the first paint: panels of markup and nothing else."""
    props = ((key, body) for key, body in drawn.panels.items() if body.startswith(b'{"markup":'))
    return {key: held for key, body in props if (held := orjson.loads(body)).keys() == {"markup"}}


def _theme() -> str:
    chosen = request.args.get("theme") or request.cookies.get("theme", "")
    return chosen if chosen in _THEMES else "dark"
