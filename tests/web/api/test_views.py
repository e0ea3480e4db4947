"""The API: every address answers in its shape, refuses in clear sentences, and matches its own description."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.failure import untyped
from ioc.domain.snapshot import Disagreement, Line, Snapshot
from ioc.storage.db.store import StoreError
from ioc.storage.events.events import EventRecord
from ioc.web.api.openapi import PATHS, document
from ioc.web.api.serializers import kpis
from ioc.web.api.views import BASE, blueprint
from tests.city import NOW, empty_city, event_view, full_city, line, old_city


class MadeUp:
    """Reads of a city that stands still."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.now = snapshot
        self.asked: list[tuple[str, datetime, datetime, int]] = []
        self.fault: Exception | None = None

    def snapshot(self) -> Snapshot:
        if self.fault:
            raise self.fault
        return self.now

    def at(self, moment: datetime) -> Snapshot:
        return replace(old_city(), at=moment, is_live=False)

    def revisions(self, source: str, key: str) -> list[EventRecord]:
        seen = event_view(key)
        return [EventRecord(source, seen.event, seen.recorded_at, revision=n) for n in (2, 1)] if key == "r-1" else []

    def phoned_moments(self, series: str, start: datetime, end: datetime) -> list[datetime]:
        return [NOW]

    def history(self, series: str, start: datetime, end: datetime, points: int) -> Line:
        self.asked.append((series, start, end, points))
        return line(1.2, 0.8)


def client_of(reads: MadeUp) -> FlaskClient:
    app = Flask(__name__)
    app.register_blueprint(blueprint(reads))
    return app.test_client()


@pytest.fixture
def reads() -> MadeUp:
    return MadeUp(full_city())


@pytest.fixture
def client(reads: MadeUp) -> FlaskClient:
    return client_of(reads)


def filled(path: str) -> str:
    key = "water-level" if path.startswith("/kpis") else "ubnd-2322-2023"
    asked = {"/readings": "?series=water-level-can-tho", "/events/revisions": "?source=sim-tide&key=r-1"}
    return path.replace("{key}", key) + asked.get(path, "")


@pytest.mark.parametrize("path", PATHS, ids=lambda one: one.path)
@pytest.mark.parametrize("city", [full_city, empty_city, old_city])
def test_every_address_answers_in_its_shape(path: Any, city: Callable[[], Snapshot]) -> None:
    answer = client_of(MadeUp(city())).get(BASE + filled(path.path))
    if answer.status_code == 404:
        assert city is empty_city and set(answer.get_json()) == {"error", "detail"}
        return
    assert answer.status_code == 200, answer.text
    body = path.shape.model_validate_json(answer.data, by_alias=True)
    assert body.at == city().at and answer.get_json()["at"].endswith("+07:00")


def test_a_figure_keeps_its_state(client: FlaskClient) -> None:
    rows = {one["key"]: one for one in client.get(f"{BASE}/kpis").get_json()["kpis"]}
    assert (rows["incidents"]["state"], rows["incidents"]["value"]) == ("ok", 0)
    assert (rows["beds-stale"]["value"], rows["beds-stale"]["last_value"]) == (None, 412)
    assert rows["water-level"]["simulated"] and rows["water-level"]["level"] == "bd1"


def test_sources_tell_health_and_simulated_apart(client: FlaskClient) -> None:
    lost = next(one for one in client.get(f"{BASE}/sources").get_json()["sources"] if one["key"] == "sim-beds")
    assert (lost["health"], lost["simulated"], lost["failures"], lost["kept"]) == ("down", True, 12, 3)
    assert lost["last_good"].endswith("+07:00") and "127.0.0.1" not in str(lost)


def test_the_status_of_a_task_is_derived(client: FlaskClient) -> None:
    made = client.get(f"{BASE}/directives/mp-15-2026").get_json()
    assert (made["directive"]["tasks"], made["directive"]["overdue"]) == (2, 1)
    assert [one["time"] for one in made["tasks"]] == ["overdue", "in-time"]
    true = client.get(f"{BASE}/directives/ubnd-2322-2023").get_json()
    assert true["simulated"] is False and true["tasks"][0]["percent"] is None


def test_readings_are_asked_for_as_wanted(client: FlaskClient, reads: MadeUp) -> None:
    wanted = "series=kpi-water-level&from=2026-11-23T00:00&to=2026-11-24T00:00:00%2B07:00&points=100"
    body = client.get(f"{BASE}/readings?{wanted}").get_json()
    assert body["phoned"] == ["2026-11-24T16:18:07+07:00"]
    series, start, end, points = reads.asked[0]
    assert (series, end - start, points) == ("kpi-water-level", timedelta(days=1), 100)
    assert body["from"] == "2026-11-23T00:00:00+07:00" and body["unit"] == "m"
    assert sorted({one[1] for one in body["points"]} & {None, 1.2}, key=str, reverse=True) == [None, 1.2]
    client.get(f"{BASE}/readings?series=kpi-water-level&to=2026-11-24T00:00:00+07:00")
    assert reads.asked[1][2] == end


def test_a_past_moment_is_shown_as_it_was(client: FlaskClient) -> None:
    body = client.get(f"{BASE}/kpis?luc=2026-11-20T08:00").get_json()
    assert body["at"] == "2026-11-20T08:00:00+07:00" and body["live"] is False


REFUSED = {
    "/kpis/watr": (404, "watr"),
    "/directives/none": (404, "none"),
    "/readings": (400, "series"),
    "/readings?series=none": (404, "none"),
    "/readings?series=water-level-can-tho&points=9999999": (400, "5000"),
    "/readings?series=water-level-can-tho&points=-1": (400, "points"),
    "/readings?series=water-level-can-tho&from=yesterday": (400, "from"),
    "/readings?series=water-level-can-tho&from=0001-01-01": (400, "from"),
    "/readings?series=water-level-can-tho&from=2026-11-24&to=2026-11-23": (400, "from"),
    "/kpis?luc=2030-01-01": (400, "luc"),
    "/kpis?limit=5": (400, "limit"),
    "/kpis?luc=" + "x" * 300: (400, "luc"),
    "/nothing": (404, "/api/v1/"),
}


@pytest.mark.parametrize("path", REFUSED)
def test_refusals_are_sentences_in_both_languages(client: FlaskClient, path: str) -> None:
    status, word = REFUSED[path]
    answer = client.get(BASE + path)
    assert answer.status_code == status and set(answer.get_json()) == {"error", "detail"}
    assert all(word in answer.get_json()["detail"][lang] for lang in ("vi", "en"))


def test_it_is_read_only(client: FlaskClient) -> None:
    assert client.post(f"{BASE}/kpis").status_code == 405
    assert client.put(f"{BASE}/nothing").status_code == 405
    assert "GET" in client.delete(f"{BASE}/units").get_json()["detail"]["vi"]


def test_what_the_caller_holds_is_not_sent_again(client: FlaskClient, reads: MadeUp) -> None:
    first = client.get(f"{BASE}/kpis")
    held = {"If-None-Match": first.headers["ETag"]}
    again = client.get(f"{BASE}/kpis", headers=held)
    assert again.status_code == 304 and not again.data and again.headers["ETag"] == first.headers["ETag"]
    reads.now = replace(reads.now, version=8)
    assert client.get(f"{BASE}/kpis", headers=held).status_code == 200


def test_without_a_store_it_says_so(client: FlaskClient, reads: MadeUp) -> None:
    reads.fault = StoreError(untyped("gone"))
    assert client.get(f"{BASE}/kpis").status_code == 503
    reads.fault = ValueError("a fault of ours")
    answer = client.get(f"{BASE}/kpis")
    assert answer.status_code == 500 and "a fault of ours" not in answer.text


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=10))
def test_no_parameter_breaks_it(start: str, end: str, points: str) -> None:
    query = {"series": "water-level-can-tho", "from": start, "to": end, "points": points}
    assert client_of(MadeUp(full_city())).get(f"{BASE}/readings", query_string=query).status_code in (200, 400)


def references(part: object) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [one for value in part.values() for one in references(value)]
    return [one for value in part for one in references(value)] if isinstance(part, list) else []


METHODS = ("get", "post")


def test_openapi_is_whole(client: FlaskClient) -> None:
    told = client.get(f"{BASE}/openapi.json").get_json()
    assert told == document(BASE) and told["openapi"].startswith("3.1")
    assert {"title", "version"} <= set(told["info"])
    schemas = told["components"]["schemas"]
    assert references(told) and all(one.rsplit("/", 1)[-1] in schemas for one in references(told))
    operations = [operation for item in told["paths"].values() for name, operation in item.items() if name in METHODS]
    assert len({one["operationId"] for one in operations}) == len(operations)
    for path, item in told["paths"].items():
        operation = item.get("get") or item["post"]
        inside = [one["name"] for one in operation["parameters"] if one["in"] == "path"]
        assert inside == (["key"] if "{key}" in path else [])
        assert all(one["description"] for one in operation["responses"].values())
    assert "from" in schemas["Readings"]["properties"]


def test_described_and_served_addresses_are_the_same() -> None:
    app = Flask(__name__)
    app.register_blueprint(blueprint(MadeUp(full_city())))
    served = {rule.rule.replace("<", "{").replace(">", "}") for rule in app.url_map.iter_rules()}
    own = {BASE + "/", BASE + "/openapi.json", BASE + "/{path:rest}"}
    assert {one for one in served if one.startswith(BASE)} - own == {BASE + one.path for one in PATHS}


def test_the_listing_needs_nothing_from_outside(client: FlaskClient) -> None:
    page = client.get(f"{BASE}/").text
    assert all(one.path in page for one in PATHS)
    assert "http:" not in page and "https:" not in page and "<script" not in page


def test_what_several_sources_tell_names_them_all_who_stands_in_and_how_far_apart_they_are() -> None:
    city = full_city()
    level = city.figures["water-level"]
    seen = replace(city.map_points[0].series[0], value=1.86, source="b", redundant_sources=("a", "c"), failover_for="a")
    seen = replace(seen, disagreement=Disagreement(0.56, 1.3, "c", NOW))
    figure = replace(level, value=replace(level.value, reason="b"), redundant_series=(seen,))
    shown = kpis(replace(city, figures={"water-level": figure})).kpis[0]
    assert (shown.also, shown.stand_in, shown.reason) == (["b", "a", "c"], "b", "")
    (apart,) = shown.apart
    assert (apart.source, apart.value, apart.other_source, apart.other_value, apart.gap) == ("b", 1.86, "c", 1.3, 0.56)
    alone = kpis(city).kpis[0]
    assert (alone.also, alone.stand_in, alone.apart) == ([], "", [])
