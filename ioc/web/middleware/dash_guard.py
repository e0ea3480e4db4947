"""What may be asked of Dash: junk and what there is not are answered as such, and are no fault of ours."""

from collections.abc import Callable, Mapping
from typing import Any

from dash.exceptions import DependencyException
from flask import Flask, Response, request

from ioc.web.live.page_registry import EMPTY, Routes

UPDATE = "/_dash-update-component"
_INDEX = frozenset({"/", "/<path:path>"})  # Dash's endpoints for every path that nobody else answers
_LOCATION = "_pages_location"

No = Callable[[str, int], Response]  # a message of gate, a status
Callbacks = Mapping[str, Mapping[str, Any]]  # Dash's callback_map


def guard(server: Flask, callbacks: Callable[[], Callbacks], pages: Routes, no: No) -> None:
    """Refuses questions that no screen asks, and pages that there are not. `no`: says it."""

    @server.before_request
    def asked() -> Response | None:
        if request.path != UPDATE or request.method != "POST" or fits(request.get_json(silent=True), callbacks()):
            return None
        return no("unread", 400)

    @server.errorhandler(DependencyException)
    def unknown_file(error: DependencyException) -> Response:
        return no("not_found", 404)

    @server.before_request
    def absent() -> Response | None:
        return no("not_found", 404) if request.endpoint in _INDEX and pages.at(request.path)[0] is EMPTY else None


def fits(asked: object, callbacks: Callbacks) -> bool:
    """Whether `asked` has the shape in which a screen asks for one of the callbacks."""
    if not isinstance(asked, dict) or not isinstance(asked.get("output"), str):
        return False
    callback = callbacks.get(asked["output"])
    if callback is None:
        return False
    changed = asked.get("changedPropIds", [])
    return (
        _are(asked.get("inputs"), callback["inputs"])
        and _are(asked.get("state", []), callback["state"])
        and _named(asked.get("outputs")) == asked["output"]
        and isinstance(changed, list)
        and all(isinstance(one, str) for one in changed)
    )


def _are(given: object, wanted: list[dict[str, Any]]) -> bool:
    """Whether `given` are values for the properties `wanted`."""
    if not isinstance(given, list) or len(given) != len(wanted):
        return False
    return all(_is(one, other) for one, other in zip(given, wanted, strict=True))


def _is(given: object, wanted: dict[str, Any]) -> bool:
    if not isinstance(given, dict) or (given.get("id"), given.get("property")) != (wanted["id"], wanted["property"]):
        return False
    return wanted["id"] != _LOCATION or isinstance(given.get("value"), str | None)


def _named(outputs: object) -> str:
    """The name that Dash gives to these outputs, "" for what are none."""
    every: list[Any] = outputs if isinstance(outputs, list) else [outputs]
    if not all(isinstance(one, dict) and {"id", "property"} <= one.keys() for one in every):
        return ""
    names = [f"{one['id']}.{one['property']}" for one in every]
    return f"..{'...'.join(names)}.." if isinstance(outputs, list) else names[0]
