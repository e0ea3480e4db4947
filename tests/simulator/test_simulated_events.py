"""The events of the city: what its sources tell comes to the very numbers that their past is made of."""

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
from tests.simulator.wire import NOW, SEED, asked, rows, running

RULES = (DeduplicationRule("report", 150, timedelta(hours=1), ("service",)),)
ROWS = {one.key: one for one in rows()}
COUNTING = [key for key, one in ROWS.items() if one.counted_series()]
MOMENTS = [NOW, NOW + timedelta(hours=9, seconds=11), datetime(2027, 4, 3, 20, 5, 3, tzinfo=UTC)]


async def told(tmp_path: Path, at: datetime, *sources: str) -> dict[str, tuple[Event, ...]]:
    """The events that sources tell at `at`, as they would be shown."""
    found = {}
    async with running(tmp_path / "inbox") as city:
        city.clock.now = at
        for key in sources:
            batch = await asked(city, ROWS[key])
            found[key], aside = validate_events(batch.events, {one.key for one in ROWS[key].events}, at)
            assert not aside
    return found


def taken(store: Store, source: Source, given: tuple[Event, ...], at: datetime) -> dict[str, float | None]:
    """What the row's tallies come to once the events are kept."""
    shown = [replace(one, is_drill=source.is_drill) for one in given]
    with store.write() as conn:
        events.record(conn, source.key, shown, at, rules=RULES)
        return {one.series: one.value for one in count_events(conn, source, at, at)}


@pytest.mark.parametrize("at", MOMENTS, ids=str)
@pytest.mark.parametrize("key", [one for one in COUNTING if one != "sim-reports-old"])
async def test_what_is_counted_live_is_what_the_past_tells(
    key: str, at: datetime, tmp_path: Path, store: Store
) -> None:
    found = taken(store, ROWS[key], (await told(tmp_path, at, key))[key], at)
    t = feeds()[key].observation_times.last(at.timestamp())
    assert found == {name: series_models()[name].value_at(SEED, t) for name in found} and found


@pytest.mark.parametrize("at", MOMENTS, ids=str)
async def test_reports_of_two_systems_are_counted_once_and_carry_both_names(
    at: datetime, tmp_path: Path, store: Store
) -> None:
    both = await told(tmp_path, at, "sim-reports", "sim-reports-old")
    sums = {key: taken(store, ROWS[key], given, at) for key, given in both.items()}
    for key, found in sums.items():
        assert found == {name: series_models()[name].value_at(SEED, at.timestamp()) for name in found}, key
    with store.read() as conn:
        standing = events.open_events(conn, at)
    twins = [one for one in standing if one.duplicate_of]
    assert 2 <= len(twins) < len(standing) / 2
    assert all(one.source == "sim-reports-old" and one.duplicate_of.startswith("sim-reports/") for one in twins)


@pytest.mark.parametrize("at", MOMENTS, ids=str)
async def test_whichever_system_is_heard_first_the_sum_is_the_same(at: datetime, tmp_path: Path, store: Store) -> None:
    both = await told(tmp_path, at, "sim-reports", "sim-reports-old")
    total = 0.0
    for key in ("sim-reports-old", "sim-reports"):
        total += sum(v or 0 for name, v in taken(store, ROWS[key], both[key], at).items() if "pending" in name)
    assert total == sum(
        series_models()[name].value_at(SEED, at.timestamp())
        for name in series_models()
        if name.startswith("reports-pend")
    )


@pytest.mark.parametrize("at", MOMENTS, ids=str)
async def test_reports_carry_nobodys_number_and_the_masks_have_work(at: datetime, tmp_path: Path) -> None:
    given = (await told(tmp_path, at, "sim-reports"))["sim-reports"]
    assert any(MASK in one.text for one in given)
    assert all(one.place and one.area and one.due and one.personal["description"] for one in given)
    assert not [one.text for one in given if "0100" in one.text or "@" in one.text or "13A" in one.text]


def test_every_note_that_tells_a_number_is_masked() -> None:
    for n in range(90):
        told = report_texts.progress_note("o-ga", reports.IN_PROGRESS, (n + 0.5) / 360)
        assert MASK in mask_personal_data(told) and not any(letter.isdigit() for letter in mask_personal_data(told))
    assert MASK not in mask_personal_data(report_texts.progress_note("o-ga", reports.IN_PROGRESS, 0.3))


async def test_alerts_have_ground_updates_and_ends(tmp_path: Path) -> None:
    given = (await told(tmp_path, NOW, "sim-alerts"))["sim-alerts"]
    in_force = [one for one in given if one.is_current(NOW)]
    assert len(in_force) == alerts.in_force_count(SEED, NOW.timestamp()) and 3 <= len(in_force) <= 10
    assert any(one.area and one.area.rings for one in given) and any(one.area and one.area.radius_km for one in given)
    assert {one.source_status for one in given} == {"Alert", "Update", "Cancel"}
    assert all(one.unit_codes and set(one.unit_codes) <= set(UNITS) for one in given) and any(
        one.places for one in given
    )
    assert any(one.stage is EventStage.CANCELLED for one in given) and any(not one.is_current(NOW) for one in given)
    assert all("mô phỏng" in one.facts["sender"] and "mô phỏng" in one.title for one in given)


async def test_the_exercise_is_one_and_counts_nowhere_else(tmp_path: Path) -> None:
    at = datetime.fromtimestamp(drill.cycle_start(NOW.timestamp()) + 2.7 * 3600, UTC)
    given = (await told(tmp_path, at, "sim-drill"))["sim-drill"]
    assert len([one for one in given if one.is_current(at)]) == 4
    assert {one.severity for one in given} == {Severity.ATTENTION, Severity.CRITICAL}
    assert ROWS["sim-drill"].is_drill and [one.key for one in ROWS.values() if one.is_drill] == ["sim-drill"]


async def test_buses_move_have_names_and_the_silent_ones_expire(tmp_path: Path) -> None:
    before = (await told(tmp_path / "a", NOW, "sim-bus"))["sim-bus"]
    after = (await told(tmp_path / "b", NOW + timedelta(seconds=30), "sim-bus"))["sim-bus"]
    where = {one.key: one.area for one in before}
    assert len(before) == 32 and all(one.title.startswith("MP") for one in before)
    assert sum(where[one.key] != one.area for one in after) > 20
    moments = [(NOW + timedelta(minutes=7 * n)).timestamp() for n in range(60)]
    assert any(one.reported_at + buses.POSITION_TTL <= t for t in moments for one in buses.running_buses(SEED, t))


async def test_the_second_gauge_mostly_agrees_and_sometimes_does_not() -> None:
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


async def test_news_is_about_what_its_words_say(tmp_path: Path) -> None:
    given = (await told(tmp_path, NOW, "sim-news"))["sim-news"]
    assert len(given) == 30 and all(".example/" in one.link for one in given)
    assert {"topic-flood", "topic-traffic"} <= {name for one in given for name in one.facts}


async def test_works_cameras_and_situations_of_the_exercise_tell_their_unit(tmp_path: Path) -> None:
    given = await told(tmp_path, NOW, "sim-roadworks", "sim-cameras", "sim-drill")
    assert all(found and all(one.place in UNITS for one in found) for found in given.values())
