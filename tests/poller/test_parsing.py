"""Large answers are parsed in turn: the bytes parsed at once are bounded, and no source pays for the wait."""

import _thread
import asyncio
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any, cast

import pytest

from ioc.domain.base.clock_set_back import ClockWatch
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.health import SourceState, initial_health
from ioc.domain.ingest.protocol import Connector, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.source import Source
from ioc.poller import admission, parsing
from ioc.poller.admission import admit_batch
from ioc.poller.parsing import MAX_LATE_OF_SOURCE, QUEUED_BODY_BYTES, NoTurnError, Parsing
from ioc.poller.poll_result import PollResult
from ioc.poller.poller import Poller
from ioc.poller.retry_split import PollerCode
from tests.city import NOW, source

LARGE = QUEUED_BODY_BYTES
BUDGET = 3 * LARGE


class Parser:
    """A protocol that counts the bytes parsed at once; it goes on when `gate` is open."""

    Options = object

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}
        self.gate, self.lock = threading.Event(), threading.Lock()
        self.running, self.most, self.parsed = 0, 0, list[str]()
        self.memory: dict[str, Any] = {}
        self.signature, self.threads = b"", set[int]()
        self.never, self.end = cast(str | tuple[str, ...], ""), threading.Event()  # sources whose parse ends only then

    async def fetch(self, row: Source, context: Any) -> Payload:
        context.memory["etag"] = "1"
        return Payload((ResponsePage(self.signature.ljust(self.sizes[row.key])),))

    def parse(self, row: Source, payload: Payload, now: datetime) -> Batch:
        size = self.sizes[row.key]
        with self.lock:
            self.threads.add(threading.get_ident())
            self.running += size
            self.most = max(self.most, self.running)
        if self.never and row.key.startswith(self.never):
            self.end.wait(20)
        elif size >= LARGE:
            self.gate.wait(30)
        with self.lock:
            self.running -= size
            self.parsed.append(row.key)
        return Batch((Reading("water-level-can-tho", now, 1.5),))

    def mask_secrets(self, text: str, *, is_shown: bool = False) -> str:
        return text


class Bench:
    """A poller over `parser` of one source for each size of `sizes`."""

    def __init__(self, *sizes: int, deadline: float = 1.0) -> None:
        self.parser, self.results = Parser(), list[PollResult]()
        self.rows = [replace(source(), key=f"s{n}", deadline=timedelta(seconds=deadline)) for n in range(len(sizes))]
        self.parser.sizes = {row.key: size for row, size in zip(self.rows, sizes, strict=True)}
        healths = {row.key: initial_health(row, NOW) for row in self.rows}
        connectors = {"http_json": cast(Connector, self.parser)}
        self.poller = Poller(
            connectors, cast(Any, lambda _: self.parser), ClockWatch(lambda: NOW), healths, self.results.append,
            id_key=b"key",
        )  # fmt: skip
        self.poller._parsing = Parsing(BUDGET)

    def poll(self, number: int) -> asyncio.Task[None]:
        return asyncio.create_task(self.poller.poll(self.rows[number]))

    def states(self) -> list[SourceState]:
        return [self.poller.healths[row.key].state for row in self.rows]

    async def until_waiting(self, *numbers: int) -> None:
        async with asyncio.timeout(30):
            while self.poller._parsing.waiting != {f"s{number}" for number in numbers}:
                await asyncio.sleep(0.01)


async def test_the_bytes_parsed_at_once_are_bounded_and_every_answer_has_its_turn() -> None:
    bench = Bench(*[LARGE * (1 + n % 3) for n in range(12)], 5 * LARGE)
    bench.parser.gate.set()
    await asyncio.gather(*(bench.poll(number) for number in range(13)))
    assert bench.parser.most == 5 * LARGE and len(bench.parser.parsed) == 13  # the one beyond the budget was alone
    assert set(bench.states()) == {SourceState.LIVE}


async def test_waiting_does_not_count_to_the_deadline_and_holds_up_no_small_answer() -> None:
    bench = Bench(BUDGET, BUDGET, 100_000, 100, deadline=60)
    bench.rows[1] = replace(bench.rows[1], deadline=timedelta(seconds=2))
    first = bench.poll(0)
    await asyncio.sleep(0)
    second = bench.poll(1)
    await bench.until_waiting(1)
    await asyncio.gather(bench.poll(2), bench.poll(3))
    assert sorted(bench.parser.parsed) == ["s2", "s3"]
    threading.Timer(2.5, bench.parser.gate.set).start()
    await asyncio.gather(first, second)
    assert set(bench.states()) == {SourceState.LIVE} and bench.parser.most <= BUDGET + 100_100


@pytest.mark.parametrize("signature", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x1f\x8b\x08"])
async def test_a_small_packed_answer_is_parsed_beside_the_event_loop_and_in_turn(signature: bytes) -> None:
    bench = Bench(BUDGET, 100, deadline=5.0)
    first = bench.poll(0)
    await asyncio.sleep(0)
    bench.parser.signature = signature
    second = bench.poll(1)
    await bench.until_waiting(1)
    bench.parser.gate.set()
    await asyncio.gather(first, second)
    assert bench.parser.parsed == ["s0", "s1"] and set(bench.states()) == {SourceState.LIVE}
    assert threading.get_ident() not in bench.parser.threads


async def test_a_small_answer_that_is_not_packed_is_parsed_at_once() -> None:
    bench = Bench(100)
    await bench.poll(0)
    assert bench.parser.threads == {threading.get_ident()}


async def test_a_poll_that_gives_up_keeps_its_bytes_until_its_thread_ends() -> None:
    bench = Bench(BUDGET, LARGE)
    await bench.poll(0)
    assert bench.states()[0] is SourceState.DOWN
    second = bench.poll(1)
    await bench.until_waiting(1)
    bench.parser.gate.set()
    await second
    assert (bench.states()[1], bench.parser.most) == (SourceState.LIVE, BUDGET)


async def test_an_answer_that_gets_no_turn_is_no_fault_of_its_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "MAX_TURN_SECONDS", 0.05)
    bench = Bench(BUDGET, LARGE)
    await bench.poll(0)
    before = bench.poller.healths["s1"]
    await bench.poll(1)
    assert bench.poller.healths["s1"] is before and "etag" not in bench.parser.memory  # in full again
    bench.parser.gate.set()
    monkeypatch.setattr(parsing, "MAX_TURN_SECONDS", 5.0)
    await bench.poll(1)
    assert bench.states()[1] is SourceState.LIVE


async def test_an_answer_for_which_no_thread_starts_is_read_by_the_next_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise RuntimeError("can't start new thread")

    bench = Bench(LARGE)
    bench.parser.gate.set()
    before = bench.poller.healths["s0"]
    with monkeypatch.context() as patched:
        patched.setattr(_thread, "start_new_thread", refuse)
        await bench.poll(0)
    assert bench.poller.healths["s0"] is before and bench.results == []
    await bench.poll(0)
    assert bench.states() == [SourceState.LIVE]


@pytest.mark.parametrize(("error", "ids"), [(MemoryError(), ()), (KeyError("x"), (1,))])
async def test_messages_that_cannot_be_read_for_want_of_memory_stay_in_their_queue(
    monkeypatch: pytest.MonkeyPatch, error: Exception, ids: tuple[int, ...]
) -> None:
    async def fetch(*_: object) -> Payload:
        return Payload((ResponsePage(b"x"),), message_ids=(1,))

    def fail(*_: object) -> Batch:
        raise error

    bench = Bench(1)
    monkeypatch.setattr(bench.parser, "fetch", fetch)
    monkeypatch.setattr(bench.parser, "parse", fail)
    await bench.poll(0)
    (result,) = bench.results
    assert result.message_ids == ids and bench.states() == [SourceState.DOWN]


@pytest.mark.parametrize("is_rejected", [True, False])
async def test_messages_that_cannot_be_used_keep_those_behind_them_waiting_for_nothing(
    monkeypatch: pytest.MonkeyPatch, is_rejected: bool
) -> None:
    bench, numbers = Bench(1), count(1)
    bench.rows[0] = replace(bench.rows[0], poll_interval=timedelta(seconds=1))

    async def fetch(*_: object) -> Payload:
        return Payload((ResponsePage(b"x"),), message_ids=(next(numbers),))

    def parse(*_: object) -> Batch:
        if is_rejected:
            return Batch(rejected_items=(RejectedItem("x", Failure(IngestCode.INTERNAL_ERROR)),))
        raise SourceError(IngestCode.INTERNAL_ERROR)

    monkeypatch.setattr(bench.parser, "fetch", fetch)
    monkeypatch.setattr(bench.parser, "parse", parse)
    for _ in range(9):  # at one moment: a source that is left alone would not be asked again
        await bench.poll(0)
    assert [result.message_ids for result in bench.results] == [(n,) for n in range(1, 10)]


async def test_admission_runs_beside_the_event_loop_and_within_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    bench, gate, threads = Bench(100_000, 100), threading.Event(), dict[str, int]()

    def slow(raw: Batch, row: Source, *args: Any, **options: Any) -> Batch:
        threads[row.key] = threading.get_ident()
        if row.key == "s0":
            gate.wait(30)
        return admit_batch(raw, row, *args, **options)

    monkeypatch.setattr(admission, "admit_batch", slow)
    first = bench.poll(0)
    async with asyncio.timeout(20):
        while "s0" not in threads:
            await asyncio.sleep(0.01)
        await bench.poll(1)
        assert bench.states()[1] is SourceState.LIVE and not gate.is_set()
        await first
    assert threads["s0"] != threading.get_ident() and bench.states()[0] is SourceState.DOWN
    gate.set()


async def until_ended(bench: Bench) -> None:
    async with asyncio.timeout(30):
        while bench.poller._parsing._sources:
            await asyncio.sleep(0.01)


async def test_a_source_whose_parse_never_ends_has_few_threads_and_stops_no_other_one() -> None:
    bench = Bench(100_000, LARGE, 100_000, deadline=0.05)
    bench.parser.never = "s0"
    for _ in range(MAX_LATE_OF_SOURCE + 3):
        await bench.poller.poll(bench.rows[0], force=True)
    health = bench.poller.healths["s0"]
    assert len(bench.parser.threads) == MAX_LATE_OF_SOURCE and health.consecutive_failures == MAX_LATE_OF_SOURCE + 3
    assert health.last_error == Failure(PollerCode.PARSE_UNFINISHED, {"n": MAX_LATE_OF_SOURCE})
    bench.rows[1:] = [replace(row, deadline=timedelta(seconds=30)) for row in bench.rows[1:]]
    bench.parser.gate.set()
    await asyncio.gather(bench.poll(1), bench.poll(2))
    assert bench.states()[1:] == [SourceState.LIVE] * 2
    bench.parser.end.set()
    await until_ended(bench)
    bench.parser.never = ""
    bench.rows[0] = replace(bench.rows[0], deadline=timedelta(seconds=30))
    await bench.poller.poll(bench.rows[0], force=True)
    assert bench.states()[0] is SourceState.LIVE


async def test_with_many_late_threads_a_source_has_only_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "MAX_LATE", 2)
    bench = Bench(100_000, 100_000, 100_000, deadline=0.05)
    bench.parser.never = "s"
    for _ in range(3):
        for row in bench.rows:
            await bench.poller.poll(row, force=True)
    assert len(bench.parser.threads) == 3
    errors = {row.key: bench.poller.healths[row.key].last_error for row in bench.rows}
    assert set(errors.values()) == {Failure(PollerCode.PARSE_UNFINISHED, {"n": 1})}
    monkeypatch.setattr(parsing, "MAX_THREADS", 3)
    payload = Payload((ResponsePage(b" " * 100_000),))
    with pytest.raises(NoTurnError):
        await bench.poller._parsing.run(lambda: 0, source(), payload, asyncio.timeout(1))
    bench.parser.end.set()
    await until_ended(bench)


async def test_the_bytes_of_a_parse_that_never_ends_are_free_for_others_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parsing, "MAX_BYTES_SECONDS", 0.05)
    bench = Bench(BUDGET, LARGE)
    bench.parser.never = "s0"
    bench.parser.gate.set()
    await bench.poll(0)
    await bench.poll(1)
    assert bench.states() == [SourceState.DOWN, SourceState.LIVE] and not bench.parser.end.is_set()
    bench.parser.end.set()
    await until_ended(bench)


@pytest.mark.parametrize("size", [100_000, LARGE])
async def test_two_sources_whose_parse_never_ends_hold_up_no_third_one(
    monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(parsing, "MAX_BYTES_SECONDS", 0.05)
    bench = Bench(BUDGET, BUDGET, size, deadline=60)  # they are not late, and yet keep no other one waiting
    bench.parser.never = ("s0", "s1")
    bench.parser.gate.set()
    hostile = [bench.poll(0), bench.poll(1)]
    await bench.poll(2)
    assert bench.states()[2] is SourceState.LIVE and not any(poll.done() for poll in hostile)
    bench.parser.end.set()
    await asyncio.gather(*hostile)
