"""A clock that falls back by less than a minute: what comes later counts, though our clock times it earlier."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.events.event import Event, EventStage
from ioc.domain.ingest.event_count import EventCountRule
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.ingest.reading import Batch, Reading
from ioc.domain.ingest.source import EventKind, Series, Source
from ioc.poller.kpi_engine import KpiEngine
from ioc.poller.poller import PollResult
from ioc.poller.state import LatestValues
from ioc.poller.writer import Writer
from ioc.storage.db.store import Store
from ioc.storage.timeseries import readings
from tests.city import NOW
from tests.poller.running import poll_source

SECOND = timedelta(seconds=1)


async def commit(store: Store, source: Source, answers: list[tuple[datetime, Batch]]) -> dict[str, float | None]:
    """The newest values after the answers, each in a transaction of its own, at what our clock shows then."""
    with store.write() as conn:
        readings.declare_series(conn, [source])
    health = SourceHealth(source.key, SourceState.LIVE, NOW)
    values = LatestValues([source], {}, {source.key: health})
    times = [at for at, _ in answers]
    writer = Writer(store, values, KpiEngine([], values, {}), lambda: times[0])
    for at, batch in answers:
        times[0] = at
        known = replace(health, last_success=at, data_time=at)
        writer.enqueue(PollResult(source, batch, at, known, is_countable=True))
        await writer.commit()
    writer.close()
    with store.read() as conn:
        stored = {key: latest.value for key, latest in readings.latest(conn).items()}
    assert stored == {key: latest.value for key in stored if (latest := values.latest(key))}
    return stored


def reading(at: datetime, value: float) -> Batch:
    return Batch((Reading("a-level", at, value, "m"),))


@pytest.mark.parametrize("back", [1, 45, 60])
async def test_a_value_that_our_clock_timed_replaces_the_one_before(store: Store, back: int) -> None:
    source, behind = poll_source("a", has_own_time=False), NOW - back * SECOND
    answers = [(NOW, reading(NOW, 1.0)), (behind, reading(behind, 2.0))]
    answers.append((behind + SECOND / 2, reading(behind + SECOND / 2, 3.0)))
    assert await commit(store, source, answers) == {"a-level": 3.0}
    with store.read() as conn:
        line = readings.points(conn, "a-level", NOW - timedelta(hours=1), NOW + timedelta(hours=1), 10)
    assert [point[1] for point in line] == [1.0, 2.0, 3.0]


async def test_a_value_with_a_time_of_its_own_stays_at_that_time(store: Store) -> None:
    late = reading(NOW - 30 * SECOND, 2.0)
    assert await commit(store, poll_source("a"), [(NOW, reading(NOW, 1.0)), (NOW, late)]) == {"a-level": 1.0}


async def test_a_count_of_events_agrees_with_their_list(store: Store) -> None:
    series = (Series("a-open", LocalizedText("mở"), "", count_rule=EventCountRule("outage", EventStage.OPEN)),)
    kinds = (EventKind("outage", LocalizedText("mất điện")),)
    source = replace(poll_source("a", has_own_time=False), series=series, events=kinds)
    behind = NOW - 45 * SECOND

    def listed(at: datetime, *keys: str) -> Batch:
        return Batch(events=tuple(Event("outage", key, at, key) for key in keys), complete_kinds=frozenset({"outage"}))

    assert await commit(store, source, [(NOW, listed(NOW, "x")), (behind, listed(behind, "y", "z"))]) == {"a-open": 2.0}
