"""What waits for the store is kept; what could not be stored is counted and shown by page, list and metrics."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from components.sources.host_health import condition_text
from ioc.domain.base.clock_set_back import ClockWatch
from ioc.domain.base.failure import Failure
from ioc.domain.base.host_health import HostComponent, writing_condition
from ioc.domain.ingest.dropped import QUIET_PERIOD, DropCounter, DropReason, single_drop
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.health import SourceHealth, SourceState, initial_health
from ioc.domain.ingest.protocol import Connector, FetchContext, Payload
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem, StoredRejection
from ioc.domain.ingest.source import Source
from ioc.domain.kpis.kpi import Severity
from ioc.poller import writer as writer_module
from ioc.poller.host_monitor import HostMonitor, HostProbes
from ioc.poller.kpi_engine import KpiEngine
from ioc.poller.load_shedding import LoadSheddingCounters
from ioc.poller.poller import Poller
from ioc.poller.state import LatestValues
from ioc.poller.writer import Writer
from ioc.snapshot.cache import SnapshotCache
from ioc.storage.db.store import Conn, Store, StoreError
from ioc.storage.timeseries import drop_counters, readings, source_health
from ioc.storage.timeseries import rejected_items as rejected_items_store
from ioc.web.health.endpoints import Metrics, blueprint
from tests.city import NOW
from tests.poller.running import FakeCode, configured, poll_result, poll_source

MINUTE = timedelta(minutes=1)


class Bench:
    """A writer over a store that can be made to fail."""

    def __init__(self, store: Store, *rows: Source) -> None:
        self.store, self.configuration, self.rows, self.now = store, configured(*rows), rows, NOW
        with store.write() as conn:
            readings.declare_series(conn, rows)
        values = LatestValues(rows, {}, {row.key: initial_health(row, NOW) for row in rows})
        self.is_failing = self.is_failing_at_end = False
        self.before_write: Callable[[], object] = lambda: None
        store_with_failures = cast(Store, SimpleNamespace(write=self._write, read=store.read))
        self.writer = Writer(store_with_failures, values, KpiEngine((), values, {}), ClockWatch(lambda: self.now))

    @contextmanager
    def _write(self) -> Iterator[Conn]:
        self.before_write()
        if self.is_failing:
            raise StoreError(FakeCode.DISK_FULL)
        with self.store.write() as conn:
            yield conn
            if self.is_failing_at_end:
                raise StoreError(FakeCode.DISK_FULL)

    def enqueue(self, source: Source, count: int, *rejected: RejectedItem, **more: Any) -> None:
        self.now += MINUTE
        readings = tuple(
            Reading(f"{source.key}-level", self.now - timedelta(seconds=n), 1.0, "m") for n in range(count)
        )
        health = SourceHealth(
            source.key, SourceState.LIVE, NOW, last_success=self.now, data_time=self.now, accepted_count=count
        )
        self.writer.enqueue(poll_result(source, Batch(readings, rejected), self.now, health, **more))

    def dropped(self) -> dict[str, DropCounter]:
        with self.store.read() as conn:
            return drop_counters.current(conn, DropReason.SHED)

    def check_host(self, folder: Path) -> None:
        probes = HostProbes(folder, monotonic_clock=lambda: self.now.timestamp())
        peers = cast(Any, SimpleNamespace(certificate_expiries={}, clock_offsets=lambda _: {}))
        HostMonitor(self.store, self.configuration, lambda: self.now, probes, peers).record()


async def test_nothing_is_dropped_and_no_source_is_asked_while_too_much_waits_for_the_store(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "MAX_WAITING_ITEMS", 10)
    bench = Bench(store, a := poll_source("a"), b := poll_source("b"))
    bench.is_failing = True
    bench.enqueue(a, 8)
    await bench.writer.commit()
    assert not bench.writer.is_full()
    bench.enqueue(b, 6)
    assert bench.writer.is_full()
    asked = list[str]()

    async def fetch(source: Source, _context: Any) -> Payload:
        asked.append(source.key)
        return Payload(is_unchanged=True)

    connector = SimpleNamespace(fetch=fetch, parse=lambda *_: Batch())
    context = cast(FetchContext, SimpleNamespace(memory={}))
    healths = {key: initial_health(poll_source(key), NOW) for key in "ab"}
    poller = Poller(
        {"fake": cast(Connector, connector)}, lambda _: context, ClockWatch(lambda: bench.now), healths,
        bench.writer.enqueue, is_full=bench.writer.is_full, id_key=b"",
    )  # fmt: skip
    for source in (a, b, a):
        await poller.poll(replace(source, protocol="fake"))
    assert not asked and poller.take_postponed() == {"a", "b"} and not poller.take_postponed()
    bench.is_failing = False
    await bench.writer.commit()
    with store.read() as conn:
        counts = [len(readings.points(conn, f"{key}-level", NOW - 2 * MINUTE, bench.now, 100)) for key in "ab"]
    assert counts == [8, 6] and bench.dropped() == {} and not bench.writer.is_full()
    await poller.poll(replace(a, protocol="fake"))
    assert asked == ["a"]
    bench.writer.close()


async def test_what_is_being_written_counts_until_it_is_stored(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "MAX_WAITING_ITEMS", 10)
    bench = Bench(store, a := poll_source("a"))
    bench.enqueue(a, 30)
    full = list[bool]()
    bench.before_write = lambda: full.append(bench.writer.is_full())  # on the writer's thread: the loop waits for it
    bench.is_failing = True
    await bench.writer.commit()
    assert full == [True] and bench.writer.is_full()
    bench.is_failing = False
    await bench.writer.commit()
    assert full == [True] * 2 and not bench.writer.is_full()
    bench.writer.close()


async def test_results_keep_their_order_and_fill_up_where_one_of_them_raises_on_a_full_disk(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "MAX_WAITING_ITEMS", 10)
    bench = Bench(store, a := poll_source("a"), b := poll_source("b"))
    wrong = Batch((Reading("b-level", NOW, 1.0, "m"), cast(Reading, "no reading at all")))
    bench.enqueue(a, 4)
    bench.writer.enqueue(poll_result(b, wrong, NOW, initial_health(b, NOW)))
    bench.enqueue(a, 6)
    writes = list[None]()
    bench.before_write = lambda: writes.append(None)
    bench.is_failing_at_end = True
    for _ in range(3):
        await bench.writer.commit()
    assert bench.writer.is_full() and bench.writer.write_failing_since == bench.now
    assert len(writes) == 3 * 2, "the first part that the store does not take ends an attempt"
    bench.is_failing_at_end = False
    await bench.writer.commit()
    with store.read() as conn:
        health = source_health.current(conn)["a"]
    assert health.accepted_count == 6 and not bench.writer.is_full()
    bench.writer.close()


async def test_what_could_not_be_stored_is_shown(store: Store, tmp_path: Path) -> None:
    bench = Bench(store, a := poll_source("a"), b := poll_source("b"))
    shed, began = LoadSheddingCounters(), bench.now
    for source, count in ((a, 8), (b, 6)):
        shed.add(source.key, count, bench.now)
        bench.now += MINUTE
    with store.write() as conn:
        drop_counters.add(conn, DropReason.SHED, shed.drain())
    assert bench.dropped() == {"a": single_drop("a", 8, began), "b": single_drop("b", 6, began + MINUTE)}
    bench.check_host(tmp_path)
    snapshot = SnapshotCache(store, bench.configuration, lambda: bench.now).snapshot()
    (condition,) = (condition for condition in snapshot.host_conditions if condition.component is HostComponent.WRITING)
    assert (condition.severity, condition.value, condition.since) == (Severity.ATTENTION, 14.0, began)
    assert "đã bỏ 14 số đo" in condition_text(condition, "vi")
    assert [item.key for item in snapshot.attention if item.kind == "host"] == ["write_queue"]
    assert metrics(bench)["ioc_readings_shed_total", "a"] == 8 and metrics(bench)["ioc_readings_shed_total", "b"] == 6
    bench.now += QUIET_PERIOD + timedelta(hours=1)
    bench.check_host(tmp_path)
    later = SnapshotCache(store, bench.configuration, lambda: bench.now).snapshot()
    assert "host" not in {one.kind for one in later.attention}
    assert metrics(bench)["ioc_readings_shed_total", "a"] == 8, "a metric never decreases"
    bench.writer.close()


def metrics(bench: Bench) -> dict[tuple[str, ...], float]:
    app = Flask(__name__)
    app.register_blueprint(
        blueprint(SnapshotCache(bench.store, bench.configuration, lambda: bench.now), Metrics(), lambda: NOW, Path())
    )
    families = text_string_to_metric_families(app.test_client().get("/metrics").text)
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


async def test_rejected_items_are_counted_and_read_incrementally(store: Store) -> None:
    bench = Bench(store, a := poll_source("a"))
    reads = SnapshotCache(store, bench.configuration, lambda: bench.now)
    assert reads.snapshot().rejections == ()
    recent: Sequence[StoredRejection] = ()
    for n in range(3):
        bench.enqueue(a, 1, *(RejectedItem(f"row {n}/{m}", Failure(FakeCode.NO_TIME), "<b>") for m in range(40)))
        await bench.writer.commit()
        with store.read() as conn:
            recent = rejected_items_store.with_new_items(conn, recent)
            assert (
                recent == rejected_items_store.recent(conn)
                and rejected_items_store.with_new_items(conn, recent) is recent
            )
    snapshot = SnapshotCache(store, bench.configuration, lambda: bench.now).snapshot()
    assert len(snapshot.rejections) == 50 and snapshot.rejections[0].item.location == "row 2/39"
    assert snapshot.drop_counters[DropReason.REJECTED]["a"].total == 120
    assert metrics(bench)["ioc_items_rejected_total", "a"] == 120
    assert reads.at(NOW + MINUTE).rejections[0].item.location == "row 0/39", "as it was then"
    bench.writer.close()


async def test_a_result_that_raises_in_every_commit_is_rejected_whole_with_its_count(store: Store) -> None:
    bench = Bench(store, a := poll_source("a"))
    good = Batch((Reading("a-level", NOW, 1.0, "m"), cast(Reading, "no reading at all")))
    bench.writer.enqueue(poll_result(a, good, NOW, initial_health(a, NOW)))
    await bench.writer.commit()
    with store.read() as conn:
        (stored,) = rejected_items_store.newest(conn, "a", 9)
        health = source_health.current(conn)["a"]
    assert (stored.item.failure.code, health.rejected_count) == (IngestCode.NOT_STORABLE, 2)
    assert bench.writer.write_failing_since is None
    bench.writer.close()


def test_a_quiet_day_ends_the_episode_but_not_the_total() -> None:
    drops = single_drop("a", 3, NOW).merge(single_drop("a", 4, NOW + MINUTE))
    assert drops == DropCounter("a", 7, 7, NOW, NOW + MINUTE)
    later = drops.merge(single_drop("a", 1, NOW + 2 * QUIET_PERIOD))
    assert (later.total, later.recent, later.began_at) == (8, 1, NOW + 2 * QUIET_PERIOD)
    assert writing_condition([later], NOW + 4 * QUIET_PERIOD).severity is Severity.NORMAL


def test_counts_that_could_not_be_committed_are_merged_with_later_ones() -> None:
    shed = LoadSheddingCounters()
    shed.add("a", 3, NOW)
    drained = shed.drain()
    shed.add("a", 2, NOW + MINUTE)
    shed.put_back(drained)
    assert shed.drain() == [DropCounter("a", 5, 5, NOW, NOW + MINUTE)] and shed.drain() == []
