"""One poll of one source, whatever the source does."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, cast

import pytest

from ioc.domain.base.clock_set_back import ClockWatch
from ioc.domain.base.failure import Failure
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.ingest.duplicates import DuplicateRule
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.health import SourceState, initial_health
from ioc.domain.ingest.protocol import HAS_FAILED_KEY, PARSE_SECONDS_KEY, Connector, Payload, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.schema_drift import STABLE_AFTER, DriftCode
from ioc.domain.ingest.source import Series, Source
from ioc.poller.health_tracker import back_off
from ioc.poller.poll_result import PollResult
from ioc.poller.poller import Poller
from ioc.storage.db.errors import StoreCode, StoreError
from tests.city import NOW, source
from tests.poller.running import FakeCode

SECOND = timedelta(seconds=1)


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class CountingProtocol:
    """A protocol whose answer the test gives, and which counts its fetches."""

    Options = object

    def __init__(self, answer: Callable[[Source], Batch] | None = None) -> None:
        self.answer, self.fetches, self.running, self.most_running = answer, 0, 0, 0
        self.hang: asyncio.Event | None = None
        self.dropped, self.is_silent, self.waiting = 0, False, 0

    async def fetch(self, row: Source, context: Any) -> Payload:
        self.fetches += 1
        self.running += 1
        self.most_running = max(self.running, self.most_running)
        try:
            if self.hang is not None:
                await self.hang.wait()
        finally:
            self.running -= 1
        self.waiting -= 1
        return Payload((), self.is_silent, not self.is_silent, self.dropped, has_more=self.waiting > 0)

    def parse(self, row: Source, payload: Payload, now: datetime) -> Batch:
        if self.is_silent:
            return Batch()
        return self.answer(row) if self.answer else Batch((Reading("water-level-can-tho", now, 1.5),))


class FakeContext:
    """The fetch context, of which only the memory and the masking of secrets are used."""

    memory: ClassVar[dict[str, object]] = {}

    def mask_secrets(self, text: str, *, is_shown: bool = False) -> str:
        return text.replace("s3cret", "<KEY>")


class Bench:
    """A poller of one source over a scripted protocol."""

    def __init__(self, protocol: CountingProtocol, polled: Source | None = None) -> None:
        self.source, self.clock, self.results = polled or source(), Clock(), list[PollResult]()
        connectors = {"http_json": cast(Connector, protocol)}
        healths = {self.source.key: initial_health(self.source, NOW)}
        self.poller = Poller(
            connectors, cast(Any, lambda source: FakeContext()), ClockWatch(self.clock), healths, self.results.append,
            id_key=b"key",
        )  # fmt: skip

    async def poll(self, times: int = 1) -> SourceState:
        for _ in range(times):
            await self.poller.poll(self.source)
        return self.poller.healths[self.source.key].state


def failing(error: Exception) -> CountingProtocol:
    def answer(row: Source) -> Batch:
        raise error

    return CountingProtocol(answer)


async def test_a_successful_poll_gives_readings_and_health() -> None:
    bench = Bench(CountingProtocol())
    assert await bench.poll() is SourceState.LIVE
    (result,) = bench.results
    assert [reading.value for reading in result.batch.readings] == [1.5]
    assert (result.health.accepted_count, result.health.rejected_count, result.health.data_time) == (1, 0, NOW)


@pytest.mark.parametrize(("rule", "values"), [(None, []), (DuplicateRule.MAX, [2.5])])
async def test_values_that_differ_are_rejected_unless_the_row_decides(
    rule: DuplicateRule | None, values: list[float]
) -> None:
    answer = Batch(tuple(Reading("water-level-can-tho", NOW, value) for value in (1.5, 2.5)))
    bench = Bench(CountingProtocol(lambda _: answer), replace(source(), duplicates=rule))
    await bench.poll()
    assert [reading.value for reading in bench.results[0].batch.readings] == values
    assert bench.results[0].health.rejected_count == (0 if rule else 2)


async def test_gap_mark_leaves_the_value() -> None:
    mark = Reading("water-level-can-tho", NOW, None)
    last = Reading("water-level-can-tho", NOW - SECOND, 1.5)
    bench = Bench(CountingProtocol(lambda _: Batch((last, mark))), replace(source(), poll_interval=5 * SECOND))
    assert await bench.poll() is SourceState.LIVE
    batch = bench.results[0].batch
    assert [reading.value for reading in batch.readings] == [1.5] and batch.gap_mark_count == 1


async def test_dropped_messages_are_counted_shown_as_drift_and_logged_as_rejected() -> None:
    bench = Bench(protocol := CountingProtocol())
    protocol.dropped = 8081
    await bench.poll()
    protocol.dropped = 0
    await bench.poll()
    flooded, after = bench.results
    dropped = Failure(IngestCode.MESSAGES_DROPPED, {"n": 8081})
    assert (flooded.health.rejected_count, flooded.health.drift) == (8081, (dropped,))
    assert [item.failure for item in flooded.batch.rejected_items] == [dropped]
    assert (after.health.rejected_count, after.health.drift, after.batch.rejected_items) == (0, (), ())


@pytest.mark.parametrize(("error", "state", "failure"), [
    (SourceError(FakeCode.NO_CONNECTION), SourceState.DOWN, Failure(FakeCode.NO_CONNECTION)),
    (SourceError(FakeCode.NOT_ALLOWED, is_refused=True), SourceState.REFUSED, Failure(FakeCode.NOT_ALLOWED)),
    (ZeroDivisionError("wrong"), SourceState.DOWN, Failure(IngestCode.INTERNAL_ERROR, {"kind": "ZeroDivisionError"})),
    (RecursionError(), SourceState.DOWN, Failure(IngestCode.INTERNAL_ERROR, {"kind": "RecursionError"})),
])  # fmt: skip
async def test_every_failure_becomes_a_state_and_a_code(error: Exception, state: SourceState, failure: Failure) -> None:
    bench = Bench(failing(error))
    assert await bench.poll() is state
    assert bench.results[0].health.last_error == failure


async def test_a_failure_of_our_own_store_is_none_of_the_source() -> None:
    bench = Bench(protocol := CountingProtocol())
    assert await bench.poll() is SourceState.LIVE
    before = bench.poller.healths[bench.source.key]
    protocol.answer = failing(StoreError(StoreCode.NOT_ANSWERING)).answer
    await bench.poll()
    assert (bench.poller.healths[bench.source.key], len(bench.results)) == (before, 1)
    protocol.answer = None
    assert await bench.poll() is SourceState.LIVE and len(bench.results) == 2


async def test_an_answer_without_a_valid_item_is_a_failure() -> None:
    bench = Bench(
        CountingProtocol(
            lambda row: Batch(
                (Reading("water-level-can-tho", NOW, 99.0),), (RejectedItem("row 2", Failure(FakeCode.NO_TIME)),)
            )
        )
    )
    assert await bench.poll() is SourceState.DOWN
    health = bench.results[0].health
    cause = Failure(FakeCode.NO_TIME)
    assert health.last_error == Failure(IngestCode.NOTHING_ACCEPTED, {"location": "row 2", "cause": cause})
    assert (health.accepted_count, health.rejected_count, len(bench.results[0].batch.rejected_items)) == (0, 2, 2)


async def test_401_stops_the_source_until_its_row_changes() -> None:
    protocol = failing(SourceError(FakeCode.NOT_ALLOWED, is_refused=True))
    bench = Bench(protocol)
    await bench.poll(3)
    assert protocol.fetches == 1
    bench.source = replace(bench.source, fingerprint="f2")
    await bench.poll()
    assert protocol.fetches == 2


async def test_a_disabled_source_is_never_polled() -> None:
    protocol = CountingProtocol()
    await Bench(protocol, source(is_enabled=False)).poll()
    assert protocol.fetches == 0


async def test_retry_after_is_honoured_and_a_clock_set_back_does_not_silence_the_source() -> None:
    protocol = failing(SourceError(FakeCode.NOT_ALLOWED, retry_after=120))
    bench = Bench(protocol)
    await bench.poll()
    bench.clock.now = NOW + 119 * SECOND
    await bench.poll()
    assert protocol.fetches == 1
    bench.clock.now = NOW + 121 * SECOND
    await bench.poll()
    assert protocol.fetches == 2
    bench.clock.now = NOW - timedelta(days=1)
    await bench.poll()
    assert protocol.fetches == 3


def test_back_off_doubles_up_to_a_minute_and_never_slows_a_slow_source() -> None:
    quick, slow = source(poll_interval=5 * SECOND), source(poll_interval=timedelta(minutes=15))
    assert [back_off(quick, n, None).total_seconds() for n in (1, 2, 3, 4, 5, 9)] == [0, 5, 10, 20, 40, 55]
    assert back_off(slow, 9, None) == timedelta(0)
    assert back_off(quick, 1, 1e9) == timedelta(hours=1)
    assert back_off(quick, 1, -5) == timedelta(0)


async def test_polls_of_one_source_never_overlap() -> None:
    protocol = CountingProtocol()
    protocol.hang = asyncio.Event()
    bench = Bench(protocol)
    first_poll = asyncio.create_task(bench.poll())
    while not protocol.running:
        await asyncio.sleep(0)
    await bench.poll(5)
    protocol.hang.set()
    await first_poll
    assert (protocol.fetches, protocol.most_running) == (1, 1)


async def test_a_listener_with_more_messages_is_polled_at_once_until_a_poll_fails() -> None:
    protocol = CountingProtocol()
    protocol.waiting = 4
    bench = Bench(protocol)
    assert await bench.poll() is SourceState.LIVE and protocol.fetches == len(bench.results) == 4
    assert PARSE_SECONDS_KEY in FakeContext.memory
    broken = failing(SourceError(FakeCode.NO_TIME))
    broken.waiting = 4
    await Bench(broken).poll()
    assert broken.fetches == 1 and PARSE_SECONDS_KEY not in FakeContext.memory


async def test_a_hanging_poll_ends_at_its_deadline() -> None:
    protocol = CountingProtocol()
    protocol.hang = asyncio.Event()
    bench = Bench(protocol, source(deadline=timedelta(milliseconds=20)))
    assert await bench.poll() is SourceState.DOWN
    assert bench.results[0].health.last_error == Failure(IngestCode.DEADLINE_EXCEEDED, {"seconds": 0.02})


async def test_losing_a_source_and_its_return_are_logged_once_each(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "ioc.poll")
    trouble = [True, True, True, False, False]

    def answer(row: Source) -> Batch:
        if trouble.pop(0):
            raise SourceError(FakeCode.NO_CONNECTION)
        return Batch((Reading("water-level-can-tho", NOW, 1.5),))

    bench = Bench(CountingProtocol(answer), source(poll_interval=SECOND))
    for step in range(5):
        bench.clock.now = NOW + step * timedelta(minutes=2)
        await bench.poll()
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


async def test_the_memory_of_a_source_is_cleared_after_a_failure() -> None:
    bench = Bench(failing(SourceError(FakeCode.NO_TIME)))
    FakeContext.memory["etag"] = "x"
    await bench.poll()
    assert FakeContext.memory == {HAS_FAILED_KEY: True}


async def test_secrets_that_the_source_echoes_are_masked() -> None:
    bench = Bench(failing(SourceError(FakeCode.NOT_ALLOWED, external="key s3cret is over its quota")))
    await bench.poll()
    assert bench.results[0].health.last_error == Failure(FakeCode.NOT_ALLOWED, external="key <KEY> is over its quota")
    echo = RejectedItem("items[0].s3cret", Failure(FakeCode.NO_TIME, {"found": "s3cret"}), "s3cret")
    bench = Bench(CountingProtocol(lambda row: Batch((Reading("level-s3cret", NOW, 1.0),), (echo,))))
    await bench.poll()
    assert "s3cret" not in str(bench.results[0])


async def test_a_source_clock_a_day_ahead_is_reported_until_it_is_right() -> None:
    off = timedelta(days=1)

    def answer(row: Source) -> Batch:
        return Batch((Reading("water-level-can-tho", bench.clock.now + off, 1.5),))

    bench = Bench(CountingProtocol(answer))
    assert await bench.poll() is SourceState.DOWN
    (result,) = bench.results
    assert result.health.last_error == Failure(IngestCode.CLOCK_AHEAD_HOURS, {"n": 24})
    assert result.health.rejected_count == 1 and not result.batch.readings
    off = timedelta(0)
    assert await bench.poll() is SourceState.LIVE
    assert bench.poller.healths[bench.source.key].last_error is None


async def test_a_listener_with_an_unusable_last_message_stays_down_while_it_is_silent() -> None:
    off = timedelta(days=1)

    def answer(row: Source) -> Batch:
        return Batch((Reading("water-level-can-tho", bench.clock.now + off, 1.5),))

    bench = Bench(protocol := CountingProtocol(answer))
    assert await bench.poll() is SourceState.DOWN
    protocol.is_silent = True
    bench.clock.now += 10 * SECOND
    assert await bench.poll(2) is SourceState.DOWN
    health = bench.poller.healths[bench.source.key]
    assert health.last_error == Failure(IngestCode.CLOCK_AHEAD_HOURS, {"n": 24})
    assert (health.consecutive_failures, health.last_attempt) == (1, bench.clock.now)
    protocol.is_silent, off = False, timedelta(0)
    assert await bench.poll() is SourceState.LIVE


async def test_a_history_partly_in_the_future_is_used_and_the_clock_reported() -> None:
    def answer(row: Source) -> Batch:
        times = (bench.clock.now + timedelta(hours=7 - n) for n in range(24))
        return Batch(tuple(Reading("water-level-can-tho", at, 1.5) for at in times))

    bench = Bench(CountingProtocol(answer))
    assert await bench.poll() is SourceState.LIVE
    health = bench.poller.healths[bench.source.key]
    assert (health.accepted_count, health.rejected_count) == (17, 7)
    (failure,) = health.drift
    cause = Failure(IngestCode.CLOCK_AHEAD_ZONE)
    assert failure == Failure(IngestCode.CLOCK_AHEAD_IN_PART, {"n": 7, "total": 24, "cause": cause})


async def test_a_changed_unit_is_reported_as_drift_and_not_used() -> None:
    unit = "m"

    def answer(row: Source) -> Batch:
        return Batch((Reading("water-level-can-tho", bench.clock.now, 1.5, unit),))

    bench = Bench(CountingProtocol(answer))
    await bench.poll(STABLE_AFTER + 2)
    assert bench.poller.healths[bench.source.key].drift == ()
    unit = "cm"
    assert await bench.poll() is SourceState.DOWN  # nothing of it could be used
    (rejected,) = bench.results[-1].batch.rejected_items
    units = {"previous": "m", "current": "cm"}
    assert rejected.failure == Failure(DriftCode.UNIT_NOT_TRUSTED, units)
    assert bench.results[-1].health.drift == (
        Failure(DriftCode.UNIT_CHANGED, {"series": "water-level-can-tho", **units}),
    )
    unit = "m"
    assert await bench.poll() is SourceState.LIVE


async def test_values_that_go_missing_are_reported_as_drift_and_do_not_renew_the_data() -> None:
    value: float | None = 1.5

    def answer(row: Source) -> Batch:
        return Batch(tuple(Reading(key, bench.clock.now, value) for key in ("a", "b")))

    many = tuple(Series(key, LocalizedText(key), "m", -3, 4) for key in "ab")
    bench = Bench(CountingProtocol(answer), source(series=many, events=()))
    await bench.poll(STABLE_AFTER + 2)
    before, value = bench.clock.now, None
    bench.clock.now += 2 * bench.source.age_limit
    assert await bench.poll() is SourceState.STALE
    health = bench.poller.healths[bench.source.key]
    missing = Failure(DriftCode.VALUES_MISSING, {"names": "a, b"})
    assert (health.data_time, health.drift) == (before, (missing,))
    value = 1.6
    assert await bench.poll() is SourceState.LIVE
    health = bench.poller.healths[bench.source.key]
    assert (health.drift, health.last_drift) == ((), (missing,))


async def test_a_count_far_off_is_reported_with_its_beginning() -> None:
    keys = [f"level-{n}" for n in range(30)]

    def answer(row: Source) -> Batch:
        return Batch(tuple(Reading(key, bench.clock.now, 1.5) for key in keys))

    many = tuple(Series(key, LocalizedText(key), "m", -3, 4) for key in keys)
    bench = Bench(CountingProtocol(answer), source(series=many))
    await bench.poll(STABLE_AFTER + 2)
    assert bench.results[-1].schema is None  # an unchanged profile is not written again
    del keys[5:]
    await bench.poll()
    health = bench.poller.healths[bench.source.key]
    series_missing, count_changed = health.drift
    assert series_missing.code == DriftCode.SERIES_MISSING
    assert count_changed == Failure(DriftCode.COUNT_CHANGED, {"previous": 30, "current": 5})
    assert health.drift_since == bench.clock.now
    keys += [f"level-{n}" for n in range(5, 30)]
    await bench.poll()
    assert bench.poller.healths[bench.source.key].drift == ()
