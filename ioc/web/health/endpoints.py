"""GET /healthz: the process runs. GET /readyz: it can show current data. GET /metrics: for Prometheus."""

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import orjson
from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ioc.domain.access.permissions import Action
from ioc.domain.base.failure import Failure
from ioc.domain.base.host_health import BYTES_PER_GB, HostComponent
from ioc.domain.base.times import Clock, to_ms
from ioc.domain.ingest.dropped import DropReason
from ioc.domain.ingest.health import SourceState
from ioc.domain.kpis.kpi import RANK
from ioc.domain.snapshot import Snapshot, SourceView
from ioc.web.errors.codes import RequestCode
from ioc.web.errors.json_errors import CONTENT_TYPE, error_response, failure_json
from ioc.web.errors.request_error import RequestError
from ioc.web.health.readiness import HealthReadModel, Readiness
from ioc.web.middleware.authorization import requires
from ioc.web.wsgi import Environ, StartResponse, WsgiApp

log = logging.getLogger("ioc.health")

_COUNTED_ROUTES = frozenset({"live", "api", "pdf", "assets", "_dash-component-suites", "healthz", "readyz", "metrics"})


class Metrics:
    """The counters of this process, exported at /metrics."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("ioc_http_requests", "Requests answered", ["route", "status"], registry=self.registry)
        self.frames = Counter("ioc_frames_rendered", "Frames drawn", ["page"], registry=self.registry)

    def count_requests(self, inner: WsgiApp) -> WsgiApp:
        """`inner`, with each response counted by the first segment of its path and by status."""

        def counted(environ: Environ, start: StartResponse) -> Iterable[bytes]:
            segment = environ.get("PATH_INFO", "").split("/", 2)[1:2]
            route = segment[0] if segment and segment[0] in _COUNTED_ROUTES else "page"

            def start_counted(status: str, *rest: Any) -> Any:
                self.requests.labels(route, status[:3]).inc()
                return start(status, *rest)

            return inner(environ, start_counted)

        return counted


def blueprint(
    reads: HealthReadModel, metrics: Metrics, clock: Clock, data_dir: Path,
    clock_failure: Callable[[], Failure | None] = lambda: None,
) -> Blueprint:  # fmt: skip
    """The three routes. `clock`: aware times. `data_dir`, `clock_failure`: see Readiness."""
    health, readiness = Blueprint("health", __name__), Readiness(reads, clock, data_dir, clock_failure)
    metrics.registry.register(_StoreCollector(reads, clock))

    @health.get("/healthz")
    @requires(Action.VIEW_PUBLIC)
    def healthz() -> Response:
        return _json_response({"status": "ok"})

    @health.get("/readyz")
    @requires(Action.VIEW_PUBLIC)
    def readyz() -> Response:
        if reasons := [failure_json(failure) for failure in readiness.reasons()]:
            return error_response(RequestError(RequestCode.NOT_READY), status="not ready", reasons=reasons)
        return _json_response({"status": "ok", "reasons": reasons})

    @health.get("/metrics")
    @requires(Action.READ_METRICS)
    def metrics_text() -> Response:
        return Response(generate_latest(metrics.registry), content_type=CONTENT_TYPE_LATEST)

    return health


def _json_response(body: object) -> Response:
    return Response(orjson.dumps(body), mimetype=CONTENT_TYPE, headers={"Cache-Control": "no-store"})


class _StoreCollector(Collector):
    """Metrics of the store, read at each scrape."""

    def __init__(self, reads: HealthReadModel, clock: Clock) -> None:
        self._reads, self._clock = reads, clock

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        up = GaugeMetricFamily("ioc_store_up", "Whether the store can be read")
        try:
            snapshot, versions = self._reads.snapshot(), self._reads.versions()
        except Exception as error:  # noqa: BLE001 (a scrape must be answered, with ioc_store_up 0)
            log.warning("metrics without a store: %s", error)
            up.add_metric([], 0)
            return [up]
        up.add_metric([], 1)
        now = to_ms(self._clock()) / 1000
        return [
            up,
            *_heartbeat_metrics(versions, now),
            *_source_metrics(snapshot, now),
            *_drop_metrics(snapshot),
            *_host_metrics(snapshot),
        ]


def _heartbeat_metrics(versions: tuple[int, int, int], now: float) -> Iterable[Metric]:
    version, heartbeat_ms, data_time_ms = versions
    yield GaugeMetricFamily("ioc_store_change_counter", "Version of the store", value=version)
    if heartbeat_ms:
        yield GaugeMetricFamily(
            "ioc_poller_heartbeat_age_seconds", "Age of the poller's heartbeat", now - heartbeat_ms / 1000
        )
    if data_time_ms:
        yield GaugeMetricFamily("ioc_data_age_seconds", "Age of the newest reading", now - data_time_ms / 1000)


_SOURCE_GAUGES: tuple[tuple[str, str, Callable[[SourceView, float], float | None]], ...] = (
    (
        "ioc_source_last_poll_accepted",
        "Readings kept of the newest good poll",
        lambda view, now: view.health.accepted_count,
    ),
    (
        "ioc_source_last_poll_rejected",
        "Items refused of the newest good poll",
        lambda view, now: view.health.rejected_count,
    ),
    ("ioc_source_consecutive_failures", "Failed polls in a row", lambda view, now: view.health.consecutive_failures),
    ("ioc_source_simulated", "Whether it is simulated", lambda view, now: float(view.source.is_simulated)),
    (
        "ioc_source_poll_lag_seconds",
        "By how much its newest good poll is overdue",
        lambda view, now: _poll_lag(view, now),
    ),
)


def _poll_lag(view: SourceView, now: float) -> float | None:
    if view.health.last_success is None or not view.source.is_enabled:
        return None
    return max(0.0, now - view.health.last_success.timestamp() - view.source.poll_interval.total_seconds())


def _source_metrics(snapshot: Snapshot, now: float) -> Iterable[Metric]:
    for name, text, value_of in _SOURCE_GAUGES:
        family = GaugeMetricFamily(name, text, labels=["source"])
        for view in snapshot.sources:
            if (value := value_of(view, now)) is not None:
                family.add_metric([view.source.key], value)
        yield family
    states = GaugeMetricFamily("ioc_source_state", "1 for the state that holds", labels=["source", "state"])
    for view in snapshot.sources:
        for state in SourceState:
            states.add_metric([view.source.key, state], float(view.health.state is state))
    yield states


_DROP_COUNTERS = {
    DropReason.REJECTED: ("ioc_items_rejected", "Items that were refused since the store was begun"),
    DropReason.SHED: ("ioc_readings_shed", "Readings and events lost while the store could not be written"),
}


def _drop_metrics(snapshot: Snapshot) -> Iterable[Metric]:
    for reason, (name, text) in _DROP_COUNTERS.items():
        family, counters = CounterMetricFamily(name, text, labels=["source"]), snapshot.drop_counters.get(reason, {})
        for view in snapshot.sources:
            counter = counters.get(view.source.key)
            family.add_metric([view.source.key], counter.total if counter else 0)
        yield family


_HOST_GAUGES: tuple[tuple[HostComponent, str, str, float], ...] = (
    (HostComponent.DISK, "ioc_disk_free_bytes", "Free on the disk of the data", BYTES_PER_GB),
    (HostComponent.CLOCK, "ioc_clock_offset_seconds", "By how much the clock is ahead of what it is compared with", 1),
    (HostComponent.CERTIFICATE, "ioc_certificate_expiry_seconds", "Seconds until the TLS certificate expires", 86_400),
    (HostComponent.BACKUP, "ioc_backup_age_seconds", "Since the newest backup", 3_600),
)


def _host_metrics(snapshot: Snapshot) -> Iterable[Metric]:
    severity = GaugeMetricFamily(
        "ioc_host_health_severity", "0 normal, 1 attention, 2 critical, as looked at each minute", labels=["key"]
    )
    for condition in snapshot.host_conditions:
        severity.add_metric([condition.key], RANK[condition.severity])
    yield severity
    values = {item.component: item.value for item in snapshot.host_conditions if item.value is not None}
    for component, name, text, factor in _HOST_GAUGES:
        if component in values:
            yield GaugeMetricFamily(name, text, value=values[component] * factor)
