"""Jobs: each taken once, the same one not queued twice, none lost with its worker."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event

import pytest

from ioc.domain.base.failure import Failure
from ioc.storage import jobs
from ioc.storage.db.errors import StoreCode
from ioc.storage.db.store import Store, StoreError
from tests.storage.expected_store import START

MINUTE = timedelta(minutes=1)
FAILURE = Failure("print.page_failed", {"status": "500"}, "no answer")


def test_job_from_queue_to_result(store: Store) -> None:
    with store.write() as conn:
        job = jobs.enqueue(conn, "print", {"page": "nguồn"}, START, "print-1")
        assert jobs.enqueue(conn, "print", {"page": "other"}, START, "print-1") == job
        assert jobs.enqueue(conn, "print", {}, START).id != jobs.enqueue(conn, "print", {}, START).id
    with store.write() as conn:
        assert jobs.claim(conn, ["mail"], START) is None
        claimed = jobs.claim(conn, ["mail", "print"], START + MINUTE)
        assert claimed is not None
        assert (claimed.id, claimed.state, claimed.attempts, claimed.started_at) == (
            job.id,
            "running",
            1,
            START + MINUTE,
        )
        done = jobs.finish(conn, job.id, {"path": "a.pdf"}, START + 2 * MINUTE)
        assert (done.state, done.result, done.finished_at) == ("done", {"path": "a.pdf"}, START + 2 * MINUTE)
        newest = jobs.enqueue(conn, "print", {}, START, "print-1")
        assert newest.id > job.id
    with store.read() as conn:
        assert jobs.get(conn, job.id) == done and jobs.get(conn, 99) is None
        assert jobs.newest(conn, 2)[0] == newest
        assert jobs.newest(conn, 5, "mail") == []


def test_failed_job_with_and_without_retry(store: Store) -> None:
    with store.write() as conn:
        job = jobs.enqueue(conn, "print", {}, START)
        jobs.claim(conn, ["print"], START)
        assert jobs.fail(conn, job.id, FAILURE, START, retry=True).state == "queued"
        again = jobs.claim(conn, ["print"], START)
        assert again is not None and (again.attempts, again.failure) == (2, FAILURE)
        assert jobs.fail(conn, job.id, FAILURE, START).state == "failed"
        with pytest.raises(StoreError) as caught:
            jobs.finish(conn, job.id, {}, START)
        assert caught.value.failure == Failure(StoreCode.JOB_NOT_RUNNING, {"job_id": str(job.id)})


def test_job_of_a_dead_worker_is_claimed_again(store: Store) -> None:
    with store.write() as conn:
        jobs.enqueue(conn, "print", {}, START)
        jobs.claim(conn, ["print"], START)
        assert jobs.claim(conn, ["print"], START + 9 * MINUTE) is None
        again = jobs.claim(conn, ["print"], START + 11 * MINUTE)
    assert again is not None and again.attempts == 2


def test_job_of_a_dead_worker_does_not_wait_for_a_clock_that_was_set_back(store: Store) -> None:
    with store.write() as conn:
        jobs.enqueue(conn, "print", {}, START)
        jobs.claim(conn, ["print"], START)
        assert jobs.claim(conn, ["print"], START - timedelta(seconds=5)) is None, "two machines, two clocks"
        again = jobs.claim(conn, ["print"], START - 3 * 60 * MINUTE)
    assert again is not None and again.attempts == 2


def test_workers_never_claim_the_same_job(store: Store, url: str) -> None:
    with store.write() as conn:
        for _ in range(12):
            jobs.enqueue(conn, "print", {}, START)

    def work(_: int) -> list[int]:
        mine: list[int] = []
        own = Store(url)
        while True:
            with own.write() as conn:
                claimed = jobs.claim(conn, ["print"], START)
            if claimed is None:
                own.close()
                return mine
            mine.append(claimed.id)

    with ThreadPoolExecutor(3) as pool:
        claimed = [number for mine in pool.map(work, range(3)) for number in mine]
    assert len(claimed) == len(set(claimed)) == 12


def test_queue_is_counted_by_one_writer_at_a_time(store: Store, url: str) -> None:
    ready, pause = Barrier(4), Event()

    def queue_where_fewer_than_two_wait(_: int) -> None:
        own = Store(url)
        ready.wait(30)
        with own.write() as conn:
            jobs.lock_queue(conn)
            count = len(jobs.newest(conn, 10))
            pause.wait(0.05)  # the others count meanwhile, where they may
            if count < 2:
                jobs.enqueue(conn, "print", {}, START)
        own.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(queue_where_fewer_than_two_wait, range(4)))
    with store.read() as conn:
        assert len(jobs.newest(conn, 10)) == 2
