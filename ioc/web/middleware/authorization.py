"""Every route and callback names what it takes to be asked; what names nothing is denied."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from ioc.auth import permissions
from ioc.auth.permissions import Action, Denied, may
from ioc.auth.principal import Visitor
from ioc.web.live.page_registry import Routes
from ioc.web.middleware.authentication import who
from ioc.web.middleware.dash_guard import UPDATE

View = TypeVar("View", bound=Callable[..., Any])

_MARK = "ioc_action"
_PAGES = frozenset({"/", "/<path:path>"})  # Dash's endpoints for every path that nobody else answers
# Dash's own: files of the program, and the empty frame that every page is put into.
_DASH: Mapping[str, Action] = {
    "static": Action.PUBLIC,
    "_dash_assets.static": Action.PUBLIC,
    "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>": Action.PUBLIC,
    "/_dash-layout": Action.PUBLIC,
    "/_dash-dependencies": Action.PUBLIC,
    "/_reload-hash": Action.PUBLIC,
    "/_favicon.ico": Action.PUBLIC,
}
PAGE_CALLBACK = ".._pages_content.children..._pages_store.data.."  # draws the page at an address
CALLBACKS: Mapping[str, Action] = {
    "_pages_dummy.children": Action.PUBLIC,  # runs on the screen
}


def names(action: Action) -> Callable[[View], View]:
    """Marks a view: whoever asks it must be allowed `action`."""

    def mark(view: View) -> View:
        setattr(view, _MARK, action)
        return view

    return mark


def visitor() -> Visitor:
    """Who asks."""
    return who(request.environ)


def demand(action: Action, *, agency: str = "") -> Visitor:
    """Who asks, if they may; Denied, which is answered and put down, otherwise."""
    found = visitor()
    permissions.demand(found, action, agency=agency)
    return found


def guard(server: Flask, pages: Routes, denied: Callable[[Denied], Response]) -> None:
    """Asks before each request; `denied` answers."""

    @server.before_request
    def asked() -> Response | None:
        if request.endpoint is None:  # no route: nothing is run
            return None
        action = named(server, pages)
        who_asks = visitor()
        if action is not None and may(who_asks, action):
            return None
        return denied(Denied(who_asks, action or Action.ADMINISTER, request.endpoint if action is None else ""))

    server.register_error_handler(Denied, denied)


def named(server: Flask, pages: Routes) -> Action | None:
    """What the request at hand takes; None where nothing is named."""
    endpoint = request.endpoint or ""
    if endpoint == UPDATE:
        return _of_callback(request.get_json(silent=True), pages)
    if endpoint in _PAGES:
        return pages.at(request.path)[0].action
    return of_view(server, endpoint)


def of_view(server: Flask, endpoint: str) -> Action | None:
    """What a view names."""
    found = _DASH.get(endpoint) or getattr(server.view_functions.get(endpoint), _MARK, None)
    return found if isinstance(found, Action) else None


def asked_path() -> str:
    """The address that the request is about: of Dash's question for a page, that page's."""
    if request.endpoint != UPDATE:
        return request.path
    try:
        asked = request.get_json(silent=True)
    except HTTPException:  # larger than may be
        return request.path
    return _pathname(asked) if isinstance(asked, dict) and asked.get("output") == PAGE_CALLBACK else request.path


def raw(path: str, pages: Routes) -> Action | None:
    """What is asked before Flask sees it: frames and files; None for all else."""
    if path.startswith("/live/"):
        page = pages.named(path.removeprefix("/live/"))
        return page.action if page else Action.VIEW
    if path.startswith("/geo/"):
        return Action.VIEW
    return Action.PUBLIC if path.startswith(("/assets/", "/_dash-component-suites/")) else None


def _of_callback(asked: object, pages: Routes) -> Action | None:
    output = asked.get("output") if isinstance(asked, dict) else None
    if output != PAGE_CALLBACK:
        # What no screen asks is told so (ioc/web/middleware/dash_guard.py) to those who may look at all.
        return CALLBACKS.get(output, Action.VIEW) if isinstance(output, str) else Action.VIEW
    assert isinstance(asked, dict)
    return pages.at(_pathname(asked))[0].action


def _pathname(asked: Mapping[str, object]) -> str:
    return next((str(one.get("value", "")) for one in _inputs(asked) if one.get("property") == "pathname"), "")


def _inputs(asked: Mapping[str, object]) -> list[dict[str, object]]:
    given = asked.get("inputs")
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
