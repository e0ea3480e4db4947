"""Figures over a window count what the clock timed rightly, once, whenever and however it was set."""

import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from ioc.domain.ingest.reading import Batch, Reading
from ioc.domain.ingest.source import Source
from ioc.domain.kpis.kpi import Formula, FormulaOp, Kpi
from ioc.storage.db.schema import reading, revision
from ioc.storage.db.store import Store
from ioc.storage.timeseries import kpi_values, newest_reading, readings
from tests.city import NOW, kpi
from tests.conftest import empty_store
from tests.poller.running import SECOND, poll_source
from tests.poller.test_clock_falls_back import BY_POLL, Polls

WINDOW = timedelta(minutes=10)
MILLISECOND = timedelta(milliseconds=1)
SMALL_FALL = -40  # seconds


class ClockPolls(Polls):
    """Polls by a clock that runs, and that the test sets."""

    def __init__(self, store: Store, source: Source = BY_POLL, *kpis: Kpi) -> None:
        super().__init__(store, source, *kpis)
        self.value = 0.0

    async def run(self, seconds: float) -> None:
        """Both clocks go on; as in the service a transaction is made where the writer is woken."""
        while seconds > 0:
            step = min(5.0, seconds)
            self.now, self.passed = self.now + step * SECOND, self.passed + step
            self.tick()
            if self.writer._wake.is_set():
                await self.writer.commit()
            seconds -= step

    async def set_clock(self, now: datetime, passed: float = 0) -> None:
        self.now, self.passed = now, self.passed + passed
        self.tick()
        await self.writer.commit()

    async def answer_now(self) -> datetime:
        """A new value. Its time, which no other one has."""
        self.value += 0.001
        await self.set_clock(self.now + MILLISECOND, 0.001)
        if self.is_full:  # it waits
            self.protocol.behaviours["a"] = self.value
            await self.poller.poll(self.source, force=True)
        else:
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

    def newest_time(self) -> datetime:
        newest = self.values.latest("a-level")
        assert newest is not None
        return newest.observed

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
async def test_a_clock_that_is_set_back_by_mistake_takes_out_what_it_shows_twice(store: Store, back: float) -> None:
    """And three minutes more, as nothing tells that it is a mistake."""
    polls = ClockPolls(store)
    await polls.answers(300)
    await polls.set_clock(polls.now - back * SECOND)
    await polls.answers(10)
    kept = polls.count(4000 * SECOND)
    await polls.set_clock(polls.now + back * SECOND)
    await polls.answers(1)
    assert polls.count(4000 * SECOND) >= kept + 1
    assert polls.count(4000 * SECOND) >= 300 - 180 - 10
    assert polls.stored() == 311


@pytest.mark.parametrize("interval", [60, 300])
async def test_what_lies_ahead_is_taken_out_however_rarely_sources_are_polled(store: Store, interval: int) -> None:
    polls, window = ClockPolls(store), timedelta(minutes=30)
    await polls.set_clock(NOW + 1800 * SECOND)
    for _ in range(1800 // interval):
        await polls.run(interval)
        await polls.answer_now()
    await polls.set_clock(NOW + 1793 * SECOND)  # no reading has the time of an earlier one
    for _ in range(1800 // interval):
        await polls.run(interval)
        await polls.answer_now()
    assert polls.count(window) == 1800 // interval


async def test_a_step_while_a_transaction_waits_for_the_store_is_one_of_the_next(store: Store) -> None:
    polls = ClockPolls(store)
    await polls.answers(60)
    transaction = polls.writer._committer._transaction
    write = transaction.write

    def step_back_first(*args: Any) -> None:
        polls.now -= 65 * SECOND
        polls.watch.read()  # by a poll
        write(*args)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(transaction, "write", step_back_first)
        await polls.set_clock(polls.now + SECOND, 1)
    begin = polls.now
    await polls.answers(60)
    assert polls.count(polls.now - begin) == 60


async def test_what_lies_ahead_is_taken_out_also_behind_a_step_forward(store: Store) -> None:
    polls = ClockPolls(store)
    await polls.answers(600)
    await polls.set_clock(polls.now - 600 * SECOND)
    await polls.answers(5)
    await polls.set_clock(polls.now + 240 * SECOND)
    begin = polls.now
    await polls.answers(60)
    assert polls.count(polls.now - begin) == 60


@pytest.mark.parametrize("lag", [0, 3])
async def test_a_step_back_and_forth_between_two_commits_takes_nothing_out(store: Store, lag: int) -> None:
    polls = ClockPolls(store)
    await polls.answers(30)
    for seconds in (-7200, 7200 - lag):
        polls.now += seconds * SECOND
        polls.tick()
    await polls.writer.commit()
    assert polls.count() + lag >= 30
    await polls.answers(lag + 3)
    assert polls.count() >= 33


async def test_a_small_fall_while_the_clock_is_behind_takes_nothing_out(store: Store) -> None:
    polls = ClockPolls(store)
    await polls.answers(5)
    await polls.set_clock(polls.now - 3600 * SECOND)
    await polls.answers(90)
    await polls.set_clock(polls.now - 40 * SECOND)
    await polls.answers(60)
    assert polls.count(timedelta(minutes=5)) == 150


async def test_past_moments_know_what_was_withdrawn_no_more(store: Store) -> None:
    polls = ClockPolls(store)
    await polls.answers(3)
    await polls.set_clock(polls.now + 130 * SECOND)
    await polls.answers(3)
    await polls.set_clock(polls.now - 130 * SECOND)
    await polls.answers(3)
    begin, moment = NOW - 60 * SECOND, polls.now
    await polls.run(200)
    with store.read() as conn:
        for at in (moment, moment + 130 * SECOND, polls.now):
            line = readings.points(conn, "a-level", begin, at, 100, at)
            assert [round(value, 3) for _, value, *_ in line if value is not None] == [
                0.001,
                0.002,
                0.003,
                0.007,
                0.008,
                0.009,
            ]


async def test_what_a_source_timed_stays(store: Store) -> None:
    polls = ClockPolls(store, poll_source("a", has_own_time=True))
    await polls.set_clock(NOW + 130 * SECOND)
    batch = Batch(tuple(Reading("a-level", NOW + n * SECOND, n / 100, "m") for n in (30, 40, 120)))
    await polls.answer(polls.now, batch)
    await polls.set_clock(NOW)
    await polls.run(200)
    assert polls.count() == 3


@pytest.mark.parametrize("is_before_the_step", [True, False])
async def test_what_lies_ahead_is_taken_out_also_where_the_store_took_nothing(
    store: Store, is_before_the_step: bool
) -> None:  # fmt: skip
    """While the poller ran: before it could note the step, or after it had."""
    polls = ClockPolls(store)
    for _ in range(90):
        await polls.run(10)
        await polls.answer_now()
    polls.is_full = is_before_the_step
    await polls.set_clock(polls.now - 800 * SECOND)
    begin, polls.is_full = polls.now, True
    for _ in range(40):
        await polls.run(10)
        await polls.answer_now()
    polls.is_full = False
    await polls.set_clock(polls.now + SECOND, 1)
    assert polls.count(polls.now - begin) == 40


async def test_the_line_of_a_kpi_goes_on_with_its_value_after_a_step(store: Store) -> None:
    """Its source states the times itself: the value is the same, but was first known by a clock that was ahead."""
    shown = kpi("a-kpi", formula=Formula(FormulaOp.LAST, ("a-level",)), change_window=WINDOW)
    polls = ClockPolls(store, replace(poll_source("a", has_own_time=True), age_limit=timedelta(hours=6)), shown)
    await polls.answer(polls.now, Batch((Reading("a-level", NOW, 1.0, "m"),)))
    await polls.run(700)
    after = Batch((Reading("a-level", NOW + 700 * SECOND, 2.0, "m"),))
    await polls.set_clock(polls.now + 130 * SECOND)
    await polls.answer(polls.now, after)
    await polls.set_clock(polls.now - 130 * SECOND)
    await polls.run(700)
    await polls.answer(polls.now, after)
    with store.read() as conn:
        value = kpi_values.current(conn)["a-kpi", ""]
        line = newest_reading.latest_before(conn, "kpi-a-kpi", polls.now)
    assert (value.value, value.change) == (2, 0)
    assert line is not None and line.value == 2


async def test_the_line_of_a_kpi_that_ceased_by_a_clock_ahead_stays_broken(store: Store) -> None:
    """Its change is not measured from the value that had ceased."""
    shown = kpi("a-kpi", formula=Formula(FormulaOp.LAST, ("a-level",)), change_window=WINDOW)
    polls = ClockPolls(store, replace(BY_POLL, age_limit=60 * SECOND), shown)
    await polls.answer(polls.now, 1.0)
    await polls.set_clock(polls.now + 130 * SECOND)
    await polls.run(90)  # silent
    await polls.set_clock(polls.now - 130 * SECOND)
    await polls.run(1200)
    await polls.answer(polls.now + MILLISECOND, 3.0)
    with store.read() as conn:
        value = kpi_values.current(conn)["a-kpi", ""]
    assert (value.value, value.change) == (3.0, None)


async def test_the_line_of_a_kpi_gets_one_point_at_a_step(store: Store) -> None:
    """However much is taken out of it afterwards."""
    shown = kpi("a-kpi", formula=Formula(FormulaOp.LAST, ("a-level",)))
    polls = ClockPolls(store, replace(poll_source("a", has_own_time=True), age_limit=timedelta(hours=6)), shown)
    await polls.set_clock(NOW + 1200 * SECOND)
    for number in range(60):
        await polls.run(10)
        await polls.answer(polls.now, Batch((Reading("a-level", NOW + number * SECOND / 10, 1 + number / 100, "m"),)))
    await polls.set_clock(NOW + 30 * SECOND)
    await polls.run(2400)  # silent
    with store.read() as conn:
        line = readings.points(conn, "kpi-a-kpi", NOW, polls.now, 1000, polls.now)
    assert [value for _, value, *_ in line] == [1.59]


async def test_a_small_fall_between_a_step_and_its_commit_leaves_nothing_that_lies_ahead(store: Store) -> None:
    polls = ClockPolls(store)
    await polls.answers(200)
    polls.is_full = True
    await polls.set_clock(polls.now - 100 * SECOND)
    await polls.run(10)
    await polls.set_clock(polls.now - 40 * SECOND)
    polls.is_full = False
    await polls.set_clock(polls.now + SECOND, 1)
    begin = polls.now
    await polls.answers(60)
    assert polls.count(polls.now - begin) == 60


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


ACTS = st.one_of(
    st.tuples(st.just("answer"), st.integers(1, 4)),
    st.tuples(st.just("run"), st.sampled_from([1, 30, 100])),
    st.tuples(st.just("set"), st.sampled_from([-250, -90, -65, SMALL_FALL, 65, 90, 250])),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ACTS, max_size=14))
async def test_no_time_that_the_clock_showed_twice_counts_twice(acts: Sequence[tuple[str, int]]) -> None:
    """However the clock is set: what lay ahead of it at a step back counts in no window, unless it is set forward past
    that, so that it never shows those times again: then it may.
    """
    with tempfile.TemporaryDirectory() as folder, closing(empty_store(folder)) as store:
        polls, has_fallen = ClockPolls(store), False
        right, ahead, passed_over = set[datetime](), set[datetime](), set[datetime]()
        await polls.set_clock(NOW)
        for act, amount in [*acts, ("answer", 1)]:
            if act == "answer":
                for _ in range(amount):
                    await polls.run(1)
                    await polls.answer_now()
                    right.add(polls.newest_time())
            elif act == "run":
                await polls.run(amount)
            elif amount != SMALL_FALL or not has_fallen:  # several may together be a step
                has_fallen = has_fallen or amount == SMALL_FALL
                before, now = polls.now, polls.now + amount * SECOND
                await polls.set_clock(now)
                if amount < SMALL_FALL:
                    ahead |= {at for at in right | passed_over if at > now}
                    right, passed_over = right - ahead, passed_over - ahead
                passed_over |= {at for at in ahead if before < at <= now}
            least, most = (
                len([at for at in times if polls.now - WINDOW < at <= polls.now])
                for times in (right, right | passed_over)
            )
            assert least <= polls.count() <= most, (act, amount)
