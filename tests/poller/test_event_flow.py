"""Events on their way from a protocol to the snapshot: shown once, counted once, placed, marked, off in maintenance."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ioc.config.configuration import Configuration
from ioc.domain.base.failure import untyped
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import utc_now
from ioc.domain.events.deduplication import DeduplicationRule
from ioc.domain.events.event import Area, Event, EventStage
from ioc.domain.geo.unit_index import UnitIndex
from ioc.domain.ingest.event_count import EventCountRule
from ioc.domain.ingest.health import SourceState
from ioc.domain.ingest.maintenance import MaintenanceWindow
from ioc.domain.ingest.protocol import SourceError
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.schema_drift import CONFIRMATIONS, STABLE_AFTER
from ioc.domain.ingest.source import EventKind, Series, Source
from ioc.domain.kpis.kpi import FigureState
from ioc.snapshot.cache import SnapshotCache
from ioc.storage.db.store import Store
from ioc.storage.timeseries import readings
from tests.poller.test_service import City, Running, row, state

HOUR = timedelta(hours=1)
KINDS = (EventKind("report", LocalizedText("Phản ánh")),)


def report(key: str, **changes: Any) -> Event:
    now = utc_now()
    return replace(Event("report", key, now, "Đèn đường hỏng", started=now - HOUR, area=Area(105.78, 10.03)), **changes)


def teller(key: str, **changes: Any) -> Source:
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
    return replace(row(key), series=counted, events=KINDS, **changes)


def figure(reads: SnapshotCache, key: str) -> float | None:
    return reads.snapshot().figures[f"{key}-kpi"].value.value


async def test_events_are_shown_and_counted_and_a_count_of_none_is_zero(store: Store) -> None:
    city = City()
    city.acts = {"a": (report("1"), report("2", place="31135"), report("3", stage=EventStage.CLOSED))}
    async with Running(store, city, teller("a")) as it:
        await it.until(lambda reads: figure(reads, "a") == 2)
        shown = it.reads.snapshot().events
        assert {one.event.key for one in shown} == {"1", "2"} and shown[0].sources == ("a",)
        city.acts["a"] = tuple(report(key, stage=EventStage.CLOSED) for key in "12")
        await it.until(lambda reads: figure(reads, "a") == 0 and not reads.snapshot().events)


async def test_a_list_that_shrinks_at_once_ends_nothing_and_moves_no_count_before_it_has_stood_for_a_while(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ioc.domain.ingest.schema_drift.CONFIRMATION_TIME", HOUR / 3600)
    city = City()
    city.acts = {"a": listing(30)}
    async with Running(store, city, teller("a")) as it:
        await it.until(lambda reads: figure(reads, "a") == 30 and len(city.asked["a"]) > STABLE_AFTER + 1)
        city.acts["a"], before = listing(3), len(city.asked["a"])
        await it.until(lambda reads: "count: 30, now 3" in surprise(reads) and figure(reads, "a") == 30)
        assert len(it.reads.snapshot().events) == 30
        assert "drift" in [one.kind for one in it.reads.snapshot().attention]
        await it.until(lambda reads: figure(reads, "a") == 3 and not surprise(reads))
        assert len(it.reads.snapshot().events) == 3 and len(city.asked["a"]) - before >= CONFIRMATIONS


def listing(count: int) -> Batch:
    return Batch(events=tuple(report(str(n)) for n in range(count)), complete_kinds=frozenset({"report"}))


def surprise(reads: SnapshotCache) -> str:
    return reads.snapshot().sources[0].health.drift


async def test_what_never_answered_has_no_count_and_is_not_zero(store: Store) -> None:
    city = City()
    city.acts = {"a": SourceError(untyped("no connection")), "b": ()}
    async with Running(store, city, teller("a"), teller("b")) as it:
        await it.until(lambda reads: figure(reads, "b") == 0 and state(reads, "a") is SourceState.DOWN)
        lost = it.reads.snapshot().figures["a-kpi"].value
        assert lost.value is None and lost.state is not FigureState.OK


async def test_the_same_thing_from_two_sources_is_one_with_both_names(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = City()
    city.acts = {"a": (report("1", due=utc_now() + HOUR),), "b": (report("x", due=utc_now() + 2 * HOUR),)}
    running = Running(store, city, teller("a"), teller("b"))
    running.configuration = with_twins(running.configuration)
    async with running as it:
        await it.until(lambda reads: any(len(one.sources) == 2 for one in reads.snapshot().events))
        await it.until(lambda reads: (figure(reads, "a") or 0) + (figure(reads, "b") or 0) == 1)
        (shown,) = it.reads.snapshot().events
        assert set(shown.sources) == {"a", "b"} and shown.disagreements == ("due",)


def with_twins(made: Configuration) -> Configuration:
    return replace(made, deduplication_rules=(DeduplicationRule("report", 200, HOUR),))


async def test_an_exercise_is_marked_and_never_counted_with_what_is_real(store: Store) -> None:
    city = City()
    city.acts = {"a": (report("1"), report("2", is_drill=True)), "drill": (report("3"),)}
    async with Running(store, city, teller("a"), teller("drill", is_drill=True)) as it:
        await it.until(lambda reads: len(reads.snapshot().events) == 3)
        await it.until(lambda reads: (figure(reads, "a"), figure(reads, "drill")) == (1, 1))
        assert {one.event.key for one in it.reads.snapshot().events if one.is_drill} == {"2", "3"}
        assert {key for key, one in it.reads.snapshot().figures.items() if one.is_drill} == {"drill-kpi"}


async def test_a_source_in_its_maintenance_window_is_off_and_not_asked(store: Store) -> None:
    city, now = City(), utc_now()
    window = MaintenanceWindow(now - HOUR, now + HOUR, reason="thay cảm biến")
    async with Running(store, city, replace(row("a"), maintenance=(window,)), row("b")) as it:
        await it.until(lambda reads: state(reads, "b") is SourceState.LIVE)
        assert state(it.reads, "a") is SourceState.OFF and "a" not in city.asked


async def test_a_place_is_found_by_the_official_outlines(store: Store) -> None:
    city = City()
    city.acts = {"a": (report("1"), report("2", area=None))}
    ground = UnitIndex([("31135", [[[(105.7, 10.0), (105.9, 10.0), (105.9, 10.1), (105.7, 10.1)]]])])
    async with Running(store, city, teller("a"), ground=ground) as it:
        await it.until(lambda reads: len(reads.snapshot().events) == 2)
        assert {one.event.key: one.event.place for one in it.reads.snapshot().events} == {"1": "31135", "2": ""}


async def test_an_area_over_two_units_concerns_both_and_counts_once_in_all(store: Store) -> None:
    def block(west: float) -> list[tuple[float, float]]:
        return [(west, 10.0), (west + 0.1, 10.0), (west + 0.1, 10.1), (west, 10.1), (west, 10.0)]

    city = City()
    over = Area(105.8, 10.05, (tuple(block(105.75)),))
    city.acts = {"a": (report("1", area=over), report("2", area=over, place="31207"))}
    ground = UnitIndex([("31135", [[block(105.7)]]), ("31150", [[block(105.8)]])])
    async with Running(store, city, teller("a"), ground=ground) as it:
        await it.until(lambda reads: figure(reads, "a") == 2)
        assert {one.event.key: one.event.unit_codes for one in it.reads.snapshot().events} == {
            "1": ("31135", "31150"), "2": ("31207",),  # what its source says holds
        }  # fmt: skip
        with store.read() as conn:
            latest = readings.latest(conn, ["a-level", "a-here"])
        assert {key: one.value for key, one in latest.items()} == {"a-level": 2, "a-here": 1}


async def test_a_clock_ahead_and_mended_between_two_tellings_holds_back_no_closing(store: Store) -> None:
    city, ahead = City(), 4 * timedelta(minutes=1)
    city.acts = {"a": (report("1", observed=utc_now() + ahead),)}
    async with Running(store, city, teller("a")) as it:
        await it.until(lambda reads: figure(reads, "a") == 1)
        city.acts["a"] = (
            report("1", stage=EventStage.CLOSED),
        )  # told by a clock that is right now: minutes before the first
        await it.until(lambda reads: figure(reads, "a") == 0)
