"""Whatever the clock does, no figure is good whose source has not answered within its age limit, by monotonic time."""

import asyncio
import contextlib
import tempfile
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ioc.config.configuration import Configuration
from ioc.domain.base.clock_set_back import ClockWatch
from ioc.domain.base.failure import Failure
from ioc.domain.base.times import to_ms
from ioc.domain.ingest.health import SourceState, initial_health
from ioc.domain.ingest.protocol import SourceError
from ioc.domain.ingest.reading import Batch, Reading
from ioc.domain.ingest.source import Source
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import Snapshot
from ioc.poller.kpi_engine import KpiEngine
from ioc.poller.poller import Poller
from ioc.poller.state import LatestValues
from ioc.poller.writer import Writer
from ioc.snapshot.builder import build_snapshot, load_data
from ioc.snapshot.map_points import MapPointCache
from ioc.storage.db import change_counter
from ioc.storage.db.store import Store
from ioc.storage.timeseries import kpi_values, readings, source_health
from ioc.web.health.readiness import ReadinessCode, unready_reasons
from tests.conftest import empty_store
from tests.poller.running import SECOND, FakeCode, FakeHttpClients, ScriptedProtocol, configured, poll_source

START = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
AGE_LIMIT = MINUTE
CENTIMETRE = 0.01


def row(**changes: Any) -> Source:
    return replace(poll_source("a", **changes), poll_interval=10 * SECOND, age_limit=AGE_LIMIT)


BY_POLL, BY_SOURCE = row(has_own_time=False), row()


class Centre:
    """The poller's parts over a real store, without their schedule. `passed`: by the monotonic clock."""

    def __init__(self, store: Store, source: Source) -> None:
        self.store, self.source, self.protocol = store, source, ScriptedProtocol()
        self.configuration: Configuration = configured(source)
        self.passed = self.ahead = timedelta(0)
        self.answered_at: timedelta | None = None
        self.level = 0.0
        with store.write() as conn:
            readings.declare_series(conn, [source])
        self.start_poller()

    def clock(self) -> datetime:
        return START + self.passed + self.ahead

    def start_poller(self) -> None:
        with self.store.read() as conn:
            stored = source_health.current(conn)
            latest, values = readings.latest(conn), kpi_values.current(conn)
        healths = {self.source.key: stored.get(self.source.key) or initial_health(self.source, self.clock())}
        self.latest_values = LatestValues([self.source], latest, healths)
        engine = KpiEngine(self.configuration.kpis, self.latest_values, values)
        attempts = (health.last_attempt for health in healths.values() if health.last_attempt)
        watch = ClockWatch(self.clock, attempts, lambda: self.passed.total_seconds())
        self.writer = Writer(self.store, self.latest_values, engine, watch)
        clients = cast(Any, FakeHttpClients())
        self.poller = Poller(
            {"http_json": cast(Any, self.protocol)},
            clients.context_for,
            watch,
            dict(healths),
            self.writer.enqueue,
            id_key=b"key",
        )

    async def restart(self) -> None:
        self.writer.close()
        self.start_poller()
        await self.tick()

    async def tick(self) -> None:
        self.writer.enqueue_health(self.poller.judge_all({self.source.key: self.source}))
        self.writer.on_tick()
        await self.writer.commit()
        await self.writer.heartbeat()

    async def wait(self, span: timedelta) -> None:
        self.passed += span
        await self.tick()

    async def set_clock(self, ahead: timedelta) -> None:
        self.ahead = ahead
        await self.tick()

    async def answer(self) -> None:
        """A good poll, with a value that none had before."""
        self.level = round(self.level + CENTIMETRE, 2) % 3
        own_time = START + self.passed if self.source.has_own_time else None
        self.protocol.behaviours["a"] = lambda now: Batch((Reading("a-level", own_time or now, self.level, "m"),))
        await self.poller.poll(self.source, force=True)
        self.answered_at = self.passed
        await self.writer.commit()

    async def fail(self) -> None:
        self.protocol.behaviours["a"] = SourceError(Failure(FakeCode.NO_CONNECTION))
        await self.poller.poll(self.source, force=True)
        await self.writer.commit()

    def snapshot(self) -> Snapshot:
        now = self.clock()
        with self.store.read() as conn:
            data = load_data(conn, self.configuration, None, now)
        return build_snapshot(data, self.configuration, MapPointCache(self.configuration), now, 1, live=True)

    def figures_shown(self) -> list[tuple[FigureState, float | None]]:
        """State and value on the tile and on the map."""
        snapshot = self.snapshot()
        (point,) = snapshot.map_points
        (view,) = point.series
        value = snapshot.figures["a-kpi"].value
        return [(value.state, value.value), (view.state, view.value)]

    def good_while_silent(self) -> list[str]:
        """Which good states are shown although the source has been silent for longer than the age limit."""
        if self.answered_at is not None and self.passed - self.answered_at <= AGE_LIMIT:
            return []
        shown: list[str] = [*(state for state, _ in self.figures_shown()), self.snapshot().sources[0].health.state]
        return [state for state in shown if state in (FigureState.OK, SourceState.LIVE, SourceState.LATE)]

    def is_newest_shown(self) -> bool:
        return self.figures_shown() == [(FigureState.OK, self.level)] * 2


async def faults_after(source: Source, steps: list[tuple[str, int]]) -> list[object]:
    """What is wrong after each of the steps and after one more answer: which step it was, and the states."""
    faults: list[object] = []
    with tempfile.TemporaryDirectory() as folder, closing(empty_store(folder)) as store:
        centre = Centre(store, source)
        with contextlib.closing(centre.writer):
            for at, (step, number) in enumerate(steps):
                if step == "clock":
                    await centre.set_clock(number * 10 * MINUTE)
                elif step == "wait":
                    await centre.wait(number * 10 * SECOND)
                elif step == "restart":
                    await centre.restart()
                else:
                    await (centre.answer() if step == "answer" else centre.fail())
                faults += [(at, step, state) for state in centre.good_while_silent()]
            await centre.answer()
            # The tick that notices a jump withdraws what came before it; the next poll brings a value again.
            if not centre.is_newest_shown():
                faults.append(("newest", centre.figures_shown()))
    return faults


CLOCK = st.tuples(st.just("clock"), st.sampled_from([0, 1, 2, 18, 144]))
WAIT = st.tuples(st.just("wait"), st.sampled_from([1, 5, 7, 61, 1080]))
ACT = st.tuples(st.sampled_from(["answer", "answer", "fail"]), st.just(0))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([BY_POLL, BY_SOURCE]), st.lists(st.one_of(CLOCK, WAIT, ACT), max_size=14))
def test_no_figure_is_good_whose_source_is_silent_whatever_the_clock_does(
    source: Source, steps: list[tuple[str, int]]
) -> None:
    if source.has_own_time:  # its times are right while ours is not: only a right clock can tell their age
        steps = [*steps, ("clock", 0)]
    assert asyncio.run(faults_after(source, steps)) == []


@pytest.mark.parametrize("restart", [False, True], ids=["running", "restarted"])
def test_values_of_a_clock_that_was_ahead_do_not_count_again_when_their_time_comes(restart: bool) -> None:
    ahead = 18 * 10 * MINUTE
    steps = [("clock", 18), ("answer", 0), ("clock", 0)] + [("restart", 0)] * restart
    steps += [("fail", 0), ("wait", ahead // (10 * SECOND)), ("wait", 1)]
    assert asyncio.run(faults_after(BY_POLL, steps)) == []


async def test_a_value_of_a_clock_that_was_ahead_is_withdrawn_and_its_source_says_when_it_was_asked(
    store: Store,
) -> None:
    centre = Centre(store, BY_POLL)
    await centre.set_clock(180 * MINUTE)
    await centre.answer()
    await centre.wait(20 * SECOND)
    await centre.set_clock(0 * MINUTE)
    assert centre.figures_shown() == [(FigureState.NO_DATA, None)] * 2
    health = centre.snapshot().sources[0].health
    assert health.last_success is not None
    assert abs(centre.clock() - health.last_success - 20 * SECOND) < SECOND
    await centre.answer()
    assert centre.is_newest_shown()
    centre.writer.close()


async def test_a_stopped_poller_whose_clock_was_set_back_leaves_nothing_good(store: Store) -> None:
    centre = Centre(store, BY_POLL)
    await centre.answer()
    await centre.tick()
    assert centre.is_newest_shown()
    centre.ahead = -3 * 60 * MINUTE  # no tick: nothing runs
    assert [state for state, _ in centre.figures_shown()] == [FigureState.STALE] * 2
    assert centre.snapshot().sources[0].health.state is SourceState.STALE
    with store.read() as conn:
        heartbeat_at = change_counter.read(conn).heartbeat_at
    assert heartbeat_at
    heartbeat_ms = to_ms(heartbeat_at)

    class Reads:
        def snapshot(self) -> Snapshot:
            return centre.snapshot()

        def versions(self) -> tuple[int, int, int]:
            return 1, heartbeat_ms, 0

    (reason,) = unready_reasons(Reads(), centre.clock)
    assert reason.code == ReadinessCode.HEARTBEAT_AHEAD
    centre.writer.close()


def test_a_reading_that_lay_ahead_of_a_clock_set_back_is_the_latest_once_it_comes_again(store: Store) -> None:
    reading = Reading("a-level", START, 1.5, "m")
    for now, expected in ((START - 60 * MINUTE, {}), (START, {"a-level": 1.5})):
        with store.write() as conn:
            readings.append_all(conn, [("a", [reading], START)], now)
        with store.read() as conn:
            assert {key: latest.value for key, latest in readings.latest(conn).items()} == expected


def test_a_newer_answer_replaces_a_latest_reading_that_lies_ahead(store: Store) -> None:
    now = START - 60 * MINUTE
    values = LatestValues([BY_SOURCE], {}, {})
    answers = [(START, 1.5, START), (now, 2.0, now), (now - MINUTE, 0.5, now)]  # the last one is late
    for observed, value, at in answers:
        reading = Reading("a-level", observed, value, "m")
        values.update([reading], at)
        with store.write() as conn:
            readings.append_all(conn, [("a", [reading], START)], at)
    with store.read() as conn:
        latest = readings.latest(conn)["a-level"]
    assert latest.value == 2.0
    assert values.latest("a-level") == latest
