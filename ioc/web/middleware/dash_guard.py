"""What may be asked of Dash: junk and what there is not are answered as such, and are no fault of ours."""

from collections.abc import Callable, Mapping
from typing import Any

from dash.exceptions import DependencyException
from flask import Flask, Response, request

from ioc.web.live.page_registry import EMPTY_ROUTE, PageRegistry

UPDATE_PATH = "/_dash-update-component"
_PAGE_ENDPOINTS = frozenset({"/", "/<path:path>"})  # Dash's endpoints for every path that nobody else answers
_LOCATION_ID = "_pages_location"

ErrorResponder = Callable[[str, int], Response]  # a message of gate, a status
Callbacks = Mapping[str, Mapping[str, Any]]  # Dash's callback_map


def install(
    server: Flask, callbacks: Callable[[], Callbacks], pages: PageRegistry, respond_error: ErrorResponder
) -> None:
    """Refuses questions that no screen asks, and pages that there are not. `no`: says it."""

    @server.before_request
    def asked() -> Response | None:
        if (
            request.path != UPDATE_PATH
            or request.method != "POST"
            or is_valid_request(request.get_json(silent=True), callbacks())
        ):
            return None
        return respond_error("unread", 400)

    @server.errorhandler(DependencyException)
    def unknown_file(error: DependencyException) -> Response:
        return respond_error("not_found", 404)

    @server.before_request
    def absent() -> Response | None:
        return (
            respond_error("not_found", 404)
            if request.endpoint in _PAGE_ENDPOINTS and pages.match(request.path)[0] is EMPTY_ROUTE
            else None
        )


def is_valid_request(payload: object, callbacks: Callbacks) -> bool:
    """Whether `asked` has the shape in which a screen asks for one of the callbacks."""
    if not isinstance(payload, dict) or not isinstance(payload.get("output"), str):
        return False
    callback = callbacks.get(payload["output"])
    if callback is None:
        return False
    changed = payload.get("changedPropIds", [])
    return (
        _match_properties(payload.get("inputs"), callback["inputs"])
        and _match_properties(payload.get("state", []), callback["state"])
        and _output_name(payload.get("outputs")) == payload["output"]
        and isinstance(changed, list)
        and all(isinstance(one, str) for one in changed)
    )


def _match_properties(given: object, wanted: list[dict[str, Any]]) -> bool:
    """Whether `given` are values for the properties `wanted`."""
    if not isinstance(given, list) or len(given) != len(wanted):
        return False
    return all(_matches_property(one, other) for one, other in zip(given, wanted, strict=True))


def _matches_property(given: object, wanted: dict[str, Any]) -> bool:
    if not isinstance(given, dict) or (given.get("id"), given.get("property")) != (wanted["id"], wanted["property"]):
        return False
    return wanted["id"] != _LOCATION_ID or isinstance(given.get("value"), str | None)


def _output_name(outputs: object) -> str:
    """The name that Dash gives to these outputs, "" for what are none."""
    every: list[Any] = outputs if isinstance(outputs, list) else [outputs]
    if not all(isinstance(one, dict) and {"id", "property"} <= one.keys() for one in every):
        return ""
    names = [f"{one['id']}.{one['property']}" for one in every]
    return f"..{'...'.join(names)}.." if isinstance(outputs, list) else names[0]
