"""The snapshot cache reads its parts again when what they were read from changed."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from threading import Event
from typing import Any

import pytest

from ioc.config.configuration import with_fingerprint
from ioc.domain.base.blocking import WouldBlockError, refuse_blocking
from ioc.domain.ingest.reading import Reading
from ioc.domain.kpis.kpi import FigureState, KpiValue
from ioc.domain.snapshot import Snapshot
from ioc.snapshot import builder, cache
from ioc.snapshot.cache import SnapshotCache
from ioc.snapshot.view import Frame, View
from ioc.storage import config_log
from ioc.storage.db import change_counter
from ioc.storage.db.store import Store
from ioc.storage.events import events
from ioc.storage.timeseries import kpi_values, readings
from ioc.web.live.frames import FrameRenderer
from ioc.web.live.page_registry import EMPTY_ROUTE, PageRegistry, PageRoute
from ioc.web.live.query import FrameQuery
from tests.city import NOW
from tests.poller.running import configured, poll_source

MINUTE = timedelta(minutes=1)


def _values(store: Store, *minutes_ago: int, topics: set[str]) -> None:
    """Stores values of the KPI that were known that many minutes ago."""
    moments = [NOW - minutes * MINUTE for minutes in minutes_ago]
    values = [(KpiValue("a-kpi", FigureState.OK, at, at.timestamp(), data_time=at), at) for at in moments]
    with store.write() as conn:
        kpi_values.backfill(conn, values)
        change_counter.bump(conn, topics, NOW)


def test_line_is_read_again_when_its_past_was_filled(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "BUILD_SECONDS", 0.0)
    monkeypatch.setattr(cache, "VERSION_CHECK_SECONDS", 0.0)
    reads = SnapshotCache(store, configured(poll_source("a")), lambda: NOW)
    _values(store, 2, 1, topics={"kpis"})
    first = reads.snapshot().figures["a-kpi"].line
    _values(store, *range(1200, 60, -60), topics={"kpis"})
    assert reads.snapshot().figures["a-kpi"].line == first  # not with each new value
    _values(store, *range(1230, 60, -60), topics={"kpis", "history"})
    assert len(reads.snapshot().figures["a-kpi"].line) > len(first) + 30


def test_versions_are_not_read_until_a_build_is_due(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop answers screens meanwhile, without a thread."""
    moment = [1000.0]
    monkeypatch.setattr(cache, "monotonic", lambda: moment[0])
    reads = SnapshotCache(store, configured(poll_source("a")), lambda: NOW)
    first = reads.snapshot()
    _values(store, 1, topics={"kpis"})
    moment[0] += cache.BUILD_SECONDS
    with refuse_blocking():
        assert reads.snapshot() is first
    moment[0] += 0.01
    with refuse_blocking(), pytest.raises(WouldBlockError):
        reads.snapshot()
    assert reads.snapshot().version > first.version


@pytest.mark.parametrize(("age", "is_served"), [(1.0, True), (9 * 3600.0, False)], ids=["young", "of yesterday"])
def test_only_a_young_snapshot_is_served_while_another_one_is_built(
    store: Store, monkeypatch: pytest.MonkeyPatch, age: float, is_served: bool
) -> None:
    """After a night without screens every request but one got the figures of the evening, as good and live."""
    passed, building, release = [0.0], Event(), Event()
    monkeypatch.setattr(cache, "monotonic", lambda: 1000.0 + passed[0])
    reads = SnapshotCache(store, configured(poll_source("a")), lambda: NOW)
    first, build = reads.snapshot(), builder.build_snapshot

    def build_slowly(*arguments: Any, **options: Any) -> Snapshot:
        building.set()
        assert release.wait(20)
        return build(*arguments, **options)

    monkeypatch.setattr(cache, "build_snapshot", build_slowly)
    _values(store, 1, topics={"kpis"})
    passed[0] = age
    with ThreadPoolExecutor(2) as pool:
        try:
            new = pool.submit(reads.snapshot)
            assert building.wait(20)
            second = pool.submit(reads.snapshot)
            done, _ = wait([second], 20 if is_served else 0.3)
            assert bool(done) is is_served
        finally:
            release.set()
        assert second.result(20) is (first if is_served else new.result(20))


def test_last_snapshot_is_built_once_whatever_the_store_holds_since(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr(cache, "BUILD_SECONDS", 0.0)
    monkeypatch.setattr(cache, "VERSION_CHECK_SECONDS", 0.0)
    reads = SnapshotCache(store, configured(poll_source("a")), lambda: NOW)
    first = reads.last_snapshot()
    with store.write() as conn:
        change_counter.bump(conn, {"readings"}, NOW)
    assert reads.last_snapshot() is first
    assert reads.snapshot() is not first
    assert reads.last_snapshot() is reads.snapshot()


def test_past_moments_are_read_one_at_a_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A form that asks for the figures of a past moment does so in a thread of pages, beside their pool."""
    first, both, release = Event(), Event(), Event()
    load_data = builder.load_data

    def load_and_wait(*arguments: Any) -> Any:
        (both if first.is_set() else first).set()
        release.wait(20)
        return load_data(*arguments)

    monkeypatch.setattr(cache, "load_data", load_and_wait)
    reads = SnapshotCache(store, configured(poll_source("a")), lambda: NOW)
    with ThreadPoolExecutor(2) as pool:
        try:
            futures = [pool.submit(reads.at, NOW - n * MINUTE) for n in (1, 2)]
            assert first.wait(20)
            assert not both.wait(0.3)
            with refuse_blocking(), pytest.raises(WouldBlockError):
                reads.at(NOW - MINUTE)
        finally:
            release.set()
        assert [future.result(20).at for future in futures] == [NOW - MINUTE, NOW - 2 * MINUTE]


def test_past_moments_share_the_configuration_of_their_time(store: Store) -> None:
    newer, older = (
        with_fingerprint(configured(*(poll_source(key) for key in keys)), {}) for keys in (("a", "b"), ("a",))
    )
    with store.write() as conn:
        config_log.record(conn, older.body, NOW - 20 * MINUTE)
        config_log.record(conn, newer.body, NOW - 10 * MINUTE)
    reads = SnapshotCache(store, newer, lambda: NOW)
    snapshots = [reads.at(NOW - n * MINUTE) for n in (18, 16, 8, 14)]
    assert [[view.source.key for view in one.sources] for one in snapshots] == [["a"], ["a"], ["a", "b"], ["a"]]
    assert snapshots[0].sources[0].source is snapshots[1].sources[0].source
    assert [view.source.key for view in reads.at(NOW - 30 * MINUTE).sources] == ["a", "b"]


def test_events_beyond_those_of_a_view_are_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = SnapshotCache(store, configured(poll_source("a")), lambda: NOW)
    assert reads.snapshot().has_all_events
    monkeypatch.setattr(events, "open_events", lambda *_, **__: events.OpenEvents(has_all=False))
    assert not SnapshotCache(store, configured(poll_source("a")), lambda: NOW).snapshot().has_all_events


def test_chart_of_a_past_moment_has_nothing_that_came_later(store: Store) -> None:
    """The axis of the chart ends beyond the moment: a second print of it was another one."""
    reads = SnapshotCache(store, configured(poll_source("a")), lambda: NOW)

    def chart(view: View) -> Frame:
        points = view.history("kpi-a-kpi", NOW - 60 * MINUTE, NOW + 60 * MINUTE, 100)
        return {"chart": {"markup": str([(at.isoformat(), value) for at, value in points])}}

    page = PageRoute("page", "/page", EMPTY_ROUTE.pattern, None, chart)

    def shown(moment: datetime | None) -> bytes:
        renderer = FrameRenderer(reads, PageRegistry([page]), lambda _view, _page, _own: {}, lambda: 0.0)
        return renderer.render(FrameQuery("page", moment=moment), 0).panels["chart"]

    _values(store, 30, 20, topics={"kpis"})
    moment = NOW - 15 * MINUTE
    first = shown(moment)
    assert first == shown(None)
    _values(store, 10, 5, topics={"kpis"})
    with store.write() as conn:  # a value of before it, and a correction, that both came after it
        late = [Reading("kpi-a-kpi", NOW - 25 * MINUTE, 7.0), Reading("kpi-a-kpi", NOW - 20 * MINUTE, 8.0)]
        readings.append(conn, kpi_values.DERIVED_SOURCE, late, NOW)
    assert shown(moment) == first != shown(None)
