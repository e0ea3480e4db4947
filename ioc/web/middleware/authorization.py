"""Every route and callback names what it takes to be asked; what names nothing is denied."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from ioc.auth import permissions
from ioc.auth.permissions import Action, PermissionDeniedError, is_allowed
from ioc.auth.principal import Principal
from ioc.web.live.page_registry import PageRegistry
from ioc.web.middleware.authentication import principal_of
from ioc.web.middleware.dash_guard import UPDATE_PATH

ViewFunction = TypeVar("ViewFunction", bound=Callable[..., Any])

_ACTION_ATTRIBUTE = "ioc_action"
_PAGE_ENDPOINTS = frozenset({"/", "/<path:path>"})  # Dash's endpoints for every path that nobody else answers
# Dash's own: files of the program, and the empty frame that every page is put into.
_DASH_ACTIONS: Mapping[str, Action] = {
    "static": Action.VIEW_PUBLIC,
    "_dash_assets.static": Action.VIEW_PUBLIC,
    "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>": Action.VIEW_PUBLIC,
    "/_dash-layout": Action.VIEW_PUBLIC,
    "/_dash-dependencies": Action.VIEW_PUBLIC,
    "/_reload-hash": Action.VIEW_PUBLIC,
    "/_favicon.ico": Action.VIEW_PUBLIC,
}
PAGE_CALLBACK = ".._pages_content.children..._pages_store.data.."  # draws the page at an address
CALLBACK_ACTIONS: Mapping[str, Action] = {
    "_pages_dummy.children": Action.VIEW_PUBLIC,  # runs on the screen
}


def requires(action: Action) -> Callable[[ViewFunction], ViewFunction]:
    """Marks a view: whoever asks it must be allowed `action`."""

    def mark(view: ViewFunction) -> ViewFunction:
        setattr(view, _ACTION_ATTRIBUTE, action)
        return view

    return mark


def current_principal() -> Principal:
    """Who asks."""
    return principal_of(request.environ)


def require(action: Action, *, agency: str = "") -> Principal:
    """Who asks, if they may; Denied, which is answered and put down, otherwise."""
    found = current_principal()
    permissions.require(found, action, agency=agency)
    return found


def install(server: Flask, pages: PageRegistry, on_denied: Callable[[PermissionDeniedError], Response]) -> None:
    """Asks before each request; `denied` answers."""

    @server.before_request
    def asked() -> Response | None:
        if request.endpoint is None:  # no route: nothing is run
            return None
        action = required_action(server, pages)
        who_asks = current_principal()
        if action is not None and is_allowed(who_asks, action):
            return None
        return on_denied(
            PermissionDeniedError(who_asks, action or Action.ADMINISTER, request.endpoint if action is None else "")
        )

    server.register_error_handler(PermissionDeniedError, on_denied)


def required_action(server: Flask, pages: PageRegistry) -> Action | None:
    """What the request at hand takes; None where nothing is named."""
    endpoint = request.endpoint or ""
    if endpoint == UPDATE_PATH:
        return _callback_action(request.get_json(silent=True), pages)
    if endpoint in _PAGE_ENDPOINTS:
        return pages.match(request.path)[0].action
    return view_action(server, endpoint)


def view_action(server: Flask, endpoint: str) -> Action | None:
    """What a view names."""
    found = _DASH_ACTIONS.get(endpoint) or getattr(server.view_functions.get(endpoint), _ACTION_ATTRIBUTE, None)
    return found if isinstance(found, Action) else None


def requested_path() -> str:
    """The address that the request is about: of Dash's question for a page, that page's."""
    if request.endpoint != UPDATE_PATH:
        return request.path
    try:
        asked = request.get_json(silent=True)
    except HTTPException:  # larger than may be
        return request.path
    return _pathname(asked) if isinstance(asked, dict) and asked.get("output") == PAGE_CALLBACK else request.path


def path_action(path: str, pages: PageRegistry) -> Action | None:
    """What is asked before Flask sees it: frames and files; None for all else."""
    if path.startswith("/live/"):
        page = pages.by_name(path.removeprefix("/live/"))
        return page.action if page else Action.VIEW
    if path.startswith("/geo/"):
        return Action.VIEW
    return Action.VIEW_PUBLIC if path.startswith(("/assets/", "/_dash-component-suites/")) else None


def _callback_action(asked: object, pages: PageRegistry) -> Action | None:
    output = asked.get("output") if isinstance(asked, dict) else None
    if output != PAGE_CALLBACK:
        # What no screen asks is told so (ioc/web/middleware/dash_guard.py) to those who may look at all.
        return CALLBACK_ACTIONS.get(output, Action.VIEW) if isinstance(output, str) else Action.VIEW
    assert isinstance(asked, dict)
    return pages.match(_pathname(asked))[0].action


def _pathname(asked: Mapping[str, object]) -> str:
    return next((str(one.get("value", "")) for one in _inputs(asked) if one.get("property") == "pathname"), "")


def _inputs(asked: Mapping[str, object]) -> list[dict[str, object]]:
    given = asked.get("inputs")
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
