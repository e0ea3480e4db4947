"""Which page stands at which path, and its frame function: read from Dash's registry once all pages are imported."""

import importlib
import pkgutil
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

import dash
from dash.development.base_component import Component

from ioc.auth.permissions import Action
from ioc.snapshot.view import Frame, View
from ioc.web.pdf.page_lookup import PageEntry

NO_PAGE = "-"  # the name under which a screen that shows no page asks for what every page has


@dataclass(frozen=True, slots=True)
class PageRoute:
    """`pace`: for ids that are drawn anew at most each so many seconds. `action`: what it takes to see it."""

    name: str
    path: str
    pattern: re.Pattern[str]
    layout: Callable[..., Component] | Component | None
    frame: Callable[[View], Frame]
    title: str = ""
    is_kiosk: bool = False
    action: Action = Action.VIEW
    min_intervals: Mapping[str, float] = field(default_factory=dict)

    def render_layout(self, params: Mapping[str, str]) -> Component | None:
        """The page's empty layout."""
        return self.layout(**params) if callable(self.layout) else self.layout


def _empty_frame(_view: View) -> Frame:
    return {}


EMPTY_ROUTE = PageRoute(NO_PAGE, "", re.compile(r"(?!)"), None, _empty_frame)


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"<([a-z_]+)>", path.strip("/"))
    text = "".join(f"(?P<{part}>[^/]+)" if n % 2 else re.escape(part) for n, part in enumerate(parts))
    return re.compile(f"/?{text}/?")


def _route(page: Mapping[str, object]) -> PageRoute:
    path, title, frame = str(page["path_template"] or page["path"]), page.get("title"), page.get("frame")
    shown = title if isinstance(title, str) else ""
    pace = page.get("pace") or {}
    assert isinstance(pace, Mapping)
    return PageRoute(
        str(page["name"]),
        path,
        _pattern(path),
        page.get("layout"),  # type: ignore[arg-type]
        frame if callable(frame) else _empty_frame,
        shown,
        bool(page.get("kiosk")),
        _required_action(page),
        dict(pace),
    )


def _required_action(page: Mapping[str, object]) -> Action:
    """Every page says who may see it: one that forgot must not be open by accident."""
    found = page.get("action")
    if not isinstance(found, Action):
        raise TypeError(f"page {page['name']} names no action: register_page(…, action=Action.VIEW)")
    return found


class PageRegistry:
    """All pages, in the order of the registry."""

    def __init__(self, routes: list[PageRoute]) -> None:
        self.routes = routes
        self._by_name = {one.name: one for one in (*routes, EMPTY_ROUTE)}

    def by_name(self, name: str) -> PageRoute | None:
        """The page called `name`."""
        return self._by_name.get(name)

    def match(self, path: str) -> tuple[PageRoute, dict[str, str]]:
        """The page at `path` with the variables of the path; the empty one where no page stands."""
        for one in self.routes:
            found = one.pattern.fullmatch(path)
            if found:
                return one, {key: unquote(value) for key, value in found.groupdict().items()}
        return EMPTY_ROUTE, {}

    def name_path_pairs(self) -> list[list[str]]:
        """[name, path] of all pages, for the screen."""
        return [[one.name, one.path] for one in self.routes]


def load_pages(package: str) -> PageRegistry:
    """Imports every page of `package` for the newest Dash app. Sorted and once each, unlike Dash's own walk.

    A page that is already imported is executed again: its callbacks belong to one app only.
    """
    dash.page_registry.clear()
    folder = importlib.import_module(package)
    for found in sorted(pkgutil.iter_modules(folder.__path__), key=lambda one: one.name):
        name = f"{package}.{found.name}"
        if found.name.startswith("_"):
            continue
        known = sys.modules.get(name)
        module = importlib.reload(known) if known else importlib.import_module(name)
        if name in dash.page_registry:
            dash.page_registry[name].setdefault("layout", getattr(module, "layout", None))
    return PageRegistry([_route(page) for page in dash.page_registry.values()])


def page_entries() -> list[PageEntry]:
    """Every page there is. Each knows the moment `luc` besides the parameters that it names when it registers."""
    pages = dash.page_registry.values()
    return [
        PageEntry(one["name"], one.get("path_template") or one["path"], ("luc", *one.get("params", ())))
        for one in pages
    ]


def titles_by_path() -> dict[str, str]:
    """path -> title of every page without variables: what a screen can be told to show."""
    pages = dash.page_registry.values()
    return {one["path"]: one["title"] for one in pages if not one.get("path_template")}
