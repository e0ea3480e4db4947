"""The Dash app: pages, shell, live frames and everything that stands in front of Flask."""

import re
import time
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dash
import plotly
import plotly.io
from dash import Dash, html
from dash.development.base_component import Component
from flask import Blueprint, Flask, Response, has_request_context, request

from components.screens.shell import shell, status_frame
from components.ui.panel import Panel
from ioc.domain.geo.map_layers import BARE, MapLayers
from ioc.web.errors import audit, handlers
from ioc.web.live import map_layers, page_registry, stylesheets
from ioc.web.live.endpoint import Environ, Live
from ioc.web.live.frames import FAULT, Frames
from ioc.web.live.page_registry import Route, Routes
from ioc.web.live.read_model import Reads
from ioc.web.live.ssr import FirstPaint
from ioc.web.middleware import authorization, csrf, dash_guard, security_headers
from ioc.web.middleware.gate import TOO_FAST, Door, Gate
from ioc.web.server.static import Static
from ioc.web.settings import Settings
from ioc.web.views import me

_LARGEST_QUESTION = 256 * 1024  # of what a screen posts to Dash
_SUITES, _ASSETS, _PLOTLY = "/_dash-component-suites/", "/assets/", "/assets/plotly"
# No page holds a DataTable.
_UNUSED = re.compile(r'<script src="[^"]*/dash_table/[^"]*"></script>\n?')
_SOURCE = re.compile(r'(?:src|href)="(/[^"]+)"')


class _Application(Dash):
    """Dash with an index page of our own."""

    paint: FirstPaint

    def _generate_scripts_html(self) -> str:
        return _UNUSED.sub("", super()._generate_scripts_html())

    def interpolate_index(self, **parts: str) -> str:  # type: ignore[override]
        return self.paint.index({key: parts[key] for key in _PARTS})


# Plotly's other engine loads numpy, 11 MB in each web process, to ask of each component whether it is an array.
plotly.io.json.config.default_engine = "json"

_CONTENTS = {"display": "contents"}
_PARTS = ("metas", "title", "css", "config", "scripts", "renderer")


def create(
    reads: Reads,
    settings: Settings,
    clock: Callable[[], float] = time.time,
    layers: MapLayers = BARE,
    blueprints: Iterable[Blueprint] = (),
    told: Callable[[str], object] = lambda _page: None,
    door: Door | None = None,
) -> Dash:
    """The app, ready to be served as `app.server`. `clock`: seconds since 1970, told to the screens.

    `told(page name)` hears of every frame drawn. `blueprints`: further addresses; they are taken before the first
    request, which compressing ahead makes. `door`: who is let in; without one, this machine alone, to look.
    """
    door = door or Door()
    app = _Application(
        "web",
        assets_folder=str(settings.assets),
        use_pages=True,
        pages_folder="",
        include_pages_meta=False,
        enable_mcp=False,
        update_title=None,  # type: ignore[arg-type]
        title=settings.title,
        serve_locally=True,
        add_log_handler=False,
        csrf_token_name=csrf.COOKIE,
        csrf_header_name=csrf.HEADER,
    )
    app.server.config["MAX_CONTENT_LENGTH"] = _LARGEST_QUESTION
    for one in blueprints:
        app.server.register_blueprint(one)
    app.server.register_blueprint(me.blueprint(door.rules, door.news))
    pages = page_registry.load(settings.pages)
    frames = Frames(reads, pages, status_frame, layers=layers, told=told)
    bundle, address = _plotly(settings.plotly)
    _lay_out(app, pages)
    app.server.register_blueprint(map_layers.blueprint(layers))
    security_headers.guard(app.server, _hashes(app))
    csrf.guard(app.server, settings.form_key)
    handlers.guard_faults(app.server)
    authorization.guard(app.server, pages, handlers.answering(lambda path: pages.at(path)[0].kiosk))
    audit.guard(app.server, pages, door.told)
    dash_guard.guard(app.server, lambda: app.callback_map, pages, handlers.refuse)
    static = Static(app.server.wsgi_app, settings.cache, (_SUITES, _ASSETS, map_layers.PREFIX))
    static.add(address, bundle, "text/javascript")
    for style, sheet in (stylesheets.forms(), stylesheets.public()):
        static.add(style, sheet, "text/css")
    live = Live(static, reads, pages, frames, settings.build, clock)
    app.paint = FirstPaint(
        frames, pages, reads.versions, _around, settings.build, address, clock, _fonts(settings.assets)
    )
    app.server.wsgi_app = Gate(live, lambda path: authorization.raw(path, pages), door, _saying_no(app.server))
    first = _first_load(app)
    if settings.ahead:
        static.compress_ahead([*first, address, *(one.href for one in layers.layers)])
    return app


def _saying_no(server: Flask) -> Callable[[Environ, str, int], Response]:
    """A page that says no, drawn as Flask's own are, for what never comes to it."""

    def page(environ: Environ, key: str, status: int) -> Response:
        with server.request_context(environ):
            answer = handlers.refuse(key, status)
            if status == 429:
                audit.note(key, TOO_FAST)  # which action it was nobody has looked at
            return server.process_response(answer)

    return page


def _content(layout: Any) -> list[Component]:
    """What fills the shell: the page's fault, if it has one, and its layout where Dash puts it."""
    inside = html.Div(layout, id="_pages_content", style=_CONTENTS)
    return [Panel(FAULT, className="page-fault"), html.Div(inside, style=_CONTENTS)]


def _around(route: Route, layout: Any) -> Component:
    return shell(_content(layout), dash.page_registry.values(), route.kiosk)


def _container() -> list[Component]:
    """Dash's own container of pages, without boxes of its own, so that a page is laid out by the shell's grid."""
    location, content, store, dummy = dash.page_container.children
    content.style, dummy.style = _CONTENTS, {"display": "none"}
    return [Panel(FAULT, className="page-fault"), html.Div([location, content, store, dummy], style=_CONTENTS)]


def _lay_out(app: Dash, pages: Routes) -> None:
    """Dash asks for the layout without saying for which page: the address that asks tells it."""

    def layout() -> Component:
        path = urlsplit(request.headers.get("Referer", "")).path if has_request_context() else "/"
        return shell(_container(), dash.page_registry.values(), pages.at(path)[0].kiosk)

    app.layout = layout


def _hashes(app: Dash) -> Callable[[], list[str]]:
    def hashes() -> list[str]:
        return list(app.csp_hashes())

    return hashes


def _plotly(bundle: Path) -> tuple[bytes, str]:
    """Our bundle of few traces where it was built, plotly's full one otherwise; and an address for that content."""
    path = bundle if bundle.exists() else Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    body = path.read_bytes()
    return body, f"{_PLOTLY}.v1m{sha256(body).hexdigest()[:12]}.js"


def _fonts(assets: Path) -> list[str]:
    return [f"{_ASSETS}{path.relative_to(assets).as_posix()}" for path in sorted(assets.rglob("*.woff2"))]


def _first_load(app: Any) -> list[str]:
    """Addresses of what every screen asks for first.

    Dash completes itself with its first request, and two at once would share its lists: so it is made here.
    """
    app.server.test_client().get("/_dash-layout", headers={"Host": "localhost"})
    return list(_SOURCE.findall(app._generate_css_dist_html() + app._generate_scripts_html()))
