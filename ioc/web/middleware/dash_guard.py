"""Validation of Dash requests: malformed ones and unknown pages get a 4xx, so that Dash never raises on them."""

import json
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
_ALL, _MATCH = ["ALL"], ["MATCH"]  # wildcards in ids of Dash

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
    """Whether `payload` has the shape of a request for one of the callbacks that run on the server."""
    if not isinstance(payload, dict) or not isinstance(payload.get("output"), str):
        return False
    callback = callbacks.get(payload["output"])
    if callback is None or "callback" not in callback:
        return False
    changed = payload.get("changedPropIds", [])
    return (
        _match_properties(payload.get("inputs"), callback["inputs"])
        and _match_properties(payload.get("state", []), callback["state"])
        and _match_outputs(payload.get("outputs"), payload["output"])
        and isinstance(changed, list)
        and all(isinstance(name, str) for name in changed)
    )


def _match_properties(values: object, expected: list[dict[str, Any]]) -> bool:
    if not isinstance(values, list) or len(values) != len(expected):
        return False
    return all(_matches_property(value, wanted) for value, wanted in zip(values, expected, strict=True))


def _matches_property(value: object, expected: dict[str, Any]) -> bool:
    pattern = _parse_pattern(str(expected["id"]))
    if isinstance(value, list):  # of a pattern with ALL: one for each component
        return _ALL in pattern.values() and all(_matches_one(each, expected, pattern) for each in value)
    return _matches_one(value, expected, pattern) and (
        expected["id"] != _LOCATION_ID or isinstance(value.get("value"), str | None)  # type: ignore[attr-defined]
    )


def _matches_one(value: object, expected: dict[str, Any], pattern: Mapping[str, object]) -> bool:
    if not isinstance(value, dict) or value.get("property") != expected["property"]:
        return False
    return _matches_id(value.get("id"), str(expected["id"]), pattern)


def _matches_id(identifier: object, expected: str, pattern: Mapping[str, object]) -> bool:
    if not pattern:
        return identifier == expected
    return (
        isinstance(identifier, dict)
        and identifier.keys() == pattern.keys()
        and all(_matches_key(identifier[key], wanted) for key, wanted in pattern.items())
    )


def _matches_key(value: object, wanted: object) -> bool:
    return isinstance(value, str | int) if wanted in (_ALL, _MATCH) else value == wanted


def _parse_pattern(identifier: str) -> dict[str, object]:
    """The keys of an id that is a dictionary, {} for a plain one."""
    return dict(json.loads(identifier)) if identifier.startswith("{") else {}


def _match_outputs(outputs: object, name: str) -> bool:
    """Whether `outputs` are those of the callback that Dash calls `name`; "..a.x...b.y.." names two."""
    if not name.startswith(".."):
        return _matches_output(outputs, name)
    names = name[2:-2].split("...")
    if not isinstance(outputs, list) or len(outputs) != len(names):
        return False
    return all(_matches_output(each, wanted) for each, wanted in zip(outputs, names, strict=True))


def _matches_output(output: object, name: str) -> bool:
    """`name`: id, ".", property; "@" and a number follow in one that several callbacks set."""
    identifier, _, prop = name.rpartition(".")
    pattern = _parse_pattern(identifier)
    if isinstance(output, list):
        return _ALL in pattern.values() and all(_matches_output(each, name) for each in output)
    return (
        isinstance(output, dict)
        and str(output.get("property")) == prop
        and _matches_id(output.get("id"), identifier, pattern)
    )
