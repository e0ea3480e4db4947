"""One poll of one source, whatever the source does."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, cast

import pytest

from components.ui.error_messages import drift_text, source_error_text
from ioc.domain.base.failure import untyped
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.ingest.clock_skew import is_skew_reason
from ioc.domain.ingest.health import SourceState, initial_health
from ioc.domain.ingest.protocol import Connector, Payload, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.schema_drift import STABLE_AFTER
from ioc.domain.ingest.source import Series, Source
from ioc.poller.poller import Poller, PollResult, back_off
from tests.city import NOW, source

SECOND = timedelta(seconds=1)


class Clock:
    """Time as the test says."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Scripted:
    """A protocol that does what the test says, and counts how often it was asked."""

    Options = object

    def __init__(self, act: Callable[[Source], Batch] | None = None) -> None:
        self.act, self.asked, self.busy, self.most_busy = act, 0, 0, 0
        self.hang: asyncio.Event | None = None
        self.lost, self.silent = 0, False

    async def fetch(self, row: Source, world: Any) -> Payload:
        self.asked += 1
        self.busy += 1
        self.most_busy = max(self.busy, self.most_busy)
        try:
            if self.hang is not None:
                await self.hang.wait()
        finally:
            self.busy -= 1
        return Payload(dropped=self.lost, is_unchanged=self.silent, has_data=not self.silent)

    def parse(self, row: Source, payload: Payload, now: datetime) -> Batch:
        if self.silent:
            return Batch()
        return self.act(row) if self.act else Batch((Reading("water-level-can-tho", now, 1.5),))


class World:
    """The door outside, of which only the memory is looked at."""

    memory: ClassVar[dict[str, object]] = {}

    def mask_secrets(self, text: str) -> str:
        return text.replace("s3cret", "<KEY>")


class Bench:
    """A poller of one source over a scripted protocol."""

    def __init__(self, protocol: Scripted, row: Source | None = None) -> None:
        self.row, self.clock, self.arrivals = row or source(), Clock(), list[PollResult]()
        connectors = {"http_json": cast(Connector, protocol)}
        healths = {self.row.key: initial_health(self.row, NOW)}
        self.poller = Poller(connectors, cast(Any, lambda one: World()), self.clock, healths, self.arrivals.append)

    async def poll(self, times: int = 1) -> SourceState:
        for _ in range(times):
            await self.poller.poll(self.row)
        return self.poller.healths[self.row.key].state


def failing(error: Exception) -> Scripted:
    def act(row: Source) -> Batch:
        raise error

    return Scripted(act)


async def test_a_good_poll_delivers_readings_and_health() -> None:
    bench = Bench(Scripted())
    assert await bench.poll() is SourceState.LIVE
    (arrival,) = bench.arrivals
    assert [one.value for one in arrival.batch.readings] == [1.5]
    assert (arrival.health.accepted_count, arrival.health.rejected_count, arrival.health.data_time) == (1, 0, NOW)


async def test_what_a_listener_had_to_give_up_is_counted_told_and_kept_among_the_refused() -> None:
    bench = Bench(protocol := Scripted())
    protocol.lost = 8081
    await bench.poll()
    protocol.lost = 0
    await bench.poll()
    flooded, after = bench.arrivals
    told = "8081 messages were given up: more came than can be held"
    assert (flooded.health.rejected_count, flooded.health.drift) == (8081, told)
    assert [one.failure for one in flooded.batch.rejected_items] == [told]
    assert source_error_text(told, "vi") == "bỏ 8.081 bản tin vì đến nhiều hơn mức giữ được"
    assert (after.health.rejected_count, after.health.drift, after.batch.rejected_items) == (0, "", ())


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (SourceError(untyped("no connection")), SourceState.DOWN, "no connection"),
        (SourceError(untyped("not let in"), is_refused=True), SourceState.REFUSED, "not let in"),
        (ZeroDivisionError("a fault of ours"), SourceState.DOWN, "internal fault: ZeroDivisionError"),
        (RecursionError(), SourceState.DOWN, "internal fault: RecursionError"),
    ],
)
async def test_whatever_a_source_does_becomes_a_state_and_a_reason(
    error: Exception, state: SourceState, reason: str
) -> None:
    bench = Bench(failing(error))
    assert await bench.poll() is state
    assert bench.arrivals[0].health.last_error == reason


async def test_an_answer_of_which_nothing_can_be_kept_is_a_failure() -> None:
    bench = Bench(
        Scripted(
            lambda row: Batch(
                (Reading("water-level-can-tho", NOW, 99.0),), (RejectedItem("row 2", untyped("no time")),)
            )
        )
    )
    assert await bench.poll() is SourceState.DOWN
    health = bench.arrivals[0].health
    assert health.last_error.startswith("nothing could be kept: row 2: no time")
    assert (health.accepted_count, health.rejected_count, len(bench.arrivals[0].batch.rejected_items)) == (0, 2, 2)


async def test_401_stops_the_source_until_its_row_changes() -> None:
    protocol = failing(SourceError(untyped("not let in"), is_refused=True))
    bench = Bench(protocol)
    await bench.poll(3)
    assert protocol.asked == 1
    bench.row = replace(bench.row, fingerprint="f2")
    await bench.poll()
    assert protocol.asked == 2


async def test_an_off_source_is_never_asked() -> None:
    protocol = Scripted()
    await Bench(protocol, source(is_enabled=False)).poll()
    assert protocol.asked == 0


async def test_retry_after_is_honoured_and_a_clock_set_back_does_not_silence_for_ever() -> None:
    protocol = failing(SourceError(untyped("too many"), retry_after=120))
    bench = Bench(protocol)
    await bench.poll()
    bench.clock.now = NOW + 119 * SECOND
    await bench.poll()
    assert protocol.asked == 1
    bench.clock.now = NOW + 121 * SECOND
    await bench.poll()
    assert protocol.asked == 2
    bench.clock.now = NOW - timedelta(days=1)
    await bench.poll()
    assert protocol.asked == 3


def test_back_off_doubles_up_to_a_minute_and_never_slows_a_slow_source() -> None:
    quick, slow = source(poll_interval=5 * SECOND), source(poll_interval=timedelta(minutes=15))
    assert [back_off(quick, n, None).total_seconds() for n in (1, 2, 3, 4, 5, 9)] == [0, 5, 10, 20, 40, 55]
    assert back_off(slow, 9, None) == timedelta(0)
    assert back_off(quick, 1, 1e9) == timedelta(hours=1)
    assert back_off(quick, 1, -5) == timedelta(0)


async def test_no_source_overlaps_itself() -> None:
    protocol = Scripted()
    protocol.hang = asyncio.Event()
    bench = Bench(protocol)
    first_poll = asyncio.create_task(bench.poll())
    while not protocol.busy:
        await asyncio.sleep(0)
    await bench.poll(5)
    protocol.hang.set()
    await first_poll
    assert (protocol.asked, protocol.most_busy) == (1, 1)


async def test_a_source_that_hangs_ends_at_its_deadline() -> None:
    protocol = Scripted()
    protocol.hang = asyncio.Event()
    bench = Bench(protocol, source(deadline=timedelta(milliseconds=20)))
    assert await bench.poll() is SourceState.DOWN
    assert bench.arrivals[0].health.last_error == "no answer within 0.02 s"


async def test_time_alone_makes_a_source_late_then_stale() -> None:
    bench = Bench(Scripted())
    await bench.poll()
    rows = {bench.row.key: bench.row}
    assert bench.poller.judge_all(rows, NOW + 60 * SECOND) == []
    assert [one.state for one in bench.poller.judge_all(rows, NOW + 70 * SECOND)] == [SourceState.LATE]
    assert [one.state for one in bench.poller.judge_all(rows, NOW + 700 * SECOND)] == [SourceState.STALE]


async def test_one_log_line_when_lost_and_one_when_back(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "ioc.poll")
    trouble = [True, True, True, False, False]

    def act(row: Source) -> Batch:
        if trouble.pop(0):
            raise SourceError(untyped("no connection"))
        return Batch((Reading("water-level-can-tho", NOW, 1.5),))

    bench = Bench(Scripted(act), source(poll_interval=SECOND))
    for step in range(5):
        bench.clock.now = NOW + step * timedelta(minutes=2)
        await bench.poll()
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


async def test_an_answer_that_was_no_good_is_not_remembered_as_seen() -> None:
    bench = Bench(failing(SourceError(untyped("garbage"))))
    World.memory["etag"] = "x"
    await bench.poll()
    assert not World.memory


async def test_a_secret_that_the_source_echoes_is_neither_kept_nor_told() -> None:
    bench = Bench(failing(SourceError(untyped("key s3cret is over its quota"))))
    await bench.poll()
    assert bench.arrivals[0].health.last_error == "key <KEY> is over its quota"
    echo = RejectedItem("items[0].s3cret", untyped("'s3cret' is not a number"), "s3cret")
    bench = Bench(Scripted(lambda row: Batch((Reading("level-s3cret", NOW, 1.0),), (echo,))))
    await bench.poll()
    assert "s3cret" not in str(bench.arrivals[0])


async def test_a_clock_a_day_ahead_is_named_and_forgotten_when_it_is_right_again() -> None:
    off = timedelta(days=1)

    def act(row: Source) -> Batch:
        return Batch((Reading("water-level-can-tho", bench.clock.now + off, 1.5),))

    bench = Bench(Scripted(act))
    assert await bench.poll() is SourceState.DOWN
    (arrival,) = bench.arrivals
    assert arrival.health.last_error == "the source's clock is 24 h ahead: what it tells lies in the future"
    assert arrival.health.rejected_count == 1 and not arrival.batch.readings
    off = timedelta(0)
    assert await bench.poll() is SourceState.LIVE
    assert bench.poller.healths[bench.row.key].last_error == ""


async def test_a_listener_whose_last_word_was_of_no_use_is_not_well_because_it_is_silent() -> None:
    off = timedelta(days=1)

    def act(row: Source) -> Batch:
        return Batch((Reading("water-level-can-tho", bench.clock.now + off, 1.5),))

    bench = Bench(protocol := Scripted(act))
    assert await bench.poll() is SourceState.DOWN
    protocol.silent = True
    bench.clock.now += 10 * SECOND
    assert await bench.poll(2) is SourceState.DOWN
    health = bench.poller.healths[bench.row.key]
    assert is_skew_reason(health.last_error) and (health.failures, health.last_attempt) == (1, bench.clock.now)
    protocol.silent, off = False, timedelta(0)
    assert await bench.poll() is SourceState.LIVE


async def test_a_history_partly_in_the_future_is_kept_and_the_clock_told() -> None:
    def act(row: Source) -> Batch:
        told = (bench.clock.now + timedelta(hours=7 - n) for n in range(24))
        return Batch(tuple(Reading("water-level-can-tho", at, 1.5) for at in told))

    bench = Bench(Scripted(act))
    assert await bench.poll() is SourceState.LIVE
    health = bench.poller.healths[bench.row.key]
    assert (health.accepted_count, health.rejected_count) == (17, 7)
    assert "UTC" in source_error_text(health.drift, "vi") and health.drift.startswith("the source's clock is 7 h")


async def test_an_answer_of_another_shape_is_told_and_a_changed_unit_is_not_used() -> None:
    unit = "m"

    def act(row: Source) -> Batch:
        return Batch((Reading("water-level-can-tho", bench.clock.now, 1.5, unit),))

    bench = Bench(Scripted(act))
    await bench.poll(STABLE_AFTER + 2)
    assert bench.poller.healths[bench.row.key].drift == ""
    unit = "cm"
    assert await bench.poll() is SourceState.DOWN  # nothing of it could be used
    assert "not believed" in bench.arrivals[-1].batch.rejected_items[0].failure
    assert "m, now cm" in bench.arrivals[-1].health.drift
    unit = "m"
    assert await bench.poll() is SourceState.LIVE


async def test_a_field_that_is_gone_makes_nothing_new_and_is_told() -> None:
    value: float | None = 1.5

    def act(row: Source) -> Batch:
        return Batch(tuple(Reading(key, bench.clock.now, value) for key in ("a", "b")))

    many = tuple(Series(key, LocalizedText(key), "m", -3, 4) for key in "ab")
    bench = Bench(Scripted(act), source(series=many, events=()))
    await bench.poll(STABLE_AFTER + 2)
    before, value = bench.clock.now, None
    bench.clock.now += 2 * bench.row.age_limit
    assert await bench.poll() is SourceState.STALE
    health = bench.poller.healths[bench.row.key]
    assert (health.data_time, health.drift) == (before, "empty: a, b")
    assert "không còn giá trị ở a, b" in drift_text(health.drift, "vi")
    value = 1.6
    assert await bench.poll() is SourceState.LIVE
    health = bench.poller.healths[bench.row.key]
    assert (health.drift, health.last_drift) == ("", "empty: a, b")


async def test_a_count_far_off_is_told_from_when_on_it_was() -> None:
    keys = [f"level-{n}" for n in range(30)]

    def act(row: Source) -> Batch:
        return Batch(tuple(Reading(key, bench.clock.now, 1.5) for key in keys))

    many = tuple(Series(key, LocalizedText(key), "m", -3, 4) for key in keys)
    bench = Bench(Scripted(act), source(series=many))
    await bench.poll(STABLE_AFTER + 2)
    assert bench.arrivals[-1].schema is None  # what is known is not written again
    del keys[5:]
    await bench.poll()
    health = bench.poller.healths[bench.row.key]
    assert "count: 30, now 5" in health.drift and "gone: level-10, level-11, level-12 and 22 more" in health.drift
    assert health.drift_since == bench.clock.now
    keys += [f"level-{n}" for n in range(5, 30)]
    await bench.poll()
    assert bench.poller.healths[bench.row.key].drift == ""
