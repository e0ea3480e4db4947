"""A clock that falls back by less than a minute: what comes later counts, though the clock shows an earlier time."""

import tempfile
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ioc.domain.base.clock_set_back import ClockWatch
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.events.event import Event, EventStage
from ioc.domain.ingest.event_count import EventCountRule
from ioc.domain.ingest.health import SourceState, initial_health
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, Reading
from ioc.domain.ingest.source import EventKind, Series, Source
from ioc.domain.kpis.kpi import Formula, FormulaOp, Kpi
from ioc.poller.kpi_engine import KpiEngine
from ioc.poller.poller import Poller
from ioc.poller.state import LatestValues
from ioc.poller.writer import Writer
from ioc.storage.db.store import Store
from ioc.storage.timeseries import readings, source_health
from tests.city import NOW, kpi
from tests.conftest import empty_store
from tests.poller.running import SECOND, FakeCode, FakeHttpClients, ScriptedProtocol, failing_at_commit, poll_source

BY_POLL = poll_source("a", has_own_time=False)


class MessageProtocol(ScriptedProtocol):
    """Each answer is `payload`."""

    payload = Payload()

    async def fetch(self, source: Source, context: Any) -> Payload:
        return self.payload


class Polls:
    """Polls of one source by a clock that the test sets, each committed; `restart` makes poller and writer anew.

    `passed`: seconds of the monotonic clock.
    """

    def __init__(self, store: Store, source: Source, *kpis: Kpi) -> None:
        self.store, self.source, self.kpis, self.now, self.passed = store, source, kpis, NOW, 0.0
        self.protocol, self.is_full = MessageProtocol(), False
        with store.write() as conn:
            readings.declare_series(conn, [source])
        self.restart()

    def restart(self) -> None:
        with self.store.read() as conn:
            stored, latest = source_health.current(conn), readings.latest(conn)
        health = stored.get("a") or initial_health(self.source, self.now)
        self.values = LatestValues([self.source], latest, {"a": health})
        store = failing_at_commit(self.store, lambda: self.is_full)
        self.kpi_engine = KpiEngine(self.kpis, self.values, {})
        attempts = [health.last_attempt] if health.last_attempt else []
        self.watch = watch = ClockWatch(lambda: self.now, attempts, lambda: self.passed)
        self.writer = Writer(store, self.values, self.kpi_engine, watch)
        self.poller = Poller(
            {"http_json": cast(Any, self.protocol)}, cast(Any, FakeHttpClients()).context_for, watch,
            {"a": health}, self.writer.enqueue, id_key=b"key",
        )  # fmt: skip

    def tick(self) -> None:
        self.writer.enqueue_health(self.poller.judge_all({"a": self.source}))
        self.writer.on_tick()

    async def answer(self, at: datetime, behaviour: object) -> dict[str, float | None]:
        """The newest values once an answer is committed that came when the clock showed `at`."""
        self.now, self.protocol.behaviours["a"] = at, behaviour
        await self.poller.poll(self.source, force=True)
        await self.writer.commit()
        return self.newest()

    def newest(self) -> dict[str, float | None]:
        with self.store.read() as conn:
            stored = {key: latest.value for key, latest in readings.latest(conn).items() if key.startswith("a-")}
        assert stored == {key: latest.value for key in stored if (latest := self.values.latest(key))}
        return stored

    def line(self) -> list[float]:
        with self.store.read() as conn:
            points = readings.points(conn, "a-level", NOW - timedelta(hours=1), NOW + timedelta(hours=1), 10)
        return [value for _, value, *_ in points if value is not None]


@pytest.mark.parametrize("restart", [False, True], ids=["running", "restarted"])
@pytest.mark.parametrize("back", [1, 45, 59.5])
async def test_a_later_value_is_the_newest_whatever_the_clock_shows(store: Store, back: float, restart: bool) -> None:
    polls, behind = Polls(store, BY_POLL), NOW - back * SECOND
    await polls.answer(NOW, 1.0)
    if restart:
        polls.restart()
    assert await polls.answer(behind, 1.5) == {"a-level": 1.5}
    assert await polls.answer(behind + SECOND / 2, 2.0) == {"a-level": 2.0}
    assert polls.line() == [1.0, 1.5, 2.0]
    assert await polls.answer(NOW + SECOND, 2.5) == {"a-level": 2.5}


async def test_a_value_with_a_time_of_its_own_stays_at_that_time(store: Store) -> None:
    polls = Polls(store, replace(BY_POLL, has_own_time=True))
    newer, late = (Batch((Reading("a-level", at, value, "m"),)) for at, value in ((NOW, 1.0), (NOW - 30 * SECOND, 2.0)))
    await polls.answer(NOW, newer)
    assert await polls.answer(NOW, late) == {"a-level": 1.0}
    assert polls.line() == [2.0, 1.0]


async def test_own_times_of_a_source_that_states_none_for_all_come_again_unchanged(store: Store) -> None:
    """Rows of Prometheus that ask for a range have times of their own, `up` has not."""
    samples = [Reading("a-level", NOW - n * SECOND, n / 10, "m") for n in (30, 20, 10)]
    polls = Polls(store, BY_POLL)
    for seconds in (0, 5):
        await polls.answer(NOW + seconds * SECOND, Batch(tuple(samples)))
    assert polls.line() == [3.0, 2.0, 1.0]


async def test_the_clock_may_fall_back_while_an_answer_is_read(store: Store) -> None:
    polls = Polls(store, BY_POLL)

    def falling(now: datetime) -> Batch:
        polls.now -= 30 * SECOND
        return Batch((Reading("a-level", now, 1.0, "m"),))

    await polls.answer(NOW, falling)
    assert await polls.answer(polls.now + SECOND, 1.5) == {"a-level": 1.5}


@pytest.mark.parametrize("is_queued", [False, True], ids=["listener", "queue"])
async def test_a_poll_follows_the_messages_of_a_listener(store: Store, is_queued: bool) -> None:
    """A listener that begins anew goes on from the last good poll. Other machines may have queued messages ahead."""
    polls, behind = Polls(store, BY_POLL), NOW - 40 * SECOND
    pages = tuple(ResponsePage(b"", received_at=NOW + n * SECOND) for n in (5, 4))
    polls.protocol.payload = Payload(pages, message_ids=(1, 2) if is_queued else ())
    await polls.answer(behind, 1.0)
    last_success = polls.poller.healths["a"].last_success
    assert last_success and (last_success == behind if is_queued else NOW < last_success - 5 * SECOND < NOW + SECOND)


@pytest.mark.parametrize(("op", "expected"), [(FormulaOp.MAX, 3.0), (FormulaOp.LAST, 3.0), (FormulaOp.COUNT, 3.0)])
async def test_figures_over_a_window_count_what_came_last(store: Store, op: FormulaOp, expected: float) -> None:
    over_hour = kpi("k", formula=Formula(op, ("a-level",), window=timedelta(hours=1)), limits=())
    polls = Polls(store, replace(BY_POLL, age_limit=timedelta(hours=1)), over_hour)
    for seconds, value in ((-60, 1.0), (0, 1.5), (-45, 3.0)):
        await polls.answer(NOW + seconds * SECOND, value)
    assert polls.kpi_engine.current["k", ""].value == expected


async def test_a_window_holds_as_much_of_a_sensor_that_is_ahead(store: Store) -> None:
    count = kpi("k", formula=Formula(FormulaOp.COUNT, ("a-level",), window=timedelta(minutes=1)), limits=())
    polls = Polls(store, replace(BY_POLL, has_own_time=True, age_limit=timedelta(hours=1)), count)
    for seconds in range(0, 180, 5):
        ahead = Reading("a-level", NOW + (seconds + 45) * SECOND, 1.0, "m")
        await polls.answer(NOW + seconds * SECOND, Batch((ahead,)))
    assert polls.kpi_engine.current["k", ""].value == 12


async def test_a_window_stays_where_it_is_though_one_time_of_a_sensor_is_ahead(store: Store) -> None:
    most = kpi("k", formula=Formula(FormulaOp.MAX, ("a-level",), window=timedelta(minutes=1)), limits=())
    source = replace(BY_POLL, has_own_time=True, events=(), age_limit=timedelta(hours=1))
    polls = Polls(store, source, most)
    for seconds, ahead, value in ((0, 0, 3.0), (10, 0, 1.0), (15, 55, 2.0)):
        one = Reading("a-level", NOW + (seconds + ahead) * SECOND, value, "m")
        await polls.answer(NOW + seconds * SECOND, Batch((one,)))
    assert polls.kpi_engine.current["k", ""].value == 3.0


async def test_a_commit_that_is_tried_again_keeps_the_times(store: Store) -> None:
    polls = Polls(store, BY_POLL)
    polls.is_full = True
    await polls.answer(NOW, 1.0)
    await polls.answer(NOW - 30 * SECOND, 1.5)
    polls.is_full = False
    assert await polls.answer(NOW - 29 * SECOND, 2.0) == {"a-level": 2.0}
    assert polls.line() == [1.0, 1.5, 2.0]
    latest = polls.values.latest("a-level")
    assert latest and latest.observed == NOW + 3 * SECOND / 1000  # two times of a poll


@pytest.mark.parametrize("changes", [{"has_own_time": False}, {"may_lack_time": True}])
async def test_a_count_of_events_agrees_with_their_list(store: Store, changes: dict[str, Any]) -> None:
    series = (Series("a-open", LocalizedText("mở"), "", count_rule=EventCountRule("outage", EventStage.OPEN)),)
    kinds = (EventKind("outage", LocalizedText("mất điện")),)
    polls = Polls(store, replace(BY_POLL, series=series, events=kinds, **changes))

    def listed(*keys: str) -> object:
        return lambda now: Batch(
            events=tuple(Event("outage", key, now, key) for key in keys), complete_kinds=frozenset({"outage"})
        )

    await polls.answer(NOW, listed("x"))
    assert await polls.answer(NOW - 45 * SECOND, listed("y", "z")) == {"a-open": 2.0}
    assert await polls.answer(NOW - 44 * SECOND, listed("y")) == {"a-open": 1.0}


SHIFT = st.tuples(st.just("shift"), st.integers(-59, 59) | st.integers(-9000, 9000))
WAIT = st.tuples(st.just("wait"), st.integers(1, 90))
ACT = st.tuples(st.sampled_from(["answer", "answer", "fail", "restart", "full", "free"]), st.just(0))
END = [("free", 0), ("answer", 0), ("wait", 2), ("answer", 0)]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.one_of(SHIFT, WAIT, ACT), max_size=14))
async def test_the_last_answer_is_the_newest_whatever_the_clock_did(steps: list[tuple[str, int]]) -> None:
    """Also while the store is away; of what was not committed before a restart nothing is left."""
    with tempfile.TemporaryDirectory() as folder, closing(empty_store(folder)) as store:
        polls, value = Polls(store, BY_POLL), 0.0
        for step, number in [*steps, *END]:
            if step == "restart":
                polls.restart()
            elif step in ("answer", "fail"):
                value += 0.01
                polls.protocol.behaviours["a"] = SourceError(FakeCode.NO_CONNECTION) if step == "fail" else value
                await polls.poller.poll(polls.source, force=True)
            elif step in ("full", "free"):
                polls.is_full = step == "full"
            elif step == "wait":
                polls.passed += number
            if step != "shift":  # a step is noticed a little later
                polls.tick()
                await polls.writer.commit()
            polls.now += number * SECOND
        assert polls.newest() == {"a-level": value}
        assert polls.poller.healths["a"].state is SourceState.LIVE
