"""A stopped source is polled on demand, whichever process polls and whatever happened to the one before."""

from datetime import timedelta

from ioc.domain.access.principal import Principal, PrincipalKind
from ioc.domain.base.failure import Failure
from ioc.domain.base.times import utc_now
from ioc.domain.ingest.health import SourceState
from ioc.domain.ingest.protocol import SourceError
from ioc.domain.ingest.reading import Batch, Reading
from ioc.domain.ingest.schema_drift import DriftCode
from ioc.poller.repoll_queue import KIND, request_repoll
from ioc.snapshot.cache import SnapshotCache
from ioc.storage import jobs
from ioc.storage.db.store import Store
from tests.poller.running import FakeCode, RunningService, ScriptedProtocol, poll_source, source_state

BY = Principal(PrincipalKind.SHELL)


def request(store: Store, *keys: str) -> None:
    with store.write() as conn:
        for key in keys:
            request_repoll(conn, key, BY, utc_now())


def open_jobs(store: Store) -> list[str]:
    with store.read() as conn:
        return [job.state for job in jobs.newest(conn, 10, KIND) if job.state in (jobs.QUEUED, jobs.RUNNING)]


async def test_stopped_source_is_polled_once_for_several_requests_and_resumes_if_it_answers(store: Store) -> None:
    protocol = ScriptedProtocol()
    protocol.behaviours["a"] = SourceError(FakeCode.NOT_ALLOWED, is_refused=True)
    async with RunningService(store, protocol, poll_source("a"), poll_source("b")) as service:
        await service.wait_until(lambda reads: source_state(reads, "a") is SourceState.REFUSED)
        polls = len(protocol.polled_at["a"])
        request(store, "a", "a", "nowhere")
        await service.wait_until(lambda _: not open_jobs(store))
        assert len(protocol.polled_at["a"]) == polls + 1 and source_state(service.reads, "a") is SourceState.REFUSED
        protocol.behaviours["a"] = 1.5
        request(store, "a")
        await service.wait_until(lambda reads: source_state(reads, "a") is SourceState.LIVE)
        await service.wait_until(lambda _: len(protocol.polled_at["a"]) > polls + 4)  # at its interval, as before


async def test_a_request_made_while_nothing_polled_or_claimed_by_a_dead_process_is_not_lost(store: Store) -> None:
    protocol = ScriptedProtocol()
    protocol.behaviours["a"] = SourceError(FakeCode.NOT_ALLOWED, is_refused=True)
    async with RunningService(store, protocol, poll_source("a")) as service:
        await service.wait_until(lambda reads: source_state(reads, "a") is SourceState.REFUSED)
    request(store, "a")
    with store.write() as conn:  # as if its process had ended during the poll
        assert jobs.claim(conn, [KIND], utc_now() - timedelta(seconds=1))
    protocol.behaviours["a"] = 1.5
    async with RunningService(store, protocol, poll_source("a")) as service:
        await service.wait_until(lambda reads: source_state(reads, "a") is SourceState.LIVE)
        await service.wait_until(lambda _: not open_jobs(store))


async def test_changed_schema_is_used_after_its_acceptance(store: Store) -> None:
    protocol = ScriptedProtocol()
    protocol.behaviours["a"] = lambda now: Batch((Reading("a-level", now, 1.0, "m"),))
    async with RunningService(store, protocol, poll_source("a")) as service:
        await service.wait_until(lambda reads: source_state(reads, "a") is SourceState.LIVE)
        protocol.behaviours["a"] = lambda now: Batch((Reading("a-level", now, 150.0, "cm"),))
        await service.wait_until(
            lambda reads: [failure.code for failure in drift(reads, "a")] == [DriftCode.UNIT_CHANGED]
        )
        with store.write() as conn:
            request_repoll(conn, "a", BY, utc_now(), accept_schema=True)
        await service.wait_until(lambda reads: not drift(reads, "a") and source_state(reads, "a") is SourceState.LIVE)
        assert service.reads.snapshot().map_points[0].series[0].value == 1.5


def drift(reads: SnapshotCache, key: str) -> tuple[Failure, ...]:
    return next(source.health.drift for source in reads.snapshot().sources if source.source.key == key)
