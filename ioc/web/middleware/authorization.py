"""Authorization: every route and callback names the action that it requires; one that names none is denied."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import Flask, request
from werkzeug.exceptions import HTTPException

from ioc.dash_kit.callbacks import callback_action, callback_name
from ioc.domain.access import permissions
from ioc.domain.access.permissions import NO_TARGET, AccessTarget, Action, PermissionDeniedError, is_allowed, may_open
from ioc.domain.access.principal import Principal
from ioc.domain.base.text import clean_text
from ioc.web.live.page_registry import PageRegistry
from ioc.web.middleware.authentication import present_principal, principal_of
from ioc.web.middleware.dash_guard import PAGE_ENDPOINTS, UPDATE_PATH, Callbacks

ViewFunction = TypeVar("ViewFunction", bound=Callable[..., Any])

_ACTION_ATTRIBUTE = "ioc_action"
_CALLBACK_KEY = "ioc.callback"  # of the environ: name and action of the callback that is asked for
# Dash's own routes: static files, and the empty layout that every page is put into.
_DASH_ACTIONS: Mapping[str, Action] = {
    "static": Action.VIEW_PUBLIC,
    "_dash_assets.static": Action.VIEW_PUBLIC,
    "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>": Action.VIEW_PUBLIC,
    "/_dash-layout": Action.VIEW_PUBLIC,
    "/_dash-dependencies": Action.VIEW_PUBLIC,
    "/_reload-hash": Action.VIEW_PUBLIC,
    "/_favicon.ico": Action.VIEW_PUBLIC,
}
PAGE_CALLBACK = ".._pages_content.children..._pages_store.data.."  # renders the page at a path
CALLBACK_ACTIONS: Mapping[str, Action] = {
    "_pages_dummy.children": Action.VIEW_PUBLIC,  # clientside
}


def requires(action: Action) -> Callable[[ViewFunction], ViewFunction]:
    """Marks a view: the principal must be allowed `action`."""

    def mark(view: ViewFunction) -> ViewFunction:
        setattr(view, _ACTION_ATTRIBUTE, action)
        return view

    return mark


def current_principal() -> Principal:
    """The principal of the current request."""
    return principal_of(request.environ)


def require(action: Action, target: AccessTarget = NO_TARGET) -> None:
    """Raises PermissionDeniedError, which is answered and audited, unless the principal may do `action` to `target`."""
    permissions.require(current_principal(), action, target)


def require_still(action: Action) -> None:
    """`require` of the principal as of now, before the answer is sent that took long to make. StoreError."""
    permissions.require(present_principal(request.environ), action)


def install(server: Flask, pages: PageRegistry, callbacks: Callable[[], Callbacks]) -> None:
    """Checks each request of `server` before its view runs. `callbacks`: Dash's."""

    @server.before_request
    def check() -> None:
        if request.endpoint is None:  # no route, so no view runs
            return
        action, principal = required_action(server, pages, callbacks()), current_principal()
        is_page = request.endpoint in PAGE_ENDPOINTS or request.endpoint == UPDATE_PATH
        if action is None or not (may_open if is_page else is_allowed)(principal, action):
            about = request.endpoint if action is None else ""
            raise PermissionDeniedError(principal, action or Action.ADMINISTER, about)


def required_action(server: Flask, pages: PageRegistry, callbacks: Callbacks) -> Action | None:
    """The action that the current request requires; None where its view names none."""
    endpoint = request.endpoint or ""
    if endpoint == UPDATE_PATH:
        return _callback_action(request.get_json(silent=True), pages, callbacks)
    if endpoint in PAGE_ENDPOINTS:
        return pages.match(request.path)[0].action
    return view_action(server, endpoint)


def view_action(server: Flask, endpoint: str) -> Action | None:
    """The action that a view names, None for none."""
    action = _DASH_ACTIONS.get(endpoint) or getattr(server.view_functions.get(endpoint), _ACTION_ATTRIBUTE, None)
    return action if isinstance(action, Action) else None


def requested_path() -> str:
    """What the request is about: its path; of Dash's page callback the path of the page, of others their name."""
    if request.endpoint != UPDATE_PATH:
        return request.path
    try:
        payload = request.get_json(silent=True)
    except HTTPException:  # the body is too large
        return request.path
    if isinstance(payload, dict) and payload.get("output") == PAGE_CALLBACK:
        return _pathname(payload)
    return current_callback()[0] or request.path


def current_callback() -> tuple[str, Action | None]:
    """Name and action of the callback that the current request asks for; "" and None for none."""
    name, action = request.environ.get(_CALLBACK_KEY, ("", None))
    return name, action


def path_action(path: str, pages: PageRegistry) -> Action | None:
    """The action of a path that is answered before Flask (frames and files); None for all others."""
    if path.startswith("/live/"):
        page = pages.by_name(path.removeprefix("/live/"))
        return page.action if page else Action.VIEW
    if path.startswith("/geo/"):
        return Action.VIEW
    return Action.VIEW_PUBLIC if path.startswith(("/assets/", "/_dash-component-suites/")) else None


def _callback_action(payload: object, pages: PageRegistry, callbacks: Callbacks) -> Action | None:
    output = payload.get("output") if isinstance(payload, dict) else None
    if output == PAGE_CALLBACK:
        assert isinstance(payload, dict)
        return pages.match(_pathname(payload))[0].action
    if not isinstance(output, str) or output not in callbacks:
        return Action.VIEW  # rejected in dash_guard.py, for those who may view pages at all
    action = CALLBACK_ACTIONS.get(output) or callback_action(callbacks[output])
    request.environ[_CALLBACK_KEY] = (callback_name(callbacks[output]), action)
    return action


def _pathname(payload: Mapping[str, object]) -> str:
    inputs = payload.get("inputs")
    for item in inputs if isinstance(inputs, list) else []:
        if isinstance(item, dict) and item.get("property") == "pathname":
            return clean_text(str(item.get("value") or ""))
    return ""
