"""Validation of Dash requests: malformed ones and unknown pages get a 4xx, so that Dash never raises on them."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs

from flask import Flask, request
from flask.json.provider import DefaultJSONProvider

from ioc.dash_kit.typed import is_acceptable
from ioc.web.errors.codes import RequestCode
from ioc.web.errors.request_error import RequestError
from ioc.web.json_values import has_more_values
from ioc.web.live.page_registry import EMPTY_ROUTE, PageRegistry

UPDATE_PATH = "/_dash-update-component"
PAGE_ENDPOINTS = frozenset({"/", "/<path:path>"})  # Dash's endpoints for every path without a route
_LOCATION_ID = "_pages_location"
MAX_SIGNS = 50_000  # before values of a request; a form of 500 cells has some 17,000
_ALL, _MATCH = ["ALL"], ["MATCH"]  # wildcards in ids of Dash

Callbacks = Mapping[str, Mapping[str, Any]]  # Dash's callback_map


class _JsonProvider(DefaultJSONProvider):
    """Flask's JSON; deep nesting and too many values are malformed JSON like any other."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        if isinstance(s, bytes) and has_more_values(s, MAX_SIGNS):
            raise ValueError("too many values")
        try:
            return super().loads(s, **kwargs)
        except RecursionError:
            raise ValueError("nested too deeply") from None


def install(server: Flask, callbacks: Callable[[], Callbacks], pages: PageRegistry) -> None:
    """Rejects callback requests that no page makes, and paths of no page."""
    server.json = _JsonProvider(server)

    @server.before_request
    def check_callback() -> None:
        if request.path != UPDATE_PATH or request.method != "POST":
            return
        payload: Any = request.get_json(silent=True)
        if not is_valid_request(payload, callbacks()):
            raise RequestError(RequestCode.MALFORMED)
        _put_in_one_order(_lists(payload))  # Dash reads the same object
        if (location := _location(payload["inputs"])) is not None:
            _check_location(*location, pages)

    @server.before_request
    def check_page() -> None:
        if request.endpoint in PAGE_ENDPOINTS and pages.match(request.path)[0] is EMPTY_ROUTE:
            raise RequestError(RequestCode.NOT_FOUND)


def is_valid_request(payload: Any, callbacks: Callbacks) -> bool:
    """Whether `payload` has the shape of a request for one of the callbacks that run on the server."""
    if not isinstance(payload, dict) or not isinstance(payload.get("output"), str):
        return False
    callback = callbacks.get(payload["output"])
    if callback is None or "callback" not in callback:
        return False
    inputs: Any = payload.get("inputs")
    state, outputs = payload.get("state", []), payload.get("outputs")
    return (
        is_acceptable(payload)
        and _match_properties(inputs, callback["inputs"])
        and _match_properties(state, callback["state"])
        and _match_outputs(outputs, payload["output"])
        and _have_same_keys(_lists(payload))
        and _are_of(payload.get("changedPropIds", []), inputs)
    )


def _lists(payload: Mapping[str, Any]) -> list[list[Any]]:
    """The lists of a request: each holds the components of a pattern with ALL."""
    outputs = payload.get("outputs")
    parts = [*payload["inputs"], *payload.get("state", []), *(outputs if isinstance(outputs, list) else [])]
    return [each for each in parts if isinstance(each, list)]


def _have_same_keys(lists: list[list[Any]]) -> bool:
    """Whether all lists name the same fields of the form.

    Dash compares its outputs with what a callback returns only after the callback has run.
    """
    fields = [sorted(map(_field_of, listed)) for listed in lists]
    return all(each == fields[0] for each in fields)


def _put_in_one_order(lists: list[list[Any]]) -> None:
    """Puts all lists into the order of the first: a callback answers in the order of what it was given.

    The browser keeps a field that appears again at the same place before those that are new, in each list by itself.
    """
    places = {_field_of(each): place for place, each in enumerate(lists[0])} if lists else {}
    for listed in lists[1:]:
        listed.sort(key=lambda each: places[_field_of(each)])


def _field_of(part: Mapping[str, Any]) -> str:
    """What an id of a pattern names, whatever the type of the component."""
    return _id_text({name: key for name, key in part["id"].items() if name != "type"})


def _are_of(changed: object, inputs: list[Any]) -> bool:
    """Whether each of the inputs that are said to have changed is one of them."""
    names = {f"{_id_text(each['id'])}.{each['property']}" for each in _flat(inputs)}
    return isinstance(changed, list) and all(isinstance(name, str) and name in names for name in changed)


def _id_text(identifier: str | Mapping[str, object]) -> str:
    """An id as Dash writes it."""
    return identifier if isinstance(identifier, str) else json.dumps(identifier, sort_keys=True, separators=(",", ":"))


def _flat(properties: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    for each in properties:
        yield from each if isinstance(each, list) else [each]


def _location(inputs: list[Any]) -> tuple[str, str] | None:
    """Path and query of the page that is to be rendered; None for a callback of a page."""
    values = {each["property"]: each.get("value") for each in _flat(inputs) if each["id"] == _LOCATION_ID}
    return (str(values.get("pathname") or ""), str(values.get("search") or "")) if values else None


def _check_location(path: str, query: str, pages: PageRegistry) -> None:
    """Dash finds pages by rules of its own: it renders none at a path that is no page's, and keeps the path's values.

    RequestError.
    """
    route, variables = pages.match(path)
    if route is EMPTY_ROUTE or not path.startswith("/"):
        raise RequestError(RequestCode.NOT_FOUND)
    if not variables.keys().isdisjoint(parse_qs(query.removeprefix("?"), keep_blank_values=True)):
        raise RequestError(RequestCode.MALFORMED)


def _match_properties(values: object, expected: list[dict[str, Any]]) -> bool:
    if not isinstance(values, list) or len(values) != len(expected):
        return False
    return all(_matches_property(value, wanted) for value, wanted in zip(values, expected, strict=True))


def _matches_property(value: object, expected: dict[str, Any]) -> bool:
    pattern = _parse_pattern(str(expected["id"]))
    if _ALL in pattern.values():  # a list with one for each component
        return isinstance(value, list) and all(_matches_one(each, expected, pattern) for each in value)
    if not _matches_one(value, expected, pattern):
        return False
    assert isinstance(value, dict)
    text = str if expected["property"] == "pathname" else str | None
    return expected["id"] != _LOCATION_ID or isinstance(value.get("value"), text)


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
    if _ALL in pattern.values():
        return isinstance(output, list) and all(_is_output(each, identifier, prop, pattern) for each in output)
    return _is_output(output, identifier, prop, pattern)


def _is_output(output: object, identifier: str, prop: str, pattern: Mapping[str, object]) -> bool:
    return (
        isinstance(output, dict)
        and str(output.get("property")) == prop
        and _matches_id(output.get("id"), identifier, pattern)
    )
