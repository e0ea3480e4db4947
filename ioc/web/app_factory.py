"""The Dash application: pages, shell, live frames, and the middleware in front of Flask."""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

import dash
import plotly
import plotly.io
from dash import Dash, html
from dash.development.base_component import Component
from flask import Blueprint, Flask, Response, abort, has_request_context, request

from components.screens.shell import header_frame, shell
from components.ui.panel import Panel
from components.ui.working import working_parts, working_skeleton
from ioc.dash_kit.context import referring_page
from ioc.domain.access.permissions import Action
from ioc.domain.base.blocking import ensure_may_block
from ioc.domain.geo.map_layers import EMPTY_MAP_LAYERS, MapLayers
from ioc.web import page_services
from ioc.web.errors import denials, handlers
from ioc.web.errors.json_errors import wants_json
from ioc.web.errors.request_error import RequestError
from ioc.web.live import bundles, page_registry
from ioc.web.live.dash_app import PagedDash
from ioc.web.live.endpoint import LiveEndpoint
from ioc.web.live.frames import FAULT_PANEL, FrameRenderer
from ioc.web.live.page_registry import PageRegistry, PageRoute
from ioc.web.live.read_model import ReadModel
from ioc.web.live.ssr import WATCHDOG_HASH, IndexRenderer
from ioc.web.live.theme import with_system_theme
from ioc.web.middleware import authorization, csrf, dash_guard, security_headers
from ioc.web.middleware.authentication import is_liveness
from ioc.web.middleware.gate import GateConfig, GateMiddleware
from ioc.web.server.static import StaticFiles
from ioc.web.settings import WebSettings
from ioc.web.views import me
from ioc.web.wsgi import Environ, StartResponse, WsgiApp

_MAX_DASH_REQUEST_BYTES = 256 * 1024  # of a callback's request
_MAX_FORM_BYTES = 65_536  # of a posted form beside its files: its fields are parsed in a thread that others wait for
_SUITES, _ASSETS, _PLOTLY, _MAP_LAYERS = "/_dash-component-suites/", "/assets/", "/assets/plotly", "/geo/"
_STATIC = (_SUITES, _ASSETS, _MAP_LAYERS)
_ASSET_URL = re.compile(r'(?:src|href)="(/[^"]+)"')


# Plotly's other engine imports numpy, 11 MB in each web process, only to test each component for being an array.
plotly.io.json.config.default_engine = "json"

_DISPLAY_CONTENTS = {"display": "contents"}


def create_app(
    reads: ReadModel,
    settings: WebSettings,
    clock: Callable[[], float] = time.time,
    layers: MapLayers = EMPTY_MAP_LAYERS,
    blueprints: Iterable[Blueprint] = (),
    on_render: Callable[[str], object] = lambda _page: None,
    gate_config: GateConfig | None = None,
    services: Mapping[type, object] = MappingProxyType({}),
    waiting: me.WaitingCounts = lambda _principal: {},
) -> Dash:
    """The application, ready to be served as `app.server`.

    `clock`: seconds since 1970, sent to the displays. `blueprints`: further routes; they must be known before the first
    request, which is made here. `on_render(page name)` is called for every frame that is rendered. `gate_config`: who
    is admitted; by default only this machine, to read. `services`: class -> object, for working pages. `waiting`: how
    much waits for somebody, by page.
    """
    gate_config = gate_config or GateConfig()
    app = PagedDash(
        "web",
        assets_folder=str(settings.assets_dir),
        assets_ignore=r".*\.(css|js)$",  # they are bundled: bundles.py
        use_pages=True,
        pages_folder="",
        suppress_callback_exceptions=True,  # see PagedDash._config
        include_pages_meta=False,
        enable_mcp=False,
        update_title=None,  # type: ignore[arg-type]
        title=settings.title,
        serve_locally=True,
        add_log_handler=False,
    )
    app.server.config.update(MAX_CONTENT_LENGTH=_MAX_DASH_REQUEST_BYTES, MAX_FORM_MEMORY_SIZE=_MAX_FORM_BYTES)
    for blueprint in (*blueprints, me.blueprint(gate_config.access_policy, gate_config.login_history, waiting)):
        app.server.register_blueprint(blueprint)
    page_services.install(app.server, services)
    pages = app.pages = page_registry.load_pages(settings.pages_package)
    frames = FrameRenderer(reads, pages, header_frame, layers=layers, on_render=on_render)
    plotly_bundle, plotly_url = _plotly_bundle(settings.plotly_bundle)
    _install_layout(app, pages)
    app.server.register_blueprint(map_layer_blueprint(layers))
    _install_themes(app.server)
    _install_guards(app, pages)
    static = StaticFiles(_off_the_loop(app.server.wsgi_app), settings.cache_dir, _STATIC, packages=_SUITES)
    static.add(plotly_url, plotly_bundle.read_bytes, "text/javascript")
    for bundle in bundles.ALL:
        static.add(bundle.url, bundle.read, bundle.media_type)
    live = LiveEndpoint(static, reads, pages, frames, settings.build, clock)
    app.index_renderer = IndexRenderer(
        frames, pages, reads.versions, _with_shell, settings.build, plotly_url, clock, _font_urls(settings.assets_dir),
        lambda: me.identity(authorization.current_principal(), gate_config.access_policy),
    )  # fmt: skip
    app.server.wsgi_app = GateMiddleware(
        live, lambda path: authorization.path_action(path, pages), gate_config, _responder(app.server)
    )
    initial_urls = _initial_asset_urls(app)
    if settings.compress_ahead:
        static.compress_ahead([*initial_urls, plotly_url, *(layer.href for layer in layers.layers)])
    return app


def _install_guards(app: Dash, pages: PageRegistry) -> None:
    """What each request of Flask passes: in this order."""
    security_headers.install(app.server, _script_hashes(app))
    csrf.install(app.server)
    handlers.install(app.server, lambda path: pages.match(path)[0].is_kiosk)
    authorization.install(app.server, pages, lambda: app.callback_map)
    denials.install(app.server, pages)
    dash_guard.install(app.server, lambda: app.callback_map, pages)


def _install_themes(server: Flask) -> None:
    """Gives stylesheets of assets the system's theme; they are cached behind it (static.py)."""

    @server.after_request
    def add_system_theme(response: Response) -> Response:
        if request.endpoint == "_dash_assets.static" and response.mimetype == "text/css" and request.method == "GET":
            response.direct_passthrough = False
            if response.status_code == 200:
                response.set_data(with_system_theme(response.get_data(as_text=True)))
        return response


def _off_the_loop(inner: WsgiApp) -> WsgiApp:
    """`inner`, refused on an event loop: Flask's views may wait for anything, all but that of /healthz."""

    def refused_on_the_loop(environ: Environ, start: StartResponse) -> Iterable[bytes]:
        if not is_liveness(environ):
            ensure_may_block()
        return inner(environ, start)

    return refused_on_the_loop


def map_layer_blueprint(layers: MapLayers) -> Blueprint:
    """GET /geo/<name>.v1m<hash>.geojson: map layers as GeoJSON, immutable, since the name carries a content hash."""
    bodies = {layer.href.removeprefix(_MAP_LAYERS): layer.body for layer in layers.layers}
    geo = Blueprint("geo", __name__)

    @geo.get(f"{_MAP_LAYERS}<name>")
    @authorization.requires(Action.VIEW)
    def map_layer(name: str) -> Response:
        body = bodies.get(name)
        if body is None:
            abort(404)
        response = Response(body, mimetype="application/geo+json")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response

    return geo


def _responder(server: Flask) -> Callable[[Environ, RequestError], Response]:
    """Answers, as Flask would, requests that never reach it."""

    def respond(environ: Environ, error: RequestError) -> Response:
        if wants_json(environ["PATH_INFO"], environ.get("HTTP_ACCEPT", "")):  # without Flask: a flood is to cost little
            return handlers.respond(error, environ)
        with server.request_context(environ):
            return server.process_response(handlers.respond(error))

    return respond


def _page_content(layout: Any) -> list[Component]:
    """The content of the shell: the panel of the page's failure, and its layout nested as Dash nests it."""
    inside = html.Div(layout, id="_pages_content", style=_DISPLAY_CONTENTS)
    return [Panel(FAULT_PANEL, className="page-fault"), html.Div(inside, style=_DISPLAY_CONTENTS)]


def _with_shell(route: PageRoute, layout: Any) -> Component:
    content = working_skeleton() if route.is_working else layout
    return shell(_page_content(content), dash.page_registry.values(), route.is_kiosk)


def _page_container() -> list[Component]:
    """Dash's container of pages with `display: contents`, so that the shell's grid lays out the page."""
    location, content, store, dummy = dash.page_container.children
    content.style, dummy.style = _DISPLAY_CONTENTS, {"display": "none"}
    return [
        Panel(FAULT_PANEL, className="page-fault"),
        html.Div([location, content, store, dummy], style=_DISPLAY_CONTENTS),
    ]


def _install_layout(app: Dash, pages: PageRegistry) -> None:
    """Sets the layout function. Dash requests the layout without the page's path: the Referer carries it."""

    def layout() -> Component:
        route = pages.match(_page_path() if has_request_context() else "/")[0]
        parts = working_parts() if route.is_working else []
        return shell([*_page_container(), *parts], dash.page_registry.values(), route.is_kiosk)

    app.layout = layout


def _page_path() -> str:
    """The path of the page that the current request is about."""
    if request.path.startswith("/_dash"):
        return referring_page().path
    return request.path


def _script_hashes(app: Dash) -> Callable[[], list[str]]:
    def hashes() -> list[str]:
        return [*app.csp_hashes(), WATCHDOG_HASH]

    return hashes


def _plotly_bundle(bundle: Path) -> tuple[Path, str]:
    """File and address of the small bundle at `bundle` where it was built, of plotly's full one otherwise."""
    path = bundle if bundle.exists() else Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    return path, f"{_PLOTLY}.v1m{sha256(path.read_bytes()).hexdigest()[:12]}.js"


def _font_urls(assets: Path) -> list[str]:
    return [f"{_ASSETS}{path.relative_to(assets).as_posix()}" for path in sorted(assets.rglob("*.woff2"))]


def _initial_asset_urls(app: Any) -> list[str]:
    """Addresses of the scripts and stylesheets of first loads.

    Makes the first request: Dash completes its setup in it, and that is not safe in two threads at once.
    """
    app.server.test_client().get("/_dash-layout", headers={"Host": "localhost"})
    found = _ASSET_URL.findall(app._generate_css_dist_html() + app._generate_scripts_html())
    return [*found, bundles.GRID_SCRIPT, *(bundle.url for bundle in bundles.ALL)]
