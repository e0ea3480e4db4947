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

from components.screens.shell import header_frame, shell
from components.ui.panel import Panel
from ioc.domain.base.failure import ErrorCode
from ioc.domain.geo.map_layers import EMPTY_MAP_LAYERS, MapLayers
from ioc.web.errors import denials, handlers
from ioc.web.live import map_layers, page_registry, stylesheets
from ioc.web.live.endpoint import Environ, LiveEndpoint
from ioc.web.live.frames import FAULT_PANEL, FrameRenderer
from ioc.web.live.page_registry import PageRegistry, PageRoute
from ioc.web.live.read_model import ReadModel
from ioc.web.live.ssr import IndexRenderer
from ioc.web.middleware import authorization, csrf, dash_guard, security_headers
from ioc.web.middleware.gate import RATE_LIMITED, GateConfig, GateMiddleware
from ioc.web.server.static import StaticFiles
from ioc.web.settings import WebSettings
from ioc.web.views import me

_MAX_DASH_REQUEST_BYTES = 256 * 1024  # of what a screen posts to Dash
_SUITES, _ASSETS, _PLOTLY = "/_dash-component-suites/", "/assets/", "/assets/plotly"
# No page holds a DataTable.
_UNUSED_SCRIPT = re.compile(r'<script src="[^"]*/dash_table/[^"]*"></script>\n?')
_ASSET_URL = re.compile(r'(?:src|href)="(/[^"]+)"')


class _DashApp(Dash):
    """Dash with an index page of our own."""

    index_renderer: IndexRenderer

    def _generate_scripts_html(self) -> str:
        return _UNUSED_SCRIPT.sub("", super()._generate_scripts_html())

    def interpolate_index(self, **parts: str) -> str:  # type: ignore[override]
        return self.index_renderer.render({key: parts[key] for key in _INDEX_PARTS})


# Plotly's other engine loads numpy, 11 MB in each web process, to ask of each component whether it is an array.
plotly.io.json.config.default_engine = "json"

_DISPLAY_CONTENTS = {"display": "contents"}
_INDEX_PARTS = ("metas", "title", "css", "config", "scripts", "renderer")


def create_app(
    reads: ReadModel,
    settings: WebSettings,
    clock: Callable[[], float] = time.time,
    layers: MapLayers = EMPTY_MAP_LAYERS,
    blueprints: Iterable[Blueprint] = (),
    on_render: Callable[[str], object] = lambda _page: None,
    gate_config: GateConfig | None = None,
) -> Dash:
    """The app, ready to be served as `app.server`. `clock`: seconds since 1970, told to the screens.

    `told(page name)` hears of every frame drawn. `blueprints`: further addresses; they are taken before the first
    request, which compressing ahead makes. `door`: who is let in; without one, this machine alone, to look.
    """
    gate_config = gate_config or GateConfig()
    app = _DashApp(
        "web",
        assets_folder=str(settings.assets_dir),
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
    app.server.config["MAX_CONTENT_LENGTH"] = _MAX_DASH_REQUEST_BYTES
    for one in blueprints:
        app.server.register_blueprint(one)
    app.server.register_blueprint(me.blueprint(gate_config.access_policy, gate_config.login_history))
    pages = page_registry.load_pages(settings.pages_package)
    frames = FrameRenderer(reads, pages, header_frame, layers=layers, on_render=on_render)
    bundle, address = _plotly_bundle(settings.plotly_bundle)
    _install_layout(app, pages)
    app.server.register_blueprint(map_layers.blueprint(layers))
    security_headers.install(app.server, _script_hashes(app))
    csrf.install(app.server, settings.form_key)
    handlers.install_error_handlers(app.server)
    authorization.install(app.server, pages, handlers.denied_handler(lambda path: pages.match(path)[0].is_kiosk))
    denials.install(app.server, pages, gate_config.audit_sink)
    dash_guard.install(app.server, lambda: app.callback_map, pages, handlers.error_response)
    static = StaticFiles(app.server.wsgi_app, settings.cache_dir, (_SUITES, _ASSETS, map_layers.PREFIX))
    static.add(address, bundle, "text/javascript")
    for style, sheet in (stylesheets.form_stylesheet(), stylesheets.public_stylesheet()):
        static.add(style, sheet, "text/css")
    live = LiveEndpoint(static, reads, pages, frames, settings.build, clock)
    app.index_renderer = IndexRenderer(
        frames, pages, reads.versions, _with_shell, settings.build, address, clock, _font_urls(settings.assets_dir)
    )
    app.server.wsgi_app = GateMiddleware(
        live, lambda path: authorization.path_action(path, pages), gate_config, _error_page_factory(app.server)
    )
    first = _initial_asset_urls(app)
    if settings.compress_ahead:
        static.compress_ahead([*first, address, *(one.href for one in layers.layers)])
    return app


def _error_page_factory(server: Flask) -> Callable[[Environ, ErrorCode, int], Response]:
    """A page that says no, drawn as Flask's own are, for what never comes to it."""

    def page(environ: Environ, code: ErrorCode, status: int) -> Response:
        with server.request_context(environ):
            answer = handlers.error_response(code, status)
            if status == 429:
                denials.mark_denied(code, RATE_LIMITED)  # denied before its action was looked up
            return server.process_response(answer)

    return page


def _page_content(layout: Any) -> list[Component]:
    """What fills the shell: the page's fault, if it has one, and its layout where Dash puts it."""
    inside = html.Div(layout, id="_pages_content", style=_DISPLAY_CONTENTS)
    return [Panel(FAULT_PANEL, className="page-fault"), html.Div(inside, style=_DISPLAY_CONTENTS)]


def _with_shell(route: PageRoute, layout: Any) -> Component:
    return shell(_page_content(layout), dash.page_registry.values(), route.is_kiosk)


def _page_container() -> list[Component]:
    """Dash's own container of pages, without boxes of its own, so that a page is laid out by the shell's grid."""
    location, content, store, dummy = dash.page_container.children
    content.style, dummy.style = _DISPLAY_CONTENTS, {"display": "none"}
    return [
        Panel(FAULT_PANEL, className="page-fault"),
        html.Div([location, content, store, dummy], style=_DISPLAY_CONTENTS),
    ]


def _install_layout(app: Dash, pages: PageRegistry) -> None:
    """Dash asks for the layout without saying for which page: the address that asks tells it."""

    def layout() -> Component:
        path = urlsplit(request.headers.get("Referer", "")).path if has_request_context() else "/"
        return shell(_page_container(), dash.page_registry.values(), pages.match(path)[0].is_kiosk)

    app.layout = layout


def _script_hashes(app: Dash) -> Callable[[], list[str]]:
    def hashes() -> list[str]:
        return list(app.csp_hashes())

    return hashes


def _plotly_bundle(bundle: Path) -> tuple[bytes, str]:
    """Our bundle of few traces where it was built, plotly's full one otherwise; and an address for that content."""
    path = bundle if bundle.exists() else Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    body = path.read_bytes()
    return body, f"{_PLOTLY}.v1m{sha256(body).hexdigest()[:12]}.js"


def _font_urls(assets: Path) -> list[str]:
    return [f"{_ASSETS}{path.relative_to(assets).as_posix()}" for path in sorted(assets.rglob("*.woff2"))]


def _initial_asset_urls(app: Any) -> list[str]:
    """Addresses of what every screen asks for first.

    Dash completes itself with its first request, and two at once would share its lists: so it is made here.
    """
    app.server.test_client().get("/_dash-layout", headers={"Host": "localhost"})
    return list(_ASSET_URL.findall(app._generate_css_dist_html() + app._generate_scripts_html()))
