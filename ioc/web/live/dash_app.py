"""Dash with an index page that is rendered on the server, and with what each page loads filtered by page.

A watching page loads neither the component packages nor the callbacks of working pages; a working page has its own
callbacks only. Otherwise every page's index would grow with each working page.
"""

import re
from collections.abc import Mapping
from typing import Any

from dash import Dash, html
from flask import Response, has_request_context, request
from plotly.io.json import to_json_plotly

from ioc.dash_kit.context import referring_page
from ioc.dash_kit.pages import BOOTSTRAP
from ioc.dash_kit.tables import shows_drawn_table
from ioc.web.live.page_registry import PageRegistry, PageRoute
from ioc.web.live.ssr import IndexRenderer

_SCRIPT = re.compile(r'<script src="/_dash-component-suites/(dash_bootstrap_components|dash_ag_grid|dash/dash_table)/')
# Of what it adds browsers lack regeneratorRuntime only, which a script of Bootstrap's components brings too.
_POLYFILL = '<script src="/_dash-component-suites/dash/deps/polyfill@'
_INDEX_PARTS = ("metas", "title", "css", "config", "scripts", "renderer")
_PAGE_RENDERER = "_pages_"  # in the ids of Dash's own callbacks, which render pages


class PagedDash(Dash):
    """`pages` and `index_renderer` are set before the first request."""

    index_renderer: IndexRenderer
    pages: PageRegistry

    def interpolate_index(self, **parts: str) -> str:  # type: ignore[override]
        """The index page."""
        return self.index_renderer.render({key: parts[key] for key in _INDEX_PARTS})

    def dependencies(self) -> Response:
        """The callbacks of the page that asks, which the Referer names."""
        route = self.pages.match(referring_page().path)[0]
        mine = [callback for callback in self._callback_list if is_callback_of(callback, route)]
        return Response(to_json_plotly(mine), content_type="application/json")

    def _generate_scripts_html(self) -> str:
        scripts = super()._generate_scripts_html()
        if not has_request_context():
            return scripts
        suites = self.pages.match(request.path)[0].shown_suites(is_drawn=shows_drawn_table(request.args))
        return "\n".join(line for line in scripts.splitlines() if _is_loaded(line, suites))

    def _config(self) -> dict[str, Any]:
        config: dict[str, Any] = super()._config()  # type: ignore[no-untyped-call]
        if has_request_context():
            # Dash itself would draw the layouts of all pages in the first request, whoever makes it.
            config["suppress_callback_exceptions"] = False
            route = self.pages.match(request.path)[0]
            routes = [route] if route.is_working else [each for each in self.pages.routes if not each.is_working]
            layouts = [each.render_layout({}) for each in routes]
            config["validation_layout"] = html.Div([*layouts, self._layout_value()])  # type: ignore[no-untyped-call]
        return config


def _is_loaded(script: str, suites: tuple[str, ...]) -> bool:
    if script.startswith(_POLYFILL):
        return BOOTSTRAP not in suites
    match = _SCRIPT.match(script)
    return match is None or match[1] in suites


def is_callback_of(callback: Mapping[str, Any], route: PageRoute) -> bool:
    """Whether the page has the callback: it renders pages, or one of its ids begins with the page's name."""
    ids = " ".join([callback["output"], *(str(each["id"]) for each in (*callback["inputs"], *callback["state"]))])
    if _PAGE_RENDERER in callback["output"]:
        return True
    return route.is_working and re.search(rf"(?<![\w-]){re.escape(route.name)}-", ids) is not None
