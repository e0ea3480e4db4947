"""/healthz: the process lives. /readyz: it can show something true. /metrics: for Prometheus."""

import logging
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import orjson
from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ioc.auth.permissions import Action
from ioc.domain.base.host_health import BYTES_PER_GB, HostComponent
from ioc.domain.base.times import Clock, to_ms
from ioc.domain.ingest.dropped import DropReason
from ioc.domain.ingest.health import SourceState
from ioc.domain.kpis.kpi import RANK
from ioc.domain.snapshot import Snapshot, SourceView
from ioc.web.errors.codes import RequestCode
from ioc.web.errors.json_errors import CONTENT_TYPE, failure_body
from ioc.web.middleware.authorization import requires

log = logging.getLogger("ioc.probes")

MAX_HEARTBEAT_AGE_SECONDS = 5.0
Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WsgiApp = Callable[[Environ, StartResponse], Iterable[bytes]]
_COUNTED_ROUTES = frozenset({"live", "api", "pdf", "assets", "_dash-component-suites", "healthz", "readyz", "metrics"})


class HealthReadModel(Protocol):
    """What the probes read from: ioc.snapshot.cache."""

    def versions(self) -> tuple[int, int, int]: ...

    def snapshot(self) -> Snapshot: ...


class Metrics:
    """The counters of this process; others count into it, `/metrics` tells."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "ioc_http_requests", "Requests answered", ["route", "status"], registry=self.registry
        )  # fmt: skip
        self.frames = Counter("ioc_frames_rendered", "Frames drawn", ["page"], registry=self.registry)

    def count_requests(self, inner: WsgiApp) -> WsgiApp:
        """`inner`, each of its answers counted by what was asked for and by status."""

        def answer(environ: Environ, start: StartResponse) -> Iterable[bytes]:
            route = environ.get("PATH_INFO", "").split("/", 2)[1:2]
            name = route[0] if route and route[0] in _COUNTED_ROUTES else "page"

            def begin(status: str, *rest: Any) -> Any:
                self.requests.labels(name, status[:3]).inc()
                return start(status, *rest)

            return inner(environ, begin)

        return answer


def blueprint(reads: HealthReadModel, metrics: Metrics, clock: Clock) -> Blueprint:
    """The three addresses."""
    probes = Blueprint("probes", __name__)
    metrics.registry.register(_StoreCollector(reads, clock))

    @probes.get("/healthz")
    @requires(Action.VIEW_PUBLIC)
    def healthz() -> Response:
        return _json_response({"status": "ok"})

    @probes.get("/readyz")
    @requires(Action.VIEW_PUBLIC)
    def readyz() -> Response:
        reasons = unready_reasons(reads, clock)
        if reasons:
            told = failure_body(RequestCode.NOT_READY, status="not ready", reasons=reasons)
            return Response(told, 503, mimetype=CONTENT_TYPE, headers={"Cache-Control": "no-store"})
        return _json_response({"status": "ok", "reasons": reasons})

    @probes.get("/metrics")
    @requires(Action.READ_METRICS)
    def shown() -> Response:
        return Response(generate_latest(metrics.registry), content_type=CONTENT_TYPE_LATEST)

    return probes


def unready_reasons(reads: HealthReadModel, clock: Clock) -> list[str]:
    """Why nothing true can be shown now; empty when it can."""
    try:
        reads.snapshot()
        _, beat, _ = reads.versions()
    except Exception as error:  # noqa: BLE001 (whatever the store raises, the answer is the same)
        log.warning("not ready: %s", error)
        return ["the store cannot be read"]
    if not beat:
        return ["the poller has never been alive on this store"]
    age = to_ms(clock()) / 1000 - beat / 1000
    return [f"the poller's heartbeat is {age:.0f} s old"] if age > MAX_HEARTBEAT_AGE_SECONDS else []


def _json_response(told: object) -> Response:
    return Response(orjson.dumps(told), mimetype=CONTENT_TYPE, headers={"Cache-Control": "no-store"})


class _StoreCollector(Collector):
    """What the store tells, read when Prometheus asks."""

    def __init__(self, reads: HealthReadModel, clock: Clock) -> None:
        self._reads, self._clock = reads, clock

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        up = GaugeMetricFamily("ioc_store_up", "Whether the store can be read")
        try:
            snapshot, versions = self._reads.snapshot(), self._reads.versions()
        except Exception as error:  # noqa: BLE001 (a scrape must be answered, and say so)
            log.warning("metrics without a store: %s", error)
            up.add_metric([], 0)
            return [up]
        up.add_metric([], 1)
        told = (
            *_source_metrics(snapshot, to_ms(self._clock()) / 1000),
            *_drop_metrics(snapshot),
            *_host_metrics(snapshot),
        )
        return [up, *self._heartbeat_metrics(versions), *told]

    def _heartbeat_metrics(self, versions: tuple[int, int, int]) -> Iterable[Metric]:
        version, beat, data = versions
        now = to_ms(self._clock()) / 1000
        yield GaugeMetricFamily("ioc_store_change_counter", "Version of the store", value=version)
        if beat:
            yield GaugeMetricFamily(
                "ioc_poller_heartbeat_age_seconds", "Age of the poller's heartbeat", now - beat / 1000
            )
        if data:
            yield GaugeMetricFamily("ioc_data_age_seconds", "Age of the newest reading", now - data / 1000)


_SOURCE_GAUGES: tuple[tuple[str, str, Callable[[SourceView, float], float | None]], ...] = (
    (
        "ioc_source_last_poll_accepted",
        "Readings kept of the newest good poll",
        lambda one, now: one.health.accepted_count,
    ),
    (
        "ioc_source_last_poll_rejected",
        "Items refused of the newest good poll",
        lambda one, now: one.health.rejected_count,
    ),
    ("ioc_source_consecutive_failures", "Failed polls in a row", lambda one, now: one.health.failures),
    ("ioc_source_simulated", "Whether it is simulated", lambda one, now: float(one.source.is_simulated)),
    (
        "ioc_source_poll_lag_seconds",
        "By how much its newest good poll is overdue",
        lambda one, now: _poll_lag(one, now),
    ),
)


def _poll_lag(one: SourceView, now: float) -> float | None:
    if one.health.last_success is None or not one.source.is_enabled:
        return None
    return max(0.0, now - one.health.last_success.timestamp() - one.source.poll_interval.total_seconds())


def _source_metrics(snapshot: Snapshot, now: float) -> Iterable[Metric]:
    for name, text, value in _SOURCE_GAUGES:
        family = GaugeMetricFamily(name, text, labels=["source"])
        for one in snapshot.sources:
            if (found := value(one, now)) is not None:
                family.add_metric([one.source.key], found)
        yield family
    states = GaugeMetricFamily("ioc_source_state", "1 for the state that holds", labels=["source", "state"])
    for one in snapshot.sources:
        for state in SourceState:
            states.add_metric([one.source.key, state], float(one.health.state is state))
    yield states


_DROP_COUNTERS = {
    DropReason.REJECTED: ("ioc_items_rejected", "Items that were refused since the store was begun"),
    DropReason.SHED: ("ioc_readings_shed", "Readings and events lost while the store could not be written"),
}


def _drop_metrics(snapshot: Snapshot) -> Iterable[Metric]:
    for way, (name, text) in _DROP_COUNTERS.items():
        family, counts = CounterMetricFamily(name, text, labels=["source"]), snapshot.drop_counters.get(way, {})
        for one in snapshot.sources:
            found = counts.get(one.source.key)
            family.add_metric([one.source.key], found.total if found else 0)
        yield family


_HOST_GAUGES: tuple[tuple[HostComponent, str, str, float], ...] = (
    (HostComponent.DISK, "ioc_disk_free_bytes", "Free on the disk of the data", BYTES_PER_GB),
    (HostComponent.CLOCK, "ioc_clock_offset_seconds", "By how much the clock is ahead of what it is compared with", 1),
    (HostComponent.CERTIFICATE, "ioc_certificate_expiry_seconds", "Until the certificate of the way in ends", 86_400),
    (HostComponent.BACKUP, "ioc_backup_age_seconds", "Since the newest backup", 3_600),
)


def _host_metrics(snapshot: Snapshot) -> Iterable[Metric]:
    severity = GaugeMetricFamily(
        "ioc_host_health_severity", "0 normal, 1 attention, 2 critical, as looked at each minute", labels=["key"]
    )
    for one in snapshot.host_conditions:
        severity.add_metric([one.key], RANK[one.severity])
    yield severity
    values = {one.component: one.value for one in snapshot.host_conditions if one.value is not None}
    for part, name, text, factor in _HOST_GAUGES:
        if part in values:
            yield GaugeMetricFamily(name, text, value=values[part] * factor)
