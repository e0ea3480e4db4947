"""What the writer had no room for is counted, survives until it can be told, and is told by page, list and metrics."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from components.sources.host_health import condition_text
from ioc.domain.base.failure import untyped
from ioc.domain.base.host_health import HostComponent, writing_condition
from ioc.domain.ingest.dropped import QUIET_PERIOD, DropCounter, DropReason, single_drop
from ioc.domain.ingest.health import SourceHealth, SourceState, initial_health
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem, StoredRejection
from ioc.domain.ingest.source import Source
from ioc.domain.kpis.kpi import Severity
from ioc.poller import writer as writing_module
from ioc.poller.host_monitor import HostMonitor, HostProbes
from ioc.poller.kpi_engine import KpiEngine
from ioc.poller.load_shedding import LoadSheddingCounters
from ioc.poller.poller import PollResult
from ioc.poller.state import LatestValues
from ioc.poller.writer import Writer
from ioc.snapshot.cache import SnapshotCache
from ioc.storage.db.store import Store, StoreError
from ioc.storage.timeseries import drop_counters, readings
from ioc.storage.timeseries import rejected_items as refused
from ioc.web.health.endpoints import Metrics, blueprint
from tests.city import NOW
from tests.poller.test_service import configured, row

MINUTE = timedelta(minutes=1)


class Desk:
    """A writer over a store that can be taken away."""

    def __init__(self, store: Store, *rows: Source) -> None:
        self.store, self.configuration, self.rows, self.now = store, configured(*rows), rows, NOW
        with store.write() as conn:
            readings.declare_series(conn, rows)
        board = LatestValues(rows, {}, {one.key: initial_health(one, NOW) for one in rows})
        self.away = False
        held = cast(Store, SimpleNamespace(write=self._write))
        self.writer = Writer(held, board, KpiEngine((), board, {}), lambda: self.now)

    def _write(self) -> Any:
        if self.away:
            raise StoreError(untyped("the disk is full"))
        return self.store.write()

    def deliver(self, one: Source, count: int, *refused: RejectedItem, **more: Any) -> None:
        self.now += MINUTE
        told = tuple(Reading(f"{one.key}-level", self.now - timedelta(seconds=n), 1.0, "m") for n in range(count))
        health = SourceHealth(
            one.key, SourceState.LIVE, NOW, last_success=self.now, data_time=self.now, accepted_count=count
        )
        self.writer.enqueue(PollResult(one, Batch(told, refused), self.now, health, **more))

    def shed(self) -> dict[str, DropCounter]:
        with self.store.read() as conn:
            return drop_counters.current(conn, DropReason.SHED)

    def looked(self, folder: Path) -> None:
        place = HostProbes(folder, monotonic_clock=lambda: self.now.timestamp())
        observed = cast(Any, SimpleNamespace(certificates={}, clocks=lambda _: {}))
        HostMonitor(self.store, self.configuration, lambda: self.now, place, observed).record()


async def test_what_is_shed_while_the_store_is_away_is_told_when_it_is_back(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing_module, "MAX_WAITING_READINGS", 10)
    desk = Desk(store, a := row("a"), b := row("b"))
    desk.away = True
    desk.deliver(a, 8)
    began = desk.now
    await desk.writer.commit()
    desk.deliver(b, 6)  # the eight of a give way
    desk.deliver(b, 6, message_ids=(1,))  # the first six of b give way
    desk.deliver(a, 5)  # the second six give way, but nothing is lost: their letter waits
    await desk.writer.commit()
    assert desk.shed() == {}, "it cannot be told yet"
    desk.away = False
    await desk.writer.commit()
    assert desk.shed() == {"a": single_drop("a", 8, began), "b": single_drop("b", 6, began + MINUTE)}
    desk.looked(tmp_path)
    snapshot = SnapshotCache(store, desk.configuration, lambda: desk.now).snapshot()
    (condition,) = (one for one in snapshot.host_conditions if one.component is HostComponent.WRITING)
    assert (condition.severity, condition.value, condition.since) == (Severity.ATTENTION, 14.0, began)
    assert "đã bỏ 14 số đo" in condition_text(condition, "vi")
    assert [one.key for one in snapshot.attention if one.kind == "host"] == ["write_queue"]
    assert figures(desk)["ioc_readings_shed_total", "a"] == 8 and figures(desk)["ioc_readings_shed_total", "b"] == 6
    desk.now += QUIET_PERIOD + timedelta(hours=1)
    desk.looked(tmp_path)
    assert not SnapshotCache(store, desk.configuration, lambda: desk.now).snapshot().attention
    assert figures(desk)["ioc_readings_shed_total", "a"] == 8, "a counter never goes back"
    desk.writer.close()


def figures(desk: Desk) -> dict[tuple[str, ...], float]:
    app = Flask(__name__)
    app.register_blueprint(
        blueprint(SnapshotCache(desk.store, desk.configuration, lambda: desk.now), Metrics(), lambda: NOW)
    )
    families = text_string_to_metric_families(app.test_client().get("/metrics").text)
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


async def test_what_is_refused_is_counted_with_its_reasons_and_read_on_where_it_ended(store: Store) -> None:
    desk = Desk(store, a := row("a"))
    reads = SnapshotCache(store, desk.configuration, lambda: desk.now)
    assert reads.snapshot().rejections == ()
    held: Sequence[StoredRejection] = ()
    for n in range(3):
        desk.deliver(a, 1, *(RejectedItem(f"row {n}/{m}", untyped("time is missing"), "<b>") for m in range(40)))
        await desk.writer.commit()
        with store.read() as conn:
            held = refused.with_new_items(conn, held)
            assert held == refused.recent(conn) and refused.with_new_items(conn, held) is held
    shown = SnapshotCache(store, desk.configuration, lambda: desk.now).snapshot()
    assert len(shown.rejections) == 50 and shown.rejections[0].item.location == "row 2/39"
    assert shown.drop_counters[DropReason.REJECTED]["a"].total == 120
    assert figures(desk)["ioc_items_rejected_total", "a"] == 120
    assert reads.at(NOW + MINUTE).rejections[0].item.location == "row 0/39", "as it was then"
    desk.writer.close()


async def test_a_fault_of_ours_over_one_arrival_counts_what_it_cost(store: Store) -> None:
    desk = Desk(store, a := row("a"))
    good = Batch((Reading("a-level", NOW, 1.0, "m"), cast(Reading, "no reading at all")))
    desk.writer.enqueue(PollResult(a, good, NOW, initial_health(a, NOW)))
    await desk.writer.commit()
    await desk.writer.commit()
    assert desk.shed()["a"].total == 2
    desk.writer.close()


def test_a_quiet_day_ends_the_story_but_not_the_count() -> None:
    held = single_drop("a", 3, NOW).merge(single_drop("a", 4, NOW + MINUTE))
    assert held == DropCounter("a", 7, 7, NOW, NOW + MINUTE)
    later = held.merge(single_drop("a", 1, NOW + 2 * QUIET_PERIOD))
    assert (later.total, later.recent, later.began_at) == (8, 1, NOW + 2 * QUIET_PERIOD)
    assert writing_condition([later], NOW + 4 * QUIET_PERIOD).severity is Severity.NORMAL


def test_what_could_not_be_told_is_joined_with_what_came_meanwhile() -> None:
    shed = LoadSheddingCounters()
    shed.add("a", 3, NOW)
    taken = shed.drain()
    shed.add("a", 2, NOW + MINUTE)
    shed.put_back(taken)
    assert shed.drain() == [DropCounter("a", 5, 5, NOW, NOW + MINUTE)] and shed.drain() == []
