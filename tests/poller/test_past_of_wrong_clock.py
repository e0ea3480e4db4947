"""After a clock that was ahead is corrected, past moments show what the screens showed, and charts go on."""

import asyncio
import tempfile
from contextlib import closing
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from ioc.domain.base.times import to_ms
from ioc.domain.ingest.health import SourceState
from ioc.domain.ingest.source import Source
from ioc.domain.kpis.kpi import FigureState
from ioc.snapshot.builder import build_snapshot, load_data
from ioc.snapshot.map_points import MapPointCache
from ioc.storage.db.schema import reading, revision
from ioc.storage.db.store import Store
from ioc.storage.timeseries import readings
from tests.conftest import empty_store
from tests.poller.running import SECOND
from tests.poller.test_clock_jumps import ACT, BY_POLL, BY_SOURCE, CLOCK, MINUTE, Centre

DAY = timedelta(days=1)
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
    """The line of the KPI to a day from now."""
    now = centre.clock()
    with centre.store.read() as conn:
        return [value for _, value in readings.points(conn, "kpi-a-kpi", now - DAY, now + 2 * DAY, 100)]


@pytest.mark.parametrize("restart", [False, True], ids=["running", "restarted"])
async def test_moments_after_the_correction_are_shown_as_they_were(store: Store, restart: bool) -> None:
    """They showed the values of before the wrong clock, as good, until that clock's time came."""
    centre = Centre(store, BY_POLL)
    await centre.answer()
    await centre.set_clock(DAY)
    for _ in range(4):
        await centre.wait(10 * SECOND)
        await centre.answer()
    await centre.set_clock(0 * MINUTE)
    if restart:
        await centre.restart()
    shown: dict[datetime, Figure] = {}
    for _ in range(3):
        await centre.wait(10 * SECOND)
        await centre.answer()
        shown[centre.clock()] = figure(centre)
    await centre.wait(10 * SECOND)
    assert {moment: figure(centre, moment) for moment in shown} == shown
    assert list(shown.values()) == [(FigureState.OK, level) for level in (0.06, 0.07, 0.08)]
    assert [value for value in chart(centre) if value is not None] == [0.01, 0.06, 0.07, 0.08]
    with store.read() as conn:
        ahead = reading.c.observed_ms > to_ms(centre.clock())
        assert not conn.execute(select(func.count()).where(ahead, reading.c.value.is_not(None))).scalar()
        assert conn.execute(select(func.count()).select_from(revision)).scalar()  # what they were stays known
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


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([BY_POLL, BY_SOURCE]),
    st.lists(st.one_of(CLOCK, ACT, st.tuples(st.just("wait"), st.sampled_from([1, 5]))), max_size=14),
)
def test_past_moment_agrees_with_the_screens_whatever_the_clock_did(
    source: Source, steps: list[tuple[str, int]]
) -> None:
    async def moments() -> list[tuple[Figure, Figure]]:
        pairs = []
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
                    pairs.append((figure(centre), figure(centre, centre.clock())))
        return pairs

    assert all(now == past for now, past in asyncio.run(moments()))
