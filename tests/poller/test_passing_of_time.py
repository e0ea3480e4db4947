"""What the passing of time does to a source: late, stale; and that a pause of our own makes no source late."""

from datetime import timedelta

from ioc.domain.ingest.health import SourceState
from ioc.domain.ingest.protocol import SourceError
from ioc.storage.db.errors import StoreCode, StoreError
from tests.poller.running import FakeCode
from tests.poller.test_poller import Bench, CountingProtocol, failing

SECOND = timedelta(seconds=1)


def pass_time(bench: Bench, seconds: int) -> SourceState:
    """The state of the source after so many seconds, judged in each as the service does."""
    for _ in range(seconds):
        bench.clock.now += SECOND
        bench.poller.judge_all({bench.source.key: bench.source})
    return bench.poller.healths[bench.source.key].state


async def test_a_source_becomes_late_then_stale_by_time_alone() -> None:
    bench = Bench(CountingProtocol())
    await bench.poll()
    assert [pass_time(bench, seconds) for seconds in (60, 10, 630)] == [
        SourceState.LIVE,
        SourceState.LATE,
        SourceState.STALE,
    ]


async def test_a_pause_of_the_poller_makes_no_source_late() -> None:
    bench = Bench(CountingProtocol())
    await bench.poll()
    assert pass_time(bench, 30) is SourceState.LIVE
    bench.clock.now += 300 * SECOND  # the process stood still
    assert pass_time(bench, 3) is SourceState.LIVE
    await bench.poll()
    assert pass_time(bench, 60) is SourceState.LIVE
    assert pass_time(bench, 10) is SourceState.LATE


async def test_a_pause_of_the_poller_hides_neither_lateness_before_it_nor_old_data() -> None:
    bench = Bench(CountingProtocol())
    await bench.poll()
    assert pass_time(bench, 70) is SourceState.LATE
    bench.clock.now += 300 * SECOND
    assert pass_time(bench, 1) is SourceState.LATE
    bench.clock.now += 300 * SECOND
    assert pass_time(bench, 1) is SourceState.STALE


async def test_a_poller_that_starts_finds_no_source_late_that_nobody_has_asked() -> None:
    bench = Bench(protocol := CountingProtocol())
    await bench.poll()
    restarted = Bench(protocol)
    restarted.poller.healths.update(bench.poller.healths)
    restarted.clock.now += 300 * SECOND
    assert pass_time(restarted, 3) is SourceState.LIVE


async def test_a_store_that_does_not_answer_makes_no_source_late() -> None:
    bench = Bench(protocol := CountingProtocol())
    await bench.poll()
    protocol.answer = failing(StoreError(StoreCode.NOT_ANSWERING)).answer
    for _ in range(5):
        assert pass_time(bench, 60) is SourceState.LIVE
        await bench.poll()
    protocol.answer = failing(SourceError(FakeCode.NO_TIME)).answer
    assert await bench.poll() is SourceState.DOWN
