"""Validation of Dash requests: malformed ones and unknown pages get a 4xx, so that Dash never raises on them."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, request
from flask.json.provider import DefaultJSONProvider

from ioc.web.errors.codes import RequestCode
from ioc.web.errors.request_error import RequestError
from ioc.web.live.page_registry import EMPTY_ROUTE, PageRegistry

UPDATE_PATH = "/_dash-update-component"
PAGE_ENDPOINTS = frozenset({"/", "/<path:path>"})  # Dash's endpoints for every path without a route
_LOCATION_ID = "_pages_location"

Callbacks = Mapping[str, Mapping[str, Any]]  # Dash's callback_map


class _JsonProvider(DefaultJSONProvider):
    """Flask's JSON; deep nesting is malformed JSON like any other, not a failure of the server."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        try:
            return super().loads(s, **kwargs)
        except RecursionError:
            raise ValueError("nested too deeply") from None


def install(server: Flask, callbacks: Callable[[], Callbacks], pages: PageRegistry) -> None:
    """Rejects callback requests that no page makes, and paths of no page."""
    server.json = _JsonProvider(server)

    @server.before_request
    def check_callback() -> None:
        is_callback = request.path == UPDATE_PATH and request.method == "POST"
        if is_callback and not is_valid_request(request.get_json(silent=True), callbacks()):
            raise RequestError(RequestCode.MALFORMED)

    @server.before_request
    def check_page() -> None:
        if request.endpoint in PAGE_ENDPOINTS and pages.match(request.path)[0] is EMPTY_ROUTE:
            raise RequestError(RequestCode.NOT_FOUND)


def is_valid_request(payload: object, callbacks: Callbacks) -> bool:
    """Whether `payload` has the shape of a request for one of the callbacks."""
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
        and all(isinstance(name, str) for name in changed)
    )


def _match_properties(values: object, expected: list[dict[str, Any]]) -> bool:
    if not isinstance(values, list) or len(values) != len(expected):
        return False
    return all(_matches_property(value, wanted) for value, wanted in zip(values, expected, strict=True))


def _matches_property(value: object, expected: dict[str, Any]) -> bool:
    key = (expected["id"], expected["property"])
    if not isinstance(value, dict) or (value.get("id"), value.get("property")) != key:
        return False
    return expected["id"] != _LOCATION_ID or isinstance(value.get("value"), str | None)


def _output_name(outputs: object) -> str:
    """The name that Dash gives to these outputs, "" for what is none."""
    every: list[Any] = outputs if isinstance(outputs, list) else [outputs]
    if not all(isinstance(output, dict) and {"id", "property"} <= output.keys() for output in every):
        return ""
    names = [f"{output['id']}.{output['property']}" for output in every]
    return f"..{'...'.join(names)}.." if isinstance(outputs, list) else names[0]
