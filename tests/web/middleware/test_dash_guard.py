"""Malformed Dash requests and unknown paths get a 4xx."""

import json
from typing import Any

import pytest
from flask.json.provider import DefaultJSONProvider
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ioc.dash_kit.typed import MAX_ITEMS, is_acceptable
from ioc.web.json_values import has_more_values
from ioc.web.middleware.dash_guard import MAX_SIGNS, UPDATE_PATH

OUTPUT = "_pages_content.children"


@pytest.fixture
def page_request(client: FlaskClient) -> dict[str, Any]:
    """The callback request of a screen whose address has changed."""
    callbacks = client.get("/_dash-dependencies").get_json()
    (callback,) = [callback for callback in callbacks if OUTPUT in callback["output"]]
    outputs = [part.rsplit(".", 1) for part in callback["output"].strip(".").split("...")]
    return {
        "output": callback["output"],
        "outputs": [{"id": name, "property": prop} for name, prop in outputs],
        "inputs": [{**part, "value": {"pathname": "/", "search": ""}[part["property"]]} for part in callback["inputs"]],
        "changedPropIds": ["_pages_location.pathname"],
        "state": [],
    }


def test_page_callback_is_answered(client: FlaskClient, page_request: dict[str, Any]) -> None:
    answer = client.post(UPDATE_PATH, json=page_request)
    assert answer.status_code == 200 and "_pages_content" in answer.get_json()["response"]


def test_form_of_the_most_cells_is_within_the_bounds() -> None:
    cells = [{"type": "figures-field", "key": f"dan-so-xa-{number:05d}"} for number in range(500)]
    state = [[{"id": cell, "property": name, "value": "1.234,5"} for cell in cells] for name in ("id", "value")]
    outputs = [[{"id": cell, "property": "children"} for cell in cells]] * 2
    sent = {"output": "..x...y..", "outputs": outputs, "inputs": [], "changedPropIds": [], "state": state}
    body = json.dumps(sent, separators=(",", ":")).encode()
    assert is_acceptable(sent) and not has_more_values(body, MAX_SIGNS)


def test_body_of_too_many_values_is_not_decoded(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sends it: it is decoded before it is known who may ask."""
    body = b'{"x": [' + b"{}," * 80_000 + b"{}]}"
    monkeypatch.setattr(DefaultJSONProvider, "loads", None)
    answer = client.post(UPDATE_PATH, data=body, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ([0] * 100, 200),
        ([[0] * 1_000] * 45, 400),
        ([0] * (MAX_ITEMS + 1), 400),
        (dict.fromkeys(map(str, range(3_000))), 400),
    ],
    ids=["few", "many", "long list", "large object"],
)
def test_request_of_too_many_values_is_rejected(
    client: FlaskClient, page_request: dict[str, Any], more: object, status: int
) -> None:
    """To check each of them takes seconds in which no other thread has a turn."""
    assert client.post(UPDATE_PATH, json={**page_request, "more": more}).status_code == status


@pytest.mark.parametrize(
    "change",
    [
        {"output": 1},
        {"output": "x.children"},
        {"output": ["a"]},
        {"outputs": None},
        {"outputs": [{"id": "a", "property": "b"}]},
        {"outputs": [1]},
        {"inputs": None},
        {"inputs": []},
        {"inputs": [1, 2]},
        {"inputs": [{"id": "_pages_location", "property": "pathname", "value": 5}]},
        {"state": {}},
        {"changedPropIds": 5},
        {"changedPropIds": [{}]},
    ],
    ids=str,
)
def test_callback_of_another_shape_is_rejected(
    client: FlaskClient, page_request: dict[str, Any], change: dict[str, Any]
) -> None:
    assert client.post(UPDATE_PATH, json={**page_request, **change}).status_code == 400


@pytest.mark.parametrize("value", [5, {}, [], True, 1e308])
def test_pathname_that_is_no_text_is_rejected(client: FlaskClient, page_request: dict[str, Any], value: object) -> None:
    for n in range(2):
        inputs = [{**part, "value": value} if n == k else part for k, part in enumerate(page_request["inputs"])]
        assert client.post(UPDATE_PATH, json={**page_request, "inputs": inputs}).status_code == 400


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["output", "outputs", "inputs", "id", "property", "state"]), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(JSON.map(lambda body: json.dumps(body).encode()) | st.binary(max_size=30))
def test_any_junk_is_rejected(client: FlaskClient, body: bytes) -> None:
    for kind in ("application/json", "text/plain"):
        assert 400 <= client.post(UPDATE_PATH, data=body, content_type=kind).status_code < 500


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"output":' * 20_000, b"1" * 200_000], ids=["[", "{", "1"])
def test_deeply_nested_json_is_rejected_without_a_traceback(
    client: FlaskClient, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.post(UPDATE_PATH, data=body, content_type="application/json")
    assert (answer.status_code, answer.get_json()["code"]) == (400, "request.malformed")
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("path", ["/nowhere", "/a/b/c", "/tuong/x", UPDATE_PATH, "/chi-so"])
def test_unknown_page_is_not_found(client: FlaskClient, path: str) -> None:
    for accepted in ("text/html", "*/*"):
        answer = client.get(path, headers={"Accept": accepted})
        assert answer.status_code == 404 and "Không có gì ở địa chỉ này" in answer.text


def test_known_pages_are_served_and_unknown_files_are_not_found(client: FlaskClient) -> None:
    assert [client.get(path).status_code for path in ("/", "/chi-so/muc-nuoc")] == [200, 200]
    for path in ("/_dash-component-suites/x/y.js", "/_dash-component-suites/dash/none.js", "/assets/none.css"):
        assert client.get(path).status_code == 404
