"""What takes longer than the deadline is left out alone: a file for a time, a message for good after three tries."""

import asyncio
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, ClassVar, cast

import pytest

from ioc.domain.base.clock_set_back import ClockWatch
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.health import SourceState, initial_health
from ioc.domain.ingest.protocol import (
    LONGEST_READ_SECONDS,
    MAX_LATE_SECONDS,
    MAX_TURN_SECONDS,
    MESSAGE_SECONDS,
    MESSAGE_TRIES,
    Connector,
    Payload,
    ResponsePage,
)
from ioc.domain.ingest.reading import Batch, Reading
from ioc.domain.ingest.source import Source
from ioc.poller import parsing, retry_split
from ioc.poller.parsing import LARGE_BODY_BYTES, QUEUED_BODY_BYTES
from ioc.poller.poll_result import PollResult
from ioc.poller.poller import Poller
from ioc.poller.retry_split import (
    FIRST_RETRY,
    LAST_RETRY,
    PollerCode,
    SplitRetry,
)
from tests.city import NOW
from tests.city import source as make_source

WATCH = ClockWatch(lambda: NOW)
SOURCE = make_source(deadline=timedelta(seconds=0.6))


class Folder:
    """A protocol over files: those whose content is b"slow…" are read for far longer than the deadline."""

    Options = object

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.read: list[str] = []
        self.end = threading.Event()

    async def fetch(self, source: Source, context: Any) -> Payload:
        new = [
            ResponsePage(body, address=name) for name, body in self.files.items() if context.memory.get(name) != body
        ]
        context.memory.update(self.files)
        return Payload(tuple(new), is_unchanged=not new, is_file_batch=True)

    def parse(self, source: Source, payload: Payload, now: Any) -> Batch:
        readings = []
        for n, page in enumerate(payload.pages):
            self.read.append(page.address)
            if page.body.startswith(b"slow"):
                self.end.wait(6)
            readings.append(Reading("water-level-can-tho", NOW - timedelta(minutes=n), 1.5))
        return Batch(tuple(readings))


class FakeContext:
    """The fetch context, of which only the memory is used."""

    memory: ClassVar[dict[str, Any]] = {}

    def mask_secrets(self, text: str, *, is_shown: bool = False) -> str:
        return text


@pytest.fixture
def folder() -> Folder:
    FakeContext.memory.clear()
    return Folder()


def make_poller(folder: Folder, results: list[PollResult], clock: Callable[[], datetime] = lambda: NOW) -> Poller:
    connectors = {"http_json": cast(Connector, folder)}
    healths = {SOURCE.key: initial_health(SOURCE, NOW)}
    context_for = cast(Any, lambda source: FakeContext())
    return Poller(connectors, context_for, ClockWatch(clock), healths, results.append, id_key=b"key")


def body(text: str) -> bytes:
    return text.encode() + b" " * LARGE_BODY_BYTES


async def test_a_file_that_exceeds_the_deadline_is_skipped_until_it_changes(folder: Folder) -> None:
    results: list[PollResult] = []
    poller = make_poller(folder, results)
    folder.files["a.xlsx"] = body("slow")
    for _ in range(3):
        await poller.poll(SOURCE, force=True)
        health = poller.healths[SOURCE.key]
        assert health.state is SourceState.DOWN and health.last_error == Failure(
            PollerCode.FILE_SKIPPED, {"seconds": 0.6}
        )
    assert folder.read == ["a.xlsx"] and health.consecutive_failures == 3
    assert [item.location for item in results[0].batch.rejected_items] == ["a.xlsx"]
    folder.files["a.xlsx"] = body("quick")
    await poller.poll(SOURCE, force=True)
    assert poller.healths[SOURCE.key].state is SourceState.LIVE
    await poller.poll(SOURCE, force=True)
    assert poller.healths[SOURCE.key].state is SourceState.LIVE
    folder.end.set()


async def test_a_file_that_was_late_because_the_machine_was_busy_is_read_again(folder: Folder) -> None:
    results: list[PollResult] = []
    now = [NOW]
    poller = make_poller(folder, results, lambda: now[0])
    folder.files["a.xlsx"] = body("slow")
    await poller.poll(SOURCE, force=True)
    assert poller.healths[SOURCE.key].state is SourceState.DOWN
    folder.end.set()  # the same bytes are read at once now
    now[0] += FIRST_RETRY
    for _ in range(2):
        await poller.poll(SOURCE, force=True)
        assert poller.healths[SOURCE.key].state is SourceState.LIVE and len(folder.read) == 2
    now[0] += LAST_RETRY
    await poller.poll(SOURCE, force=True)
    assert len(folder.read) == 2


def test_a_file_that_is_always_late_is_read_ever_more_seldom() -> None:
    retry, read_at = SplitRetry(), list[int]()
    payload = Payload((ResponsePage(b"", address="a.xlsx"),), is_file_batch=True)
    for minute in range(300):
        now = NOW + timedelta(minutes=minute)
        if minute == 0 or retry.begin_retry("s", now):
            read_at.append(minute)
            retry.handle_timeout("s", payload, 10, now)
    assert read_at == [0, 1, 5, 21, 81, 141, 201, 261]
    later = NOW + timedelta(minutes=321)
    assert retry.begin_retry("s", later) and retry.pending_error("s", Payload(is_unchanged=True)) is None  # it was read
    retry.handle_timeout("s", payload, 10, later)
    assert retry.begin_retry("s", later + FIRST_RETRY)
    assert not retry.begin_retry("s", later - timedelta(days=1))


def test_file_that_changes_while_it_is_skipped_is_read_again_soon_after_the_last_change() -> None:
    payload, retry, now = Payload((ResponsePage(b"x", address="a.csv"),), is_file_batch=True), SplitRetry(), NOW
    for _ in range(5):
        now += FIRST_RETRY / 10
        retry.handle_timeout("s", payload, 10, now)
    assert retry.begin_retry("s", now + FIRST_RETRY)


async def test_the_other_files_of_the_same_poll_are_still_read(folder: Folder) -> None:
    results: list[PollResult] = []
    poller = make_poller(folder, results)
    folder.files = {f"{n}.xlsx": body("slow" if n == 2 else f"quick {n}") for n in range(5)}
    for _ in range(7):
        await poller.poll(SOURCE, force=True)
    assert sum(len(result.batch.readings) for result in results) == 4
    assert [item.location for result in results for item in result.batch.rejected_items] == ["2.xlsx"]
    before = len(folder.read)
    await poller.poll(SOURCE, force=True)
    assert len(folder.read) == before
    folder.end.set()


class Queue:
    """A protocol over messages of a queue: more than `most` at once, and each b"slow…", take longer than a deadline."""

    Options = object

    def __init__(self, bodies: list[bytes], most: int) -> None:
        self.waiting, self.most, self.late_reads = dict(enumerate(bodies, 1)), most, 0
        self.read: list[bytes] = []
        self.end, self.is_slow_read = threading.Event(), False
        self.running, self.beside_one, self.counting = 0, 0, threading.Lock()  # reads at once, with one message alone

    async def fetch(self, source: Source, context: Any) -> Payload:
        pages = tuple(ResponsePage(body) for body in self.waiting.values())
        return Payload(pages, is_unchanged=not pages, has_data=bool(pages), message_ids=tuple(self.waiting))

    def parse(self, source: Source, payload: Payload, now: Any) -> Batch:
        with self.counting:
            self.running += 1
            self.beside_one = max(self.beside_one, self.running - 1 if len(payload.pages) == 1 else 0)
        try:
            return self.read_pages(payload)
        finally:
            with self.counting:
                self.running -= 1

    def read_pages(self, payload: Payload) -> Batch:
        bodies = [page.body for page in payload.pages]
        self.late_reads, is_late = max(0, self.late_reads - 1), self.late_reads > 0
        if is_late or len(bodies) > self.most or any(body.startswith(b"slow") for body in bodies):
            self.end.wait(1.5)
            if not self.is_slow_read:
                return Batch()
        self.read += bodies
        return Batch(tuple(Reading("water-level-can-tho", NOW, 1.5) for _ in bodies))

    def commit(self, result: PollResult) -> None:
        for number in result.message_ids:
            del self.waiting[number]


@pytest.mark.usefixtures("quick_tries")
async def test_messages_are_read_fewer_at_once_and_one_that_is_always_late_is_rejected_alone() -> None:
    bodies = [body("slow" if n == 20 else f"quick {n}") for n in range(64)]
    queue, results = Queue(bodies, most=8), list[PollResult]()
    connectors, healths = {"http_json": cast(Connector, queue)}, {SOURCE.key: initial_health(SOURCE, NOW)}

    def take(result: PollResult) -> None:
        results.append(result)
        queue.commit(result)

    poller = Poller(connectors, cast(Any, lambda source: FakeContext()), WATCH, healths, take, id_key=b"key")
    polls = 0
    while queue.waiting and polls < 40:
        await poller.poll(SOURCE)  # without force: no back-off holds up what waits
        polls += 1
    queue.end.set()
    assert not queue.waiting
    assert queue.read == [one for one in bodies if not one.startswith(b"slow")]
    (rejected,) = (item for result in results for item in result.batch.rejected_items)
    assert rejected.failure.code == PollerCode.MESSAGE_SKIPPED
    # Which one it was, without its content: that was not masked.
    assert (rejected.location, rejected.sample) == (f"({len(body('slow'))} B)", "")
    await poller.poll(SOURCE)
    assert poller.healths[SOURCE.key].state is SourceState.LIVE


def test_listeners_outlast_the_longest_read() -> None:
    assert MAX_LATE_SECONDS + MAX_TURN_SECONDS + MESSAGE_SECONDS[-1] <= LONGEST_READ_SECONDS


@pytest.fixture
def quick_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that is late alone is tried again with the deadline of its source."""
    monkeypatch.setattr(retry_split, "MESSAGE_SECONDS", (0.0, 0.0))


async def test_message_that_needs_longer_than_the_deadline_is_read_alone() -> None:
    """As on a machine that is busy for hours."""
    queue, results = Queue([body("slow"), body("quick")], most=9), list[PollResult]()
    queue.is_slow_read = True
    connectors, healths = {"http_json": cast(Connector, queue)}, {SOURCE.key: initial_health(SOURCE, NOW)}

    def take(result: PollResult) -> None:
        results.append(result)
        queue.commit(result)

    poller = Poller(connectors, cast(Any, lambda source: FakeContext()), WATCH, healths, take, id_key=b"key")
    for _ in range(5):
        await poller.poll(SOURCE)
    assert not queue.waiting and {body("slow"), body("quick")} == set(queue.read)
    assert queue.beside_one <= 1  # what is read again does not compete with reads that nobody waits for
    assert sum(len(result.batch.readings) for result in results) == 2
    assert not [item for result in results for item in result.batch.rejected_items]


@pytest.mark.usefixtures("quick_tries")
async def test_a_message_that_was_late_because_the_machine_was_busy_is_read() -> None:
    queue, results = Queue([body("first"), body("second")], most=1), list[PollResult]()
    queue.late_reads = MESSAGE_TRIES  # of both together, then of the first one alone
    connectors, healths = {"http_json": cast(Connector, queue)}, {SOURCE.key: initial_health(SOURCE, NOW)}

    def take(result: PollResult) -> None:
        results.append(result)
        queue.commit(result)

    poller = Poller(connectors, cast(Any, lambda source: FakeContext()), WATCH, healths, take, id_key=b"key")
    for _ in range(MESSAGE_TRIES + 2):
        await poller.poll(SOURCE, force=True)
    queue.end.set()
    assert queue.read == [body("first"), body("second")]
    assert not [item for result in results for item in result.batch.rejected_items]


async def test_a_part_that_got_no_turn_is_read_later(monkeypatch: pytest.MonkeyPatch) -> None:
    queue, results = Queue([body(f"quick {n}") for n in range(4)], most=2), list[PollResult]()
    queue.waiting = {n: one + b" " * QUEUED_BODY_BYTES for n, one in queue.waiting.items()}
    connectors, healths = {"http_json": cast(Connector, queue)}, {SOURCE.key: initial_health(SOURCE, NOW)}
    poller = Poller(connectors, cast(Any, lambda source: FakeContext()), WATCH, healths, results.append, id_key=b"key")
    await poller.poll(SOURCE)  # too late
    monkeypatch.setattr(parsing, "MAX_TURN_SECONDS", 0.01)
    busy = asyncio.get_running_loop().create_future()
    poller._parsing._bytes[busy] = 2 * poller._parsing._budget
    await poller.poll(SOURCE)  # no turn
    assert queue.read == []
    del poller._parsing._bytes[busy]
    await poller.poll(SOURCE)
    queue.end.set()
    assert len(queue.read) == 4 and [result.message_ids for result in results if result.message_ids] == [(1, 2), (3, 4)]
