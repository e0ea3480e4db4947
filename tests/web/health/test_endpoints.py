"""The probes: alive, ready or why not, and figures for Prometheus."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from ioc.domain.base.times import to_ms
from ioc.domain.snapshot import Snapshot
from ioc.web.health.endpoints import Metrics, blueprint
from tests.city import NOW, full_city


class MadeUp:
    """Reads whose heartbeat and faults the test sets."""

    def __init__(self) -> None:
        self.beat: datetime | None = NOW - timedelta(seconds=1)
        self.fault: Exception | None = None

    def snapshot(self) -> Snapshot:
        if self.fault:
            raise self.fault
        return full_city()

    def versions(self) -> tuple[int, int, int]:
        return 7, to_ms(self.beat) if self.beat else 0, to_ms(NOW - timedelta(seconds=3))


@pytest.fixture
def reads() -> MadeUp:
    return MadeUp()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def client(reads: MadeUp, metrics: Metrics) -> FlaskClient:
    app = Flask(__name__)
    app.register_blueprint(blueprint(reads, metrics, lambda: NOW))
    return app.test_client()


def figures(client: FlaskClient) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def test_ready_when_the_heart_beats_and_a_snapshot_stands(client: FlaskClient) -> None:
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert answer.status_code == 200 and answer.get_json()["reasons"] == []


def test_not_ready_says_why(client: FlaskClient, reads: MadeUp) -> None:
    reads.beat = NOW - timedelta(seconds=6)
    assert client.get("/readyz").status_code == 503
    assert "6 s" in client.get("/readyz").get_json()["reasons"][0]
    reads.beat = None
    assert "never" in client.get("/readyz").get_json()["reasons"][0]
    reads.fault = OSError("secret of the store")
    answer = client.get("/readyz")
    assert answer.status_code == 503 and "store" in answer.get_json()["reasons"][0] and "secret" not in answer.text
    assert client.get("/healthz").status_code == 200


def test_metrics_tell_sources_heart_and_counters(client: FlaskClient, metrics: Metrics) -> None:
    metrics.requests.labels("live", "200").inc(3)
    metrics.frames.labels("overview").inc()
    told = figures(client)
    assert (
        told["ioc_source_last_poll_accepted", "sim-tide"] == 4
        and told["ioc_source_last_poll_rejected", "sim-tide"] == 1
    )
    assert told["ioc_source_state", "sim-beds", "down"] == 1 and told["ioc_source_state", "sim-beds", "live"] == 0
    assert told["ioc_source_poll_lag_seconds", "sim-beds"] == 3540
    assert told["ioc_poller_heartbeat_age_seconds",] == 1 and told["ioc_data_age_seconds",] == 3
    assert told["ioc_http_requests_total", "live", "200"] == 3 and told["ioc_frames_rendered_total", "overview"] == 1


def test_metrics_without_a_store_say_so(client: FlaskClient, reads: MadeUp) -> None:
    reads.fault = OSError("gone")
    assert figures(client)["ioc_store_up",] == 0


def test_answers_are_counted_by_what_was_asked_for(client: FlaskClient, metrics: Metrics) -> None:
    app = client.application
    app.wsgi_app = metrics.count_requests(app.wsgi_app)  # type: ignore[assignment, method-assign]
    for path in ("/healthz", "/healthz", "/nowhere/x", "/"):
        client.get(path)
    told = figures(client)
    assert (
        told["ioc_http_requests_total", "healthz", "200"] == 2 and told["ioc_http_requests_total", "page", "404"] == 2
    )
