"""Figures over a window count what the clock timed rightly, once, whenever and however it was set."""

import tempfile
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE
from ioc.domain.ingest.reading import Batch, Reading
from ioc.domain.ingest.source import Source
from ioc.domain.kpis.kpi import Formula, FormulaOp, Kpi
from ioc.storage.db.schema import reading, revision
from ioc.storage.db.store import Store
from ioc.storage.timeseries import kpi_values, readings
from tests.city import NOW, kpi
from tests.conftest import empty_store
from tests.poller.running import SECOND, poll_source
from tests.poller.test_clock_falls_back import BY_POLL, Polls

WINDOW = timedelta(minutes=10)
MILLISECOND = timedelta(milliseconds=1)


class ClockPolls(Polls):
    """Polls by a clock that runs, and that the test sets."""

    def __init__(self, store: Store, source: Source = BY_POLL, *kpis: Kpi) -> None:
        super().__init__(store, source, *kpis)
        self.value = 0.0

    async def run(self, seconds: float) -> None:
        """Both clocks go on; something is committed once a second at least."""
        while seconds > 0:
            step = min(20.0, seconds)
            await self.set_clock(self.now + step * SECOND, step)
            seconds -= step

    async def set_clock(self, now: datetime, passed: float = 0) -> None:
        self.now, self.passed = now, self.passed + passed
        self.tick()
        await self.writer.commit()

    async def answer_now(self) -> datetime:
        """A new value. Its time, which no other one has."""
        self.value += 0.001
        await self.set_clock(self.now + MILLISECOND, 0.001)
        await self.answer(self.now, self.value)
        return self.now

    async def answers(self, count: int) -> None:
        """One each second."""
        for _ in range(count):
            await self.run(1)
            await self.answer_now()

    def count(self, window: timedelta = WINDOW) -> int:
        """How many readings lie in the window that ends now."""
        with self.store.read() as conn:
            found = readings.aggregate_window(conn, "a-level", self.now - window, self.now)
        return found.count if found else 0

    def stored(self) -> int:
        """How many readings are stored in all, those withdrawn included."""
        with self.store.read() as conn:
            return sum(
                conn.execute(select(func.count()).select_from(table)).scalar_one() for table in (reading, revision)
            )


@pytest.mark.parametrize("ahead", [61.5, 130, 3600, 7 * 3600])
async def test_what_a_clock_that_was_ahead_timed_counts_in_no_window(store: Store, ahead: float) -> None:
    polls, window = ClockPolls(store), timedelta(minutes=1)
    await polls.answers(5)
    await polls.set_clock(polls.now + ahead * SECOND)
    begin = polls.now
    await polls.answers(5)
    await polls.set_clock(polls.now - ahead * SECOND)
    await polls.answers(3)
    assert polls.count() == 8
    await polls.run((begin - polls.now).total_seconds() - 10)
    for _ in range(20):
        before = polls.count(window)
        await polls.answers(1)
        assert polls.count(window) <= before + 1
    assert polls.count(window) == 20
    assert polls.stored() == 33


async def test_a_poller_that_was_restarted_withdraws_what_lies_ahead(store: Store) -> None:
    polls = ClockPolls(store)
    await polls.set_clock(NOW + 3600 * SECOND)
    await polls.answers(5)
    await polls.set_clock(NOW)
    polls.restart()
    await polls.run(3700)
    assert polls.count() == 0


async def test_what_lies_ahead_is_withdrawn_where_the_first_commit_failed(store: Store) -> None:
    polls = ClockPolls(store)
    await polls.set_clock(NOW + 90 * SECOND)
    await polls.answers(5)
    polls.is_full = True
    await polls.set_clock(NOW)
    polls.is_full = False
    await polls.run(100)
    assert polls.count() == 0


@pytest.mark.parametrize("back", [90, 400, 3600])
async def test_what_was_right_counts_again_once_the_clock_is_set_forward(store: Store, back: float) -> None:
    """It had been set back by mistake: what it timed meanwhile does not count."""
    polls = ClockPolls(store)
    await polls.answers(5)
    await polls.run(back - 20)
    await polls.answers(15)
    await polls.set_clock(polls.now - back * SECOND)
    await polls.answers(10)
    assert polls.count() == 10
    await polls.set_clock(polls.now + back * SECOND)
    await polls.answers(1)
    assert (polls.count(30 * SECOND), polls.count(4000 * SECOND)) == (16, 21)
    assert polls.stored() == 31


async def test_a_pause_of_the_program_is_no_step_forward(store: Store) -> None:
    polls = ClockPolls(store)
    await polls.set_clock(NOW + 90 * SECOND)
    await polls.answers(5)
    await polls.set_clock(NOW)
    await polls.answers(3)
    await polls.set_clock(NOW + 200 * SECOND, 197)
    assert polls.count() == 3


async def test_what_a_source_timed_stays(store: Store) -> None:
    polls = ClockPolls(store, poll_source("a", has_own_time=True))
    await polls.set_clock(NOW + 130 * SECOND)
    batch = Batch(tuple(Reading("a-level", NOW + n * SECOND, n / 100, "m") for n in (30, 40, 120)))
    await polls.answer(polls.now, batch)
    await polls.set_clock(NOW)
    await polls.run(200)
    assert polls.count() == 3


async def test_changes_of_a_kpi_do_not_begin_with_what_it_was_by_a_clock_that_was_ahead(store: Store) -> None:
    shown = kpi("a-kpi", formula=Formula(FormulaOp.LAST, ("a-level",)), change_window=timedelta(minutes=1))
    polls = ClockPolls(store, BY_POLL, shown)
    await polls.answers(5)
    await polls.set_clock(NOW + 130 * SECOND)
    await polls.answer(polls.now, 3.0)
    await polls.set_clock(NOW + 10 * SECOND)
    for _ in range(20):
        await polls.run(10)
        await polls.answer(polls.now, 1.0)
    with store.read() as conn:
        assert kpi_values.current(conn)["a-kpi", ""].change == 0


class Step(NamedTuple):
    """A step back: from when, what it withdrew, and what the clock timed since."""

    before: datetime
    withdrawn: set[datetime]
    timed: set[datetime]


class RightTimes:
    """An account of its own of the times that count."""

    def __init__(self) -> None:
        self.times, self.steps = set[datetime](), list[Step]()

    def add(self, at: datetime) -> None:
        self.times.add(at)
        for step in self.steps:
            step.timed.add(at)

    def set_clock(self, before: datetime, now: datetime) -> None:
        if before - now > CLOCK_TOLERANCE:
            ahead = {at for at in self.times if at > now - SECOND}  # by which the step may have been noticed later
            self.times -= ahead
            self.steps.append(Step(before, ahead, set()))
        elif passed := [step for step in self.steps if step.before <= now]:
            if now - before > CLOCK_TOLERANCE:
                self.times = (self.times | passed[0].withdrawn) - passed[0].timed
            self.steps = [step for step in self.steps if step.before > now]

    def count(self, now: datetime) -> int:
        return len([at for at in self.times if now - WINDOW < at <= now])


ACTS = st.one_of(
    st.tuples(st.just("answer"), st.integers(1, 4)),
    st.tuples(st.just("run"), st.sampled_from([1, 30, 100])),
    st.tuples(st.just("set"), st.sampled_from([-250, -90, -65, 65, 90, 250])),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ACTS, max_size=14))
async def test_a_window_counts_each_right_time_once(acts: Sequence[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder, closing(empty_store(folder)) as store:
        polls, right, has_several = ClockPolls(store), RightTimes(), False
        await polls.set_clock(NOW)
        for act, amount in [*acts, ("answer", 1)]:
            if act == "answer":
                for _ in range(amount):
                    right.set_clock(polls.now, polls.now + SECOND)
                    await polls.run(1)
                    right.add(await polls.answer_now())
            elif act == "run":
                for _ in range(0, amount, 10):
                    right.set_clock(polls.now, polls.now + 10 * SECOND)
                    await polls.run(10)
            elif amount < 0 or not has_several:  # of these only what the first one withdrew comes back
                has_several = amount < 0 and bool(right.steps)
                right.set_clock(polls.now, polls.now + amount * SECOND)
                await polls.set_clock(polls.now + amount * SECOND)
            assert polls.count() == right.count(polls.now), (act, amount)
