"""After the clock was set, ahead or back, past moments show what the screens showed, and charts go on."""

import asyncio
import tempfile
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ioc.config.configuration import Configuration
from ioc.domain.ingest.health import SourceState
from ioc.domain.ingest.source import Source
from ioc.domain.kpis.kpi import FigureState
from ioc.poller.service import PollingService
from ioc.snapshot.builder import build_snapshot, load_data
from ioc.snapshot.cache import SnapshotCache
from ioc.snapshot.map_points import MapPointCache
from ioc.storage.db.store import Store
from ioc.storage.timeseries import readings
from tests.auth.site import Clock
from tests.conftest import empty_store
from tests.poller.running import SECOND, FakeHttpClients, configured, poll_source
from tests.poller.test_clock_jumps import ACT, BY_POLL, BY_SOURCE, CLOCK, MINUTE, Centre

Figure = tuple[FigureState, float | None]


def figure(centre: Centre, moment: datetime | None = None) -> Figure:
    """State and value of the KPI now, or at a past moment."""
    if moment is None:
        value = centre.snapshot().figures["a-kpi"].value
        return value.state, value.value
    with centre.store.read() as conn:
        data = load_data(conn, centre.configuration, moment, moment)
    points = MapPointCache(centre.configuration)
    value = build_snapshot(data, centre.configuration, points, moment, 1, live=False).figures["a-kpi"].value
    return value.state, value.value


def source_state(centre: Centre, moment: datetime) -> SourceState:
    """The state of the source at a past moment."""
    with centre.store.read() as conn:
        data = load_data(conn, centre.configuration, moment, moment)
    points = MapPointCache(centre.configuration)
    return build_snapshot(data, centre.configuration, points, moment, 1, live=False).sources[0].health.state


def chart(centre: Centre) -> list[float | None]:
    """The line of the KPI of the last hour."""
    now = centre.clock()
    with centre.store.read() as conn:
        line = readings.points(conn, "kpi-a-kpi", now - 60 * MINUTE, now, 100, now)
    return [value for _, value in line if value is not None]


async def answers(centre: Centre, count: int) -> dict[datetime, Figure]:
    """What is shown after each of so many answers."""
    shown = {}
    for _ in range(count):
        await centre.wait(10 * SECOND)
        await centre.answer()
        shown[centre.clock()] = figure(centre)
    await centre.wait(10 * SECOND)
    return shown


def past(centre: Centre, moments: Iterable[datetime]) -> dict[datetime, Figure]:
    return {moment: figure(centre, moment) for moment in moments}


@pytest.mark.parametrize("restart", [False, True], ids=["running", "restarted"])
async def test_moments_after_a_clock_that_was_ahead_are_shown_as_they_were(store: Store, restart: bool) -> None:
    """They showed the values of before the wrong clock, as good, until that clock's time came."""
    centre = Centre(store, BY_POLL)
    before = await answers(centre, 1)
    await centre.set_clock(60 * MINUTE)
    await answers(centre, 4)
    await centre.set_clock(0 * MINUTE)
    if restart:
        await centre.restart()
    shown = before | await answers(centre, 3)
    assert past(centre, shown) == shown
    assert [value for _, value in shown.values()] == [0.01, 0.06, 0.07, 0.08] == chart(centre)
    for _ in range(62):  # it passes the times of the wrong clock, of which there are two logs
        await centre.wait(MINUTE)
    shown |= {centre.clock(): figure(centre)} | await answers(centre, 3)
    assert past(centre, shown) == shown
    centre.writer.close()


@pytest.mark.parametrize("restart", [False, True], ids=["running", "restarted"])
async def test_moments_before_a_clock_that_was_behind_are_shown_as_they_were(store: Store, restart: bool) -> None:
    centre = Centre(store, BY_SOURCE)
    shown: dict[datetime, Figure] = {}
    for _ in range(3):
        shown |= await answers(centre, 1)
        await centre.wait(60 * MINUTE)  # seldom: what is logged meanwhile must not stand in between
        shown[centre.clock()] = figure(centre)
    await centre.set_clock(-2 * 60 * MINUTE)
    await answers(centre, 3)
    if restart:
        await centre.restart()
    await centre.wait(3 * MINUTE)
    await centre.set_clock(0 * MINUTE)
    if restart:
        await centre.restart()
    shown |= await answers(centre, 3)
    assert past(centre, shown) == shown
    moment = centre.clock()
    await centre.tick()
    assert source_state(centre, moment) is centre.snapshot().sources[0].health.state is SourceState.LIVE
    centre.writer.close()


async def test_source_that_is_not_polled_for_a_while_is_shown_as_it_was(store: Store) -> None:
    """Its times were corrected at once; the log kept those that lay ahead until its next poll."""
    centre = Centre(store, BY_POLL)
    await centre.set_clock(2 * 60 * MINUTE)
    await centre.answer()
    await centre.set_clock(0 * MINUTE)
    await centre.wait(20 * SECOND)
    moment, shown = centre.clock(), centre.snapshot().sources[0].health.state
    await centre.wait(10 * SECOND)
    assert source_state(centre, moment) is shown is SourceState.LIVE
    centre.writer.close()


async def test_configuration_by_a_clock_that_was_behind_is_not_that_of_the_moments_before(store: Store) -> None:
    """Values stood under the unit, name and limits of a later one."""
    clock, old, new = Clock(), configured(poll_source("a")), configured(poll_source("a"), poll_source("b"))

    async def run(configuration: Configuration, now: datetime) -> None:
        clock.now = now
        service = PollingService(store, configuration, {}, cast(Any, FakeHttpClients()), clock, id_key=b"key")
        await service.writer.commit()
        await service.writer.heartbeat()
        service.writer.close()

    right = clock.now
    await run(old, right - 120 * MINUTE)
    await run(old, right)
    await run(new, right - 60 * MINUTE)  # the clock is set back by mistake, and set right before the next start
    await run(new, right + MINUTE)
    reads = SnapshotCache(store, new, clock)
    counts = [len(reads.configuration_at(right + n * MINUTE).sources) for n in (-90, -30, 0, 1)]
    assert counts == [1, 1, 1, 2]


@settings(max_examples=60, deadline=None)
@example(BY_POLL, [("clock", 1), ("clock", 0), ("clock", 1), ("answer", 0), ("wait", 1)])  # back to the same time
@given(
    st.sampled_from([BY_POLL, BY_SOURCE]),
    st.lists(st.one_of(CLOCK, ACT, st.tuples(st.just("wait"), st.sampled_from([1, 5]))), max_size=14),
)
def test_past_moment_agrees_with_the_screens_wherever_the_clock_was_not_before(
    source: Source, steps: list[tuple[str, int]]
) -> None:
    async def moments() -> list[tuple[Figure, Figure]]:
        pairs, latest = [], datetime.min.replace(tzinfo=UTC)
        with tempfile.TemporaryDirectory() as folder, closing(empty_store(folder)) as store:
            centre = Centre(store, source)
            with closing(centre.writer):
                for step, number in steps:
                    if step == "clock":
                        await centre.set_clock(number * 10 * MINUTE)
                    elif step == "wait":
                        await centre.wait(number * 10 * SECOND)
                    else:
                        await (centre.answer() if step == "answer" else centre.fail())
                    await centre.tick()
                    if centre.clock() > latest:
                        pairs.append((figure(centre), figure(centre, centre.clock())))
                    latest = max(latest, centre.clock())
        return pairs

    assert all(now == past for now, past in asyncio.run(moments()))
