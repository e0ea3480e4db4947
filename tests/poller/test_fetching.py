"""A fetch that does not end although its deadline has passed: its source fails, is polled again, and loses nothing."""

import asyncio
import logging
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from data_sources._http.factory import HttpClientFactory
from ioc.domain.base.clock_set_back import ClockWatch
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.health import SourceHealth, SourceState, initial_health
from ioc.domain.ingest.protocol import LAST_SUCCESS_KEY, NEWEST_DATA_KEY, Connector, FetchContext, Payload, SourceError
from ioc.domain.ingest.reading import Batch, Reading
from ioc.domain.ingest.source import Source
from ioc.poller import fetching
from ioc.poller.fetching import MAX_LEFT_OF_SOURCE, note_known_times
from ioc.poller.poll_result import PollResult
from ioc.poller.poller import Poller
from ioc.poller.retry_split import PollerCode
from tests.city import NOW, source

DEADLINE = 0.05
LATE = Failure(IngestCode.DEADLINE_EXCEEDED, {"seconds": DEADLINE})


class StubbornProtocol:
    """A protocol whose fetch, while `is_stuck`, goes on waiting for `end` however often it is cancelled."""

    Options = object

    def __init__(self) -> None:
        self.end, self.is_stuck, self.fetch_count = asyncio.Event(), True, 0
        self.last_success: datetime | None = NOW

    async def fetch(self, row: Source, context: FetchContext) -> Payload:
        self.fetch_count += 1
        self.last_success = context.memory[LAST_SUCCESS_KEY]
        while self.is_stuck and not self.end.is_set():
            try:
                await self.end.wait()
            except asyncio.CancelledError:
                continue
        context.memory["etag"] = self.fetch_count
        return Payload()

    def parse(self, row: Source, payload: Payload, now: datetime) -> Batch:
        return Batch((Reading("water-level-can-tho", now, 1.5),))


class Bench:
    """A poller of one source over `protocol`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(fetching, "PATIENCE_SECONDS", 0.0)
        self.protocol, self.results = StubbornProtocol(), list[PollResult]()
        self.row, self.clients = source(deadline=timedelta(seconds=DEADLINE)), HttpClientFactory(lambda: NOW, {})
        self.poller = Poller(
            {"http_json": cast(Connector, self.protocol)}, self.clients.context_for, ClockWatch(lambda: NOW),
            {self.row.key: initial_health(self.row, NOW)}, self.results.append, id_key=b"key",
        )  # fmt: skip

    async def poll(self) -> None:
        work = asyncio.create_task(self.poller.poll(self.row, force=True))
        await asyncio.wait({work}, timeout=10)
        assert work.done()
        await work

    @property
    def health(self) -> SourceHealth:
        return self.poller.healths[self.row.key]

    @property
    def memory(self) -> Any:
        return self.clients.context_for(self.row).memory

    async def end_fetches(self) -> None:
        """Let the fetches that were left behind end."""
        self.protocol.end.set()
        async with asyncio.timeout(10):
            while self.poller._fetching._left:
                await asyncio.sleep(0)


async def test_source_whose_fetch_never_ends_fails_and_is_polled_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    bench = Bench(monkeypatch)
    await bench.poll()
    assert (bench.health.state, bench.health.last_error) == (SourceState.DOWN, LATE)
    for count in range(2, MAX_LEFT_OF_SOURCE + 3):
        await bench.poll()
        assert bench.health.consecutive_failures == count
    assert bench.health.last_error == Failure(PollerCode.FETCH_UNFINISHED, {"n": MAX_LEFT_OF_SOURCE})
    assert bench.protocol.fetch_count == len(caplog.records) == MAX_LEFT_OF_SOURCE
    await bench.end_fetches()
    await bench.poll()
    assert bench.health.state is SourceState.LIVE


async def test_fetch_that_was_left_behind_brings_and_notes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch)
    await bench.poll()
    bench.protocol.is_stuck = False
    await bench.poll()
    noted, count = dict(bench.memory), len(bench.results)
    assert noted["etag"] == 2 and bench.health.state is SourceState.LIVE
    await bench.end_fetches()
    assert bench.memory == noted and len(bench.results) == count


@pytest.mark.parametrize("error", [SourceError(IngestCode.NOTHING_ACCEPTED), None])
async def test_fetch_that_ends_soon_after_its_deadline_fails_with_its_own_reason(
    monkeypatch: pytest.MonkeyPatch, error: SourceError | None
) -> None:
    """It may say what it waited for; what it brings is late."""

    async def fetch(*_: object) -> Payload:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if error:
                raise error from None
        return Payload()

    bench = Bench(monkeypatch)
    monkeypatch.setattr(bench.protocol, "fetch", fetch)
    await bench.poll()
    assert bench.health.last_error == (error.failure if error else LATE)
    assert not bench.poller._fetching._left


async def test_fetch_knows_when_its_source_last_succeeded(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch)
    bench.protocol.is_stuck = False
    await bench.poll()
    assert bench.protocol.last_success is None
    await bench.poll()
    assert bench.protocol.last_success == NOW


def test_a_fetch_may_know_the_last_success_and_the_newest_data() -> None:
    context = cast(FetchContext, SimpleNamespace(memory={"etag": "1"}))
    note_known_times(
        context, SourceHealth("a", SourceState.LIVE, NOW, last_success=NOW, data_time=NOW - timedelta(days=1))
    )
    assert context.memory == {"etag": "1", LAST_SUCCESS_KEY: NOW, NEWEST_DATA_KEY: NOW - timedelta(days=1)}
