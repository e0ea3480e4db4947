"""The API: every address answers by its schema, rejects with a code, and matches its OpenAPI document."""

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.failure import Failure
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.snapshot import Disagreement, Line, Snapshot
from ioc.storage.db.errors import StoreCode
from ioc.storage.db.store import StoreError
from ioc.storage.events.events import EventRecord
from ioc.web.api.openapi import PATHS, document
from ioc.web.api.schemas.base import ErrorBody
from ioc.web.api.schemas.base import Failure as ApiFailure
from ioc.web.api.serializers.kpis import kpis
from ioc.web.api.serializers.sources import sources
from ioc.web.api.views import BASE, blueprint
from ioc.web.errors import handlers
from ioc.web.errors.codes import ApiCode, RequestCode
from tests.city import NOW, empty_city, event_view, full_city, line, old_city


class FakeApiReads:
    """Reads one snapshot that does not change."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.current = snapshot
        self.history_calls: list[tuple[str, datetime, datetime, int]] = []
        self.error: Exception | None = None

    def snapshot(self) -> Snapshot:
        if self.error:
            raise self.error
        return self.current

    def at(self, moment: datetime) -> Snapshot:
        return replace(old_city(), at=moment, is_live=False)

    def revisions(self, source: str, key: str) -> list[EventRecord]:
        if key != "r-1":
            return []
        view = event_view(key)
        return [EventRecord(source, view.event, view.recorded_at, revision=n) for n in (2, 1)]

    def phoned_moments(self, series: str, start: datetime, end: datetime) -> list[datetime]:
        return [NOW]

    def history(self, series: str, start: datetime, end: datetime, points: int) -> Line:
        self.history_calls.append((series, start, end, points))
        return line(1.2, 0.8)


def client_of(reads: FakeApiReads) -> FlaskClient:
    app = Flask(__name__)
    handlers.install(app, lambda path: False)
    app.register_blueprint(blueprint(reads))
    return app.test_client()


SERIES = "/readings?series=water-level-can-tho"


@pytest.fixture
def reads() -> FakeApiReads:
    return FakeApiReads(full_city())


@pytest.fixture
def client(reads: FakeApiReads) -> FlaskClient:
    return client_of(reads)


def example_address(path: str) -> str:
    key = "water-level" if path.startswith("/kpis") else "ubnd-2322-2023"
    queries = {"/readings": "?series=water-level-can-tho", "/events/revisions": "?source=sim-tide&key=r-1"}
    return path.replace("{key}", key) + queries.get(path, "")


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.path)
@pytest.mark.parametrize("city", [full_city, empty_city, old_city])
def test_every_address_answers_by_its_schema(path: Any, city: Callable[[], Snapshot]) -> None:
    answer = client_of(FakeApiReads(city())).get(BASE + example_address(path.path))
    if answer.status_code == 404:
        assert city is empty_city and ErrorBody.model_validate_json(answer.data)
        return
    assert answer.status_code == 200, answer.text
    body = path.response_model.model_validate_json(answer.data, by_alias=True)
    assert body.at == city().at and answer.get_json()["at"].endswith("+07:00")


def test_a_kpi_has_its_state_beside_its_value(client: FlaskClient) -> None:
    rows = {row["key"]: row for row in client.get(f"{BASE}/kpis").get_json()["kpis"]}
    assert (rows["incidents"]["state"], rows["incidents"]["value"]) == ("ok", 0)
    assert (rows["beds-stale"]["value"], rows["beds-stale"]["last_value"]) == (None, 412)
    assert rows["water-level"]["is_simulated"] and rows["water-level"]["limit_key"] == "bd1"


def test_a_source_has_its_state_and_whether_it_is_simulated(client: FlaskClient) -> None:
    source = next(row for row in client.get(f"{BASE}/sources").get_json()["sources"] if row["key"] == "sim-beds")
    assert (source["state"], source["is_simulated"], source["consecutive_failures"]) == ("down", True, 12)
    assert source["accepted_count"] == 3 and source["last_success"].endswith("+07:00")
    assert "127.0.0.1" not in str(source)


@pytest.mark.parametrize("has_own_time", [True, False])
def test_a_source_says_whether_its_data_time_is_its_own(has_own_time: bool) -> None:
    city = full_city()
    view = replace(city.sources[0], source=replace(city.sources[0].source, has_own_time=has_own_time, events=()))
    client = client_of(FakeApiReads(replace(city, sources=(view,))))
    assert client.get(f"{BASE}/sources").get_json()["sources"][0]["has_own_time"] is has_own_time


def test_the_failure_of_a_source_has_code_parameters_and_both_texts() -> None:
    city, until = full_city(), datetime(2026, 11, 24, 9, tzinfo=UTC)
    cause = Failure(IngestCode.CLOCK_AHEAD_HOURS, {"n": 3})
    failure = Failure(IngestCode.NOTHING_ACCEPTED, {"location": "rows[3]", "cause": cause}, "HTTP 200")
    health = replace(
        city.sources[0].health, last_error=failure, drift=(Failure(ParseCode.NOT_A_TIME, {"text": until}),)
    )
    answer = sources(replace(city, sources=(replace(city.sources[0], health=health),))).sources[0]
    assert answer.last_error is not None
    assert (answer.last_error.code, answer.last_error.external) == (IngestCode.NOTHING_ACCEPTED, "HTTP 200")
    assert isinstance(answer.last_error.params["cause"], ApiFailure)
    assert answer.last_error.params["cause"].params == {"n": 3}
    assert "rows[3]" in answer.last_error.text.vi and "rows[3]" in answer.last_error.text.en
    assert answer.drift[0].params == {"text": "2026-11-24T16:00:00+07:00"}
    assert sources(city).sources[0].last_error is None


def test_a_task_has_its_status_at_the_moment_shown(client: FlaskClient) -> None:
    simulated = client.get(f"{BASE}/directives/mp-15-2026").get_json()
    assert (simulated["directive"]["task_count"], simulated["directive"]["overdue_task_count"]) == (2, 1)
    assert [task["deadline_state"] for task in simulated["tasks"]] == ["overdue", "on_track"]
    real = client.get(f"{BASE}/directives/ubnd-2322-2023").get_json()
    assert real["is_simulated"] is False and real["tasks"][0]["progress_percent"] is None


def test_readings_have_the_requested_period_and_number_of_points(client: FlaskClient, reads: FakeApiReads) -> None:
    query = "series=kpi-water-level&from=2026-11-23T00:00&to=2026-11-24T00:00:00%2B07:00&points=100"
    body = client.get(f"{BASE}/readings?{query}").get_json()
    assert body["phone_report_times"] == ["2026-11-24T16:18:07+07:00"]
    series, start, end, points = reads.history_calls[0]
    assert (series, end - start, points) == ("kpi-water-level", timedelta(days=1), 100)
    assert body["from"] == "2026-11-23T00:00:00+07:00" and body["unit"] == "m"
    assert sorted({point[1] for point in body["points"]} & {None, 1.2}, key=str, reverse=True) == [None, 1.2]
    client.get(f"{BASE}/readings?series=kpi-water-level&to=2026-11-24T00:00:00+07:00")
    assert reads.history_calls[1][2] == end


def test_a_past_moment_is_not_live(client: FlaskClient) -> None:
    body = client.get(f"{BASE}/kpis?luc=2026-11-20T08:00").get_json()
    assert body["at"] == "2026-11-20T08:00:00+07:00" and body["is_live"] is False


REJECTED: dict[str, tuple[int, ApiCode, dict[str, object]]] = {
    "/kpis/watr": (404, ApiCode.UNKNOWN_KPI, {"key": "watr"}),
    "/directives/none": (404, ApiCode.UNKNOWN_DIRECTIVE, {"key": "none"}),
    "/events/revisions?source=sim-tide&key=none": (404, ApiCode.UNKNOWN_EVENT, {"key": "none"}),
    "/events/revisions?source=sim-tide&key=%00": (400, ApiCode.BAD_REQUEST, {}),
    "/readings": (400, ApiCode.MISSING_PARAMETER, {"name": "series"}),
    "/readings?series=none": (404, ApiCode.UNKNOWN_SERIES, {"key": "none"}),
    f"{SERIES}&points=9999999": (400, ApiCode.BAD_POINTS, {"low": 2, "high": 5000}),
    f"{SERIES}&points=-1": (400, ApiCode.BAD_POINTS, {"low": 2, "high": 5000}),
    f"{SERIES}&from=yesterday": (400, ApiCode.BAD_TIME, {"name": "from"}),
    f"{SERIES}&from=0001-01-01": (400, ApiCode.BAD_TIME, {"name": "from"}),
    f"{SERIES}&from=2026-11-24&to=2026-11-23": (400, ApiCode.BAD_PERIOD, {"days": 3700}),
    "/kpis?luc=2030-01-01": (400, ApiCode.FUTURE_TIME, {"name": "luc"}),
    "/kpis?limit=5": (400, ApiCode.UNKNOWN_PARAMETER, {"name": "limit", "known": "luc"}),
    "/kpis?luc=2026-01-01&luc=": (400, ApiCode.DOUBLED_NAME, {"name": "luc"}),
    "/kpis?luc=" + "x" * 300: (400, ApiCode.VALUE_TOO_LONG, {"name": "luc"}),
    "/nothing": (404, ApiCode.UNKNOWN_PATH, {}),
}


@pytest.mark.parametrize("path", REJECTED)
def test_a_rejected_request_gets_code_parameters_and_both_texts(client: FlaskClient, path: str) -> None:
    status, code, params = REJECTED[path]
    answer = client.get(BASE + path)
    body = ErrorBody.model_validate_json(answer.data)
    assert (answer.status_code, body.code, body.params) == (status, code, params)
    assert body.detail.vi != body.detail.en and "{" not in body.detail.vi + body.detail.en


def test_api_is_read_only(client: FlaskClient) -> None:
    for answer in (client.post(f"{BASE}/kpis"), client.put(f"{BASE}/nothing"), client.delete(f"{BASE}/units")):
        assert (answer.status_code, answer.get_json()["code"]) == (405, RequestCode.READ_ONLY)


def test_an_unchanged_response_is_304_until_the_version_changes(client: FlaskClient, reads: FakeApiReads) -> None:
    first = client.get(f"{BASE}/kpis")
    condition = {"If-None-Match": f"W/{first.headers['ETag']}"}  # as a proxy that compresses makes it
    again = client.get(f"{BASE}/kpis", headers=condition)
    assert again.status_code == 304 and not again.data and again.headers["ETag"] == first.headers["ETag"]
    reads.current = replace(reads.current, version=8)
    assert client.get(f"{BASE}/kpis", headers=condition).status_code == 200


def test_a_failing_store_is_503_and_an_internal_error_500(
    client: FlaskClient, reads: FakeApiReads, caplog: pytest.LogCaptureFixture
) -> None:
    for store_code, code, level in (
        (StoreCode.BUSY, RequestCode.BUSY, logging.WARNING),
        (StoreCode.NOT_ANSWERING, RequestCode.STORE_UNAVAILABLE, logging.ERROR),
        (StoreCode.OUTCOME_UNKNOWN, RequestCode.OUTCOME_UNKNOWN, logging.ERROR),
        (StoreCode.DISK_FULL, RequestCode.STORE_FULL, logging.ERROR),
        (StoreCode.READ_ONLY, RequestCode.STORE_READ_ONLY, logging.ERROR),
    ):
        reads.error = StoreError(store_code)
        caplog.clear()
        answer = client.get(f"{BASE}/kpis")
        assert (answer.status_code, answer.get_json()["code"]) == (503, code) and "Retry-After" in answer.headers
        assert [record.levelno for record in caplog.records if store_code in record.getMessage()] == [level]
    reads.error = StoreError(StoreCode.DATA_REJECTED, external="invalid byte sequence")  # of what the request sends
    answer = client.get(f"{BASE}/kpis")
    assert (answer.status_code, answer.get_json()["code"]) == (400, RequestCode.MALFORMED)
    reads.error = ValueError("a fault of ours")
    answer = client.get(f"{BASE}/kpis")
    assert answer.get_json()["code"] == RequestCode.INTERNAL_ERROR
    assert answer.status_code == 500 and "a fault of ours" not in answer.text


def test_any_parameter_is_answered_or_rejected() -> None:
    client = client_of(FakeApiReads(full_city()))

    @given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=10))
    def is_answered_or_rejected(start: str, end: str, points: str) -> None:
        query = {"series": "water-level-can-tho", "from": start, "to": end, "points": points}
        assert client.get(f"{BASE}/readings", query_string=query).status_code in (200, 400)

    is_answered_or_rejected()


def references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [name for value in node.values() for name in references(value)]
    return [name for value in node for name in references(value)] if isinstance(node, list) else []


def operations(openapi: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The one operation of each path."""
    return {path: item.get("get") or item["post"] for path, item in openapi["paths"].items()}


def test_openapi_is_complete(client: FlaskClient) -> None:
    served = client.get(f"{BASE}/openapi.json").get_json()
    assert served == document(BASE) and served["openapi"].startswith("3.1")
    assert {"title", "version"} <= set(served["info"])
    schemas = served["components"]["schemas"]
    assert references(served) and all(name.rsplit("/", 1)[-1] in schemas for name in references(served))
    assert len({operation["operationId"] for operation in operations(served).values()}) == len(served["paths"])
    for path, operation in operations(served).items():
        in_path = [parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"]
        assert in_path == re.findall(r"{(\w+)}", path)
        assert all(response["description"] for response in operation["responses"].values())
    assert "from" in schemas["Readings"]["properties"]


def test_every_schema_field_and_parameter_has_a_description() -> None:
    openapi = document(BASE)
    schemas = openapi["components"]["schemas"]
    described = list(schemas.items())
    described += [
        (f"{name}.{key}", field) for name in schemas for key, field in schemas[name].get("properties", {}).items()
    ]
    described += [
        (f"{path} {parameter['name']}", parameter)
        for path, operation in operations(openapi).items()
        for parameter in operation["parameters"]
    ]
    assert len(described) > 150
    assert not [name for name, part in described if not part.get("description", "").strip()]


def test_openapi_has_exactly_the_served_addresses() -> None:
    app = Flask(__name__)
    handlers.install(app, lambda path: False)
    app.register_blueprint(blueprint(FakeApiReads(full_city())))
    served = {rule.rule.replace("<", "{").replace(">", "}") for rule in app.url_map.iter_rules()}
    own = {BASE + "/", BASE + "/openapi.json", BASE + "/{path:rest}"}
    assert {address for address in served if address.startswith(BASE)} - own == {BASE + path.path for path in PATHS}


def test_the_listing_loads_nothing_from_elsewhere(client: FlaskClient) -> None:
    page = client.get(f"{BASE}/").text
    assert all(path.path in page for path in PATHS)
    assert "http:" not in page and "https:" not in page and "<script" not in page


def test_a_kpi_names_its_redundant_sources_its_failover_source_and_their_disagreement() -> None:
    city = full_city()
    level = city.figures["water-level"]
    view = replace(city.map_points[0].series[0], value=1.86, source="b", redundant_sources=("a", "c"), failover_for="a")
    view = replace(view, disagreement=Disagreement(0.56, 1.3, "c", NOW))
    figure = replace(level, value=replace(level.value, reason="b"), redundant_series=(view,))
    answer = kpis(replace(city, figures={"water-level": figure})).kpis[0]
    assert (answer.redundant_sources, answer.failover_source, answer.reason) == (["b", "a", "c"], "b", "")
    (row,) = answer.disagreements
    assert (row.source, row.value, row.other_source, row.other_value, row.difference) == ("b", 1.86, "c", 1.3, 0.56)
    alone = kpis(city).kpis[0]
    assert (alone.redundant_sources, alone.failover_source, alone.disagreements) == ([], "", [])
