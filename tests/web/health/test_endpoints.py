"""Health, readiness with its reasons, and metrics for Prometheus."""

import errno
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from components.ui.error_messages import describe
from ioc.domain.base.disk_space import DiskSpace
from ioc.domain.base.failure import Failure
from ioc.domain.base.host_health import disk_condition
from ioc.domain.base.system_errors import SystemCode
from ioc.domain.base.times import to_ms
from ioc.domain.snapshot import Snapshot
from ioc.storage.db.errors import StoreCode, StoreError
from ioc.web.errors.codes import RequestCode
from ioc.web.health import readiness
from ioc.web.health.endpoints import Metrics, blueprint
from ioc.web.health.readiness import ReadinessCode as Code
from tests.city import NOW, full_city


class FakeHealthReads:
    """Reads with a heartbeat and an error that the test sets."""

    def __init__(self) -> None:
        self.heartbeat: datetime | None = NOW - timedelta(seconds=1)
        self.is_beating = False
        self.error: Exception | None = None
        self.disk_free = 0.5
        self.open: threading.Event | None = None
        self.asked = 0

    def snapshot(self) -> Snapshot:
        self.asked += 1
        if self.open:
            self.open.wait(20)
        if self.error:
            raise self.error
        return replace(full_city(), host_conditions=(disk_condition(DiskSpace(self.disk_free * 1e12, 1e12), NOW),))

    def versions(self) -> tuple[int, int, int]:
        if self.heartbeat and self.is_beating:
            self.heartbeat += timedelta(seconds=1)
        return 7, to_ms(self.heartbeat) if self.heartbeat else 0, to_ms(NOW - timedelta(seconds=3))


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> FakeHealthReads:
    """Each request has a check of its own."""
    monkeypatch.setattr(readiness, "SHARED_SECONDS", -1.0)
    monkeypatch.setattr(readiness, "_BEAT_CHECK_SECONDS", 0.0)
    return FakeHealthReads()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def client(reads: FakeHealthReads, metrics: Metrics, tmp_path: Path) -> FlaskClient:
    app = Flask(__name__)
    app.register_blueprint(blueprint(reads, metrics, lambda: NOW, tmp_path))
    return app.test_client()


def samples(client: FlaskClient) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


def test_ready_with_a_heartbeat_and_a_snapshot(client: FlaskClient) -> None:
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert answer.status_code == 200 and answer.get_json()["reasons"] == []


def test_not_ready_has_a_code_for_each_reason(client: FlaskClient, reads: FakeHealthReads) -> None:
    reads.heartbeat = NOW - timedelta(seconds=6)
    answer = client.get("/readyz")
    (reason,) = answer.get_json()["reasons"]
    assert (answer.status_code, reason["code"], reason["params"]) == (503, Code.HEARTBEAT_STALE, {"seconds": 6})
    assert "6 s" in reason["detail"]["en"]
    reads.heartbeat = None
    assert client.get("/readyz").get_json()["reasons"][0]["code"] == Code.POLLER_NEVER_RAN
    reads.error = OSError("secret of the store")
    answer = client.get("/readyz")
    assert answer.status_code == 503 and answer.get_json()["reasons"][0]["code"] == RequestCode.STORE_UNAVAILABLE
    assert "secret" not in answer.text
    reads.error = StoreError(StoreCode.FILE_REPLACED)
    assert client.get("/readyz").get_json()["reasons"][0]["code"] == StoreCode.FILE_REPLACED
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(("seconds", "status"), [(50, 200), (80, 503)])
def test_ready_where_the_clock_differs_from_the_pollers_by_less_than_a_minute(
    client: FlaskClient, reads: FakeHealthReads, seconds: int, status: int
) -> None:
    reads.heartbeat, reads.is_beating = NOW - timedelta(seconds=seconds), True
    assert client.get("/readyz").status_code == status


def test_one_check_answers_whoever_asks_during_it_or_a_moment_later(
    client: FlaskClient, reads: FakeHealthReads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "SHARED_SECONDS", 60.0)
    reads.error, reads.open = OSError("gone"), threading.Event()
    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(client.application.test_client().get, "/readyz") for _ in range(4)]
        reads.open.set()
    reads.error = None
    assert {each.result().status_code for each in asked} == {client.get("/readyz").status_code} == {503}
    assert reads.asked == 1
    monkeypatch.setattr(readiness, "SHARED_SECONDS", -1.0)
    assert client.get("/readyz").status_code == 200


def test_full_disk_is_named_beside_the_stale_heartbeat(client: FlaskClient, reads: FakeHealthReads) -> None:
    reads.disk_free = 0.01
    assert client.get("/readyz").status_code == 200, "the poller still writes"
    reads.heartbeat = NOW - timedelta(seconds=6)
    reasons = client.get("/readyz").get_json()["reasons"]
    assert [reason["code"] for reason in reasons] == [Code.HEARTBEAT_STALE, Code.DISK_FULL]
    assert "1 %" in reasons[1]["detail"]["vi"]
    reads.disk_free = 0.5
    assert [reason["code"] for reason in client.get("/readyz").get_json()["reasons"]] == [Code.HEARTBEAT_STALE]


@pytest.mark.parametrize(
    ("number", "cause"),
    [(errno.EROFS, SystemCode.READ_ONLY), (errno.ENOSPC, SystemCode.DISK_FULL), (errno.EMFILE, None)],
)
def test_disk_that_takes_nothing_is_named_beside_the_stale_heartbeat(
    client: FlaskClient, reads: FakeHealthReads, monkeypatch: pytest.MonkeyPatch, number: int, cause: SystemCode | None
) -> None:
    """The poller cannot write down that it cannot write."""
    reads.heartbeat = NOW - timedelta(seconds=6)

    def refused(**_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(readiness, "TemporaryFile", refused)
    reasons = client.get("/readyz").get_json()["reasons"]
    named = [Code.DATA_NOT_WRITABLE] if cause else []  # a lack of descriptors is not one of the disk
    assert [reason["code"] for reason in reasons] == [Code.HEARTBEAT_STALE, *named]
    assert cause is None or describe(Failure(cause), "en") in reasons[1]["detail"]["en"]


def test_wrong_clock_is_named_alone_and_beside_the_stale_heartbeat(reads: FakeHealthReads, tmp_path: Path) -> None:
    failures: list[Failure | StoreError] = [Failure(StoreCode.CLOCK_BEHIND, {"seconds": 7200})]

    def clock_failure() -> Failure | None:
        if isinstance(failure := failures[-1], StoreError):
            raise failure
        return failure

    app = Flask(__name__)
    app.register_blueprint(blueprint(reads, Metrics(), lambda: NOW, tmp_path, clock_failure))
    reasons = app.test_client().get("/readyz").get_json()["reasons"]
    assert [reason["code"] for reason in reasons] == [StoreCode.CLOCK_BEHIND], "another machine polls"
    reads.heartbeat = NOW - timedelta(seconds=6)
    reasons = app.test_client().get("/readyz").get_json()["reasons"]
    assert [reason["code"] for reason in reasons] == [Code.HEARTBEAT_STALE, StoreCode.CLOCK_BEHIND]
    assert "the clock of this machine is 7,200 s behind" in reasons[1]["detail"]["en"]
    failures.append(StoreError(StoreCode.NOT_ANSWERING))
    reasons = app.test_client().get("/readyz").get_json()["reasons"]
    assert [reason["code"] for reason in reasons] == [Code.HEARTBEAT_STALE]


def test_metrics_cover_sources_heartbeat_and_counters(client: FlaskClient, metrics: Metrics) -> None:
    metrics.requests.labels("live", "200").inc(3)
    metrics.frames.labels("overview").inc()
    values = samples(client)
    assert values["ioc_source_last_poll_accepted", "sim-tide"] == 4
    assert values["ioc_source_last_poll_rejected", "sim-tide"] == 1
    assert values["ioc_source_state", "sim-beds", "down"] == 1 and values["ioc_source_state", "sim-beds", "live"] == 0
    assert values["ioc_source_poll_lag_seconds", "sim-beds"] == 3540
    assert values["ioc_poller_heartbeat_age_seconds",] == 1 and values["ioc_data_age_seconds",] == 3
    assert values["ioc_http_requests_total", "live", "200"] == 3
    assert values["ioc_frames_rendered_total", "overview"] == 1


def test_metrics_without_a_store_have_store_up_0(client: FlaskClient, reads: FakeHealthReads) -> None:
    reads.error = OSError("gone")
    assert samples(client)["ioc_store_up",] == 0


def test_responses_are_counted_by_route_and_status(client: FlaskClient, metrics: Metrics) -> None:
    app = client.application
    app.wsgi_app = metrics.count_requests(app.wsgi_app)  # type: ignore[assignment, method-assign]
    for path in ("/healthz", "/healthz", "/nowhere/x", "/"):
        client.get(path)
    values = samples(client)
    assert values["ioc_http_requests_total", "healthz", "200"] == 2
    assert values["ioc_http_requests_total", "page", "404"] == 2
