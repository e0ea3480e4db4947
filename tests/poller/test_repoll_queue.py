"""A source that was stopped is asked again when somebody notes so in the store, whoever polls and whatever happened."""

from datetime import timedelta

from ioc.domain.base.failure import untyped
from ioc.domain.base.times import utc_now
from ioc.domain.ingest.health import SourceState
from ioc.domain.ingest.protocol import SourceError
from ioc.domain.ingest.reading import Batch, Reading
from ioc.poller.repoll_queue import KIND, request_repoll
from ioc.snapshot.cache import SnapshotCache
from ioc.storage import jobs
from ioc.storage.db.store import Store
from tests.poller.test_service import City, Running, row, state


def noted(store: Store, *keys: str) -> None:
    with store.write() as conn:
        for key in keys:
            request_repoll(conn, key, utc_now())


def open_jobs(store: Store) -> list[str]:
    with store.read() as conn:
        return [one.state for one in jobs.newest(conn, 10, KIND) if one.state in (jobs.QUEUED, jobs.RUNNING)]


async def test_it_is_asked_once_for_all_that_was_noted_and_goes_on_if_it_answers(store: Store) -> None:
    city = City()
    city.acts["a"] = SourceError(untyped("h refuses us (401)"), is_refused=True)
    async with Running(store, city, row("a"), row("b")) as centre:
        await centre.until(lambda reads: state(reads, "a") is SourceState.REFUSED)
        asked = len(city.asked["a"])
        noted(store, "a", "a", "nowhere")
        await centre.until(lambda _: not open_jobs(store))
        assert len(city.asked["a"]) == asked + 1 and state(centre.reads, "a") is SourceState.REFUSED
        city.acts["a"] = 1.5
        noted(store, "a")
        await centre.until(lambda reads: state(reads, "a") is SourceState.LIVE)
        await centre.until(lambda _: len(city.asked["a"]) > asked + 4)  # at its interval, as before


async def test_what_was_noted_before_anybody_polled_or_by_one_that_died_is_not_lost(store: Store) -> None:
    city = City()
    city.acts["a"] = SourceError(untyped("h refuses us (403)"), is_refused=True)
    async with Running(store, city, row("a")) as centre:
        await centre.until(lambda reads: state(reads, "a") is SourceState.REFUSED)
    noted(store, "a")
    with store.write() as conn:  # as if its process had ended while it asked
        assert jobs.claim(conn, [KIND], utc_now() - timedelta(seconds=1))
    city.acts["a"] = 1.5
    async with Running(store, city, row("a")) as centre:
        await centre.until(lambda reads: state(reads, "a") is SourceState.LIVE)
        await centre.until(lambda _: not open_jobs(store))


async def test_a_shape_that_changed_for_good_is_believed_when_somebody_says_so(store: Store) -> None:
    city = City()
    city.acts["a"] = Batch((Reading("a-level", utc_now(), 1.0, "m"),))
    async with Running(store, city, row("a")) as centre:
        await centre.until(lambda reads: state(reads, "a") is SourceState.LIVE)
        city.acts["a"] = Batch((Reading("a-level", utc_now(), 150.0, "cm"),))
        await centre.until(lambda reads: "now cm" in surprise(reads, "a"))
        with store.write() as conn:
            request_repoll(conn, "a", utc_now(), accept_schema=True)
        await centre.until(lambda reads: surprise(reads, "a") == "" and state(reads, "a") is SourceState.LIVE)
        assert centre.reads.snapshot().map_points[0].series[0].value == 1.5


def surprise(reads: SnapshotCache, key: str) -> str:
    return next(one.health.drift for one in reads.snapshot().sources if one.source.key == key)
