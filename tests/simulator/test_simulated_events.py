"""The events of the city: their counts equal the values of the history."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ioc.domain.base.severity import Severity
from ioc.domain.events.deduplication import DeduplicationRule
from ioc.domain.events.event import Event, EventStage
from ioc.domain.events.pii_masking import MASK, mask_personal_data
from ioc.domain.events.validation import validate_events
from ioc.domain.ingest.source import Source
from ioc.poller.transaction import count_events
from ioc.storage.db.store import Store
from ioc.storage.events import events
from simulator import alerts, buses, drill, report_texts, reports, water
from simulator.city import feeds, series_models
from simulator.places import UNITS
from tests.simulator.running_city import NOW, SEED, fetch_batch, rows, running

RULES = (DeduplicationRule("report", 150, timedelta(hours=1), ("service",)),)
ROWS = {source.key: source for source in rows()}
COUNTING = [key for key, source in ROWS.items() if source.counted_series()]
MOMENTS = [NOW, NOW + timedelta(hours=9, seconds=11), datetime(2027, 4, 3, 20, 5, 3, tzinfo=UTC)]


async def fetch_events(tmp_path: Path, at: datetime, *sources: str) -> dict[str, tuple[Event, ...]]:
    """The accepted events of sources at `at`, by source."""
    events_by_source = {}
    async with running(tmp_path / "inbox") as city:
        city.clock.now = at
        for key in sources:
            batch = await fetch_batch(city, ROWS[key])
            events_by_source[key], rejected = validate_events(
                batch.events, {event.key for event in ROWS[key].events}, at, id_key=b"key"
            )
            assert not rejected
    return events_by_source


def record_and_count(
    store: Store, source: Source, source_events: tuple[Event, ...], at: datetime
) -> dict[str, float | None]:
    """Stores the events of a source; the event counts of its row by series."""
    recorded = [replace(event, is_drill=source.is_drill) for event in source_events]
    with store.write() as conn:
        events.record(conn, source.key, recorded, at, rules=RULES)
        return {count.series: count.value for count in count_events(conn, source, at, at, ROWS.values())}


@pytest.mark.parametrize("at", MOMENTS, ids=str)
@pytest.mark.parametrize("key", [key for key in COUNTING if key != "sim-reports-old"])
async def test_live_event_counts_equal_the_history(key: str, at: datetime, tmp_path: Path, store: Store) -> None:
    counts = record_and_count(store, ROWS[key], (await fetch_events(tmp_path, at, key))[key], at)
    t = feeds()[key].observation_times.last(at.timestamp())
    assert counts == {name: series_models()[name].value_at(SEED, t) for name in counts} and counts


@pytest.mark.parametrize("at", MOMENTS, ids=str)
async def test_duplicate_reports_of_two_systems_are_counted_once(at: datetime, tmp_path: Path, store: Store) -> None:
    events_by_source = await fetch_events(tmp_path, at, "sim-reports", "sim-reports-old")
    counts_by_source = {
        key: record_and_count(store, ROWS[key], source_events, at) for key, source_events in events_by_source.items()
    }
    for key, counts in counts_by_source.items():
        assert counts == {name: series_models()[name].value_at(SEED, at.timestamp()) for name in counts}, key
    with store.read() as conn:
        open_events = events.open_events(conn, at).records
    duplicates = [event for event in open_events if event.duplicate_of]
    assert 2 <= len(duplicates) < len(open_events) / 2
    assert all(
        event.source == "sim-reports-old" and event.duplicate_of.startswith("sim-reports/") for event in duplicates
    )


@pytest.mark.parametrize("at", MOMENTS, ids=str)
async def test_report_count_is_the_same_whichever_system_is_polled_first(
    at: datetime, tmp_path: Path, store: Store
) -> None:
    events_by_source = await fetch_events(tmp_path, at, "sim-reports", "sim-reports-old")
    total = 0.0
    for key in ("sim-reports-old", "sim-reports"):
        total += sum(
            count or 0
            for name, count in record_and_count(store, ROWS[key], events_by_source[key], at).items()
            if "pending" in name
        )
    assert total == sum(
        series_models()[name].value_at(SEED, at.timestamp())
        for name in series_models()
        if name.startswith("reports-pend")
    )


@pytest.mark.parametrize("at", MOMENTS, ids=str)
async def test_report_texts_are_masked_and_have_no_personal_numbers(at: datetime, tmp_path: Path) -> None:
    report_events = (await fetch_events(tmp_path, at, "sim-reports"))["sim-reports"]
    assert any(MASK in event.text for event in report_events)
    assert all(event.place and event.area and event.due and event.personal["description"] for event in report_events)
    assert not [
        event.text for event in report_events if "0100" in event.text or "@" in event.text or "13A" in event.text
    ]


def test_every_progress_note_with_a_number_is_masked() -> None:
    for n in range(90):
        note = report_texts.progress_note("o-ga", reports.IN_PROGRESS, (n + 0.5) / 360)
        assert MASK in mask_personal_data(note) and not any(
            character.isdigit() for character in mask_personal_data(note)
        )
    assert MASK not in mask_personal_data(report_texts.progress_note("o-ga", reports.IN_PROGRESS, 0.3))


async def test_alerts_have_areas_updates_and_cancellations(tmp_path: Path) -> None:
    alert_events = (await fetch_events(tmp_path, NOW, "sim-alerts"))["sim-alerts"]
    in_force = [event for event in alert_events if event.is_current(NOW)]
    assert len(in_force) == alerts.in_force_count(SEED, NOW.timestamp()) and 3 <= len(in_force) <= 10
    assert any(event.area and event.area.rings for event in alert_events) and any(
        event.area and event.area.radius_km for event in alert_events
    )
    assert {event.source_status for event in alert_events} == {"Alert", "Update", "Cancel"}
    assert all(event.unit_codes and set(event.unit_codes) <= set(UNITS) for event in alert_events) and any(
        event.places for event in alert_events
    )
    assert any(event.stage is EventStage.CANCELLED for event in alert_events) and any(
        not event.is_current(NOW) for event in alert_events
    )
    assert all("mô phỏng" in event.facts["sender"] and "mô phỏng" in event.title for event in alert_events)


async def test_exercise_has_current_events_and_is_the_only_drill_source(tmp_path: Path) -> None:
    at = datetime.fromtimestamp(drill.cycle_start(NOW.timestamp()) + 2.7 * 3600, UTC)
    drill_events = (await fetch_events(tmp_path, at, "sim-drill"))["sim-drill"]
    assert len([event for event in drill_events if event.is_current(at)]) == 4
    assert {event.severity for event in drill_events} == {Severity.ATTENTION, Severity.CRITICAL}
    assert ROWS["sim-drill"].is_drill and [source.key for source in ROWS.values() if source.is_drill] == ["sim-drill"]


async def test_buses_move_have_names_and_expire_when_silent(tmp_path: Path) -> None:
    before = (await fetch_events(tmp_path, NOW, "sim-bus"))["sim-bus"]
    after = (await fetch_events(tmp_path, NOW + timedelta(seconds=30), "sim-bus"))["sim-bus"]
    areas = {event.key: event.area for event in before}
    assert len(before) == 32 and all(event.title.startswith("MP") for event in before)
    assert sum(areas[event.key] != event.area for event in after) > 20
    moments = [(NOW + timedelta(minutes=7 * n)).timestamp() for n in range(60)]
    assert any(bus.reported_at + buses.POSITION_TTL <= t for t in moments for bus in buses.running_buses(SEED, t))


async def test_second_gauge_disagrees_only_while_it_is_stuck() -> None:
    series = ROWS["sim-gauge"].series[0]
    gaps = []
    for n in range(24 * 30):
        t = NOW.timestamp() + n * 3600
        gap = abs(
            series_models()["gauge-can-tho-level"].value_at(SEED, t)
            - series_models()["water-can-tho-level"].value_at(SEED, t)
        )
        assert (gap > series.tolerance) is water.is_stuck(SEED, t)
        gaps.append(gap > series.tolerance)
    assert series.redundant_with == "water-can-tho-level" and 0.05 < sum(gaps) / len(gaps) < 0.3


async def test_news_items_have_links_and_topics(tmp_path: Path) -> None:
    news = (await fetch_events(tmp_path, NOW, "sim-news"))["sim-news"]
    assert len(news) == 30 and all(".example/" in event.link for event in news)
    assert {"topic-flood", "topic-traffic"} <= {name for event in news for name in event.facts}


async def test_works_cameras_and_exercise_events_have_a_unit(tmp_path: Path) -> None:
    events_by_source = await fetch_events(tmp_path, NOW, "sim-roadworks", "sim-cameras", "sim-drill")
    assert all(
        source_events and all(event.place in UNITS for event in source_events)
        for source_events in events_by_source.values()
    )
