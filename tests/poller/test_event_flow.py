"""Events from the protocol to the snapshot: deduplicated, counted, located, marked, not polled in maintenance."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ioc.config.configuration import Configuration
from ioc.domain.base.failure import Failure
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import utc_now
from ioc.domain.events.deduplication import DeduplicationRule
from ioc.domain.events.event import Area, Event, EventStage
from ioc.domain.geo.unit_index import UnitIndex
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.event_count import EventCountRule
from ioc.domain.ingest.health import SourceState
from ioc.domain.ingest.maintenance import MaintenanceWindow
from ioc.domain.ingest.protocol import SourceError
from ioc.domain.ingest.reading import Batch, RejectedItem
from ioc.domain.ingest.schema_drift import CONFIRMATIONS, STABLE_AFTER
from ioc.domain.ingest.source import EventKind, Series, Source
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import AttentionKind
from ioc.snapshot.cache import SnapshotCache
from ioc.storage.db.store import Store
from ioc.storage.events import events
from ioc.storage.timeseries import readings
from tests.poller.running import FakeCode, RunningService, ScriptedProtocol, poll_source, source_state

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
KINDS = (EventKind("report", LocalizedText("Phản ánh")),)


def report(key: str, **changes: Any) -> Event:
    now = utc_now()
    return replace(Event("report", key, now, "Đèn đường hỏng", started=now - HOUR, area=Area(105.78, 10.03)), **changes)


def event_source(key: str, **changes: Any) -> Source:
    counted = (
        Series(f"{key}-level", LocalizedText(key), "lượt", count_rule=EventCountRule("report", EventStage.OPEN)),
        Series(
            f"{key}-here",
            LocalizedText(key),
            "lượt",
            place="31135",
            count_rule=EventCountRule("report", EventStage.OPEN),
        ),
    )
    return replace(poll_source(key), series=counted, events=KINDS, **changes)


def kpi_value(reads: SnapshotCache, key: str) -> float | None:
    return reads.snapshot().figures[f"{key}-kpi"].value.value


async def test_events_are_shown_and_counted_and_no_event_counts_as_zero(store: Store) -> None:
    protocol = ScriptedProtocol()
    protocol.behaviours = {"a": (report("1"), report("2", place="31135"), report("3", stage=EventStage.CLOSED))}
    async with RunningService(store, protocol, event_source("a")) as service:
        await service.wait_until(lambda reads: kpi_value(reads, "a") == 2)
        views = service.reads.snapshot().events
        assert {event.event.key for event in views} == {"1", "2"} and views[0].sources == ("a",)
        protocol.behaviours["a"] = tuple(report(key, stage=EventStage.CLOSED) for key in "12")
        await service.wait_until(lambda reads: kpi_value(reads, "a") == 0 and not reads.snapshot().events)


async def test_a_list_that_shrinks_suddenly_ends_no_event_until_the_drift_is_confirmed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    protocol = ScriptedProtocol()
    protocol.behaviours = {"a": listing(30)}
    async with RunningService(store, protocol, event_source("a")) as service:
        await service.wait_until(
            lambda reads: kpi_value(reads, "a") == 30 and len(protocol.polled_at["a"]) > STABLE_AFTER + 1
        )
        protocol.behaviours["a"], before = listing(3), len(protocol.polled_at["a"])
        await service.wait_until(lambda reads: bool(drift(reads)) and kpi_value(reads, "a") == 30)
        assert len(service.reads.snapshot().events) == 30
        assert AttentionKind.SCHEMA_DRIFT in [item.kind for item in service.reads.snapshot().attention]
        monkeypatch.setattr("ioc.domain.ingest.schema_drift.CONFIRMATION_TIME", SECOND)  # once it has been looked at
        await service.wait_until(lambda reads: kpi_value(reads, "a") == 3 and not drift(reads))
        assert len(service.reads.snapshot().events) == 3 and len(protocol.polled_at["a"]) - before >= CONFIRMATIONS


async def test_a_list_that_came_only_in_part_is_shown_and_not_counted(store: Store) -> None:
    protocol = ScriptedProtocol()
    protocol.behaviours = {"a": listing(3)}
    async with RunningService(store, protocol, event_source("a")) as service:
        await service.wait_until(lambda reads: kpi_value(reads, "a") == 3)
        notice = RejectedItem("total", Failure(IngestCode.LIST_CUT, {"read": 1, "total": 9}))
        new = report("new")
        protocol.behaviours["a"] = Batch(events=(new,), rejected_items=(notice,), complete_kinds=frozenset({"report"}))
        await service.wait_until(lambda reads: len(reads.snapshot().events) == 4)
        polls = len(protocol.polled_at["a"])
        await service.wait_until(lambda _: len(protocol.polled_at["a"]) > polls + 1)
        assert kpi_value(service.reads, "a") == 3 and len(service.reads.snapshot().events) == 4


def listing(count: int) -> Batch:
    return Batch(events=tuple(report(str(n)) for n in range(count)), complete_kinds=frozenset({"report"}))


def drift(reads: SnapshotCache) -> tuple[Failure, ...]:
    return reads.snapshot().sources[0].health.drift


async def test_a_source_that_never_answered_has_no_count(store: Store) -> None:
    protocol = ScriptedProtocol()
    protocol.behaviours = {"a": SourceError(FakeCode.NO_CONNECTION), "b": ()}
    async with RunningService(store, protocol, event_source("a"), event_source("b")) as service:
        await service.wait_until(
            lambda reads: kpi_value(reads, "b") == 0 and source_state(reads, "a") is SourceState.DOWN
        )
        lost = service.reads.snapshot().figures["a-kpi"].value
        assert lost.value is None and lost.state is not FigureState.OK


async def test_an_event_from_two_sources_is_shown_once_with_both(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    protocol = ScriptedProtocol()
    protocol.behaviours = {"a": (report("1", due=utc_now() + HOUR),), "b": (report("x", due=utc_now() + 2 * HOUR),)}
    running = RunningService(store, protocol, event_source("a"), event_source("b"))
    running.configuration = with_deduplication(running.configuration)
    async with running as service:
        await service.wait_until(lambda reads: any(len(event.sources) == 2 for event in reads.snapshot().events))
        await service.wait_until(lambda reads: (kpi_value(reads, "a") or 0) + (kpi_value(reads, "b") or 0) == 1)
        (view,) = service.reads.snapshot().events
        assert set(view.sources) == {"a", "b"} and view.disagreements == ("due",)


def with_deduplication(configuration: Configuration) -> Configuration:
    return replace(configuration, deduplication_rules=(DeduplicationRule("report", 200, HOUR),))


async def test_pair_of_a_rule_that_is_gone_is_shown_as_two_events(store: Store) -> None:
    protocol, found = ScriptedProtocol(), report("1")
    protocol.behaviours = {"a": (found,), "b": (found,)}
    with store.write() as conn:
        for key in "ab":
            events.record(conn, key, [found], found.observed, (), [DeduplicationRule("report", 200, HOUR)])
    async with RunningService(store, protocol, event_source("a"), event_source("b")) as service:
        await service.wait_until(lambda reads: [len(event.sources) for event in reads.snapshot().events] == [1, 1])
        await service.wait_until(lambda reads: (kpi_value(reads, "a"), kpi_value(reads, "b")) == (1, 1))


async def test_drill_events_are_marked_and_counted_separately(store: Store) -> None:
    protocol = ScriptedProtocol()
    protocol.behaviours = {"a": (report("1"), report("2", is_drill=True)), "drill": (report("3"),)}
    async with RunningService(store, protocol, event_source("a"), event_source("drill", is_drill=True)) as service:
        await service.wait_until(lambda reads: len(reads.snapshot().events) == 3)
        await service.wait_until(lambda reads: (kpi_value(reads, "a"), kpi_value(reads, "drill")) == (1, 1))
        assert {event.event.key for event in service.reads.snapshot().events if event.is_drill} == {"2", "3"}
        assert {key for key, figure in service.reads.snapshot().figures.items() if figure.is_drill} == {"drill-kpi"}


async def test_a_source_in_its_maintenance_window_is_off_and_not_polled(store: Store) -> None:
    protocol, now = ScriptedProtocol(), utc_now()
    window = MaintenanceWindow(now - HOUR, now + HOUR, reason="thay cảm biến")
    async with RunningService(
        store, protocol, replace(poll_source("a"), maintenance=(window,)), poll_source("b")
    ) as service:
        await service.wait_until(lambda reads: source_state(reads, "b") is SourceState.LIVE)
        assert source_state(service.reads, "a") is SourceState.OFF and "a" not in protocol.polled_at


async def test_the_unit_of_an_event_is_found_by_the_official_outlines(store: Store) -> None:
    protocol = ScriptedProtocol()
    protocol.behaviours = {"a": (report("1"), report("2", area=None))}
    unit_index = UnitIndex([("31135", [[[(105.7, 10.0), (105.9, 10.0), (105.9, 10.1), (105.7, 10.1)]]])])
    async with RunningService(store, protocol, event_source("a"), unit_index=unit_index) as service:
        await service.wait_until(lambda reads: len(reads.snapshot().events) == 2)
        assert {event.event.key: event.event.place for event in service.reads.snapshot().events} == {
            "1": "31135",
            "2": "",
        }


async def test_an_area_over_two_units_concerns_both_and_counts_once_in_the_total(store: Store) -> None:
    def block(west: float) -> list[tuple[float, float]]:
        return [(west, 10.0), (west + 0.1, 10.0), (west + 0.1, 10.1), (west, 10.1), (west, 10.0)]

    protocol = ScriptedProtocol()
    over = Area(105.8, 10.05, (tuple(block(105.75)),))
    protocol.behaviours = {"a": (report("1", area=over), report("2", area=over, place="31207"))}
    unit_index = UnitIndex([("31135", [[block(105.7)]]), ("31150", [[block(105.8)]])])
    async with RunningService(store, protocol, event_source("a"), unit_index=unit_index) as service:
        await service.wait_until(lambda reads: kpi_value(reads, "a") == 2)
        assert {event.event.key: event.event.unit_codes for event in service.reads.snapshot().events} == {
            "1": ("31135", "31150"), "2": ("31207",),  # what its source says holds
        }  # fmt: skip
        with store.read() as conn:
            latest = readings.latest(conn, ["a-level", "a-here"])
        assert {key: value.value for key, value in latest.items()} == {"a-level": 2, "a-here": 1}


async def test_a_closing_counts_even_when_the_source_corrected_a_fast_clock_before_it(store: Store) -> None:
    protocol, ahead = ScriptedProtocol(), 4 * timedelta(minutes=1)
    protocol.behaviours = {"a": (report("1", observed=utc_now() + ahead),)}
    async with RunningService(store, protocol, event_source("a")) as service:
        await service.wait_until(lambda reads: kpi_value(reads, "a") == 1)
        protocol.behaviours["a"] = (
            report("1", stage=EventStage.CLOSED),
        )  # by the corrected clock: minutes before the first report
        await service.wait_until(lambda reads: kpi_value(reads, "a") == 0)
        assert service.reads.snapshot().events == ()
