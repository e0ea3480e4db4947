"""Pages by path and by name, each with its layout and frame function; read from Dash's page registry."""

import functools
import importlib
import pkgutil
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

import dash
from dash.development.base_component import Component

from components.ui.live_table import PAGE
from ioc.dash_kit.pages import GRID
from ioc.domain.access.permissions import Action
from ioc.domain.base.text import clean_text
from ioc.domain.snapshot import Snapshot
from ioc.snapshot.view import Frame, ParamValue, View, one_of
from ioc.web import path_template
from ioc.web.pdf.page_lookup import PageEntry


def _any_value(_snapshot: Snapshot, value: str) -> str:
    return value


def _any_key(_snapshot: Snapshot, _key: str) -> bool:
    return True


# The past moment, and whether the page is drawn for paper: parameters that every page knows.
_COMMON_PARAMS: Mapping[str, ParamValue] = {"luc": _any_value, "giay": one_of(lambda _: {"1"})}
_MAX_PARAM_LENGTH = 400  # characters
NO_PAGE = "-"  # the name by which a display without a page requests the panels that every page has


@dataclass(frozen=True, slots=True)
class PageRoute:
    """A page as it was registered.

    `action`: the permission that it takes. `params`: the parameters that it knows, with their values.
    `min_intervals`: panel id -> seconds between two renderings at least. `exists(snapshot, key)`: whether there is what
    the key in its path names; otherwise the page is answered with 404. `suites`: the component packages of Dash that
    this page loads beside those of every page. `is_working`: it has callbacks of its own, and its layout is personal.
    """

    name: str
    path: str
    pattern: re.Pattern[str]
    layout: Callable[..., Component] | Component | None
    frame: Callable[[View], Frame]
    title: str = ""
    is_kiosk: bool = False
    action: Action = Action.VIEW
    params: Mapping[str, ParamValue] = field(default_factory=lambda: _COMMON_PARAMS)
    min_intervals: Mapping[str, float] = field(default_factory=dict)
    exists: Callable[[Snapshot, str], bool] = _any_key
    suites: tuple[str, ...] = ()
    is_working: bool = False

    @property
    def has_live_table(self) -> bool:
        """Whether it is a watching page with a grid, which it draws as a table on walls and on paper."""
        return GRID in self.suites and not self.is_working

    @property
    def has_paged_table(self) -> bool:
        """Whether the server searches, sorts and pages its table."""
        return self.has_live_table and PAGE in self.params

    def shown_suites(self, *, is_drawn: bool) -> tuple[str, ...]:
        """The component packages that it loads where tables are drawn or not."""
        return () if is_drawn and self.has_live_table else self.suites

    def render_layout(self, params: Mapping[str, str]) -> Component | None:
        """The page's layout with empty panels; `params` are the variables of its path and its query."""
        return self.layout(**params) if callable(self.layout) else self.layout


def _empty_frame(_view: View) -> Frame:
    return {}


EMPTY_ROUTE = PageRoute(NO_PAGE, "", re.compile(r"(?!)"), None, _empty_frame)


def _route(page: Mapping[str, object]) -> PageRoute:
    path, title, frame = str(page["path_template"] or page["path"]), page.get("title"), page.get("frame")
    min_intervals = page.get("pace") or {}
    assert isinstance(min_intervals, Mapping)
    pattern, params, suites = path_template.pattern(path), page.get("params") or {}, page.get("suites") or ()
    exists: Callable[[Snapshot, str], bool] = page.get("exists", _any_key)  # type: ignore[assignment]
    assert isinstance(params, Mapping) and isinstance(suites, tuple)

    def existing_key(snapshot: Snapshot, key: str) -> str:
        return key if exists(snapshot, key) else ""

    return PageRoute(
        name=str(page["name"]),
        path=path,
        pattern=pattern,
        params={**_COMMON_PARAMS, **params, **dict.fromkeys(pattern.groupindex, existing_key)},
        layout=page.get("layout"),  # type: ignore[arg-type]
        frame=frame if callable(frame) else _empty_frame,
        title=title if isinstance(title, str) else "",
        is_kiosk=bool(page.get("kiosk")),
        action=_required_action(page),
        suites=suites,
        is_working=bool(page.get("is_working")),
        min_intervals=dict(min_intervals),
        exists=exists,
    )


def _required_action(page: Mapping[str, object]) -> Action:
    """The permission of the page. Without a default: a page that names none must not be open by accident."""
    action = page.get("action")
    if not isinstance(action, Action):
        raise TypeError(f"page {page['name']} names no action: register_page(…, action=Action.VIEW)")
    return action


class PageRegistry:
    """All pages, in the order of Dash's registry."""

    def __init__(self, routes: list[PageRoute]) -> None:
        self.routes = routes
        self._by_name = {route.name: route for route in (*routes, EMPTY_ROUTE)}

    def by_name(self, name: str) -> PageRoute | None:
        """The page of that name, None for an unknown one."""
        return self._by_name.get(name)

    def match(self, path: str) -> tuple[PageRoute, dict[str, str]]:
        """The page at `path` with the variables of the path; EMPTY_ROUTE where there is none.

        The outer slashes do not count, as in Dash, which renders the page.
        """
        path = path.strip("/")
        for route in self.routes:
            if match := route.pattern.fullmatch(path):
                return route, {key: unquote(value) for key, value in match.groupdict().items()}
        return EMPTY_ROUTE, {}

    def for_client(self, *, is_drawn: bool) -> list[list[object]]:
        """[name, path, packages, whether its table is paged by the server] of all pages, for the live client.

        It goes from page to page without a new document where both have the same packages; None: never.
        """
        return [
            [
                route.name,
                route.path,
                None if route.is_working else ",".join(route.shown_suites(is_drawn=is_drawn)),
                route.has_paged_table,
            ]
            for route in self.routes
        ]


def load_pages(package: str) -> PageRegistry:
    """Imports every page of `package` for the newest Dash app, sorted by name.

    A page that is already imported is executed again: its callbacks belong to one app only. TypeError when a page names
    no action.
    """
    dash.page_registry.clear()
    folder = importlib.import_module(package)
    for info in sorted(pkgutil.iter_modules(folder.__path__), key=lambda info: info.name):
        name = f"{package}.{info.name}"
        if info.name.startswith("_"):
            continue
        imported = sys.modules.get(name)
        module = importlib.reload(imported) if imported else importlib.import_module(name)
        if name in dash.page_registry:
            dash.page_registry[name]["layout"] = _with_texts(getattr(module, "layout", None))
    return PageRegistry([_route(page) for page in dash.page_registry.values()])


def _with_texts(layout: object) -> object:
    """A layout that takes the last of the values that the address gives a parameter, as a text that may be stored."""
    if not callable(layout):
        return layout

    @functools.wraps(layout)
    def with_texts(**params: str | list[str]) -> object:
        texts = {name: value if isinstance(value, str) else value[-1] for name, value in params.items()}
        return layout(**{name: clean_text(text, _MAX_PARAM_LENGTH) for name, text in texts.items()})

    return with_texts


def page_entries() -> list[PageEntry]:
    """Every page that can be printed, with the parameters that it knows: `luc`, and those that it names.

    A working page has no form on paper: its content is drawn by callbacks.
    """
    pages = dash.page_registry.values()
    return [
        PageEntry(page["name"], page.get("path_template") or page["path"], ("luc", *page.get("params", ())))
        for page in pages
        if not page.get("is_working")
    ]


def titles_by_path() -> dict[str, str]:
    """path -> title of every page without variables that only takes the right to view: what a display may show."""
    pages = dash.page_registry.values()
    shown = (page for page in pages if page["action"] is Action.VIEW and not page.get("path_template"))
    return {page["path"]: page["title"] for page in shown}


def known_params(name: str, snapshot: Snapshot, params: Mapping[str, str]) -> dict[str, str]:
    """The parameters of an address that the page `name` knows, without those whose values say nothing to it."""
    page = next(page for page in dash.page_registry.values() if page["name"] == name)
    known: Mapping[str, ParamValue] = page.get("params") or {}
    return {key: value for key, text in params.items() if key in known and (value := known[key](snapshot, text))}
